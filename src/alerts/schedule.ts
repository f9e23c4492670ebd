/**
 * When an alert is due on one channel (DESIGN §8). Pure.
 *
 * - At once when it begins, and when it gets graver.
 * - A warning is latched: told once, however long it lasts.
 * - A critical one again after each of the steps, then every last step, until somebody acknowledges it; and whenever the
 *   cushion is halved, acknowledged or not: nobody acknowledged that.
 * - What happens again and again is told again after `quiet`, with the count.
 * - What was told is told once as over, after it stayed away for `calm`. What comes back before that was never over.
 */
import type { Alert, Telling } from './alert.ts';
import { isHalved } from './alert.ts';

export interface Rules {
  /** Waits after the first telling, ms, growing; then every last one. */
  readonly steps: readonly number[];
  readonly quietMs: number;
  readonly calmMs: number;
}

export type Reason = 'new' | 'worse' | 'nearer' | 'again' | 'more' | 'over';

/** What is to be told of it now; `null`: nothing. */
export function dueNow(alert: Alert, told: Telling | undefined, rules: Rules, now: number): Reason | null {
  if (alert.over !== null) return told !== undefined && !told.over && now >= alert.over + rules.calmMs ? 'over' : null;
  if (told === undefined) return 'new';
  if (alert.severity === 'critical' && told.severity === 'warning') return 'worse';
  if (alert.severity === 'critical' && isHalved(alert.cushion, told.cushion)) return 'nearer';
  if (isRepeated(alert, told, rules, now)) return 'again';
  return alert.count > told.count && now >= told.at + rules.quietMs ? 'more' : null;
}

function isRepeated(alert: Alert, told: Telling, { steps }: Rules, now: number): boolean {
  if (alert.severity !== 'critical' || alert.acknowledged !== null) return false;
  return now >= told.first + nextOffset(steps, told.at - told.first);
}

/** The first moment of the schedule after `passed`, both in ms since the first telling. */
export function nextOffset(steps: readonly number[], passed: number): number {
  const coming = steps.find((step) => step > passed);
  if (coming !== undefined) return coming;
  const last = steps.at(-1) ?? 0;
  return last <= 0 ? Number.POSITIVE_INFINITY : last * (Math.floor(passed / last) + 1);
}

/** The channel was told: what it knows from here on. */
export function toldNow(alert: Alert, before: Telling | undefined, now: number): Telling {
  const isFirst = before === undefined || before.severity !== alert.severity;
  return {
    first: isFirst ? now : before.first,
    at: now,
    times: (before?.times ?? 0) + 1,
    severity: alert.severity,
    cushion: alert.cushion,
    count: alert.count,
    over: alert.over !== null,
  };
}

/** Channels that never answer keep no alert that is over for longer than this. */
const FORGOTTEN_AFTER_MS = 86_400_000;

/**
 * Whether an alert leaves the ledger: nothing of it will be told any more.
 * @param channels that take it
 * @param lasts it lasts until it is seen to be over; else it happened
 */
export function isDone(alert: Alert, channels: readonly string[], lasts: boolean, rules: Rules, now: number): boolean {
  const knows = (is: (told: Telling) => boolean): boolean =>
    channels.every((channel) => {
      const told = alert.told[channel];
      return told !== undefined && is(told);
    });
  if (alert.over !== null) {
    if (now < alert.over + rules.calmMs) return false;
    const untold = Object.keys(alert.told).every((channel) => !channels.includes(channel));
    return untold || knows(({ over }) => over) || now > alert.over + FORGOTTEN_AFTER_MS;
  }
  if (lasts) return false;
  if (alert.severity === 'critical') return alert.acknowledged !== null;
  const isQuiet = now >= alert.seenAt + rules.quietMs;
  return isQuiet && (knows(({ count }) => count >= alert.count) || now > alert.seenAt + FORGOTTEN_AFTER_MS);
}
