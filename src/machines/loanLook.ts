/**
 * What one look means for one loan: warnings, confirmation, the episode, where the loan stands, and what it needs
 * (DESIGN §2.4, §5.1, §5.7). Pure functions of what was remembered and what was seen; `loanMachine` says when they run.
 */
import { ceil, format, max, ONE, parse, ZERO } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import { alert, endEpisode, tellOnce } from './loanContext.ts';
import type { Calm, Episode, LoanContext, Phase, Seen, Told } from './loanContext.ts';
import type { LoanCommand } from './types.ts';

/** A warning is armed again only this far below its level, so that a price dancing on the level rings once. */
const REARM = parse('0.995');
const HALF = parse('0.5');
const CUSHION_DECIMALS = 12;

/** Failed looks in a row that make an alert, and the waits until the next try. */
export const BLIND_AFTER = 3;
const RETRY_FIRST_MS = 2_000;
const RETRY_MOST_MS = 30_000;

/** Everything an ordinary look does. The guards ask for the same look as the deed that follows: it is answered once. */
export function look(before: LoanContext, seen: Seen): Told {
  const known = looks.get(seen);
  if (known?.before === before) return known.told;
  const told = seeing({ ...before, pause: null }, seen, true);
  looks.set(seen, { before, told });
  return told;
}
const looks = new WeakMap<Seen, { readonly before: LoanContext; readonly told: Told }>();

/** A look at a paused loan: it warns, and may see an episode end, but opens none. */
export function glance(before: LoanContext, seen: Seen): Told {
  return seeing(before, seen, false);
}

function seeing(before: LoanContext, seen: Seen, mayOpen: boolean): Told {
  const { status, ltv, rules } = seen;
  const commands: LoanCommand[] = [];
  if (before.failures >= BLIND_AFTER)
    commands.push(alert('info', 'blind', `seen again after ${before.failures} failed looks`));
  const calm = calming(before, seen);
  const context = { ...before, seenAt: seen.now, ltv, failures: 0, coolDownMs: rules.coolDownMs, calm };
  if (status === 'liquidating') return liquidating({ context, commands });
  const free = { ...context, told: context.told.filter((once) => once !== 'liquidating') };
  if (status === 'closed') return closed({ context: free, commands }, seen);
  const at = numbers(seen);
  const warnedOf = warnings({ context: free, commands }, at);
  const nearing = distance(warnedOf, at);
  const counted = { ...nearing, context: { ...nearing.context, moments: confirming(nearing.context, seen, at) } };
  return episode(counted, seen, at, mayOpen);
}

/** What was not seen for so many counted gaps is forgotten: nobody knows where the LTV was meanwhile. */
const FORGOTTEN_AFTER_GAPS = 10;

/**
 * Counts the time that a loan is seen below its release level. It begins anew when the LTV was seen at or above it, when the
 * rule changed, and after blindness; between two looks no more than a gap counts, so a clock that was set gives nothing away.
 */
function calming({ calm, seenAt }: LoanContext, { status, ltv, now, rules: { release } }: Seen): Calm | null {
  if (release === null || status !== 'open' || parse(ltv).gte(parse(release.below))) return null;
  const { rule, gapMs } = release;
  const passed = now - (seenAt ?? now);
  if (calm?.rule !== rule || passed > FORGOTTEN_AFTER_GAPS * gapMs) return { ms: 0, rule };
  return { rule, ms: calm.ms + Math.min(Math.max(passed, 0), gapMs) };
}

function liquidating({ context, commands }: Told): Told {
  const says = `the venue is liquidating it (LTV ${context.ltv ?? 'unknown'})`;
  return tellOnce({ context, commands }, 'liquidating', says);
}

function closed(told: Told, { others }: Seen): Told {
  const who = others === null ? '' : `: somebody else ${others}`;
  const ended = endEpisode(told, `the venue says there is no debt${who}`);
  const context = { ...ended.context, warned: 0, moments: [], alertedCushion: null, remainder: null, coolUntil: null };
  return { ...ended, context };
}

