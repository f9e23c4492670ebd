import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { TimerOptions } from '../../src/jobs/timers.ts';
import { LookTimer } from '../../src/jobs/timers.ts';

/** Timers that fire when the test moves time. */
class Hands {
  now = 1_000_000;
  /** By which the wall clock is ahead. */
  ahead = 0;
  #pending: { at: number; run: () => void }[] = [];
  readonly clock = {
    wall: (): number => this.now + this.ahead,
    mono: (): number => this.now,
    sleep: (): Promise<void> => Promise.resolve(),
    later: (ms: number, run: () => void) => {
      const timer = { at: this.now + ms, run };
      this.#pending.push(timer);
      return () => {
        this.#pending = this.#pending.filter((one) => one !== timer);
      };
    },
  };

  get armed(): number {
    return this.#pending.length;
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await systemClock.sleep(0);
      const [next] = this.#pending.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.now = Math.max(this.now, next.at);
      this.#pending = this.#pending.filter((one) => one !== next);
      next.run();
    }
    this.now = until;
  }
}

function setUp(over: Partial<TimerOptions> = {}) {
  const hands = new Hands();
  const heard: string[] = [];
  const journal = { next: null as number | null, looked: null as number | null };
  const timer = new LookTimer({
    account: 'desk',
    journal: {
      nextLookAt: async () => Promise.resolve(journal.next),
      lookedAt: async () => Promise.resolve(journal.looked),
    },
    ring: async (reason) => void heard.push(`ring ${reason}`),
    revive: async () => void heard.push('revive'),
    onSilent: () => heard.push('silent'),
    onError: (error) => heard.push(`error ${error.message}`),
    clock: hands.clock,
    lookEveryMs: 5_000,
    takeOverMs: 20_000,
    ...over,
  });
  return { hands, heard, journal, timer };
}

describe('the timer of an account', () => {
  it('rings at the start and then when the journal says that a look is due', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    await hands.pass(1);
    journal.next = hands.now + 2_000;
    journal.looked = hands.now;
    timer.due(journal.next);
    await hands.pass(1_900);
    expect(heard).toEqual(['ring start']);
    await hands.pass(200);
    expect(heard).toEqual(['ring start', 'ring due']);
  });

  it('does not ring while another process looks, and takes over when that one stops', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    await hands.pass(1);
    for (let i = 0; i < 8; i += 1) {
      journal.next = hands.now + 5_000;
      journal.looked = hands.now;
      await hands.pass(4_000);
    }
    expect(heard).toEqual(['ring start']);
    await hands.pass(12_000);
    expect(heard.filter((what) => what === 'ring due').length).toBeGreaterThanOrEqual(1);
  });

  it('revives a lane without a finished look, tells it once, and again for another silence', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    await hands.pass(19_000);
    expect(heard).not.toContain('revive');
    await hands.pass(30_000);
    expect(heard.filter((what) => what === 'silent')).toHaveLength(1);
    expect(heard.filter((what) => what === 'revive').length).toBeGreaterThanOrEqual(1);
    expect(heard.filter((what) => what === 'revive').length).toBeLessThanOrEqual(2);
    journal.looked = hands.now;
    await hands.pass(10_000);
    await hands.pass(60_000);
    expect(heard.filter((what) => what === 'silent')).toHaveLength(2);
  });

  it('rings although the next look is dated by a clock that was set back since', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    hands.ahead = 7_200_000;
    await hands.pass(1);
    journal.next = hands.clock.wall() + 5_000;
    journal.looked = hands.clock.wall();
    timer.due(journal.next);
    hands.ahead = 0;
    await hands.pass(6_000);
    expect(heard.filter((what) => what === 'ring due').length).toBeGreaterThanOrEqual(1);
  });

  it('takes a clock that was set ahead for no silence, and one that was set back for no look', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    await hands.pass(1);
    journal.looked = hands.clock.wall();
    await hands.pass(2_000);
    hands.ahead = 7_200_000;
    await hands.pass(6_000);
    expect(heard).not.toContain('revive');
    hands.ahead = -7_200_000;
    await hands.pass(30_000);
    expect(heard).toContain('revive');
  });

  it('is stuck when reviving has not helped for as long again, and no longer once somebody finishes a look', async () => {
    const { hands, heard, journal, timer } = setUp();
    timer.start();
    await hands.pass(39_000);
    expect([heard.includes('revive'), timer.isStuck]).toEqual([true, false]);
    await hands.pass(2_000);
    expect(timer.isStuck).toBe(true);
    journal.looked = hands.now;
    await hands.pass(5_000);
    expect(timer.isStuck).toBe(false);
    await hands.pass(60_000);
    expect(timer.isStuck).toBe(true);
    timer.stop();
    expect(timer.isStuck).toBe(false);
  });

  it('is not stuck while a venue has asked for a long pause', async () => {
    const { hands, journal, timer } = setUp();
    timer.start();
    await hands.pass(1);
    journal.looked = hands.now;
    journal.next = hands.now + 600_000;
    await hands.pass(590_000);
    expect(timer.isStuck).toBe(false);
    await hands.pass(60_000);
    expect(timer.isStuck).toBe(true);
  });

  it('is stuck while the journal cannot be read', async () => {
    const away = (): Promise<never> => Promise.reject(new Error('away'));
    const { hands, timer } = setUp({ journal: { nextLookAt: away, lookedAt: away } });
    timer.start();
    await hands.pass(41_000);
    expect(timer.isStuck).toBe(true);
  });

  it('goes on when the journal cannot be read', async () => {
    const fails = {
      nextLookAt: () => Promise.reject(new Error('away')),
      lookedAt: () => Promise.reject(new Error('away')),
    };
    const { hands, heard, timer } = setUp({ journal: fails });
    timer.start();
    await hands.pass(20_500);
    expect(heard.filter((what) => what === 'error away').length).toBeGreaterThanOrEqual(4);
  });

  it('has one timer armed at most, and none after it was stopped', async () => {
    const { hands, timer } = setUp();
    timer.start();
    for (let i = 0; i < 5; i += 1) {
      timer.due(hands.now + 1_000);
      await hands.pass(500);
      expect(hands.armed).toBe(1);
    }
    timer.stop();
    await hands.pass(60_000);
    expect(hands.armed).toBe(0);
  });
});
