/** Loans of simulated accounts: what may be written, the world it becomes, and lines that are those of the simulator. */
import { describe, expect, it } from 'vitest';
import { Dec } from '../../src/core/money.ts';
import { FLEXIBLE_COINS, crossLine, flexibleLine, isolatedLine, spotLine } from '../../src/config/simulatedLines.ts';
import { worldOf } from '../../src/config/world.ts';
import { FLEXIBLE_COLLATERAL, ISOLATED_TIERS } from '../../src/simulator/binance/tables.ts';
import { crossBars } from '../../src/simulator/binance/worth.ts';
import type { Host } from '../../src/simulator/contract.ts';
import { valueSpot } from '../../src/simulator/okx/valuation.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { loadTape } from '../../src/simulator/tape/files.ts';
import { parseWorld } from '../../src/simulator/world.ts';
import { SIMULATED, change, expectProblem, load } from './helpers.ts';
import type { Expected } from './helpers.ts';

const CROSS = '      cross: { debt: [30000 USDT], collateral: [1 BTC], startLtv: 60% }\n';
const ORDER = '        - { ordId: "1", debt: [1000 USDT], collateral: [1 BTC] }\n';
const PAIR = '{ symbol: BTCUSDT, debt: [0.3 BTC], collateral: [15000 USDT, 0.01 BTC], startLtv: 87% }';
const FLEXIBLE = '{ debt: [20000 USDT], collateral: [9 ETH], startLtv: 66% }';
const SPOT = '{ debt: [20000 USDT], collateral: [9 ETH, 5 USDT], startLtv: 70% }';

const atBinance = (lines: string): string => change(SIMULATED, CROSS, `${CROSS}${lines}`);
const atOkx = (lines: string): string => change(SIMULATED, ORDER, `${ORDER}${lines}`);
const isolated = (...pairs: string[]): string =>
  atBinance(`      isolated:\n${pairs.map((one) => `        - ${one}\n`).join('')}`);
const flexible = (...loans: string[]): string =>
  atBinance(`      flexible:\n${loans.map((one) => `        - ${one}\n`).join('')}`);
const spot = (loan: string): string => atOkx(`      spotBorrow: ${loan}\n`);
const at = (key: string): string => `simulation.accounts.${key}`;

const HOST: Host = { now: () => 0, later: () => () => undefined, random: () => 0.5 };
const TAPES = new URL('../../tapes', import.meta.url).pathname;

describe('every product', () => {
  const both = change(
    change(isolated(PAIR), '      isolated:', `      flexible: [${FLEXIBLE}]\n      isolated:`),
    ORDER,
    `${ORDER}      spotBorrow: ${SPOT}\n`,
  );

  it('becomes a loan of the world, with the account in spot mode where it needs to be', () => {
    const world = parseWorld(JSON.parse(JSON.stringify(worldOf(load(both)))));
    const text = (amounts: Readonly<Record<string, Dec>>): string =>
      Object.entries(amounts)
        .map(([asset, amount]) => `${amount.toFixed()} ${asset}`)
        .join(', ');
    const [binance] = world.binance;
    const [pair] = binance?.isolated ?? [];
    expect(pair?.symbol).toBe('BTCUSDT');
    expect([text(pair?.debts ?? {}), text(pair?.assets ?? {}), pair?.startLtv?.toFixed()]).toEqual([
      '0.3 BTC',
      '15000 USDT, 0.01 BTC',
      '0.87',
    ]);
    expect(binance?.flexible).toEqual([
      {
        loanCoin: 'USDT',
        collateralCoin: 'ETH',
        debt: new Dec('20000'),
        collateral: new Dec('9'),
        startLtv: new Dec('0.66'),
      },
    ]);
    const [okx] = world.okx;
    expect([okx?.acctLv, okx?.enableSpotBorrow, text(okx?.spotDebt ?? {}), text(okx?.trading ?? {})]).toEqual([
      '1',
      true,
      '20000 USDT',
      '9 ETH, 5 USDT',
    ]);
  });

  it('starts where the file says, on the line that the simulator gives it', () => {
    const simulation = new Simulation(worldOf(load(both)), loadTape('may-2021', TAPES, 3_600_000), HOST);
    const rows = simulation.engine.books.flatMap((books) => books.report());
    expect(
      rows
        .filter(({ product }) => product !== 'okx.flexibleLoan')
        .map(({ product, ltv, line }) => [product, Number(ltv).toFixed(4), Number(line).toFixed(4)])
        .sort(),
    ).toEqual([
      ['binance.crossMargin', '0.6000', crossLine(3).line.toFixed(4)],
      ['binance.flexibleLoan', '0.6600', flexibleLine('ETH')?.line.toFixed(4)],
      ['binance.isolatedMargin', '0.8700', isolatedLine('BTCUSDT', { BTC: new Dec('0.3') }).line.toFixed(4)],
      ['okx.spotBorrow', '0.7000', spotLine({ USDT: new Dec('20000') }).line.toFixed(4)],
    ]);
  });

  it('left out, is not there: no margin pair, no loan, no borrowing switched on', () => {
    const world = parseWorld(worldOf(load(SIMULATED)));
    expect(world.binance.map((one) => [one.isolated, one.flexible])).toEqual([[[], []]]);
    expect(world.okx.map((one) => [one.enableSpotBorrow, one.spotDebt])).toEqual([[false, {}]]);
  });
});