/** What the LTV has passed. A loan that is at target by its quantities has passed nothing, however the venue rounds. */
interface Numbers {
  readonly ltv: Dec;
  readonly line: Dec;
  readonly act: Dec;
  readonly warn: readonly Dec[];
  readonly pastTarget: boolean;
  readonly pastAct: boolean;
  readonly pastUrgent: boolean;
}

const read = new WeakMap<Seen, Numbers>();

function numbers(seen: Seen): Numbers {
  const known = read.get(seen);
  if (known !== undefined) return known;
  const { levels } = seen;
  const ltv = parse(seen.ltv);
  const act = parse(levels.act);
  const at = {
    ltv,
    line: parse(levels.line),
    act,
    warn: levels.warn.map(parse).sort((a, b) => a.comparedTo(b)),
    pastTarget: !seen.atTarget,
    pastAct: !seen.atTarget && ltv.gte(act),
    pastUrgent: !seen.atTarget && ltv.gte(parse(levels.urgent)),
  };
  read.set(seen, at);
  return at;
}

/** One alert for each level reached from below; a level is left behind a little below itself. */
function warnings({ context, commands }: Told, { ltv, warn }: Numbers): Told {
  const reached = warn.filter((level) => ltv.gte(level)).length;
  const kept = context.warned > reached ? warn.filter((level) => ltv.gte(level.times(REARM))).length : reached;
  const alerts = warn
    .slice(context.warned, reached)
    .map((level) => alert('warning', 'warn', `LTV ${percent(ltv)} is at or above the warning level ${percent(level)}`));
  return {
    context: { ...context, warned: Math.max(reached, Math.min(context.warned, kept)) },
    commands: [...commands, ...alerts],
  };
}

/** At or above `act`: one critical alert at each halving of what is left to the line (DESIGN §8). */
function distance({ context, commands }: Told, { ltv, line, act, pastAct }: Numbers): Told {
  if (!pastAct) return { context: { ...context, alertedCushion: null }, commands };
  const left = max(ONE.minus(ltv.div(line)), ZERO);
  const last = context.alertedCushion === null ? ONE.minus(act.div(line)) : parse(context.alertedCushion);
  if (last.lte(ZERO) || left.gt(last.times(HALF))) return { context, commands };
  const says = left.isZero()
    ? `LTV ${percent(ltv)} is at or past the line ${percent(line)}`
    : `only ${percent(left)} of cushion left: LTV ${percent(ltv)}, line ${percent(line)}`;
  const alertedCushion = format(ceil(left, CUSHION_DECIMALS));
  return { context: { ...context, alertedCushion }, commands: [...commands, alert('critical', 'distance', says)] };
}

/** Two looks at one price moment confirm nothing; one look below `act` starts the count afresh. */
function confirming({ moments }: LoanContext, { priceMoment, rules }: Seen, { pastAct }: Numbers): readonly string[] {
  if (!pastAct) return [];
  const enough = moments.length >= Math.max(rules.confirmAct, rules.confirmUrgent);
  return enough || moments.includes(priceMoment) ? moments : [...moments, priceMoment];
}

/**
 * Opens on a confirmed breach. Ends at `target`; or already below `act` once a whole plan was confirmed, because what
 * is missing to `target` then is noise of the price and not worth another payment.
 */
function episode(told: Told, seen: Seen, at: Numbers, mayOpen: boolean): Told {
  const { context, commands } = told;
  const open = context.episode;
  if (open !== null) {
    if (isClearing(open, seen)) return told;
    if (!at.pastTarget) return helped(told, seen);
    if (open.finished && !at.pastAct) return endEpisode(told, 'the whole plan is confirmed and LTV is below act');
    return told;
  }
  const wanted = at.pastUrgent ? seen.rules.confirmUrgent : seen.rules.confirmAct;
  if (!mayOpen || !at.pastAct || context.moments.length < wanted) return told;
  const opened = { id: seen.episodeId, openedAt: seen.now, finished: false };
  return {
    context: { ...context, episode: opened },
    commands: [...commands, { type: 'episodeOpened', episode: opened.id, ltv: seen.ltv }],
  };
}

