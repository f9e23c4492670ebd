import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('later', () => {
  it('never runs inside the caller, also after 0 ms', async () => {
    const order: string[] = [];
    systemClock.later(0, () => order.push('timer'));
    order.push('caller');
    await systemClock.sleep(5);
    expect(order).toEqual(['caller', 'timer']);
  });

  it('runs once, and not after it was cancelled', () => {
    vi.useFakeTimers();
    let runs = 0;
    systemClock.later(10, () => (runs += 1));
    const cancel = systemClock.later(10, () => (runs += 100));
    cancel();
    cancel();
    vi.advanceTimersByTime(1_000);
    expect(runs).toBe(1);
  });

  it('waits longer than one of Node’s timers can', () => {
    vi.useFakeTimers();
    const monthMs = 31 * 24 * 3_600_000;
    let fired = false;
    systemClock.later(monthMs, () => (fired = true));
    vi.advanceTimersByTime(monthMs - 1);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  });

  it('can be cancelled between two of those timers', () => {
    vi.useFakeTimers();
    let fired = false;
    const cancel = systemClock.later(2 ** 32, () => (fired = true));
    vi.advanceTimersByTime(2 ** 31 + 5);
    cancel();
    vi.advanceTimersByTime(2 ** 32);
    expect(fired).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses NaN, which Node would take for 1 ms', () => {
    expect(() => systemClock.later(Number.NaN, () => undefined)).toThrow(RangeError);
  });
});

describe('sleep', () => {
  it('rejects with the reason as soon as its signal aborts, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const asleep = systemClock.sleep(60_000, stop.signal);
    const reason = new Error('shutting down');
    stop.abort(reason);
    await expect(asleep).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects at once when its signal was aborted before', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).rejects.toThrow();
  });
});

describe('the two readings', () => {
  it('are ms since the epoch, and ms that never go back', () => {
    expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1_000);
    const readings = Array.from({ length: 1_000 }, () => systemClock.mono());
    expect(readings).toEqual([...readings].sort((one, other) => one - other));
  });
});
