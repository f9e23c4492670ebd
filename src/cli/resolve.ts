/** `ballast resolve`: an operator says what became of a money call that the venue's records leave open. */
import { legWords } from '../core/words.ts';
import { isoOf } from '../clock.ts';
import { isUndecided } from '../core/intent.ts';
import type { Intent, Word } from '../core/intent.ts';
import { showsUntil } from '../core/proof.ts';
import type { Heard } from '../jobs/spoken.ts';
import { Ending, EXIT } from './exit.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import { withAnyJournal } from './journalView.ts';
import type { Operation } from './operate.ts';

export type Says = Word['says'];

interface Found {
  readonly account: AccountJournal;
  readonly intent: Intent;
}

/** Longest wait for the look that takes the word. */
const TAKEN_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 50;
const WORDS = { happened: 'happened', didNotHappen: 'did not happen' } as const;

/** @throws Ending */
export async function resolve(operation: Operation, says: Says): Promise<void> {
  const { config, clock, output, json, target, by, why, redisProgram: program } = operation;
  await withAnyJournal(config, { clock, program }, async (accounts, _absent, isServed) => {
    const { account, intent } = await undecidedOf(accounts, target);
    const word: Word = { says, by, why, at: clock.wall() };
    const { lagMarginMs } = (account.config ?? config).timing;
    const shows = showsUntil(intent, lagMarginMs);
    const afterMs = shows === null ? lagMarginMs : shows - (intent.validUntil ?? shows);
    refuseUnlessHeard(intent, await account.journal.spoken.say(intent.id, word, afterMs));
    if (isServed) await account.operator.ring(account.name, 'an operator said what became of a call');
    const after = isServed ? await taken(operation, account, intent) : null;
    const state = after?.state ?? intent.state;
    if (json) output.json({ account: account.label, intent: intent.id, says, state, note: after?.note ?? intent.note });
    else output.say(answer(intent, word, after));
  });
}

function answer(intent: Intent, { says }: Word, after: Intent | null): string {
  const what = `${intent.id} (${legWords(intent)} for ${intent.loan})`;
  if (after === null) {
    return `${what}: it is written down that it ${WORDS[says]}. No server runs; the first look of the next one takes it, unless the venue's records prove the opposite.`;
  }
  return `${what} is ${after.state}: ${after.note}. The venue's records are asked for a day whether that is so.`;
}

/** Waits for the look that settles the call. @throws Ending when none did, or when it was settled the other way */
async function taken({ clock, why }: Operation, account: AccountJournal, before: Intent): Promise<Intent> {
  const giveUpAt = clock.mono() + TAKEN_WITHIN_MS;
  for (;;) {
    const now = await account.journal.intent(before.id);
    if (now !== null && !isUndecided(now)) {
      if (isAsSaid(now)) return now;
      throw provenOtherwise(now);
    }
    if (clock.mono() >= giveUpAt) throw notTaken(now ?? before, account.name, why);
    await clock.sleep(ASK_EVERY_MS);
  }
}

function isAsSaid({ state, word }: Intent): boolean {
  return word?.says === 'happened' ? state === 'confirmed' : state === 'rejected' || state === 'refused';
}

/** An undecided intent by its id, or by any part of it that only one undecided intent has. @throws Ending */
async function undecidedOf(accounts: readonly AccountJournal[], wanted: string): Promise<Found> {
  const open: Found[] = [];
  const settled: Intent[] = [];
  for (const account of accounts) {
    const all = await account.journal.intents();
    for (const intent of all) {
      if (isUndecided(intent)) open.push({ account, intent });
      else if (intent.id.includes(wanted)) settled.push(intent);
    }
  }
  const exact = open.filter(({ intent }) => intent.id === wanted);
  const done = settled.find(({ id }) => id === wanted);
  if (done !== undefined) throw alreadySettled(done);
  const [found, ...more] = exact.length > 0 ? exact : open.filter(({ intent }) => intent.id.includes(wanted));
  if (found !== undefined && more.length === 0) return found;
  const [only, ...others] = settled;
  if (found === undefined && only !== undefined && others.length === 0) throw alreadySettled(only);
  throw notFound(wanted, found !== undefined, open);
}

function notFound(wanted: string, isAmbiguous: boolean, open: readonly Found[]): Ending {
  const names = open.map(({ intent }) => `${intent.id} (${legWords(intent)} for ${intent.loan})`).join(', ');
  return new Ending(EXIT.usage, {
    happened: isAmbiguous
      ? `${wanted} is part of the names of several undecided intents.`
      : `no undecided intent is called ${wanted}.`,
    ballast: 'it changed nothing.',
    operator: names === '' ? 'do nothing: nothing is undecided.' : `name one of these: ${names}`,
  });
}

function alreadySettled(intent: Intent): Ending {
  const { id, state, settledAt, note } = intent;
  const when = settledAt === null ? '' : ` since ${timeOf(settledAt)}`;
  return new Ending(EXIT.usage, {
    happened: `intent ${id} (${legWords(intent)}) is settled already: ${state}${when}: ${note}.`,
    ballast: 'it changed nothing, and waits for nothing: each look goes on from what the account holds.',
    operator: 'do nothing.',
  });
}

/** @throws Ending */
function refuseUnlessHeard({ id, validUntil }: Intent, heard: Heard): void {
  if (heard.heard === 'yes') return;
  if (heard.heard === 'settled') {
    throw new Ending(EXIT.usage, {
      happened: `intent ${id} was settled meanwhile: ${heard.state}.`,
      ballast: 'it changed nothing.',
      operator: 'do nothing; `ballast status` shows what is still undecided.',
    });
  }
  const until = heard.until === null ? 'nobody knows until when' : `until ${timeOf(heard.until)}`;
  const valid = validUntil === null ? '' : ` (its signature is valid until ${timeOf(validUntil)})`;
  throw new Ending(EXIT.temporary, {
    happened: `the venue may still execute intent ${id}, or show it, ${until}${valid}.`,
    ballast: 'it changed nothing: that a call did not happen cannot be known before.',
    operator: 'say it again after that time, or wait: the records are read at every look.',
  });
}

function notTaken({ id, note, state }: Intent, account: string, why: string): Ending {
  return new Ending(EXIT.temporary, {
    happened: `no look of ${account} has settled intent ${id} by your word within ${String(TAKEN_WITHIN_MS / 1_000)} s; it is ${state}: ${note}.`,
    ballast: `your word (${why}) is in the journal, and each look weighs it: not before the venue's reads had time to show the call, and never against a record.`,
    operator: 'ask `ballast status` whether the account is seen, and what it waits for.',
  });
}

function provenOtherwise({ id, state, note }: Intent): Ending {
  return new Ending(EXIT.temporary, {
    happened: `the venue proves the opposite of your word: intent ${id} is ${state}: ${note}.`,
    ballast: 'it goes on from the venue’s proof, and its budgets follow it.',
    operator: 'look at the account at the venue.',
  });
}

function timeOf(ms: number): string {
  return `${isoOf(ms).slice(0, 19).replace('T', ' ')} UTC`;
}
