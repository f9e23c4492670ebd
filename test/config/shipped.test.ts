/**
 * The shipped configuration: it loads without any environment, its world is one that the simulator takes, and its figures
 * make a fair show. Untouched, loans are lost on every tape with a crash or a rally; with the reserves, all can be saved.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { levelsAt } from '../../src/core/levels.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import { Dec, ONE, ZERO, max, sum } from '../../src/core/money.ts';
import type { Levels } from '../../src/core/need.ts';
import { loadConfig } from '../../src/config/load.ts';
import { planInWords } from '../../src/config/plan.ts';
import { worldOf } from '../../src/config/world.ts';
import { crossLine, flexibleLine, isolatedLine, spotLine } from '../../src/config/simulatedLines.ts';
import type { AccountConfig, Config, Holdings, Policy, Product, SimulatedAccount } from '../../src/config/types.ts';
import type { Host } from '../../src/simulator/contract.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { loadTape, tapeNames } from '../../src/simulator/tape/files.ts';
import type { Tape } from '../../src/simulator/tape/tape.ts';
import { parseWorld } from '../../src/simulator/world.ts';
import { ENV } from './helpers.ts';

const PATH = fileURLToPath(new URL('../../config.yaml', import.meta.url));
const TAPES = fileURLToPath(new URL('../../tapes', import.meta.url));
const TEXT = readFileSync(PATH, 'utf8');

function loadShipped(text: string = TEXT, env: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ path: PATH, text, env, readSecret: (path) => `content of ${path}` });
}
const config = loadShipped();

/** OKX counts collateral at a discount (okx.md §4.7); Binance counts coins in full. */
const OKX_WEIGHTS: Readonly<Record<string, string>> = { BTC: '0.98', ETH: '0.98', SOL: '0.9' };

interface Owed {
  readonly product: Product;
  readonly key: string;
  readonly debt: Holdings;
  readonly collateral: Holdings;
  readonly startLtv: Dec | null;
  readonly line: Dec;
  readonly call: Dec | null;
}

interface ShippedLoan extends Owed {
  /** `margin/isolatedMargin/BTCUSDT`; of an order number the last digit. */
  readonly id: string;
  readonly account: AccountConfig;
  readonly policy: Policy;
  readonly start: Dec;
  readonly levels: Levels;
  readonly weight: (asset: string) => Dec;
}

/** Each loan of an account with the line that its venue gives it. */
function owedBy(held: SimulatedAccount): readonly Owed[] {
  const { cross, spotBorrow } = held;
  const key = '';
  return [
    ...(cross === null
      ? []
      : [{ product: 'binance.crossMargin' as const, key, ...cross, ...crossLine(cross.leverage) }]),
    ...held.isolated.map((loan) => ({
      product: 'binance.isolatedMargin' as const,
      key: loan.symbol,
      ...loan,
      ...isolatedLine(loan.symbol, loan.debt),
    })),
    ...held.flexible.map(({ loanCoin, debt, collateralCoin, collateral, startLtv }) => ({
      product: 'binance.flexibleLoan' as const,
      key: `${loanCoin}-${collateralCoin}`,
      debt: { [loanCoin]: debt },
      collateral: { [collateralCoin]: collateral },
      startLtv,
      ...(flexibleLine(collateralCoin) ?? { line: ZERO, call: null }),
    })),
    ...held.loans.map((loan) => ({ product: 'okx.flexibleLoan' as const, key: loan.ordId.slice(-1), ...loan })),
    ...(spotBorrow === null
      ? []
      : [{ product: 'okx.spotBorrow' as const, key, ...spotBorrow, ...spotLine(spotBorrow.debt) }]),
  ];
}

function nameOf(account: string, product: string, key: string): string {
  return [account, product.replace(/^\w+\./, ''), ...(key === '' ? [] : [key])].join('/');
}

