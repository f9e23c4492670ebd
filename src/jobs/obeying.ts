/** What operators asked for, told to the machines: pauses, and acknowledgements of what only a person may lift. */
import { isoOf } from '../clock.ts';
import { causesOf, isForAPerson } from '../machines/accountMachine.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { isWatched } from './needing.ts';
import { messageOf, withDeadline } from './observing.ts';
import type { Paused } from './operator.ts';

/**
 * An acknowledgement lifts what the operator saw. A cause that came since, or now has another reason, is news to the
 * operator: then nothing is lifted. Nor is a halt while the venue still refuses the key: that is asked before it is lifted,
 * and not by a money call. A venue that does not answer says nothing about the key: the halt stays for its own reason.
 */
export async function takeAcknowledgement(
  deps: LookDeps,
  setup: AccountSetup,
  { acknowledged }: Opened,
  draft: Draft,
  signal: AbortSignal,
): Promise<void> {
  if (acknowledged === null) return;
  const held = causesOf(draft.account).filter(({ kind }) => isForAPerson(kind));
  if (held.length === 0) return;
  const { by, why, causes } = acknowledged.act;
  const unseen = held.find((cause) => causes[cause.kind] !== cause.why);
  if (unseen !== undefined) {
    const says = `what ${by} acknowledged is not the reason any more, so ${setup.name} stays ${draft.mode}: ${unseen.why}`;
    draft.alert('critical', 'acknowledged', null, says);
    return;
  }
  const halt = held.find(({ kind }) => kind === 'halt');
  const key = halt === undefined ? SOUND : await examined(deps, setup, signal);
  const now = deps.clock.wall();
  if (halt !== undefined && !key.sound) {
    const [reason = halt.why] = halt.why.split(UNASKED);
    draft.tellAccount({ type: 'HALT', now, why: key.refused ? key.says : `${reason}${UNASKED}${key.says}` });
    const stays = key.refused
      ? `${key.says}. Mend that, then acknowledge again`
      : `its key could not be examined: ${key.says}. Acknowledge again when the venue answers`;
    const says = `${by} acknowledged it (${why}), but ${setup.name} stays halted: ${stays}`;
    draft.alert('critical', 'acknowledged', null, says);
    return;
  }
  draft.tellAccount({ type: 'ACKNOWLEDGE', now, by, why });
  draft.alert('warning', 'acknowledged', null, `${by} acknowledged it (${why}): ${setup.name} is ${draft.mode} now`);
}

/** Parts the reason of a halt from what kept an acknowledgement from lifting it. */
const UNASKED = '; acknowledged since, but its key could not be examined: ';

/** What an examination says of the key; `refused`: something would stop a start, otherwise nobody knows. */
type Key = { readonly sound: true } | { readonly sound: false; readonly refused: boolean; readonly says: string };

const SOUND: Key = { sound: true };
/** Exit code of a start whose venue is not available: it said nothing about the key. */
const UNAVAILABLE = 69;

async function examined(deps: LookDeps, setup: AccountSetup, signal: AbortSignal): Promise<Key> {
  try {
    const findings = await deps.venue.examine(withDeadline(deps.clock, signal, setup));
    const fails = findings.filter(
      ({ level, onlyForSending }) => level === 'fail' && !(setup.mode === 'dryRun' && onlyForSending === true),
    );
    if (fails.length === 0) return SOUND;
    const found = fails.map(({ check, says, remedy }) => `${check}: ${says} ${remedy}`).join(' ');
    return { sound: false, refused: fails.some(({ exit }) => exit !== UNAVAILABLE), says: found };
  } catch (error) {
    return { sound: false, refused: false, says: messageOf(error) };
  }
}

/** A paused loan is watched and warned about, and asks for nothing. What it has in flight is reconciled all the same. */
export function obeyPauses(setup: AccountSetup, opened: Opened, draft: Draft, now: number): void {
  const whole = active(opened.paused, now);
  if (whole !== null) draft.lasting('warning', 'paused', null, `${setup.name} ${pausedWords(whole)}`);
  else if (opened.told.has('paused/')) draft.alert('info', 'paused', null, `${setup.name} ${RESUMED}`);
  for (const [loan, stored] of draft.loans) {
    if (!isWatched(stored)) continue;
    const own = active(opened.pausedLoans.get(loan) ?? null, now);
    if (own !== null) draft.lasting('warning', 'paused', loan, pausedWords(own));
    else if (opened.told.has(`paused/${loan}`)) draft.alert('info', 'paused', loan, RESUMED);
    obey(draft, loan, stored, own ?? whole, now);
  }
  draft.searched('paused');
}

const RESUMED = 'is no longer paused: it is protected again';

function obey(draft: Draft, loan: string, stored: Stored, pause: Paused | null, now: number): void {
  if (pause === null) {
    if (stored.state === 'paused') draft.tell(loan, { type: 'RESUME', now, by: '', why: 'the pause is over' });
    return;
  }
  const { by, why, until } = pause;
  if (until !== null) draft.lookBy = Math.min(draft.lookBy, until);
  if (stored.state !== 'paused' || !isSame(stored, pause)) draft.tell(loan, { type: 'PAUSE', now, by, why, until });
}

/** Redis ends a pause by its clock, this process by its own: the earlier one counts here, both count for the claim. */
function active(pause: Paused | null, now: number): Paused | null {
  return pause !== null && (pause.until === null || now < pause.until) ? pause : null;
}

function isSame({ context: { pause } }: Stored, { by, why, until }: Paused): boolean {
  if (typeof pause !== 'object' || pause === null) return false;
  const known = pause as Partial<Paused>;
  return known.by === by && known.why === why && known.until === until;
}

export function pausedWords({ by, why, until }: Pick<Paused, 'by' | 'why' | 'until'>): string {
  const end = until === null ? 'until it is resumed' : `until ${isoOf(until).slice(0, 19).replace('T', ' ')} UTC`;
  return `is paused by ${by} ${end}: ${why}. It is watched, and nothing is sent for it`;
}
