import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { lanePrefixOf } from '../../src/jobs/keys.ts';
import type { LaneOptions } from '../../src/jobs/lane.ts';
import { Lane } from '../../src/jobs/lane.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { freshAddress } from './fixtures.ts';

let redis: TestRedis;
const lanes: Lane[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const lane of lanes.splice(0)) await lane.close(100, systemClock);
});
afterAll(async () => {
  await redis.stop();
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await systemClock.sleep(5);
}

async function open(look: LaneOptions['look'], over: Partial<LaneOptions> = {}): Promise<Lane> {
  const lane = await Lane.open({
    account: 'alice',
    prefix: lanePrefixOf(freshAddress()),
    producer: redis.connect(),
    consumer: redis.connect(),
    clock: systemClock,
    timing: { lockMs: 1_000, stalledMs: 300 },
    look,
    onError: () => undefined,
    onTimed: () => undefined,
    onStalled: () => undefined,
    ...over,
  });
  lanes.push(lane);
  return lane;
}

/** A look that waits until it is let go. */
function gate(): { look: LaneOptions['look']; reasons: string[]; release: () => void; most: () => number } {
  const reasons: string[] = [];
  let running = 0;
  let most = 0;
  let waiting: (() => void)[] = [];
  return {
    reasons,
    most: () => most,
    release: () => {
      for (const go of waiting.splice(0)) go();
      waiting = [];
    },
    look: async (reason) => {
      reasons.push(reason);
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((go) => waiting.push(go));
      running -= 1;
    },
  };
}

describe('a lane', () => {
  it('turns bells that ring during a look into exactly one more look, with the newest reason', async () => {
    const { look, reasons, release } = gate();
    const lane = await open(look);
    await lane.ring('first');
    await until(() => reasons.length === 1);
    for (const reason of ['second', 'third', 'fourth']) await lane.ring(reason);
    release();
    // A swallowed bell must show as one, and not as a test that waits for ever.
    await until(async () => reasons.length === 2 || (await lane.quiet()));
    release();
    await until(() => lane.quiet());
    expect(reasons).toEqual(['first', 'fourth']);
  });

  it('runs one look at a time also when two processes serve it', async () => {
    const address = lanePrefixOf(freshAddress());
    const { look, reasons, release, most } = gate();
    const one = await open(look, { prefix: address });
    const two = await open(look, { prefix: address });
    await one.ring('a');
    await until(() => reasons.length === 1);
    await two.ring('b');
    await systemClock.sleep(50);
    expect(reasons).toEqual(['a']);
    release();
    await until(() => reasons.length === 2);
    release();
    await until(async () => (await one.quiet()) && (await two.quiet()));
    expect(most()).toBe(1);
  });

  it('survives a look that throws: the error is reported and the next bell is served', async () => {
    const errors: Error[] = [];
    let looks = 0;
    const lane = await open(
      async () => {
        looks += 1;
        if (looks === 1) throw new Error('a bug');
        return Promise.resolve();
      },
      { onError: (error) => errors.push(error) },
    );
    await lane.ring('first');
    await until(() => lane.quiet());
    await lane.ring('second');
    await until(() => looks === 2);
    expect(errors.map(({ message }) => message)).toEqual(['a bug']);
  });

  it('lends a lease that is renewed at Redis and counted from before the renewal', async () => {
    let remaining = Number.NaN;
    let renewed = false;
    const lane = await open(async (_reason, lease) => {
      renewed = await lease.renew();
      remaining = lease.remainingMs();
    });
    await lane.ring('look');
    await until(() => renewed);
    expect(remaining).toBeLessThanOrEqual(1_000);
    expect(remaining).toBeGreaterThan(500);
  });

  it('takes a look of a frozen holder over: its job fails, the next bell runs', async () => {
    let stalled = 0;
    const address = lanePrefixOf(freshAddress());
    const stuck = gate();
    // A worker that never renews its lock behaves like a frozen process.
    const holder = await open(stuck.look, { prefix: address, timing: { lockMs: 400, stalledMs: 100 } });
    await holder.ring('held');
    await until(() => stuck.reasons.length === 1);
    const looks: string[] = [];
    const redisClient = redis.connect();
    const keys = await redisClient.keys(`${address}*:lock`);
    expect(keys).toHaveLength(1);
    await redisClient.del(...keys);
    const standby = await open(
      async (reason) => {
        looks.push(reason);
        return Promise.resolve();
      },
      { prefix: address, timing: { lockMs: 400, stalledMs: 100 }, onStalled: () => (stalled += 1) },
    );
    await standby.ring('again');
    await until(() => looks.length > 0);
    expect(looks).toContain('again');
    expect(stalled).toBe(1);
    stuck.release();
  });
});