function shippedLoan(held: SimulatedAccount, owed: Owed): ShippedLoan {
  const id = nameOf(held.name, owed.product, owed.key);
  const account = config.accounts.find(({ name }) => name === held.name);
  const rules = account?.loans.filter(
    ({ product, match }) =>
      product === owed.product && (match['borrow'] === undefined || Object.hasOwn(owed.debt, match['borrow'])),
  );
  const policy = config.policies[rules?.[0]?.policy ?? ''];
  if (account === undefined || rules?.length !== 1 || policy === undefined || owed.startLtv === null)
    throw new Error(id);
  const weight = (asset: string): Dec => new Dec(held.venue === 'okx' ? (OKX_WEIGHTS[asset] ?? '1') : '1');
  const levels = levelsAt(policy.bands, owed.line, owed.call);
  return { ...owed, id, account, policy, start: owed.startLtv, levels, weight };
}
const LOANS = (config.simulation?.accounts ?? []).flatMap((held) =>
  owedBy(held).map((owed) => shippedLoan(held, owed)),
);

interface Fate {
  readonly loan: ShippedLoan;
  /** Highest LTV at any turning point, nothing done, interest left out. */
  readonly worst: Dec;
  /** What the first rung from the wallet must pay to stay at the target, at the moment that needs most. */
  readonly asset: string;
  readonly needCoins: Dec;
  readonly needUsd: Dec;
}

const STILL = parseWorld(worldOf(config)).prices;

/** Coins that a tape does not price stand still, as they do in the simulator. */
function priceOf(tape: Tape, asset: string, atMs: number): Dec {
  const price = tape.price(asset, atMs) ?? STILL.get(asset);
  if (price === undefined) throw new Error(`no price of ${asset}`);
  return price;
}

function valueOf(tape: Tape, atMs: number, holdings: Holdings, weight: (asset: string) => Dec): Dec {
  return sum(
    Object.entries(holdings).map(([asset, amount]) => amount.times(priceOf(tape, asset, atMs)).times(weight(asset))),
  );
}

/** The coin of the first rung that pays from the wallet, and what one USD missing at the target costs of it, in USD. */
function remedyOf({ policy, debt, weight, levels }: ShippedLoan): { readonly asset: string; readonly perUsd: Dec } {
  const rung = policy.ladder.find(({ from }) => from.includes('wallet'));
  const asset = rung?.with === 'debt' ? Object.keys(debt)[0] : rung?.with[0];
  if (rung === undefined || asset === undefined) throw new Error('no rung');
  return { asset, perUsd: rung.do === 'repay' ? ONE : ONE.div(levels.target).div(weight(asset)) };
}

function fateOf(tape: Tape, loan: ShippedLoan): Fate {
  const { asset, perUsd } = remedyOf(loan);
  const one = (): Dec => ONE;
  const scale = valueOf(tape, tape.startMs, loan.debt, one)
    .div(loan.start)
    .div(valueOf(tape, tape.startMs, loan.collateral, loan.weight));
  let [worst, needCoins, needUsd] = [ZERO, ZERO, ZERO];
  for (let now: number | undefined = tape.startMs; now !== undefined; now = tape.nextMoment(now)) {
    const debt = valueOf(tape, now, loan.debt, one);
    const collateral = valueOf(tape, now, loan.collateral, loan.weight).times(scale);
    worst = max(worst, debt.div(collateral));
    const usd = debt.minus(loan.levels.target.times(collateral)).times(perUsd);
    needUsd = max(needUsd, usd);
    needCoins = max(needCoins, usd.div(priceOf(tape, asset, now)));
  }
  return { loan, worst, asset, needCoins, needUsd };
}

const FATES = new Map<string, readonly Fate[]>();

function fatesOn(name: string): readonly Fate[] {
  const known = FATES.get(name);
  if (known !== undefined) return known;
  // Turning points are enough: between two of them an LTV has no extreme that matters here.
  const tape = loadTape(name, TAPES, 3_600_000);
  const fates = LOANS.map((loan) => fateOf(tape, loan));
  FATES.set(name, fates);
  return fates;
}

