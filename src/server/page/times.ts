/** Moments in the reader's own way of writing them, with UTC at hand; and the time of a tape, where an account lives on one. */
import type { Paused, Point } from '../wire.ts';
import { h } from './dom.ts';

const LOCAL = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const UTC = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' });

export function utcText(ms: number): string {
  return `${UTC.format(ms)} UTC`;
}

export function localText(ms: number): string {
  return LOCAL.format(ms);
}

/** @param tape the moment is one of a tape: then it is UTC, as the tape's prices were */
export function moment(ms: number, tape = false): HTMLElement {
  return h(
    'time',
    { title: tape ? 'time of the tape' : utcText(ms), class: 'nobreak' },
    tape ? utcText(ms) : localText(ms),
  );
}

/** When, on the time axis of a chart, something happened at a moment of the wall. */
export function shownAt(track: readonly Point[], wall: number): number {
  const next = track.findIndex(([at]) => at > wall);
  const before = track[next < 0 ? track.length - 1 : Math.max(0, next - 1)];
  const after = next < 0 ? undefined : track[next];
  if (before === undefined) return wall;
  if (after === undefined || after === before) return before[1] + (before[0] === before[1] ? wall - before[0] : 0);
  return before[1] + ((wall - before[0]) / Math.max(1, after[0] - before[0])) * (after[1] - before[1]);
}

/** Who holds something back, until when, and why. */
export function pausedBy({ by, until, why }: Paused): string {
  return `by ${by}${until === null ? '' : ` until ${localText(until)}`}: ${why}`;
}
