/** The examination of every account before the first look: is each key the right one, and does each venue answer? */
import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/types.ts';
import type { Finding, ReportingVenue } from '../exchanges/exchange.ts';
import { VenueError } from '../exchanges/exchange.ts';
import { DID_NOT_START, EXIT, Ending } from './exit.ts';
import type { ExitCode } from './exit.ts';

export interface Opened {
  readonly account: AccountConfig;
  readonly venue: ReportingVenue;
}

export interface Examined extends Opened {
  readonly uid: string;
  /** What does not stop a start and should be known, one line each. */
  readonly warnings: readonly string[];
}

export interface Failed {
  readonly says: readonly string[];
  readonly remedies: readonly string[];
  readonly exit: ExitCode;
}

/** An account whose venue cannot be reached: everything else may be right with it. */
export interface Late extends Opened {
  readonly says: readonly string[];
}

/** A look of an examination may take several requests. */
const DEADLINES = 4;

/**
 * All accounts at once, so that one start names everything that is wrong. What is wrong with a key or a file ends the
 * start; a venue that is away does so only when nothing else could be watched, or when it is a simulated one: those are
 * part of this server. Closes every venue when it ends the start.
 * @throws Ending
 */
export async function examineAll(
  opened: readonly Opened[],
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly examined: readonly Examined[]; readonly late: readonly Late[] }> {
  const results = await unless(signal, patiently(opened, clock, signal));
  const examined = results.flatMap(({ result }) => ('remedies' in result ? [] : [result]));
  const failed = results.flatMap(({ one, result }) => ('remedies' in result ? [{ one, ...result }] : []));
  const wrong = failed.filter(({ one, exit }) => exit !== EXIT.unavailable || one.account.simulated);
  if (wrong.length === 0 && (examined.length > 0 || failed.length === 0)) {
    return { examined, late: failed.map(({ one, says }) => ({ ...one, says })) };
  }
  await Promise.all(opened.map(({ venue }) => venue.close()));
  const remedies = new Set(failed.flatMap(({ remedies }) => remedies));
  throw new Ending((wrong[0] ?? failed[0])?.exit ?? EXIT.unavailable, {
    happened: failed.flatMap(({ says }) => says).join('\n'),
    ballast: DID_NOT_START,
    operator: [...remedies].join(' '),
  });
}

interface Result {
  readonly one: Opened;
  readonly result: Examined | Failed;
}

/** Once one account may start, a venue that has not answered within a deadline does not hold it up any longer. */
async function patiently(opened: readonly Opened[], clock: Clock, signal: AbortSignal): Promise<readonly Result[]> {
  const over = new AbortController();
  const examinations = opened.map((one) => ({ one, result: examine(one, signal) }));
  const first = Promise.any(
    examinations.map(async ({ one, result }) => {
      if ('remedies' in (await result)) throw new Error(`${one.account.name} may not start`);
    }),
  );
  const deadlineMs = Math.max(...opened.map(({ account }) => account.timing.requestDeadlineMs));
  const late = first.then(
    () => clock.sleep(deadlineMs, over.signal).catch(() => undefined),
    // Nothing can start yet: each one is waited for.
    () => Promise.all(examinations.map(({ result }) => result)),
  );
  try {
    return await Promise.all(
      examinations.map(async ({ one, result }) => ({
        one,
        result: await Promise.race([result, late.then(() => silent(one))]),
      })),
    );
  } finally {
    over.abort(new Error('examined'));
  }
}

function silent({ account }: Opened): Failed {
  return {
    says: [`account ${account.name}: its venue has not answered yet.`],
    remedies: [AWAY],
    exit: EXIT.unavailable,
  };
}

/** Not every request of an examination knows the signal. @throws what the signal was aborted with */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
}

/** The account's UID, or which checks failed and what to do about them. */
export async function examine({ account, venue }: Opened, signal: AbortSignal): Promise<Examined | Failed> {
  const deadline = (): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(DEADLINES * account.timing.requestDeadlineMs)]);
  try {
    const findings = await venue.examine(deadline());
    const failed = findings.filter((finding) => finding.level === 'fail' && !isForgiven(account, finding));
    if (failed.length > 0) return refusal(account, failed);
    const view = await venue.observe(deadline());
    return { account, venue, uid: view.uid, warnings: warningsOf(account, findings) };
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    const says = [`account ${account.name}: first look: ${sentence(error.message)}`];
    return { says, ...failedRead(account, error) };
  }
}

/** The key of a simulated account is made up: advice about it would help nobody. */
function warningsOf(account: AccountConfig, findings: readonly Finding[]): readonly string[] {
  if (account.simulated) return [];
  const told = findings.filter(({ level }) => level !== 'ok');
  return told.map(
    ({ check, says, remedy }) => `account ${account.name}: ${check}: ${sentence(says)} ${sentence(remedy)}`,
  );
}

/** A key that may only read is enough to watch: dry-run sends nothing. */
export function isForgiven(account: AccountConfig, finding: Finding): boolean {
  return finding.onlyForSending === true && account.sends === 'dryRun';
}

function refusal(account: AccountConfig, failed: readonly Finding[]): Failed {
  return {
    says: [...new Set(failed.map(({ check, says }) => `account ${account.name}: ${check}: ${sentence(says)}`))],
    remedies: failed.map(({ remedy }) => remedy),
    exit: failed[0]?.exit ?? EXIT.permission,
  };
}

/** What a read that failed means for the operator. */
export function failedRead(account: AccountConfig, error: unknown): Pick<Failed, 'remedies' | 'exit'> {
  if (error instanceof VenueError && error.kind === 'permission') {
    return { remedies: [`Check the key of account ${account.name} at the venue.`], exit: EXIT.permission };
  }
  return { remedies: [AWAY], exit: EXIT.unavailable };
}

const AWAY = 'Check the network and the state of the venue, then start again.';

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
