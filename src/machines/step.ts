/**
 * The one door to the machines (DESIGN §4): stored state and an event in, the next stored state and commands out. Pure.
 *
 * What is stored says which machine and version wrote it. Older versions are migrated one by one, unknown ones are
 * refused. When a machine throws, the caller keeps what it had: nothing was changed.
 */
import { createActor, initialTransition } from 'xstate';
import type { ExecutableActionObject, StateValue } from 'xstate';
import type { Reservation } from '../core/need.ts';
import { ACCOUNT_VERSION, accountMachine, isAccountContext } from './accountMachine.ts';
import { statesOf } from './chart.ts';
import { isLoanContext } from './loanContext.ts';
import { LOAN_VERSION, loanMachine } from './loanMachine.ts';
import { MachineError, migrate } from './migrations.ts';
import type { AccountCommand, AccountEvent, LoanCommand, LoanEvent, Stored } from './types.ts';

export { MachineError } from './migrations.ts';

export interface Step<Command> {
  readonly stored: Stored;
  readonly commands: readonly Command[];
}

const STATES = { loan: new Set(statesOf(loanMachine)), account: new Set(statesOf(accountMachine)) } as const;

const LOAN_ACTOR = createActor(loanMachine, { input: { id: '' } });
const ACCOUNT_ACTOR = createActor(accountMachine, { input: { id: '' } });

/** A machine that has seen no event yet. */
export function start(machine: Stored['machine'], { id, now }: { readonly id: string; readonly now: number }): Stored {
  const [{ value, context }] =
    machine === 'loan' ? initialTransition(loanMachine, { id }) : initialTransition(accountMachine, { id });
  const version = machine === 'loan' ? LOAN_VERSION : ACCOUNT_VERSION;
  return { machine, version, seq: 0, state: pathOf(value), context, updatedAt: now };
}

/**
 * An event that the state does not expect, or that is the other machine's, gives a `stray` and changes nothing else.
 * @throws MachineError when machine or version is unknown, the stored form is damaged, or the event does not make sense
 */
export function step(stored: Stored, event: LoanEvent): Step<LoanCommand>;
export function step(stored: Stored, event: AccountEvent): Step<AccountCommand>;
export function step(stored: Stored, event: LoanEvent | AccountEvent): Step<LoanCommand | AccountCommand> {
  const current = migrate(stored);
  try {
    if (current.machine === 'loan') return isLoanEvent(event) ? stepLoan(current, event) : strayed(current, event);
    return isAccountEvent(event) ? stepAccount(current, event) : strayed(current, event);
  } catch (error) {
    if (error instanceof MachineError) throw error;
    const reason = error instanceof Error ? error.message : 'it threw no error';
    const says = `the ${current.machine} machine in ${current.state} could not take ${event.type}: ${reason}`;
    throw new MachineError('failed', says, { cause: error });
  }
}

/** Intents of a loan that are not settled as far as its machine knows: the normal one, then the emergency one. */
export function awaited({ machine, context }: Stored): readonly string[] {
  if (machine !== 'loan' || !isLoanContext(context)) return [];
  return [context.intent, context.emergencyIntent].flatMap((intent) => (intent === null ? [] : [intent.id]));
}

/** What the open episode of a loan holds of the caps for legs that are still to come. */
export function held({ machine, context }: Stored): readonly Omit<Reservation, 'loan'>[] {
  if (machine !== 'loan' || !isLoanContext(context) || context.episode === null) return [];
  const { id: episode, reserved = [] } = context.episode;
  return reserved.map((one) => ({ ...one, episode }));
}

const ELSEWHERE: ReadonlySet<string> = new Set(['cooling', 'paused', 'liquidating', 'closed', 'retired']);

/** Whether a loan is in an episode in which something of ours could still help it. */
export function inNeed({ machine, state, context }: Stored): boolean {
  return machine === 'loan' && !ELSEWHERE.has(state) && isLoanContext(context) && context.episode !== null;
}

/** For how long a loan that asks for nothing was seen below its release level, ms; `null` when it does not count. */
export function calmOf({ machine, state, context }: Stored): number | null {
  if (machine !== 'loan' || state !== 'watching.healthy' || !isLoanContext(context)) return null;
  return context.calm?.ms ?? 0;
}

