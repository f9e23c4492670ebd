/**
 * The mode of one account (DESIGN §4, facts/peers.md §C.4). Several causes can hold at once; the mode is that of the
 * worst one, and goes back step by step as they end. What ends a cause:
 *
 *   - reads failing, prices dislocated, the clock jumped: CALM, when they are seen to be over
 *   - a changed LTV definition, a halt: a person (ACKNOWLEDGE)
 *   - the journal lost: its date has passed AND the venue's records are imported
 */
import { assertEvent, enqueueActions, setup } from 'xstate';
import type { ActionFunction, EventObject } from 'xstate';
import type { AccountMode } from '../core/need.ts';
import type { AccountCommand, AccountEvent, Stored } from './types.ts';

/** Version of the stored form. A change of states or context needs a new one and a migration in `migrations`. */
export const ACCOUNT_VERSION = 1;

/** Each cause and the mode it brings. */
export const CAUSES = {
  halt: 'halted',
  journalLost: 'quarantine',
  readsFailing: 'degraded',
  dislocated: 'reducing',
  definitionChanged: 'reducing',
  clockJumped: 'reducing',
} as const satisfies Readonly<Record<string, AccountMode>>;
export type CauseKind = keyof typeof CAUSES;

export type Cause = { readonly since: number; readonly why: string };

export type AccountContext = {
  readonly id: string;
  readonly causes: Readonly<Partial<Record<CauseKind, Cause>>>;
  /** What the quarantine waits for; `null` outside it. */
  readonly quarantine: { readonly until: number; readonly imported: boolean } | null;
};

/** Worst first. */
const SEVERITY: readonly AccountMode[] = ['halted', 'quarantine', 'degraded', 'reducing', 'active'];

export function freshAccount(id: string): AccountContext {
  return { id, causes: {}, quarantine: null };
}

/** Whether stored JSON has every field that this version of the machine reads. */
export function isAccountContext(value: Readonly<Record<string, unknown>>): value is AccountContext {
  return Object.keys(freshAccount('')).every((key) => value[key] !== undefined);
}

/** The causes that hold, as a stored machine has them. */
export function causesOf({ context }: Stored): readonly (Cause & { readonly kind: CauseKind })[] {
  if (!isAccountContext(context)) return [];
  return Object.entries(context.causes).flatMap(([kind, cause]) => (isCause(kind) ? [{ kind, ...cause }] : []));
}

/** Whether only a person can end it. */
export function isForAPerson(kind: CauseKind): boolean {
  return FOR_A_PERSON.includes(kind);
}

function isCause(kind: string): kind is CauseKind {
  return kind in CAUSES;
}

function kindsOf({ causes }: AccountContext): readonly CauseKind[] {
  return Object.keys(causes).filter(isCause);
}

/** The mode that the causes add up to. */
export function modeOf(context: AccountContext): AccountMode {
  const modes = kindsOf(context).map((kind): AccountMode => CAUSES[kind]);
  return SEVERITY.find((mode) => modes.includes(mode)) ?? 'active';
}

const ARISES: Readonly<Partial<Record<AccountEvent['type'], CauseKind>>> = {
  READS_FAILING: 'readsFailing',
  DISLOCATED: 'dislocated',
  DEFINITION_CHANGED: 'definitionChanged',
  CLOCK_JUMPED: 'clockJumped',
  JOURNAL_LOST: 'journalLost',
  HALT: 'halt',
};

const CALMED_BY = { reads: 'readsFailing', prices: 'dislocated', clock: 'clockJumped' } as const;
const FOR_A_PERSON: readonly CauseKind[] = ['halt', 'definitionChanged'];

/** The causes after an event. A cause that already holds keeps its date. */
function next(context: AccountContext, event: AccountEvent): AccountContext {
  switch (event.type) {
    case 'OBSERVED':
      return released(context, event.now);
    case 'RECORDS_IMPORTED':
      return released(
        { ...context, quarantine: context.quarantine && { ...context.quarantine, imported: true } },
        event.now,
      );
    case 'CALM':
      return without(context, event.of === undefined ? Object.values(CALMED_BY) : [CALMED_BY[event.of]]);
    case 'ACKNOWLEDGE':
      return without(context, FOR_A_PERSON);
    default:
      return arisen(context, event);
  }
}

function arisen(context: AccountContext, event: Extract<AccountEvent, { readonly why: string }>): AccountContext {
  const kind = ARISES[event.type];
  if (kind === undefined) return context;
  const since = context.causes[kind]?.since ?? event.now;
  const causes = { ...context.causes, [kind]: { since, why: event.why } };
  if (event.type !== 'JOURNAL_LOST') return { ...context, causes };
  const until = Math.max(event.until, context.quarantine?.until ?? event.until);
  return { ...context, causes, quarantine: { until, imported: false } };
}