describe('lines are those of the simulator', () => {
  it('cross margin', () => {
    for (const leverage of [3, 5] as const) {
      const { liquidation, call } = crossBars(leverage);
      expect(crossLine(leverage).line.times(liquidation).toFixed(12)).toBe('1.000000000000');
      expect(crossLine(leverage).call?.times(call).toFixed(12)).toBe('1.000000000000');
    }
  });

  it.each(['BTCUSDT', 'ETHUSDT'])('every tier of %s', (symbol) => {
    const base = symbol.slice(0, 3);
    for (const tier of ISOLATED_TIERS[symbol] ?? ISOLATED_TIERS['*'] ?? []) {
      const expected = new Dec(1).div(tier.liquidationRiskRatio).toFixed();
      expect(isolatedLine(symbol, { [base]: tier.baseAssetMaxBorrowable }).line.toFixed()).toBe(expected);
      expect(isolatedLine(symbol, { USDT: tier.quoteAssetMaxBorrowable }).line.toFixed()).toBe(expected);
    }
    const widest = isolatedLine(symbol, { USDT: new Dec('1e12') }).line.toFixed();
    expect(widest).toBe(new Dec(1).div('1.18').toFixed());
  });

  it('every collateral of flexible loans, and no other', () => {
    expect([...FLEXIBLE_COINS].sort()).toEqual(Object.keys(FLEXIBLE_COLLATERAL).sort());
    for (const [coin, { liquidationLtv, marginCallLtv }] of Object.entries(FLEXIBLE_COLLATERAL)) {
      expect([flexibleLine(coin)?.line.toFixed(), flexibleLine(coin)?.call?.toFixed()]).toEqual([
        liquidationLtv.toFixed(),
        marginCallLtv.toFixed(),
      ]);
    }
    expect(flexibleLine('PEPE')).toBeUndefined();
  });

  it.each([
    ['USDT', '500000'],
    ['USDT', '500001'],
    ['USDT', '2000000'],
    ['BTC', '50'],
    ['BTC', '51'],
    ['BTC', '101'],
    ['ETH', '1500'],
  ])('spot borrowing of %s: %s', (asset, amount) => {
    const { okxSettings } = parseWorld({});
    const coin = { cash: new Dec(0), liab: new Dec(amount), interest: new Dec(0) };
    const holdings = { trading: new Map([[asset, coin]]) };
    const value = valueSpot(holdings, okxSettings, () => new Dec(1));
    expect(spotLine({ [asset]: new Dec(amount) }).line.toFixed(20)).toBe(value.line.toFixed(20));
  });

  it('spot borrowing of several coins takes the lowest of their lines', () => {
    const [small, large] = [{ USDT: new Dec(1) }, { BTC: new Dec(101) }];
    expect(spotLine({ ...small, ...large })).toEqual(spotLine(large));
    expect(spotLine(large).line.lt(spotLine(small).line)).toBe(true);
  });
});

