/** What changes in who is told what. A channel that hears less may leave a loan to itself, so a person is asked. */
import type { Change, Comparers, Part } from './change.ts';
import { at, compareAll, moved } from './change.ts';
import { channelWords } from './alerts.ts';
import type { AlertChannel, AlertsConfig } from './types.ts';
import { durationText } from './units.ts';

export function alertsDifference(before: AlertsConfig, after: AlertsConfig): readonly Change[] {
  return at('alerts', compareAll(ALERTS, before, after));
}

const ALERTS: Comparers<AlertsConfig> = {
  to: ({ to: before }, { to: after }) => channelsParts(before, after),
  deadMan: ({ deadMan: before }, { deadMan: after }) => {
    if (before === null || after === null) {
      const say = (one: typeof before): string => (one === null ? 'none' : 'an address');
      return moved('dead-man ping', say(before), say(after), after === null ? 'loosens' : 'tightens');
    }
    return before.reveal() === after.reveal() ? [] : [{ effect: 'loosens', says: 'dead-man ping: another address' }];
  },
  deadManEveryMs: (before, after) => waits('a dead-man ping every', before.deadManEveryMs, after.deadManEveryMs),
  repeatMs: ({ repeatMs: before }, { repeatMs: after }) =>
    moved('critical alerts are repeated after', stepsOf(before), stepsOf(after), 'neutral'),
  calmMs: (before, after) => waits('over after', before.calmMs, after.calmMs),
  quietMs: (before, after) => waits('quiet', before.quietMs, after.quietMs),
  drillMs: ({ drillMs: before }, { drillMs: after }) =>
    moved(
      'reminder to try the channels after',
      drillText(before),
      drillText(after),
      after === null ? 'loosens' : 'neutral',
    ),
  spacingMs: (before, after) => waits('between two messages of a channel', before.spacingMs, after.spacingMs),
};

function drillText(ms: number | null): string {
  return ms === null ? 'off' : durationText(ms);
}

function waits(what: string, before: number, after: number): readonly Part[] {
  return moved(what, durationText(before), durationText(after), 'neutral');
}

function stepsOf(steps: readonly number[]): string {
  return steps.map(durationText).join(', ');
}

function channelsParts(before: readonly AlertChannel[], after: readonly AlertChannel[]): readonly Part[] {
  const find = (channels: readonly AlertChannel[], wanted: string): AlertChannel | undefined =>
    channels.find(({ name }) => name === wanted);
  const gone = before.filter(({ name }) => find(after, name) === undefined);
  const come = after.filter(({ name }) => find(before, name) === undefined);
  return [
    ...gone.map((one) => ({ effect: 'loosens' as const, says: `no longer told: ${channelWords(one)}` })),
    ...come.map((one) => ({ effect: 'tightens' as const, says: `told as well: ${channelWords(one)}` })),
    ...before.flatMap((old) => {
      const now = find(after, old.name);
      return now === undefined ? [] : channelParts(old, now);
    }),
  ];
}

function channelParts(before: AlertChannel, after: AlertChannel): readonly Part[] {
  const hearsAll =
    (after.least === 'warning' || before.least === 'critical') &&
    covers(after.topics, before.topics) &&
    covers(after.accounts, before.accounts);
  const says = moved('told', channelWords(before), channelWords(after), hearsAll ? 'tightens' : 'loosens');
  if (says.length > 0 || before.url.reveal() === after.url.reveal()) return says;
  return [{ effect: 'loosens', says: `${channelWords(before)}: at another address` }];
}

/** `null` is everything. */
function covers(wide: readonly string[] | null, narrow: readonly string[] | null): boolean {
  return wide === null || (narrow !== null && narrow.every((one) => wide.includes(one)));
}