function without(context: AccountContext, gone: readonly CauseKind[]): AccountContext {
  const causes = Object.fromEntries(
    Object.entries(context.causes).filter(([kind]) => isCause(kind) && !gone.includes(kind)),
  );
  return { ...context, causes };
}

function released(context: AccountContext, now: number): AccountContext {
  const { quarantine } = context;
  if (quarantine === null || !quarantine.imported || now < quarantine.until) return context;
  return { ...without(context, ['journalLost']), quarantine: null };
}

/** Alerts for causes that are new, and the change of mode if there is one. */
function tells(before: AccountContext, after: AccountContext, event: AccountEvent): readonly AccountCommand[] {
  const commands: AccountCommand[] = [];
  for (const kind of kindsOf(after)) {
    if (before.causes[kind] !== undefined) continue;
    const grave = CAUSES[kind] === 'halted' || CAUSES[kind] === 'quarantine';
    commands.push({
      type: 'alert',
      severity: grave ? 'critical' : 'warning',
      category: kind,
      says: after.causes[kind]?.why ?? kind,
    });
  }
  const from = modeOf(before);
  const to = modeOf(after);
  if (from === to) return commands;
  const why = 'why' in event ? event.why : 'the quarantine is over: its date has passed and the records are imported';
  if (to === 'active')
    commands.push({ type: 'alert', severity: 'info', category: 'mode', says: `back to active: ${why}` });
  return [...commands, { type: 'modeChanged', from, to, why }];
}

type Action =
  | { readonly type: 'command'; readonly params: AccountCommand }
  | { readonly type: 'take' | 'stray'; readonly params: undefined };
type AccountAction = ActionFunction<
  AccountContext,
  AccountEvent,
  AccountEvent,
  undefined,
  never,
  Action,
  never,
  never,
  EventObject
>;

const take: AccountAction = enqueueActions(({ context, event, enqueue }) => {
  const after = next(context, event);
  enqueue.assign(after);
  for (const command of tells(context, after, event)) enqueue({ type: 'command', params: command });
});

const stray: AccountAction = enqueueActions(({ event, enqueue }) => {
  enqueue({
    type: 'command',
    params: { type: 'stray', event: event.type, says: `${event.type} was not expected here` },
  });
});

const words = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountEvent,
    input: {} as { readonly id: string },
  },
  actions: {
    /** The only thing that leaves the machine. */
    command: (_, _command: AccountCommand) => undefined,
  },
  guards: {
    worstIs: ({ context, event }, mode: AccountMode) => modeOf(next(context, event)) === mode,
    ends: ({ context, event }, mode: AccountMode) => {
      assertEvent(event, ['RECORDS_IMPORTED', 'ACKNOWLEDGE']);
      const held = event.type === 'ACKNOWLEDGE' ? FOR_A_PERSON : (['journalLost'] as const);
      return held.some((kind) => context.causes[kind] !== undefined) && modeOf(next(context, event)) === mode;
    },
  },
}).extend<Record<'take' | 'stray', undefined>>({ actions: { take, stray } });

/** One row per mode that an event can lead to. */
function to<const Mode extends AccountMode, const Guard extends 'worstIs' | 'ends'>(mode: Mode, guard: Guard) {
  return { guard: { type: guard, params: mode }, target: `.${mode}`, actions: 'take' } as const;
}

const HALTED = to('halted', 'worstIs');
const QUARANTINE = to('quarantine', 'worstIs');
const DEGRADED = to('degraded', 'worstIs');
const REDUCING = to('reducing', 'worstIs');
const ACTIVE = to('active', 'worstIs');
const RISK = [REDUCING, DEGRADED, QUARANTINE, HALTED] as const;
const ENDED = [to('active', 'ends'), to('reducing', 'ends'), to('degraded', 'ends'), to('quarantine', 'ends')] as const;

export const accountMachine = words.createMachine({
  id: 'account',
  context: ({ input }) => freshAccount(input.id),
  initial: 'active',
  on: {
    OBSERVED: [ACTIVE, ...RISK],
    READS_FAILING: [DEGRADED, QUARANTINE, HALTED],
    DISLOCATED: RISK,
    DEFINITION_CHANGED: RISK,
    CLOCK_JUMPED: RISK,
    CALM: [ACTIVE, ...RISK],
    JOURNAL_LOST: [QUARANTINE, HALTED],
    RECORDS_IMPORTED: [...ENDED, to('halted', 'ends')],
    HALT: HALTED,
    ACKNOWLEDGE: ENDED,
    '*': { actions: 'stray' },
  },
  states: { active: {}, reducing: {}, degraded: {}, quarantine: {}, halted: {} },
});