const WRONG: readonly (readonly [name: string, text: string, expected: Expected])[] = [
  [
    'a coin outside the pair',
    isolated('{ symbol: BTCUSDT, debt: [0.3 BTC], collateral: [9 ETH] }'),
    { at: '9 ETH', key: at('margin.isolated[0].collateral'), says: /ETH is not one of the two/, remedy: /name one/ },
  ],
  [
    'a pair of nothing known',
    isolated('{ symbol: FOOBAR, debt: [1 BTC], collateral: [9 ETH] }'),
    { at: 'FOOBAR', key: at('margin.isolated[0].symbol'), says: /not a pair of two coins/, remedy: /BTCUSDT/ },
  ],
  [
    'a pair twice',
    isolated(PAIR, '{ symbol: BTCUSDT, debt: [1 USDT], collateral: [1 BTC] }'),
    { at: '[1 USDT]', key: at('margin.isolated[1].symbol'), says: /used twice/, remedy: /for each pair/ },
  ],
  [
    'a pair that starts past the line of its tier',
    isolated('{ symbol: BTCUSDT, debt: [70001 USDT], collateral: [2 BTC], startLtv: 87% }'),
    { at: '70001', key: at('margin.isolated[0].startLtv'), says: /the line 87.0%/, remedy: /below it/ },
  ],
  [
    'two debt coins in one flexible loan',
    flexible('{ debt: [1 USDT, 1 USDC], collateral: [9 ETH] }'),
    { at: '1 USDC', key: at('margin.flexible[0].debt'), says: /more than one coin/, remedy: /one debt coin/ },
  ],
  [
    'a flexible loan twice',
    flexible(FLEXIBLE, '{ debt: [1 USDT], collateral: [1 ETH] }'),
    { at: '[1 USDT]', key: at('margin.flexible[1]'), says: /USDT against ETH a second time/, remedy: /add them up/ },
  ],
  [
    'a flexible loan against its own debt coin',
    flexible('{ debt: [1 ETH], collateral: [9 ETH] }'),
    { at: '[1 ETH]', key: at('margin.flexible[0].collateral'), says: /ETH is the debt/, remedy: /own debt coin/ },
  ],
  [
    'collateral that has no line',
    flexible('{ debt: [1 USDT], collateral: [9 LINK] }'),
    { at: 'LINK', key: at('margin.flexible[0].collateral'), says: /LINK is no collateral/, remedy: /one of: BTC, ETH/ },
  ],
  [
    'a flexible loan that starts past its line',
    flexible('{ debt: [1 USDT], collateral: [9 SOL], startLtv: 83% }'),
    { at: '9 SOL', key: at('margin.flexible[0].startLtv'), says: /the line 83.0%/, remedy: /below it/ },
  ],
  [
    'spot borrowing against coins that are owed',
    spot('{ debt: [1 USDT], collateral: [9 USDT] }'),
    { at: '9 USDT', key: at('loans.spotBorrow.collateral'), says: /nothing secures the debt/, remedy: /not owed/ },
  ],
  [
    'spot borrowing that starts past its line',
    spot('{ debt: [1 USDT], collateral: [9 ETH], startLtv: 97% }'),
    { at: 'startLtv: 97%', key: at('loans.spotBorrow.startLtv'), says: /the line 96.6%/, remedy: /below it/ },
  ],
  [
    'coins of the trading account in two places',
    change(spot(SPOT), '      uid: "2001"\n', '      uid: "2001"\n      wallets: { trading: [1 BTC] }\n'),
    { at: 'trading: [1 BTC]', key: at('loans.wallets.trading'), says: /are the collateral/, remedy: /`spotBorrow`/ },
  ],
  [
    'isolated margin at OKX',
    atOkx(`      isolated: [${PAIR}]\n`),
    { at: 'isolated:', key: at('loans.isolated'), says: /are loans of Binance/, remedy: /`loans` or `spotBorrow`/ },
  ],
  [
    'a flexible loan of Binance at OKX',
    atOkx(`      flexible: [${FLEXIBLE}]\n`),
    { at: 'flexible:', key: at('loans.flexible'), says: /are loans of Binance/, remedy: /`loans` or `spotBorrow`/ },
  ],
  [
    'spot borrowing at Binance',
    atBinance(`      spotBorrow: ${SPOT}\n`),
    { at: 'spotBorrow:', key: at('margin.spotBorrow'), says: /a loan of OKX/, remedy: /`isolated` or `flexible`/ },
  ],
];

describe('refuses', () => {
  it.each(WRONG)('%s', (_name, text, expected) => {
    expectProblem(text, expected);
  });
});
