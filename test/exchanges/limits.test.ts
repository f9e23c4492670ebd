import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { createMeter, type Bucket } from '../../src/exchanges/limits.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const bucket: Bucket = { id: 'v:ip:x', scope: 'v:ip', limit: 100, windowMs: 60_000 };

function clockAt(start: number): Clock & { now: number } {
  const clock = { ...systemClock, now: start, wall: () => clock.now };
  return clock;
}

describe('the meter', () => {
  it('gives polling its share and keeps the rest for rescues', async () => {
    const meter = createMeter({ clock: clockAt(60_000_000) });
    for (let index = 0; index < 7; index += 1) expect(await meter.poll(bucket, 10)).toBeNull();
    expect(await meter.poll(bucket, 10)).toBe(60_000);
    for (let index = 0; index < 3; index += 1) expect(meter.rescue(bucket, 10)).toBeNull();
    expect(meter.rescue(bucket, 10)).toBe(60_000);
  });

  it('starts anew with the next minute of the wall clock', async () => {
    const clock = clockAt(60_030_000);
    const meter = createMeter({ clock });
    expect(await meter.poll(bucket, 70)).toBeNull();
    expect(await meter.poll(bucket, 10)).toBe(30_000);
    clock.now += 30_000;
    expect(await meter.poll(bucket, 10)).toBeNull();
  });

  it('believes the venue when it counted more', async () => {
    const meter = createMeter({ clock: clockAt(60_000_000) });
    meter.correct(bucket, 65);
    expect(await meter.poll(bucket, 10)).not.toBeNull();
    expect(meter.rescue(bucket, 10)).toBeNull();
    meter.correct(bucket, 3); // An answer that was on its way while others asked.
    expect(meter.usedShare(bucket)).toBe(0.75);
    meter.correct(bucket, Number.NaN);
    expect(meter.usedShare(bucket)).toBe(0.75);
  });

  it('lets nothing out while the scope is banned, other scopes are free', async () => {
    const clock = clockAt(60_000_000);
    const meter = createMeter({ clock });
    meter.block('v:ip', 5_000);
    meter.block('v:ip', 1_000); // A shorter ban does not shorten the longer.
    expect(meter.rescue(bucket, 1)).toBe(5_000);
    expect(await meter.poll(bucket, 1)).toBe(5_000);
    expect(meter.rescue({ ...bucket, scope: 'other' }, 1)).toBeNull();
    clock.now += 5_000;
    expect(meter.rescue(bucket, 1)).toBeNull();
  });

  it('lets a single heavy read through that is larger than polling’s share', async () => {
    const meter = createMeter({ clock: clockAt(60_000_000) });
    expect(await meter.poll(bucket, 80)).toBeNull();
    expect(await meter.poll(bucket, 80)).not.toBeNull();
  });

  it('does not wait for a Redis that fails or hangs', async () => {
    for (const redis of [
      {
        status: 'ready',
        defineCommand: () => undefined,
        multi: () => ({ get: () => ({ pttl: () => ({ exec: () => Promise.reject(new Error('down')) }) }) }),
      },
      {
        status: 'ready',
        defineCommand: () => undefined,
        multi: () => ({ get: () => ({ pttl: () => ({ exec: () => new Promise(() => undefined) }) }) }),
      },
      { status: 'end', defineCommand: () => undefined },
    ]) {
      const meter = createMeter({ clock: { ...systemClock, wall: () => 60_000_000 }, redis });
      const began = performance.now();
      expect(meter.rescue(bucket, 10)).toBeNull();
      expect(await meter.poll(bucket, 10)).toBeNull();
      expect(performance.now() - began).toBeLessThan(1_000);
      meter.block('v:ip', 1_000);
      expect(meter.rescue(bucket, 10)).toBe(1_000);
    }
  });
});

describe('two processes behind one address', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startTestRedis();
  });
  afterAll(() => server.stop());

  it('share polling’s count and a ban, and each keeps its own rescues', async () => {
    const clock = clockAt(60_000_000);
    const clients = [server.connect(), server.connect()];
    await Promise.all(clients.map((client) => client.ping()));
    const [one, two] = clients.map((redis) => createMeter({ clock, redis, prefix: 'a' }));
    expect(await one?.poll(bucket, 50)).toBeNull();
    expect(await two?.poll(bucket, 20)).toBeNull();
    expect(await two?.poll(bucket, 10), 'together they are at 70 of 70').toBeGreaterThan(0);
    expect(two?.rescue(bucket, 80), 'a rescue asks nobody').toBeNull();
    one?.block('v:ip', 30_000);
    clock.now += 2_000; // Bans of others are asked for once a second.
    await systemClock.sleep(50);
    expect(await two?.poll({ ...bucket, id: 'other' }, 1)).toBeGreaterThan(20_000);
    expect(two?.rescue(bucket, 1)).toBeGreaterThan(20_000);
  });

  it('counts windows shorter than a second', async () => {
    const clock = clockAt(60_000_000);
    const short = { ...bucket, id: 'short', windowMs: 200 };
    const redis = server.connect();
    await redis.ping();
    const meter = createMeter({ clock, redis, prefix: 'b' });
    expect(await meter.poll(short, 70)).toBeNull();
    expect(await meter.poll(short, 10)).not.toBeNull();
    clock.now += 200;
    expect(await meter.poll(short, 70)).toBeNull();
  });
});
