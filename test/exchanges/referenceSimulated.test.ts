/** The second price source and the verdict over it, against the simulated exchanges with a dislocated index. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DISLOCATION_RULES, compare, type Verdicts } from '../../src/core/dislocation.ts';
import type { VenueName } from '../../src/core/loan.ts';
import { format, parse } from '../../src/core/money.ts';
import { dislocatedOf } from '../../src/core/verdicts.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createMeter } from '../../src/exchanges/limits.ts';
import { createReference } from '../../src/exchanges/reference.ts';
import { HttpBench } from '../simulator/httpSupport.ts';

const GROUPS = { USDT: { wraps: null, stable: 'USD' } };

let bench: HttpBench;
beforeEach(async () => {
  bench = await HttpBench.start();
});
afterEach(async () => {
  expect(bench.bugs).toEqual([]);
  await bench.simulator.stop();
});

/** One comparison of an account of this venue, whose own prices are those of its simulated index. */
async function verdictsOf(venue: VenueName): Promise<Verdicts> {
  const { simulator } = bench;
  const clock = { ...systemClock };
  const { rest } = venue === 'binance' ? simulator.okx : simulator.binance;
  const feed = createReference({
    venue,
    hosts: { rest },
    clock,
    meter: createMeter({ clock }),
    log: silentLog,
    refreshMs: 60_000,
    keepMs: 5_000,
  });
  const { prices, dislocated } = await bench.admin('GET', '/state');
  const seen: Record<string, string> = { ...prices, ...dislocated[venue] };
  const own = Object.fromEntries(Object.entries(seen).map(([asset, price]) => [asset, [parse(price)]]));
  feed.watch(Object.keys(own));
  await feed.refresh();
  const references = feed.prices();
  await feed.stop();
  const [at, rules] = [clock.wall(), DISLOCATION_RULES];
  return compare({ own, at, until: at, references, groups: GROUPS, rules, disputes: {} }).verdicts;
}

describe.each(['binance', 'okx'] as const)('an account of the simulated %s', (venue) => {
  it('agrees with the other venue about every price', async () => {
    const verdicts = await verdictsOf(venue);
    expect(Object.keys(verdicts)).toContain('BTC');
    for (const [asset, verdict] of Object.entries(verdicts)) expect([asset, verdict.kind]).toEqual([asset, 'agrees']);
  });

  it.each(['binance', 'okx'])('disputes the one price that is off at %s', async (where) => {
    const effect = { kind: 'dislocate', asset: 'BTC', factor: '0.62' };
    await bench.admin('POST', '/faults', { match: { venue: where }, effect });
    const verdicts = await verdictsOf(venue);
    expect(dislocatedOf(verdicts)).toEqual(['BTC']);
    const btc = verdicts['BTC'];
    const gap = where === venue ? '0.620' : format(parse('1').div(parse('0.62')).toDecimalPlaces(3));
    expect(btc && 'ratio' in btc ? btc.ratio.toFixed(3) : btc).toBe(gap);
  });
});
