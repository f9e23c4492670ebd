/** The engine: which moments are visited, what things cost, and that speed changes nothing. */
import { describe, expect, it } from 'vitest';
import { Dec } from '../../src/core/money.ts';
import type { Books } from '../../src/simulator/contract.ts';
import { Engine } from '../../src/simulator/engine.ts';
import { VirtualHost } from '../../src/simulator/host.ts';
import { START_MS, tapeOf } from './support.ts';

function bench(
  points: Parameters<typeof tapeOf>[0] = {
    BTC: [
      [0, '100'],
      [10, '110'],
    ],
  },
): { engine: Engine; host: VirtualHost; ticks: [number, number][] } {
  const host = new VirtualHost();
  const engine = new Engine(tapeOf(points), host, new Map([['ETH', new Dec('2500')]]));
  const ticks: [number, number][] = [];
  const books: Books = {
    venue: 'binance',
    tick: (from, to) => ticks.push([from - START_MS, to - START_MS]),
    report: () => [],
    busy: () => false,
  };
  engine.attach(books);
  return { engine, host, ticks };
}

describe('the engine', () => {
  it('visits every moment once, in order, until the tape ends', () => {
    const { engine, ticks } = bench({
      BTC: [
        [0, '1'],
        [1, '2'],
        [2.5, '3'],
      ],
    });
    while (engine.advance());
    expect(ticks).toEqual([
      [0, 60_000],
      [60_000, 120_000],
      [120_000, 150_000],
    ]);
    expect(engine.done).toBe(true);
    expect(engine.advance()).toBe(false);
  });

  it('advances to a tape time through all moments between, and counts the time itself as visited', () => {
    const { engine, ticks } = bench();
    expect(engine.advanceTo(START_MS + 90_000)).toBe(2);
    expect(ticks.at(-1)).toEqual([60_000, 90_000]);
    expect(engine.price('BTC').toFixed()).toBe('101.5');
  });

  it('never goes back', () => {
    const { engine } = bench();
    engine.advanceTo(START_MS + 90_000);
    expect(engine.advanceTo(START_MS)).toBe(0);
    expect(engine.tapeNow()).toBe(START_MS + 90_000);
  });

  it('knows the prices of the tape, default prices, USD, and nothing else', () => {
    const { engine } = bench();
    expect([engine.price('BTC'), engine.price('ETH'), engine.price('USD')].map(String)).toEqual(['100', '2500', '1']);
    expect(() => engine.price('XRP')).toThrow('no price for XRP');
    expect([...engine.assets()].sort()).toEqual(['BTC', 'ETH']);
  });

  it('running freely visits what stepping visits', () => {
    const stepped = bench();
    while (stepped.engine.advance());
    const free = bench();
    free.engine.run(1000);
    free.host.pass(599);
    expect(free.engine.done).toBe(false);
    free.host.pass(1);
    expect(free.ticks).toEqual(stepped.ticks);
    expect(free.engine.speed).toBe(0);
  });

  it('can be held and let go again without a jump', () => {
    const { engine, host } = bench();
    engine.run(1000);
    host.pass(120);
    engine.hold();
    host.pass(10_000);
    expect(engine.tapeNow()).toBe(START_MS + 120_000);
    engine.run(1000);
    host.pass(60);
    expect(engine.tapeNow()).toBe(START_MS + 180_000);
  });

  it('can be held by a listener in the middle of a turn', () => {
    const { engine, host, ticks } = bench();
    engine.onTick(() => {
      if (ticks.length === 2) engine.hold();
    });
    engine.run(1_000_000);
    host.pass(1000);
    expect(ticks.length).toBe(2);
  });

  it('hands out increasing ids, above 2^53 where the venue has such ids', () => {
    const { engine } = bench();
    expect(BigInt(engine.nextId('binance.interest')) > 2n ** 53n).toBe(true);
    const [first, second] = [engine.nextId('binance.tran'), engine.nextId('binance.tran')];
    expect(BigInt(second)).toBe(BigInt(first) + 1n);
  });
});
