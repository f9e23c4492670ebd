/** `ballast pause`, `resume` and `acknowledge`: what an operator does to a running server, through its journal. */
import type { Clock } from '../clock.ts';
import { isoOf } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { UNDECIDED } from '../core/intent.ts';
import type { LoanId } from '../core/loan.ts';
import type { Target as Operated } from '../jobs/operations.ts';
import { liftable, pauseAll, resumeAll } from '../jobs/operations.ts';
import type { Act, Standing } from '../jobs/operator.ts';
import { Ending, EXIT } from './exit.ts';
import { heldWords } from '../reading/held.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import { awaitedOn } from '../reading/accounts.ts';
import { withJournal } from './journalView.ts';
import type { Output } from './output.ts';
import { findLoan } from './why.ts';

export interface Operation {
  readonly config: Config;
  readonly clock: Clock;
  readonly output: Output;
  readonly json: boolean;
  /** Who does it: goes into the journal. */
  readonly by: string;
  /** A loan or any part of its name, an account, or `all`; for `resolve` an intent. */
  readonly target: string;
  readonly why: string;
  /** The Redis program to use instead of a search. */
  readonly redisProgram: string | undefined;
}

interface Target extends Operated {
  readonly account: AccountJournal;
}

const ALL = 'all';
/** Longest wait for the look that takes an acknowledgement. */
const TAKEN_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 50;

/** Every pause ends by itself: what an operator forgot is protected again. @throws Ending */
export async function pause(operation: Operation, forMs: number): Promise<void> {
  const { config, clock, output, json, target } = operation;
  const until = clock.wall() + forMs;
  const act = actOf(operation);
  const paused = await withJournal(config, async (watched, _absent, _isServed, redis) => {
    const targets = await targetsOf([...watched, ...awaitedOn(redis, config, watched)], target);
    await pauseAll(targets, act, until);
    return Promise.all(targets.map(async (one) => ({ ...plain(one), until, inFlight: await inFlightOf(one) })));
  });
  if (json) output.json({ paused });
  else for (const one of paused) output.say(pausedLine(one));
}

function pausedLine({
  account,
  loan,
  until,
  inFlight,
}: Plain & { readonly until: number; readonly inFlight: number }): string {
  const name = loan ?? account;
  const end = `until ${isoOf(until).slice(0, 19).replace('T', ' ')} UTC`;
  const left = inFlight === 0 ? '' : ` ${String(inFlight)} in flight: what becomes of it is still found out.`;
  return `${name} is paused ${end}. It is watched, and nothing new is sent for it.${left}`;
}

/** An account with its loans, or one loan. @throws Ending */
export async function resume(operation: Operation): Promise<void> {
  const { config, output, json, target } = operation;
  const act = actOf(operation);
  const { resumed, still } = await withJournal(config, async (watched, _absent, _isServed, redis) => {
    const targets = await targetsOf([...watched, ...awaitedOn(redis, config, watched)], target);
    const lifted = await resumeAll(targets, act);
    const left = await Promise.all(targets.map(({ account }) => account.operator.standing()));
    return {
      resumed: lifted.map(plain),
      still: targets.flatMap(({ account }, at) => heldWords(account.name, left[at] ?? NOTHING)),
    };
  });
  if (json) {
    output.json({ resumed, still });
    return;
  }
  for (const { account, loan } of resumed) output.say(`${loan ?? account} is no longer paused.`);
  if (resumed.length === 0) output.say(`${target} was not paused.`);
  for (const words of still) output.say(words);
}

const NOTHING: Standing = { mode: 'active', causes: [], pauses: [], acknowledging: false };

/** Lifts what only a person may lift, as far as this person has seen it. @throws Ending */
export async function acknowledge(operation: Operation): Promise<void> {
  const { config, clock, output, json, target } = operation;
  const after = await withJournal(config, async (accounts) => {
    const account = accountOf(accounts, target);
    if (account === undefined) throw unknownAccount(accounts, target);
    const { operator, name } = account;
    const before = await operator.standing();
    const causes = liftable(before);
    if (Object.keys(causes).length === 0) throw nothingToLift(name, before);
    await operator.acknowledge({ ...actOf(operation), causes });
    await operator.ring(name, 'an operator acknowledged it');
    const giveUpAt = clock.mono() + TAKEN_WITHIN_MS;
    for (;;) {
      const now = await operator.standing();
      if (!now.acknowledging) return { account: name, ...now };
      if (clock.mono() >= giveUpAt) throw notTaken(name);
      await clock.sleep(ASK_EVERY_MS);
    }
  });
  const { account, mode } = after;
  if (mode === 'halted') throw staysHalted(account, after);
  if (json) output.json({ account, mode });
  else output.say(`${account} is ${mode} again.`);
  if (!json) for (const words of heldWords(account, after)) output.say(words);
}

function actOf({ by, why, clock }: Operation): Act {
  return { by, why, at: clock.wall() };
}

interface Plain {
  readonly account: string;
  readonly loan: LoanId | null;
}

function plain({ account, loan }: Target): Plain {
  return { account: account.name, loan };
}

/** `all` is every account of the policy file that was given, never those of another server. @throws Ending */
async function targetsOf(accounts: readonly AccountJournal[], wanted: string): Promise<readonly Target[]> {
  if (wanted === ALL) return accounts.filter(({ own }) => own).map((account) => targetOf(account, null));
  const account = accountOf(accounts, wanted);
  if (account !== undefined) return [targetOf(account, null)];
  const found = await findLoan(accounts, wanted);
  return [targetOf(found, found.loan)];
}

function targetOf(account: AccountJournal, loan: LoanId | null): Target {
  return { account, name: account.name, operator: account.operator, loan };
}

/** Own ones come first. */
function accountOf(accounts: readonly AccountJournal[], wanted: string): AccountJournal | undefined {
  return accounts.find(({ name, label }) => name === wanted || label === wanted);
}

async function inFlightOf({ account, loan }: Target): Promise<number> {
  const intents = await account.journal.intents();
  return intents.filter((intent) => UNDECIDED.includes(intent.state) && (loan === null || intent.loan === loan)).length;
}

function unknownAccount(accounts: readonly AccountJournal[], wanted: string): Ending {
  return new Ending(EXIT.usage, {
    happened: `no account is called ${wanted}.`,
    ballast: 'it changed nothing.',
    operator: `name one of these: ${accounts.map(({ label }) => label).join(', ')}`,
  });
}

function nothingToLift(name: string, { mode, causes }: Standing): Ending {
  const others = causes.map(({ why }) => why).join('; ');
  return new Ending(EXIT.usage, {
    happened: `nothing of account ${name} waits for a person: it is ${mode}${others === '' ? '' : ` (${others})`}.`,
    ballast: 'it changed nothing.',
    operator: others === '' ? 'do nothing.' : 'wait: it ends by itself when its cause does.',
  });
}

function notTaken(name: string): Ending {
  return new Ending(EXIT.temporary, {
    happened: `no look of ${name} has taken the acknowledgement within ${String(TAKEN_WITHIN_MS / 1_000)} s.`,
    ballast: 'it is in the journal, and the next look takes it.',
    operator: 'ask `ballast status` whether the account is seen.',
  });
}

function staysHalted(name: string, standing: Standing): Ending {
  return new Ending(EXIT.temporary, {
    happened: `${name} stays halted: ${standing.causes.map(({ why }) => why).join('; ')}.`,
    ballast: 'it took the acknowledgement; the cause holds still, or there is a new one.',
    operator: `mend that, then \`ballast acknowledge ${name} --why "…"\` again.`,
  });
}
