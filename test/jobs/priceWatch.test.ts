/** The venue's own feed at a running account: it makes looks come earlier, and never more than the account can bear. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Dec } from '../../src/core/money.ts';
import { Runner } from '../../src/jobs/runner.ts';
import { coin, debt, loan } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench, HEALTHY } from './bench.ts';
import { FakeVenue, UID } from './fakeVenue.ts';

let redis: TestRedis;
const open: Runner[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const runner of open.splice(0)) await runner.stop(100);
});
afterAll(async () => {
  await redis.stop();
});

const LOOK_SOON_MS = 200;
/** The timer comes too late for every test here. */
const TIMING = { lookEveryMs: 600_000, lookSoonMs: LOOK_SOON_MS, requestDeadlineMs: 2_000, plausibleAfterMs: 50 };

interface Desk {
  readonly runner: Runner;
  readonly venue: FakeVenue;
  readonly errors: Error[];
}

/** A healthy loan that was looked at once, with the feed tied to its view. */
async function desk(feedPrice = 10_000): Promise<Desk> {
  const errors: Error[] = [];
  const like = new Bench(redis.connect(), { loans: HEALTHY, timing: TIMING });
  const venue = new FakeVenue({
    clock: systemClock,
    account: 'desk',
    product: 'okx.flexibleLoan',
    loans: HEALTHY,
    wallet: { USDT: '50000' },
  });
  let looked = 0;
  const runner = await Runner.open({
    setup: like.setup,
    address: like.address,
    venue,
    reference: null,
    clock: systemClock,
    stamp: 'abc',
    redis: redis.connect(),
    consumer: redis.connect(),
    emit: (_account, event) => (looked += event.type === 'looked' ? 1 : 0),
    onError: (_account, error) => errors.push(error),
  });
  open.push(runner);
  await expect.poll(() => looked).toBeGreaterThan(0);
  await expect.poll(() => runner.quiet()).toBe(true);
  venue.tick('BTC', feedPrice);
  return { runner, venue, errors };
}

/** As many ticks as a second of a wild market has. */
async function ticks(count: number, everyMs: number, say: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    say(index);
    await systemClock.sleep(everyMs);
  }
}

describe('the feed of a venue', () => {
  it('brings the rescue long before the timer would', async () => {
    const { venue, errors } = await desk();
    venue.price = new Dec(6_400);
    venue.tick('BTC', 6_400);
    await expect.poll(() => venue.sent.length).toBe(1);
    expect(errors).toEqual([]);
  });

  it("counts by its moves: a price that is off the venue's own for good rings nothing and hides nothing", async () => {
    const { venue } = await desk(7_000);
    const { looks } = venue;
    await ticks(20, 10, (index) => {
      venue.tick('BTC', 7_000 + (index % 2));
    });
    expect(venue.looks).toBe(looks);
    venue.price = new Dec(6_400);
    venue.tick('BTC', 7_000 * 0.64);
    await expect.poll(() => venue.sent.length).toBe(1);
  });

  it('with a hundred ticks a second of a falling price makes a few looks, not a flood, and none once it is calm', async () => {
    const { venue, runner, errors } = await desk();
    const before = venue.looks;
    const started = systemClock.mono();
    // From 50 % to 69 %, by nearly forty times the half point of LTV that is worth a look.
    await ticks(300, 10, (index) => {
      venue.price = new Dec(10_000 - 9 * index);
      venue.tick('BTC', venue.price);
    });
    const seconds = (systemClock.mono() - started) / 1_000;
    const looks = venue.looks - before;
    expect(looks).toBeGreaterThan(4);
    expect(looks).toBeLessThan((2 * seconds * 1_000) / LOOK_SOON_MS + 3);
    // The last view is tied to a price of up to a sample before it, so the first calm tick may still be news; one look settles it.
    for (let turn = 0; turn < 2; turn += 1) {
      await systemClock.sleep(3 * LOOK_SOON_MS);
      await expect.poll(() => runner.quiet()).toBe(true);
      venue.tick('BTC', venue.price);
    }
    await systemClock.sleep(3 * LOOK_SOON_MS);
    await expect.poll(() => runner.quiet()).toBe(true);
    const calm = venue.looks;
    await ticks(30, 10, () => {
      venue.tick('BTC', venue.price);
    });
    expect(venue.looks).toBe(calm);
    expect(errors).toEqual([]);
  });

  it('follows the coins of the newest view, with one subscription at a time', async () => {
    const { venue, runner } = await desk();
    // Other collateral is believed after three looks only.
    const assets = async (): Promise<(readonly string[])[]> => {
      await runner.ring('look');
      return [...venue.watches].map((watch) => watch.assets);
    };
    expect(await assets()).toEqual([['BTC', 'USDT']]);
    const eth = { asset: 'ETH', amount: '4', price: '2500' };
    const common = { account: 'desk', product: 'okx.flexibleLoan', key: 'one', line: '0.9' } as const;
    venue.beforeObserve = () => {
      const other = loan({ ...common, debts: [debt({ amount: '5000' })], coins: [coin(eth)] });
      venue.frozen = { ...venue.view(), uid: UID, loans: [{ ...other, asOf: systemClock.wall() }] };
      return Promise.resolve();
    };
    await expect.poll(assets, { timeout: 10_000 }).toEqual([['ETH', 'USDT']]);
    venue.beforeObserve = () => Promise.resolve(void (venue.frozen = null));
    await expect.poll(assets, { timeout: 10_000 }).toEqual([['BTC', 'USDT']]);
  });

  it('does not ring a blind account', async () => {
    const { venue, runner } = await desk();
    venue.observeError = new Error('502');
    const before = venue.looks;
    await runner.ring('look');
    await expect.poll(() => venue.looks).toBe(before + 1);
    await expect.poll(() => runner.quiet()).toBe(true);
    const { looks } = venue;
    await ticks(30, 10, (index) => {
      venue.tick('BTC', 6_000 + index);
    });
    expect(venue.looks - looks).toBeLessThan(2);
  });

  it('is left before the venue is closed, and nothing that it says after that rings', async () => {
    const { venue, runner } = await desk();
    const [watch] = [...venue.watches];
    const order: number[] = [];
    venue.close = () => Promise.resolve(void order.push(venue.watches.size));
    await runner.stop(500);
    open.splice(0);
    expect(order).toEqual([0]);
    const { looks } = venue;
    watch?.onPrice({ asset: 'BTC', price: new Dec(6_000), at: systemClock.wall() });
    await systemClock.sleep(LOOK_SOON_MS);
    expect(venue.looks).toBe(looks);
  });
});
