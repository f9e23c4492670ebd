/** What must hold at every step of a loan, whatever the history (DESIGN §2, §4). Each returns the names of what broke. */
import type { LoanCommand, LoanEvent, Stored } from '../../src/machines/types.ts';
import type { LoanContext } from '../../src/machines/loanContext.ts';
import { contextOf } from './support.ts';

export interface Taken {
  readonly before: Stored;
  readonly event: LoanEvent;
  readonly after: Stored;
  readonly commands: readonly LoanCommand[];
}

const ASKS = ['watching.breached', 'starved', 'capped', 'unresolved'];
const HOLDS_MONEY = ['acting', 'releasing', 'unresolved', 'paused', 'unseen', 'liquidating', 'retired'];

type Rule = (taken: Taken, old: LoanContext, now: LoanContext) => boolean;

export const RULES_OF_A_STEP: Readonly<Record<string, Rule>> = {
  'seq grows by one with every event': ({ before, after }) => after.seq === before.seq + 1,

  'a stray changes nothing else': ({ before, after, commands }) =>
    !commands.some(({ type }) => type === 'stray') ||
    (commands.length === 1 && JSON.stringify({ ...after, seq: before.seq }) === JSON.stringify(before)),

  'only a plan opens an intent, and only into a free slot': ({ event }, old, now) =>
    (['intent', 'emergencyIntent'] as const).every((slot) => {
      const id = now[slot]?.id;
      return (
        id === undefined ||
        id === old[slot]?.id ||
        (event.type === 'PLANNED' && old[slot] === null && id === event.intentId)
      );
    }),

  'an emergency intent leaves only beside an undecided one': (_, old, now) =>
    old.emergencyIntent !== null || now.emergencyIntent === null || old.intent?.phase === 'unknown',

  'a phase is entered from the one before it': ({ before, after }) =>
    !/\.(sending|settling)$/.test(after.state) ||
    before.state === after.state ||
    /^(acting|releasing)\.(planned|sending)$/.test(before.state) ||
    ['unseen', 'liquidating', 'paused'].includes(before.state),

  'acting and releasing stand in the phase of their intent': ({ after }, _, { intent }) =>
    !/^(acting|releasing)/.test(after.state) ||
    after.state === `${intent?.release === true ? 'releasing' : 'acting'}.${intent?.phase ?? 'none'}`,

  'no money is in flight where nothing would wait for it': ({ after }, _, { intent, emergencyIntent }) =>
    (intent === null && emergencyIntent === null) || HOLDS_MONEY.some((state) => after.state.startsWith(state)),

  'unresolved means that something is': ({ after }, _, { intent, emergencyIntent }) =>
    after.state !== 'unresolved' || intent?.phase === 'unknown' || emergencyIntent !== null,

  'an unknown outcome is unresolved, or noted where no news moves the loan': ({ event, after, commands }) =>
    event.type !== 'UNKNOWN' ||
    commands.some(({ type }) => type === 'stray') ||
    ['unresolved', 'paused', 'unseen', 'liquidating', 'retired'].includes(after.state),

  'only a breached, starved, capped or unresolved loan asks, once per look': ({ event, after, commands }) => {
    const needs = commands.filter(({ type }) => type === 'need').length;
    return needs === 0 || (needs === 1 && event.type === 'OBSERVED' && ASKS.includes(after.state));
  },

  'a need belongs to the open episode': (taken, _, { episode }) =>
    taken.commands.every((command) => command.type !== 'need' || command.episode === episode?.id),

  'beside anything undecided only an emergency asks, beyond urgent, once': ({ event, commands }, _, now) =>
    commands.every((command) => {
      if (command.type !== 'need' || event.type !== 'OBSERVED') return true;
      const undecided = event.undecided || now.intent !== null;
      const allowed = Number(event.ltv) >= 0.78 && event.rules.whenUnsettled === 'otherMoney';
      return command.emergency === undecided && now.emergencyIntent === null && (!undecided || allowed);
    }),

  'a cool-down holds between act and urgent': ({ before, event, commands }, old) =>
    event.type !== 'OBSERVED' ||
    before.state !== 'cooling' ||
    event.now >= (old.coolUntil ?? 0) ||
    Number(event.ltv) >= 0.78 ||
    !commands.some(({ type }) => type === 'need'),

  'episodes open once and close once': ({ commands }, old, now) => {
    const opened = commands.filter(({ type }) => type === 'episodeOpened').length;
    const closed = commands.filter(({ type }) => type === 'episodeClosed').length;
    return (
      opened === Number(old.episode === null && now.episode !== null) &&
      closed === Number(old.episode !== null && now.episode === null)
    );
  },

  'an episode always closes at target, unless it clears a debt that is still listed': ({ event, commands }, _, now) =>
    event.type !== 'OBSERVED' ||
    event.status !== 'open' ||
    Number(event.ltv) > 0.58 ||
    now.episode === null ||
    (now.episode.clearing !== undefined && event.owes.includes(now.episode.clearing)) ||
    commands.some(({ type }) => type === 'stray'),

  'healthy and warned loans are in no episode and below act': ({ event, after }, _, now) =>
    !['watching.healthy', 'watching.warned'].includes(after.state) ||
    (now.episode === null && (event.type !== 'OBSERVED' || Number(event.ltv) < 0.7)),

  'time below the release level counts only when both looks saw it there, and never more than a gap of it': (
    { event, commands },
    old,
    { calm },
  ) => {
    const isTaken = event.type === 'OBSERVED' && !commands.some(({ type }) => type === 'stray');
    if (!isTaken) return calm === null || calm.ms === old.calm?.ms;
    if (calm === null || calm.ms === 0) return true;
    const grown = calm.ms - (old.calm?.ms ?? Number.POSITIVE_INFINITY);
    return Number(event.ltv) < 0.45 && grown >= 0 && grown <= Math.min(60_000, event.now - (old.seenAt ?? 0));
  },

  'what is retired stays retired': ({ before, after }) => before.state !== 'retired' || after.state === 'retired',

  'a paused loan stays paused until it is resumed, retired, or its time is over': (
    { before, event, after },
    { pause },
  ) =>
    before.state !== 'paused' ||
    after.state === 'paused' ||
    event.type === 'RESUME' ||
    event.type === 'RETIRE' ||
    (event.type === 'OBSERVED' && pause?.until !== undefined && pause.until !== null && event.now >= pause.until),
};

/** Names of the rules that a step breaks. */
export function broken(taken: Taken): readonly string[] {
  const old = contextOf(taken.before);
  const now = contextOf(taken.after);
  return Object.entries(RULES_OF_A_STEP).flatMap(([name, holds]) => (holds(taken, old, now) ? [] : [name]));
}