/** Interest fell due between the read and a full repayment, so that the venue still lists some debt. */
function isClearing({ clearing }: Episode, { owes }: Seen): boolean {
  return clearing !== undefined && owes.includes(clearing);
}

/** Back at target. When somebody else had a hand in it that is said: an operator may wait for a payment of ours. */
function helped(told: Told, { others }: Seen): Told {
  if (others === null) return endEpisode(told, 'back at target');
  const { context, commands } = endEpisode(told, `back at target: somebody else ${others}`);
  const says = `the need is over: somebody else ${others}. Ballast pays nothing more for it`;
  return { context, commands: [...commands, alert('info', 'helped', says)] };
}

/** Where a loan can stand after a look. */
export type Standing =
  | 'liquidating'
  | 'unresolved'
  | `${'acting' | 'releasing'}.${Exclude<Phase, 'unknown'>}`
  | 'closed'
  | 'cooling'
  | `watching.${'breached' | 'warned' | 'healthy'}`;

/** The venue's hand first, then money in flight, then the venue's word on the debt, then the cool-down, then the bands. */
export function standing(before: LoanContext, seen: Seen): Standing {
  const { context } = look(before, seen);
  const { intent, emergencyIntent } = context;
  if (seen.status === 'liquidating') return 'liquidating';
  if (emergencyIntent !== null) return 'unresolved';
  if (intent !== null) {
    return intent.phase === 'unknown' ? 'unresolved' : `${intent.release ? 'releasing' : 'acting'}.${intent.phase}`;
  }
  if (seen.status === 'closed') return 'closed';
  const { pastAct, pastUrgent } = numbers(seen);
  if (isCooling(context, seen) && !pastUrgent && context.remainder === null) return 'cooling';
  if (pastAct || context.episode !== null) return 'watching.breached';
  return context.warned > 0 ? 'watching.warned' : 'watching.healthy';
}

function isCooling({ coolUntil }: LoanContext, { now }: Seen): boolean {
  return coolUntil !== null && now < coolUntil;
}

/**
 * What the loan needs now, if anything: only an open episode needs. While something of the account is undecided it
 * waits, except beyond `urgent` for money the undecided intent cannot have touched, once at a time (DESIGN §5.7).
 */
export function ask(context: LoanContext, seen: Seen): Told {
  const { episode: open, intent, emergencyIntent, remainder } = context;
  if (open === null || emergencyIntent !== null) return { context, commands: [] };
  const { pastTarget, pastUrgent } = numbers(seen);
  const clear = !pastTarget && isClearing(open, seen) ? (open.clearing ?? null) : null;
  const emergency = seen.undecided || intent !== null;
  if (emergency && !(pastUrgent && seen.rules.whenUnsettled === 'otherMoney')) return { context, commands: [] };
  const urgency = pastUrgent ? 'urgent' : 'act';
  return {
    context,
    commands: [{ type: 'need', episode: open.id, aim: 'target', urgency, emergency, remainder, clear }],
  };
}

/** A failed look is not news about the loan: only the count grows (DESIGN §2.4). */
export function blind(before: LoanContext, { now, why }: { readonly now: number; readonly why: string }): Told {
  const failures = before.failures + 1;
  const wait = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MOST_MS);
  const commands: LoanCommand[] = [{ type: 'lookBy', at: now + wait, why: `look ${failures} failed: ${why}` }];
  if (failures === BLIND_AFTER) {
    const severity = before.episode === null ? 'warning' : 'critical';
    commands.push(alert(severity, 'blind', `${failures} looks in a row failed: ${why}`));
  }
  return { context: { ...before, failures }, commands };
}

function percent(ratio: Dec): string {
  return `${format(ratio.times(100).toDecimalPlaces(2))} %`;
}