function stepLoan(stored: Stored, event: LoanEvent): Step<LoanCommand> {
  if (!STATES.loan.has(stored.state) || !isLoanContext(stored.context)) throw damaged(stored);
  const before = loanMachine.resolveState({ value: valueOf(stored.state), context: stored.context });
  const actions: ExecutableActionObject[] = [];
  const after = loanMachine.transition(before, event, scope(LOAN_ACTOR, actions));
  return advanced(
    stored,
    after,
    actions.filter(isLoanCommand).map(({ params }) => params),
    event.now,
  );
}

function stepAccount(stored: Stored, event: AccountEvent): Step<AccountCommand> {
  if (!STATES.account.has(stored.state) || !isAccountContext(stored.context)) throw damaged(stored);
  const before = accountMachine.resolveState({ value: valueOf(stored.state), context: stored.context });
  const actions: ExecutableActionObject[] = [];
  const after = accountMachine.transition(before, event, scope(ACCOUNT_ACTOR, actions));
  return advanced(
    stored,
    after,
    actions.filter(isAccountCommand).map(({ params }) => params),
    event.now,
  );
}

/** The only action that either machine lets out is `command`, and its vocabulary gives it no other parameter. */
function isLoanCommand(
  action: ExecutableActionObject,
): action is ExecutableActionObject & { readonly params: LoanCommand } {
  return action.type === 'command';
}

function isAccountCommand(
  action: ExecutableActionObject,
): action is ExecutableActionObject & { readonly params: AccountCommand } {
  return action.type === 'command';
}

/**
 * What xstate's own `transition` does, without building an actor for each call: that costs six times as much as the
 * transition itself. The actors are never started; a test compares both ways.
 */
function scope<Self extends typeof LOAN_ACTOR | typeof ACCOUNT_ACTOR>(self: Self, actions: ExecutableActionObject[]) {
  const nothing = (): void => undefined;
  return {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: (action: ExecutableActionObject): void => void actions.push(action),
  };
}

function advanced<Command extends LoanCommand | AccountCommand>(
  stored: Stored,
  { value, context }: { readonly value: StateValue; readonly context: Stored['context'] },
  commands: readonly Command[],
  now: number,
): Step<Command> {
  const seq = stored.seq + 1;
  if (commands.some(({ type }) => type === 'stray')) return { stored: { ...stored, seq }, commands };
  return { stored: { ...stored, seq, state: pathOf(value), context, updatedAt: now }, commands };
}

function strayed(stored: Stored, { type }: LoanEvent | AccountEvent): Step<LoanCommand & AccountCommand> {
  const says = `${type} is not an event of the ${stored.machine} machine`;
  return { stored: { ...stored, seq: stored.seq + 1 }, commands: [{ type: 'stray', event: type, says }] };
}

function damaged({ machine, state }: Stored): MachineError {
  return new MachineError(
    'damaged',
    `what is stored of the ${machine} machine (state ${JSON.stringify(state)}) is not what this version writes`,
  );
}

const LOAN_EVENTS: Readonly<Record<LoanEvent['type'], true>> = {
  OBSERVED: true,
  OBSERVE_FAILED: true,
  PLANNED: true,
  STARVED: true,
  CAPPED: true,
  CLAIMED: true,
  ACCEPTED: true,
  CONFIRMED: true,
  UNKNOWN: true,
  REJECTED: true,
  REFUSED: true,
  DID_NOT_HAPPEN: true,
  EXPIRED: true,
  VOIDED: true,
  PAUSE: true,
  RESUME: true,
  RETIRE: true,
};

/** Both machines have looks; a loan's says what was seen of it. */
function isLoanEvent(event: LoanEvent | AccountEvent): event is LoanEvent {
  return event.type === 'OBSERVED' ? 'ltv' in event : Object.hasOwn(LOAN_EVENTS, event.type);
}

function isAccountEvent(event: LoanEvent | AccountEvent): event is AccountEvent {
  return !isLoanEvent(event);
}

function pathOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .flatMap(([parent, child]) => (child === undefined ? [] : [`${parent}.${pathOf(child)}`]))
    .join(' ');
}

function valueOf(path: string): StateValue {
  const [parent = '', child] = path.split('.');
  return child === undefined ? parent : { [parent]: child };
}
