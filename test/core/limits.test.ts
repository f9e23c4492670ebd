/** Sliding windows and the smallest room (DESIGN §5.6). */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, actionRoom, fuse, releaseRoom, room, spentOf, windowRoom } from '../../src/core/limits.ts';
import type { RoomAsk } from '../../src/core/limits.ts';
import type { Charge } from '../../src/core/need.ts';
import { NOW, dec, policy, rung } from './build.ts';
import type { PolicySpec } from './build.ts';

function charge(usd: string, ageMs: number, more: Partial<Charge> = {}): Charge {
  return {
    intent: 'i',
    at: NOW - ageMs,
    loan: 'a',
    episode: 'e1',
    rung: 1,
    asset: 'USDT',
    amount: usd,
    usd,
    tier: 'normal',
    ...more,
  };
}

function ask(charges: readonly Charge[], rules: PolicySpec, more: Partial<RoomAsk> = {}): RoomAsk {
  return {
    now: NOW,
    policy: policy(rules),
    tier: 'normal',
    episode: 'e1',
    rung: null,
    spent: spentOf(charges),
    counts: () => true,
    priceOf: (asset) => (asset === 'BTC' ? dec(60_000) : asset === 'USDT' ? dec(1) : null),
    ...more,
  };
}

describe('releases', () => {
  const released = [charge('300', HOUR_MS, { rung: 0, episode: '' }), charge('200', DAY_MS, { rung: 0, episode: '' })];

  it('have a window of their own: they take nothing from what protects, and the other way round', () => {
    const both = [...released, charge('700', HOUR_MS)];
    const caps = { caps: { perHour: dec(1_000), perDay: dec(1_000) } };
    expect(windowRoom(ask(both, caps)).usd?.toFixed()).toBe('300');
    expect(releaseRoom(dec(1_000), ask(both, {})).toFixed()).toBe('700');
  });

  it('of the last 24 hours count, also one from the future, and never give more than nothing', () => {
    expect(releaseRoom(dec(100), ask(released, {})).toFixed()).toBe('0');
    expect(releaseRoom(dec(1_000), ask([charge('400', -HOUR_MS, { rung: 0 })], {})).toFixed()).toBe('600');
    expect(releaseRoom(dec(1_000), ask(released, {}, { counts: () => false })).toFixed()).toBe('1000');
  });
});

const text = (of: { usd: { toFixed: () => string } | null; binding: string | null }) => [
  of.usd?.toFixed() ?? null,
  of.binding,
];

describe('room', () => {
  it('is what the smallest limit leaves', () => {
    const caps = { perAction: dec(500), perHour: dec(1000), perDay: dec(3000), perIncident: dec(2000) };
    const spent = [charge('300', HOUR_MS - 1), charge('200', HOUR_MS), charge('900', HOUR_MS * 5, { episode: 'e0' })];
    expect(text(room(ask(spent, { caps })))).toEqual(['500', 'perAction']);
    expect(text(windowRoom(ask(spent, { caps })))).toEqual(['700', 'perHour']);
    expect(text(windowRoom(ask([...spent, charge('1400', HOUR_MS * 2)], { caps })))).toEqual(['100', 'perIncident']);
    expect(text(windowRoom(ask(spent, { caps: { perDay: dec(1000) } })))).toEqual(['0', 'perDay']);
  });

  it('without any limit is without end', () => {
    expect(text(room(ask([charge('1', 0)], {})))).toEqual([null, null]);
  });

  it('slides: what is a day old no longer counts, what lies ahead of the clock does', () => {
    const caps = { perDay: dec(100) };
    expect(text(windowRoom(ask([charge('60', DAY_MS)], { caps })))).toEqual(['100', 'perDay']);
    expect(text(windowRoom(ask([charge('60', DAY_MS - 1)], { caps })))).toEqual(['40', 'perDay']);
    expect(text(windowRoom(ask([charge('60', -HOUR_MS)], { caps })))).toEqual(['40', 'perDay']);
  });

  it('beyond urgent is that of the urgent tier, counting both', () => {
    const rules = {
      caps: { perDay: dec(100), perAction: dec(10) },
      urgentCaps: { perDay: dec(300), perAction: dec(90) },
    };
    const spent = [charge('80', 5, { tier: 'urgent' }), charge('20', 5)];
    expect(text(room(ask(spent, rules, { tier: 'urgent' })))).toEqual(['90', 'perAction']);
    expect(text(windowRoom(ask(spent, rules, { tier: 'urgent' })))).toEqual(['200', 'perDay']);
    expect(text(windowRoom(ask(spent, rules)))).toEqual(['0', 'perDay']);
    expect(text(actionRoom(policy(rules).limits, 'normal'))).toEqual(['10', 'perAction']);
  });

  it('leaves out charges of other policies', () => {
    const spent = [charge('80', 5), charge('15', 5, { loan: 'b' })];
    const mine = { counts: (loan: string) => loan === 'b' };
    expect(text(windowRoom(ask(spent, { caps: { perDay: dec(100) } }, mine)))).toEqual(['85', 'perDay']);
  });

  it('of a rung counts its own coins, others by value, and its own window only', () => {
    const own = rung(2, { atMost: { amount: { value: dec('0.5'), asset: 'BTC' }, perMs: DAY_MS } });
    const spent = [
      charge('6000', 5, { rung: 2, asset: 'BTC', amount: '0.09' }),
      charge('600', 5, { rung: 2 }),
      charge('9999', 5, { rung: 1 }),
      charge('0', 5, { rung: 2, asset: 'BTC', amount: '0.4' }),
    ];
    // 0.5 − 0.09 − 600/60 000 BTC; a leg fed by its own transfer was charged zero and counts for nothing
    expect(text(windowRoom(ask(spent, {}, { rung: own })))).toEqual(['24000', 'atMost of rung 2']);
    const unpriced = rung(2, { atMost: { amount: { value: dec(5), asset: 'DOGE' }, perMs: DAY_MS } });
    expect(text(windowRoom(ask([], {}, { rung: unpriced })))).toEqual(['0', 'atMost of rung 2']);
    const usd = rung(2, { atMost: { amount: { value: dec(7000), asset: 'USD' }, perMs: DAY_MS } });
    expect(text(windowRoom(ask(spent, {}, { rung: usd })))).toEqual(['400', 'atMost of rung 2']);
  });

  it('is never below zero', () => {
    expect(text(windowRoom(ask([charge('500', 5)], { caps: { perDay: dec(100) } })))).toEqual(['0', 'perDay']);
  });
});

describe('the fuse', () => {
  it('blows at its count, of the sends within its window', () => {
    const { limits } = policy({ fuse: 3 });
    const sends = (count: number, at: number): number[] => Array.from({ length: count }, () => at);
    expect([2, 3, 4].map((count) => fuse(limits, sends(count, NOW), NOW).blown)).toEqual([false, true, true]);
    const old = sends(9, NOW - limits.actions.perMs);
    expect(fuse(limits, [...old, NOW - limits.actions.perMs + 1, NOW], NOW)).toEqual({ blown: false, count: 2 });
  });
});
