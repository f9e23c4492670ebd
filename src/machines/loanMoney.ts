/**
 * What news about an intent means for its loan (DESIGN §2.1–2.3, §5.7). A verdict that reached the journal is taken in
 * whatever state the loan is, so none can be lost; which intent it belongs to is checked by id.
 */
import { alert, endEpisode, tellOnce } from './loanContext.ts';
import type { InFlight, LoanContext, News, Phase, Planned, Told } from './loanContext.ts';
import type { LoanCommand, LoanEvent } from './types.ts';

type Slot = 'intent' | 'emergencyIntent';
type Setback = Exclude<News, { readonly type: 'CLAIMED' | 'ACCEPTED' | 'UNKNOWN' | 'CONFIRMED' }>;

/** How far news carries an intent; `null` once it is settled. Progress never runs backwards. */
const REACHES: Readonly<Record<News['type'], Phase | null>> = {
  CLAIMED: 'sending',
  ACCEPTED: 'settling',
  UNKNOWN: 'unknown',
  CONFIRMED: null,
  REJECTED: null,
  REFUSED: null,
  VOIDED: null,
  DID_NOT_HAPPEN: null,
  EXPIRED: null,
};
const ORDER: readonly Phase[] = ['planned', 'sending', 'settling', 'unknown'];

/** A plan takes the free slot: the normal one, or the emergency one beside an undecided intent. */
export function plan(before: LoanContext, planned: Planned): Told {
  const intent: InFlight = {
    id: planned.intentId,
    phase: 'planned',
    since: planned.now,
    release: planned.rung === 0,
    partial: planned.partial,
    rest: planned.remainder,
    resumes: before.remainder,
    ...(planned.clears === undefined ? {} : { clears: planned.clears }),
  };
  const { episode: open } = before;
  const episode = open === null ? null : { ...open, reserved: planned.reserves ?? [] };
  const slot: Slot = before.intent === null ? 'intent' : 'emergencyIntent';
  const told = before.told.filter((once) => once === 'liquidating');
  return { context: { ...before, [slot]: intent, episode, remainder: null, told, why: null }, commands: [] };
}

/** The slot of the intent that the event is about, if this loan has it in flight. */
function slotOf({ intent, emergencyIntent }: LoanContext, event: LoanEvent): readonly [Slot, InFlight] | null {
  if (!('intentId' in event)) return null;
  if (intent?.id === event.intentId) return ['intent', intent];
  if (emergencyIntent?.id === event.intentId) return ['emergencyIntent', emergencyIntent];
  return null;
}

export function isNews(event: LoanEvent): event is News {
  return event.type in REACHES;
}

export function isMine(context: LoanContext, event: LoanEvent): boolean {
  return isNews(event) && slotOf(context, event) !== null;
}

export function isMyRemedy(context: LoanContext, event: LoanEvent): boolean {
  const mine = isNews(event) ? slotOf(context, event) : null;
  return mine !== null && !mine[1].release;
}

/** My intent, and further than it was. */
export function isProgress(context: LoanContext, event: LoanEvent): boolean {
  const mine = slotOf(context, event);
  const phase = isNews(event) ? REACHES[event.type] : null;
  return mine !== null && phase !== null && ORDER.indexOf(phase) > ORDER.indexOf(mine[1].phase);
}

/** My intent is confirmed and its plan has more legs. */
export function hasLegsToCome(context: LoanContext, event: LoanEvent): boolean {
  return isMine(context, event) && isNews(event) && land(context, event).context.remainder !== null;
}

/** Takes news about an intent of this loan into the context. */
export function land(before: LoanContext, news: News): Told {
  const mine = slotOf(before, news);
  if (mine === null) return { context: before, commands: [] };
  const [slot, intent] = mine;
  switch (news.type) {
    case 'CLAIMED':
    case 'ACCEPTED':
    case 'UNKNOWN':
      return progress(before, mine, news);
    case 'CONFIRMED':
      return moved({ ...before, [slot]: null }, intent, news.now);
    default:
      return setback({ ...before, [slot]: null }, intent, news);
  }
}

function progress(before: LoanContext, [slot, intent]: readonly [Slot, InFlight], news: News): Told {
  const context = { ...before, [slot]: { ...intent, phase: REACHES[news.type] ?? intent.phase, since: news.now } };
  if (news.type !== 'UNKNOWN') return { context, commands: [] };
  const says = `what became of intent ${intent.id} is unknown: ${news.why}`;
  return { context: { ...context, why: news.why }, commands: [alert('warning', 'unresolved', says)] };
}

/** The money moved: the rest of the plan is due at the next look, or the plan is finished and the loan cools down. */
function moved(freed: LoanContext, { release, partial, rest, clears }: InFlight, now: number): Told {
  if (release) return { context: freed, commands: [] };
  if (freed.episode === null) return coolDown({ ...freed, remainder: null }, now);
  const episode = { ...freed.episode, ...(clears === undefined ? {} : { clearing: clears }) };
  const remainder = rest ?? freed.remainder;
  if (remainder !== null) {
    const commands: readonly LoanCommand[] = [{ type: 'lookBy', at: now, why: 'the plan has more legs' }];
    return { context: { ...freed, episode, remainder }, commands };
  }
  return coolDown({ ...freed, episode: { ...episode, finished: !partial } }, now);
}

function coolDown(context: LoanContext, now: number): Told {
  const coolUntil = now + context.coolDownMs;
  return { context: { ...context, coolUntil }, commands: [coolsDown(coolUntil)] };
}

export function coolsDown(at: number): LoanCommand {
  return { type: 'lookBy', at, why: 'the cool-down ends' };
}

/**
 * Nothing moved, so what the intent was carrying out is due again. After EXPIRED nobody knows: that is charged
 * elsewhere, nothing is due any more, and the next look is truth.
 */
function setback(before: LoanContext, { id, resumes, release }: InFlight, { type, why }: Setback): Told {
  // A release that came to nothing is not hurried: it waits as long as a first one. A plan that nobody tried is none.
  const freed = release && type !== 'VOIDED' ? { ...before, calm: null } : before;
  if (type === 'EXPIRED') {
    const says = `intent ${id} was given up without proof and counts as spent: ${why}`;
    return { context: { ...freed, why }, commands: [alert('critical', 'expired', says)] };
  }
  const remainder = freed.episode === null ? null : (freed.remainder ?? resumes);
  return { context: { ...freed, remainder, why }, commands: [] };
}

type Stuck = Extract<LoanEvent, { readonly type: 'STARVED' | 'CAPPED' }>;

/**
 * No money that the policy may use, or a limit forbids it: said once; every look decides afresh from the whole ladder, and
 * the caps are free for others. When only the rest of a cleared debt was asked for, that rest stays and the episode ends.
 */
export function stuck(before: LoanContext, { type, why, clears }: Stuck): Told {
  const { episode: open } = before;
  const episode = open === null ? null : { ...open, reserved: [] };
  const told = { context: { ...before, episode, remainder: null, why }, commands: [] };
  if (clears !== undefined) return endEpisode({ ...told, commands: [alert('warning', 'dust', why)] }, 'at target');
  return type === 'STARVED'
    ? tellOnce(told, 'starved', `it needs money that the policy has no more of: ${why}`)
    : tellOnce(told, 'capped', `a limit forbids the action it needs: ${why}`);
}
