/** The World: what a caller may write, and what is refused at the door. */
import { describe, expect, it } from 'vitest';
import { VirtualHost } from '../../src/simulator/host.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { parseWorld } from '../../src/simulator/world.ts';
import { Bench, START_MS, alice, flat } from './support.ts';

const okx = {
  name: 'olga',
  uid: '44705892343619584',
  key: { id: 'keyOfOlga', secret: 'S', passphrase: 'P' },
  loans: [{ ordId: '1', debt: { USDT: '30000' }, collateral: { BTC: '1' } }],
};

function build(world: unknown): Simulation {
  return new Simulation(world, flat(), new VirtualHost(START_MS));
}

describe('a world', () => {
  it('may be empty', () => {
    expect(build({}).engine.books.flatMap((books) => books.report())).toEqual([]);
  });

  it('holds both venues over one tape', () => {
    const { engine } = build({ binance: [alice()], okx: [okx] });
    engine.advance();
    const loans = engine.books.flatMap((books) => books.report());
    expect(loans.map(({ venue, account, product }) => [venue, account, product])).toEqual([
      ['binance', 'alice', 'binance.crossMargin'],
      ['okx', 'olga', 'okx.flexibleLoan'],
    ]);
  });

  it('knows prices of its own before built-in ones, and the tape before both', () => {
    const { engine } = build({ defaultPrices: { ETH: '1234.5', BTC: '1' } });
    expect([engine.price('ETH'), engine.price('BTC'), engine.price('SOL')].map(String)).toEqual([
      '1234.5',
      '60000',
      '150',
    ]);
  });

  it('gives both venues its timing, unless a venue says otherwise', () => {
    const world = parseWorld({ timing: { settleMs: 7, readLagMs: 3 }, okxSettings: { settleMs: 9 } });
    expect([world.binanceSettings.settleMs, world.okxSettings.settleMs]).toEqual([7, 9]);
    expect([world.binanceSettings.readLagMs, world.okxSettings.readLagMs, world.binanceSettings.recordLagMs]).toEqual([
      3, 3, 0,
    ]);
  });

  it('lays given facts of an asset over the built-in ones, and knows new assets', () => {
    const { assets } = parseWorld({
      binanceSettings: { assets: { BTC: { isBorrowable: false }, XRP: {} } },
    }).binanceSettings;
    expect([assets['BTC']?.isBorrowable, assets['BTC']?.dailyRate.toFixed(), assets['XRP']?.fullName]).toEqual([
      false,
      '0.00026125',
      'XRP',
    ]);
  });

  it.each([
    ['a number for an amount', { binance: [{ ...alice(), spot: { USDT: 5 } }] }, 'spot.USDT'],
    ['an unknown member', { binance: [{ ...alice(), nonsense: 1 }] }, 'nonsense'],
    ['an unknown switch', { binanceSettings: { switches: { nonsense: 1 } } }, 'nonsense'],
    ['a gate left out', { binanceSettings: { switches: { gates: ['ban'] } } }, 'must name every gate once'],
    [
      'two accounts with one UID',
      { binance: [alice(), { ...alice(), key: { id: 'other', secret: 's' } }] },
      'used twice',
    ],
    [
      'an asset that margin does not know',
      { binance: [alice({ cross: { assets: { XRP: '1' }, debts: {} } })] },
      'Not a valid margin asset',
    ],
    [
      'a start LTV without a debt',
      { binance: [alice({ cross: { assets: { BTC: '1' }, debts: {}, startLtv: '0.5' } })] },
      'startLtv needs a debt',
    ],
  ])('with %s is refused, and says why', (_what, world, message) => {
    expect(() => build(world)).toThrow(message);
  });
});

describe('a clock that is wrong', () => {
  it('shows in the time that the venue tells, and in what it accepts', () => {
    const bench = new Bench({ binance: [alice()], timing: { clockSkewMs: 6000 } });
    expect(bench.raw('GET', '/api/v3/time').json.serverTime).toBe(START_MS + 6000);
    expect(bench.signed('GET', '/sapi/v1/margin/account').json.code).toBe(-1021);
    bench.simulation.clock.skewMs = 0;
    expect(bench.signed('GET', '/sapi/v1/margin/account').status).toBe(200);
  });

  it('does not move the tape', () => {
    const bench = new Bench();
    bench.simulation.engine.run(1000);
    bench.simulation.clock.skewMs = 3_600_000;
    bench.host.pass(60);
    expect(bench.simulation.engine.tapeNow()).toBe(START_MS + 60_000);
  });
});
