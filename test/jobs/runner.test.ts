/** An account at work: real lane, real journal, real time, a venue that misbehaves. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Dec } from '../../src/core/money.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { BREACHED, Bench, HEALTHY } from './bench.ts';
import type { LoanSpecs } from './bench.ts';
import { FakeVenue } from './fakeVenue.ts';
import { freshAddress } from './fixtures.ts';

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

interface Desk {
  readonly runner: Runner;
  readonly venue: FakeVenue;
  readonly events: LookEvent[];
  readonly errors: Error[];
}

const QUICK = { lookEveryMs: 200, lookSoonMs: 20, lockMs: 900, stalledMs: 200, requestDeadlineMs: 400, spacingMs: 10 };

async function desk(
  loans: LoanSpecs,
  over: { readonly address?: AccountAddress; readonly venue?: FakeVenue; readonly timing?: Partial<typeof QUICK> } = {},
): Promise<Desk> {
  const events: LookEvent[] = [];
  const errors: Error[] = [];
  const like = new Bench(redis.connect(), {
    loans,
    timing: { ...QUICK, settleInLaneMs: 100, lagMarginMs: 50, evidenceSpreadMs: 300, ...over.timing },
  });
  const venue =
    over.venue ??
    new FakeVenue({
      clock: systemClock,
      account: 'desk',
      product: 'okx.flexibleLoan',
      loans,
      wallet: { USDT: '50000' },
    });
  const runner = await Runner.open({
    setup: like.setup,
    address: over.address ?? like.address,
    venue,
    reference: null,
    clock: systemClock,
    stamp: 'abc',
    redis: redis.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1 }),
    consumer: redis.connect(),
    emit: (_account, event) => events.push(event),
    onError: (_account, error) => errors.push(error),
  });
  open.push(runner);
  return { runner, venue, events, errors };
}

const alertsOf = ({ events }: Desk, category: string): string[] =>
  events.flatMap((event) => (event.type === 'alert' && event.category === category ? [event.says] : []));
const sentTotal = (venue: FakeVenue): number => venue.sent.reduce((total, { amount }) => total + Number(amount), 0);

describe('an account at work', () => {
  it('rescues a breached loan without anybody ringing, and comes to rest', async () => {
    const { runner, venue, errors } = await desk(BREACHED);
    await expect.poll(() => venue.books('one').debt.toNumber()).toBeLessThan(6_300);
    await expect.poll(() => runner.quiet()).toBe(true);
    expect(venue.sent).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('looks when prices would put a loan elsewhere, not at every tick, and not while it is blind', async () => {
    const one = await desk(HEALTHY, { timing: { lookEveryMs: 60_000 } });
    await expect.poll(() => one.events.some(({ type }) => type === 'looked')).toBe(true);
    await expect.poll(() => one.runner.quiet()).toBe(true);
    const looks = one.venue.looks;
    for (let i = 0; i < 20; i += 1) await one.runner.onPrices({ BTC: new Dec(10_000 - i) });
    expect(one.venue.looks).toBe(looks);
    one.venue.price = new Dec(6_400);
    await one.runner.onPrices({ BTC: one.venue.price });
    await expect.poll(() => one.venue.sent.length).toBe(1);
    one.venue.observeError = new Error('502');
    await one.runner.ring('look');
    await expect.poll(() => one.events.some(({ type }) => type === 'blind')).toBe(true);
    const blindLooks = one.venue.looks;
    for (let i = 0; i < 20; i += 1) await one.runner.onPrices({ BTC: new Dec(5_000 - i) });
    expect(one.venue.looks).toBe(blindLooks);
  });

  it('is not quiet while a call may be on its way or is owed another try', async () => {
    const venue = new FakeVenue({
      clock: systemClock,
      account: 'desk',
      product: 'okx.flexibleLoan',
      loans: BREACHED,
      wallet: { USDT: '50000' },
    });
    venue.script.push({ do: 'reject' }, { do: 'accept', settleMs: null });
    const { runner } = await desk(BREACHED, { venue, timing: { lookSoonMs: 300, lookEveryMs: 600 } });
    await expect.poll(() => venue.sent.length).toBe(1);
    expect(await runner.quiet()).toBe(false);
    await expect.poll(() => venue.sent.length).toBe(2);
    expect(await runner.quiet()).toBe(false);
    venue.finish();
    await expect.poll(() => runner.quiet()).toBe(true);
    expect(venue.sent).toHaveLength(2);
  });

  it('a listener that throws does not come between claim and send', async () => {
    const one = await desk(BREACHED);
    Object.assign(one.events, {
      push: () => {
        throw new Error('a broken page');
      },
    });
    await expect.poll(() => one.venue.sent.length).toBe(1);
    await expect
      .poll(async () => (await one.runner.journal.intents()).map(({ state }) => state))
      .toEqual(['confirmed']);
    expect(one.errors.some(({ message }) => message === 'a broken page')).toBe(true);
  });
});

describe('two processes at one account', () => {
  it('look one at a time and pay once', async () => {
    const address = freshAddress();
    const first = await desk(BREACHED, { address });
    const second = await desk(BREACHED, { address, venue: first.venue });
    for (let i = 0; i < 30; i += 1) await Promise.all([first.runner.ring('a'), second.runner.ring('b')]);
    await expect.poll(() => first.venue.books('one').debt.toNumber()).toBeLessThan(6_300);
    await expect.poll(() => first.runner.quiet()).toBe(true);
    expect(Math.max(...first.venue.sends().values())).toBe(1);
    expect(sentTotal(first.venue)).toBeLessThan(1_850);
    expect(first.venue.most).toBe(1);
  });

  it('when one of them stops, the other goes on', async () => {
    const address = freshAddress();
    const first = await desk(HEALTHY, { address });
    const second = await desk(HEALTHY, { address, venue: first.venue });
    await expect.poll(() => [...first.events, ...second.events].some(({ type }) => type === 'looked')).toBe(true);
    open.splice(open.indexOf(first.runner), 1);
    await first.runner.stop(1_000);
    first.venue.price = new Dec(6_400);
    await expect.poll(() => first.venue.sent.length).toBe(1);
  });
});

describe('a lane that is silent', () => {
  it('because a look hangs for ever is revived, alerted once, and rescues the loan', async () => {
    const one = await desk(HEALTHY);
    await expect.poll(() => one.events.some(({ type }) => type === 'looked')).toBe(true);
    let hanging = true;
    // An adapter with a bug: it never answers and does not hear that it should stop.
    one.venue.beforeObserve = () => (hanging ? new Promise<void>(() => undefined) : Promise.resolve());
    one.venue.price = new Dec(6_400);
    const before = one.venue.looks;
    await expect.poll(() => one.venue.looks).toBe(before + 1);
    hanging = false;
    await expect.poll(() => one.venue.sent.length, { timeout: 15_000 }).toBe(1);
    expect(alertsOf(one, 'silent')).toHaveLength(1);
    expect(one.venue.most).toBe(1);
  });

  it('because its jobs were lost is rung by its timer', async () => {
    const one = await desk(HEALTHY);
    await expect.poll(() => one.events.some(({ type }) => type === 'looked')).toBe(true);
    await expect.poll(() => one.runner.quiet()).toBe(true);
    const client = redis.connect();
    const keys = await client.keys(`${one.runner.journal.prefix}lane:looks:*`);
    await client.del(...keys.filter((key) => /:(wait|active|\d+|de:.*)$/.test(key)));
    one.venue.price = new Dec(6_400);
    await expect.poll(() => one.venue.sent.length).toBe(1);
  });
});

describe('when Redis goes away', () => {
  it('in the middle of a look, nothing is sent after that, and the look after its return rescues the loan', async () => {
    const one = await desk(HEALTHY);
    await expect.poll(() => one.events.some(({ type }) => type === 'looked')).toBe(true);
    let died = false;
    one.venue.price = new Dec(6_400);
    one.venue.beforeObserve = async () => {
      if (died) return;
      died = true;
      await redis.kill();
    };
    await expect.poll(() => died).toBe(true);
    const looks = one.venue.looks;
    await systemClock.sleep(500);
    expect(one.venue.sent).toEqual([]);
    expect(one.venue.looks).toBe(looks);
    await redis.restart();
    await expect.poll(() => one.venue.sent.length, { timeout: 15_000 }).toBe(1);
    await expect.poll(() => one.runner.quiet(), { timeout: 15_000 }).toBe(true);
    expect(one.venue.books('one').debt.toNumber()).toBeLessThan(4_000);
  });

  it('during a send, the outcome is found by evidence and the call is not repeated', async () => {
    const one = await desk(BREACHED);
    let died = false;
    one.venue.beforeReply = async () => {
      if (died) return;
      died = true;
      await redis.kill();
      // Longer than a look waits to write down what became of a call.
      await systemClock.sleep(2_500);
      await redis.restart();
    };
    await expect
      .poll(async () => (await one.runner.journal.intents().catch(() => [])).map(({ state }) => state), {
        timeout: 18_000,
      })
      .toEqual(['confirmed']);
    expect(Math.max(...one.venue.sends().values())).toBe(1);
    expect(sentTotal(one.venue)).toBeLessThan(1_850);
  });
});
