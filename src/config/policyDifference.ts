/** What changes between two policies of a name, or when a loan follows another one. */
import { format } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Bands, Caps, ReleaseRule, Rung } from '../core/policy.ts';
import type { Comparers, Effect, Part } from './change.ts';
import { compareAll, graded, moved } from './change.ts';
import { capWords } from './ladder.ts';
import { level, moves } from './plan.ts';
import type { PolicyConfig } from './types.ts';
import { durationText } from './units.ts';

export function policyDifference(before: PolicyConfig, after: PolicyConfig): readonly Part[] {
  return compareAll(POLICY, before, after);
}

/** Its name is where it stands, and decides nothing. */
const POLICY: Comparers<Omit<PolicyConfig, 'name'>> = {
  bands: ({ bands: before }, { bands: after }) => bandsParts(before, after),
  confirm: ({ confirm: before }, { confirm: after }) => [
    ...counted('looks that must agree before it acts', before.act, after.act, 'tightens'),
    ...counted('looks that must agree beyond urgent', before.urgent, after.urgent, 'tightens'),
  ],
  ladder: ({ ladder: before }, { ladder: after }) => ladderParts(before, after),
  limits: ({ limits: before }, { limits: after }) => [
    ...capParts('', before, after),
    ...capParts('beyond urgent, ', before.urgent, after.urgent),
    ...fuseParts(before.actions, after.actions),
  ],
  coolDownMs: ({ coolDownMs: before }, { coolDownMs: after }) => lasting('pause after an action', before, after),
  // Less than is needed for one loan, or nothing for it and more for others: neither is safer.
  whenShort: ({ whenShort: before }, { whenShort: after }) => moved('when money is short', before, after, 'loosens'),
  whenUnsettled: ({ whenUnsettled: before }, { whenUnsettled: after }) =>
    ordered('while a payment is undecided', ['hold', 'otherMoney'], before, after),
  whenDislocated: ({ whenDislocated: before }, { whenDislocated: after }) =>
    ordered('while a price is in dispute', ['hold', 'aimUrgent', 'aimTarget'], before, after),
  dust: ({ dust: before }, { dust: after }) =>
    ordered('what is left below the smallest amount', ['leave', 'clear'], before, after),
  release: (before, after) => releaseParts(before, after),
  survive: ({ survive: before }, { survive: after }) => {
    const say = (one: PolicyConfig['survive']): string => (one === null ? 'nothing asked' : moves(one).join(' and '));
    return moved('should survive', say(before), say(after), 'neutral');
  },
};

/** From the most careful word to the least. */
function ordered(what: string, words: readonly string[], before: string, after: string): readonly Part[] {
  return graded(what, [before, after], words.indexOf(after) - words.indexOf(before), 'loosens');
}

function counted(what: string, before: number, after: number, up: 'loosens' | 'tightens'): readonly Part[] {
  return graded(what, [String(before), String(after)], after - before, up);
}

function lasting(what: string, before: number, after: number): readonly Part[] {
  return graded(what, [durationText(before), durationText(after)], after - before, 'tightens');
}

/** A level is loosened by moving it towards the line: up as an LTV, down as a cushion. */
function levelParts(scale: Bands['scale'], what: string, before: Dec, after: Dec): readonly Part[] {
  const order = scale === 'ltv' ? after.comparedTo(before) : before.comparedTo(after);
  return graded(what, [level(scale, before), level(scale, after)], order, 'loosens');
}

function bandsParts(before: Bands, after: Bands): readonly Part[] {
  const margin = marginParts(before.minMarginRatio, after.minMarginRatio);
  if (before.scale !== after.scale) {
    return [...moved('levels', levelsText(before), levelsText(after), 'loosens'), ...margin];
  }
  const one = (what: string, key: 'act' | 'target' | 'urgent'): readonly Part[] =>
    levelParts(before.scale, what, before[key], after[key]);
  return [
    ...warnParts(before, after),
    ...one('acts at', 'act'),
    ...one('stops at', 'target'),
    ...one('urgent at', 'urgent'),
    ...margin,
  ];
}

function levelsText({ scale, warn, act, target, urgent }: Bands): string {
  const say = (ratio: Dec): string => level(scale, ratio);
  const warns = warn.length === 0 ? 'no level' : warn.map(say).join(' and ');
  return `warns at ${warns}, acts at ${say(act)}, stops at ${say(target)}, urgent at ${say(urgent)}`;
}

/** As many warnings, none of them later: tighter. A warning fewer, or a later one: looser. */
function warnParts(before: Bands, after: Bands): readonly Part[] {
  const early = (one: Dec, other: Dec): number =>
    before.scale === 'ltv' ? one.comparedTo(other) : other.comparedTo(one);
  const [old, now] = [before.warn.toSorted(early), after.warn.toSorted(early)];
  const isCovered = old.length <= now.length && old.every((one, index) => early(now[index] ?? one, one) <= 0);
  const say = ({ scale, warn }: Bands): string =>
    warn.length === 0 ? 'no level' : warn.map((ratio) => level(scale, ratio)).join(' and ');
  return moved('warns at', say(before), say(after), isCovered ? 'tightens' : 'loosens');
}