const lostOn = (name: string): readonly string[] =>
  fatesOn(name)
    .filter(({ worst, loan }) => worst.gte(loan.levels.line))
    .map(({ loan }) => loan.id);

describe('the shipped configuration', () => {
  it('loads with an empty environment and warns about nothing', () => {
    expect(config.warnings).toEqual([]);
    expect(config.mode).toBe('dry-run');
    expect(config.accounts.map(({ sends }) => sends)).toEqual(['simulated', 'simulated', 'simulated']);
    expect(TEXT.split('\n')[0]).toBe('# yaml-language-server: $schema=./ballast.schema.json');
  });

  it('has a loan of every product, each followed by one policy, and loans that owe the coin', () => {
    expect([...new Set(LOANS.map(({ product }) => product))].sort()).toEqual([...PRODUCTS].sort());
    expect(LOANS.filter(({ debt }) => Object.hasOwn(debt, 'BTC')).map(({ id }) => id)).toEqual([
      'margin/isolatedMargin/BTCUSDT',
      'marginCoin/crossMargin',
      'loans/flexibleLoan/3',
    ]);
  });

  it('names a tape that ships, and all of them in its comment', () => {
    expect(tapeNames(TAPES)).toContain(config.simulation?.tape);
    expect(TEXT).toContain(tapeNames(TAPES).join(', '));
  });

  it('becomes a world that the simulator takes', () => {
    const world = parseWorld(JSON.parse(JSON.stringify(worldOf(config))));
    expect(
      world.binance.map(({ name, cross, isolated, flexible }) => [
        name,
        cross?.leverage,
        isolated.map(({ symbol }) => symbol),
        flexible.map(({ loanCoin, collateralCoin }) => `${loanCoin}-${collateralCoin}`),
      ]),
    ).toEqual([
      ['margin', 3, ['BTCUSDT'], ['USDT-ETH']],
      ['marginCoin', 5, [], []],
    ]);
    const [spot] = world.okx;
    expect([spot?.acctLv, spot?.enableSpotBorrow, spot?.spotStartLtv?.toFixed()]).toEqual(['1', true, '0.7']);
    expect(
      world.okx.flatMap(({ loans }) => loans.map(({ liqLtv, callLtv }) => [liqLtv.toFixed(), callLtv.toFixed()])),
    ).toEqual([
      ['0.85', '0.75'],
      ['0.85', '0.75'],
      ['0.9', '0.87'],
    ]);
    const okx = config.accounts.find(({ venue }) => venue === 'okx');
    expect(world.okxSettings.clockWindowMs).toBe(okx?.timing.okxWindowMs);
  });

  it('says its plan: where it acts, where it stops, what it may spend, from where', () => {
    const plan = planInWords(config).join('\n');
    expect(plan).toContain(
      'acts at a cushion of 16 % (2 looks), stops at a cushion of 26 %; urgent at a cushion of 8 % (1 look)',
    );
    expect(plan).toContain(
      'loan 2000000000000000001: liquidated at LTV 85 %, called at 75 %; acts at LTV 71.4 %, stops at 62.9 %, urgent at 78.2 %',
    );
    expect(plan).toContain(
      'may spend at most 15000 USD per action, 40000 USD per hour, 60000 USD per day; beyond urgent at most 30000 USD per action',
    );
    expect(plan).toContain('1. repay the debt coin from wallet (funding, above its reserve)');
    expect(plan).toContain('spot: never below 2000 USDT');
  });

  it('holds real examples that load when their # is removed, in dry-run', () => {
    const text = TEXT.replaceAll(/^ {2}#(?=real| {2})/gm, '  ');
    const env = { BINANCE_KEY: 'a', BINANCE_SECRET: 'b', OKX_KEY: ENV['KEY'] ?? '' };
    const real = loadShipped(text, env);
    expect(real.accounts.filter(({ simulated }) => !simulated).map(({ name, sends }) => [name, sends])).toEqual([
      ['realBinance', 'dryRun'],
      ['realOkx', 'dryRun'],
    ]);
    expect(real.warnings).toEqual([]);
  });
});

describe('its figures, on the tapes', () => {
  it.each(tapeNames(TAPES))('every loan of %s starts healthy: below its first warning and below act', (name) => {
    for (const { loan } of fatesOn(name)) {
      expect(loan.start.lt(loan.levels.act)).toBe(true);
      expect(loan.levels.warn.every((level) => loan.start.lt(level))).toBe(true);
    }
  });

  it.each([
    [
      'may-2021',
      [
        'margin/crossMargin',
        'margin/flexibleLoan/USDT-ETH',
        'loans/flexibleLoan/1',
        'loans/flexibleLoan/2',
        'loans/spotBorrow',
      ],
    ],
    ['ftx-2022', ['margin/crossMargin', 'margin/flexibleLoan/USDT-ETH', 'loans/flexibleLoan/2', 'loans/spotBorrow']],
    ['feb-2025', ['margin/crossMargin', 'margin/flexibleLoan/USDT-ETH', 'loans/flexibleLoan/2', 'loans/spotBorrow']],
    ['rally-2024', ['margin/isolatedMargin/BTCUSDT', 'marginCoin/crossMargin', 'loans/flexibleLoan/3']],
    ['usdc-depeg-2023', ['margin/isolatedMargin/BTCUSDT', 'marginCoin/crossMargin', 'loans/flexibleLoan/3']],
    ['calm-2023', []],
  ])('untouched, %s liquidates %j', (name, lost) => {
    expect(lostOn(name)).toEqual(lost);
  });

  it.each(['may-2021', 'feb-2025', 'rally-2024', 'usdc-depeg-2023'])(
    'the simulator itself says the same of %s',
    (name) => {
      const host: Host = { now: () => 0, later: () => () => undefined, random: () => 0.5 };
      const simulation = new Simulation(worldOf(config), loadTape(name, TAPES, 3_600_000), host);
      while (simulation.engine.advance());
      const lost = simulation.engine.books.flatMap((books) => books.report()).filter(({ liquidated }) => liquidated);
      const ids = lost.map(({ account, product, key }) =>
        nameOf(account, product, key.replace('/', '-').replace(/^\d+(?=\d$)/, '')),
      );
      expect(ids.sort()).toEqual([...lostOn(name)].sort());
    },
  );

  it('on the calm tape nothing has to be done', () => {
    expect(fatesOn('calm-2023').filter(({ worst, loan }) => worst.gte(loan.levels.act))).toEqual([]);
  });

  it.each(tapeNames(TAPES))('the wallets hold what %s asks for at its worst, above their reserves', (name) => {
    for (const held of config.simulation?.accounts ?? []) {
      const wallet = held.venue === 'binance' ? 'spot' : 'funding';
      const kept =
        config.accounts.find((account) => account.name === held.name)?.wallets.find((rule) => rule.name === wallet)
          ?.keep ?? {};
      const mine = fatesOn(name).filter(({ loan }) => loan.account.name === held.name);
      for (const asset of new Set(mine.map((fate) => fate.asset))) {
        const need = sum(mine.filter((fate) => fate.asset === asset).map(({ needCoins }) => needCoins));
        const free = (held.wallets[wallet]?.[asset] ?? ZERO).minus(kept[asset] ?? ZERO);
        expect(need.lte(free), `${held.name} ${asset}: ${need.toFixed(4)} of ${free.toFixed()}`).toBe(true);
      }
    }
  });

  it.each(tapeNames(TAPES))('the caps let through what %s asks for, though a whole tape fits into an hour', (name) => {
    for (const account of config.accounts) {
      for (const policy of Object.values(config.policies)) {
        const need = sum(
          fatesOn(name)
            .filter(({ loan }) => loan.account === account && loan.policy === policy)
            .map(({ needUsd }) => needUsd),
        );
        expect(policy.limits.perHour === null || need.lte(policy.limits.perHour)).toBe(true);
      }
    }
  });
});