function marginParts(before: Bands['minMarginRatio'], after: Bands['minMarginRatio']): readonly Part[] {
  const what = 'margin ratio of spot borrowing';
  if (before === null || after === null) {
    const say = (one: Bands['minMarginRatio']): string =>
      one === null ? 'not asked' : `acts at ${format(one.act)}, stops at ${format(one.target)}`;
    return moved(what, say(before), say(after), after === null ? 'loosens' : 'tightens');
  }
  const one = (word: string, key: 'act' | 'target'): readonly Part[] =>
    graded(
      `${what}, ${word}`,
      [format(before[key]), format(after[key])],
      after[key].comparedTo(before[key]),
      'tightens',
    );
  return [...one('acts at', 'act'), ...one('stops at', 'target')];
}

const CAPS = {
  perAction: 'per action',
  perHour: 'per hour',
  perDay: 'per day',
  perIncident: 'per incident',
} as const satisfies Record<keyof Caps, string>;

function capParts(tier: string, before: Caps, after: Caps): readonly Part[] {
  return (Object.keys(CAPS) as (keyof Caps)[]).flatMap((key) => {
    const say = (cap: Dec | null): string => (cap === null ? 'unlimited' : `${format(cap)} USD`);
    const [old, now] = [before[key], after[key]];
    const isMore = now === null || (old !== null && now.gt(old));
    return graded(`${tier}at most ${CAPS[key]}`, [say(old), say(now)], isMore ? 1 : -1, 'loosens');
  });
}

function fuseParts(
  before: PolicyConfig['limits']['actions'],
  after: PolicyConfig['limits']['actions'],
): readonly Part[] {
  const say = ({ count, perMs }: typeof before): string => `${String(count)} in ${durationText(perMs)}`;
  const isTighter = after.count <= before.count && after.perMs >= before.perMs;
  return moved('sends without effect that stop it', say(before), say(after), isTighter ? 'tightens' : 'loosens');
}

/** A new rung spends from a new place, a removed one takes a remedy away: a person is asked about both. */
function ladderParts(before: readonly Rung[], after: readonly Rung[]): readonly Part[] {
  const find = (rungs: readonly Rung[], rung: Rung): Rung | undefined =>
    rungs.find((other) => rungText(other) === rungText(rung));
  const gone = before.filter((rung) => find(after, rung) === undefined);
  const come = after.filter((rung) => find(before, rung) === undefined);
  const both = before.flatMap((old) => {
    const now = find(after, old);
    return now === undefined ? [] : [[old, now] as const];
  });
  const order = (rungs: readonly Rung[], others: readonly Rung[]): string =>
    rungs
      .filter((rung) => find(others, rung) !== undefined)
      .map(rungText)
      .join(', then ');
  return [
    ...gone.map((rung) => loosens(`no longer: ${rung.text}`)),
    ...come.map((rung) => loosens(`new remedy: ${rung.text}`)),
    ...both.flatMap(([old, now]) => rungParts(old, now)),
    // Caps of rungs are counted by their numbers, so another order may free what is spent.
    ...moved('order of remedies', order(before, after), order(after, before), 'loosens'),
  ];
}

function loosens(says: string): Part {
  return { effect: 'loosens', says };
}

/** What a rung does: its caps and conditions may change, and it stays the same rung. */
function rungText({ do: verb, with: coins, from }: Rung): string {
  const what = coins === 'debt' ? 'the debt coin' : coins.join(', ');
  return `${verb} ${what} from ${from.join(' or ')}`;
}

function rungParts(before: Rung, after: Rung): readonly Part[] {
  const what = rungText(before);
  const say = (cap: Rung['atMost']): string => (cap === null ? 'without a limit of its own' : capWords(cap));
  const when = ({ notWhen }: Rung): string => (notWhen === null ? 'always' : 'not while a price is in dispute');
  return [
    ...moved(`${what}, at most`, say(before.atMost), say(after.atMost), rungCapEffect(before.atMost, after.atMost)),
    ...moved(what, when(before), when(after), after.notWhen === null ? 'loosens' : 'tightens'),
  ];
}

function rungCapEffect(before: Rung['atMost'], after: Rung['atMost']): Effect {
  if (before === null || after === null) return after === null ? 'loosens' : 'tightens';
  if (before.amount.asset !== after.amount.asset) return 'loosens';
  const isTighter = after.amount.value.lte(before.amount.value) && after.perMs >= before.perMs;
  return isTighter ? 'tightens' : 'loosens';
}

function releaseParts(one: Pick<PolicyConfig, 'bands' | 'release'>, other: typeof one): readonly Part[] {
  const [before, after] = [one.release, other.release];
  const { scale } = other.bands;
  const say = ({ bands, release }: typeof one): string =>
    release === null ? 'never' : releaseText(bands.scale, release);
  if (before === null || after === null || one.bands.scale !== scale) {
    return moved('releases collateral', say(one), say(other), after === null ? 'tightens' : 'loosens');
  }
  return [
    ...levelParts(scale, 'releases collateral beyond', before.below, after.below),
    ...levelParts(scale, 'releases collateral up to', before.upTo, after.upTo),
    ...lasting('releases collateral after', before.afterMs, after.afterMs),
    ...graded(
      'releases collateral, at most per day',
      [`${format(before.perDay)} USD`, `${format(after.perDay)} USD`],
      after.perDay.comparedTo(before.perDay),
      'loosens',
    ),
  ];
}

function releaseText(scale: Bands['scale'], { below, upTo, afterMs, perDay }: ReleaseRule): string {
  return `beyond ${level(scale, below)} for ${durationText(afterMs)}, up to ${level(scale, upTo)}, at most ${format(perDay)} USD per day`;
}
