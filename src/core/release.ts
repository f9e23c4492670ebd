/**
 * Letting collateral go (DESIGN §2.7, §4, §5.1, §5.2): when a loan's LTV has stayed below `release.below` for `after`, coins
 * may leave until it stands at `upTo`. The generous side of deciding, so every doubt ends it: another loan in need, a price
 * that nothing outside the venue attests, a section that was not read, a money call that is undecided.
 *
 * Like `decide`, it answers in decisions, reads no clock and invents no id. Protecting comes first: the caller asks here only
 * for loans that ask for nothing, and executes one call per look.
 */
import type { Asset, LoanId, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import { mark } from './fingerprint.ts';
import { RELEASE_RUNG, releaseRoom } from './limits.ts';
import type { Spent } from './limits.ts';
import type { Decision, TraceLine } from './need.ts';
import { pricesOf } from './next.ts';
import { ltvOfStand, percent } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import { sceneOf } from './purse.ts';
import { baseOf, shown } from './record.ts';
import { candidates, consider } from './releaseQuestions.ts';
import type { Facts, ReleaseInput } from './releaseQuestions.ts';
import { leavingOrder, releaseAim, sizeRelease } from './releaseSize.ts';
import type { ReleaseRules, Released } from './releaseSize.ts';
import { sizingOf } from './sizingRecord.ts';
import { ZERO, format } from './money.ts';

/** A loan that could let collateral go now if the venue does; it has not been asked yet how much of these coins. */
export interface Wish {
  readonly loan: LoanView;
  readonly assets: readonly Asset[];
}

/** So many coins of a loan at most are asked about before a release: each one is a call of its own. */
const MOST_ASKED = 3;

/** One decision for every loan that has a release rule and was asked about; the farthest from its line first. */
export function releases(input: ReleaseInput): readonly Decision[] {
  const scene = sceneOf(input);
  let spent = scene.spent;
  return candidates(scene, input).map((facts) => {
    const { stopped, trace } = consider(facts);
    if (stopped !== null) return stay(facts, trace, stopped);
    const chosen = choose(facts, spent);
    trace.push(...chosen.notes);
    if (chosen.released === null) return stay(facts, trace, chosen.says);
    spent = [...spent, spentOn(facts, chosen.released)];
    return letGo(facts, trace, chosen.released);
  });
}

/** The first loan that nothing but the venue's own maximum keeps from releasing; `null` when there is none. */
export function wish(input: ReleaseInput): Wish | null {
  const scene = sceneOf(input);
  for (const facts of candidates(scene, input)) {
    if (consider(facts).stopped !== null) continue;
    const rules = rulesOf(facts, scene.spent);
    const assets = leavingOrder(facts.view)
      .filter(
        (coin) => facts.view.maxRelease[coin.asset] === undefined && 'fit' in sizeRelease(facts.view, coin, rules),
      )
      .map(({ asset }) => asset);
    if (assets.length > 0) return { loan: facts.view, assets: assets.slice(0, MOST_ASKED) };
  }
  return null;
}

function rulesOf({ input, scene, view, policy, rule, levels, release }: Facts, spent: readonly Spent[]): ReleaseRules {
  const { inside } = PRODUCT_FACTS[view.product];
  const counts = (other: LoanId): boolean => scene.sharePolicy(view.id, other);
  const perDay = { name: 'release.perDay', usd: releaseRoom(rule.perDay, { now: input.now, spent, counts }) };
  const { perAction } = policy.limits;
  return {
    t: releaseAim(view, levels, release),
    keep: input.wallets.find(({ name }) => name === inside)?.keep ?? {},
    learned: input.learned,
    rooms: perAction === null ? [perDay] : [perDay, { name: 'perAction', usd: perAction }],
  };
}

interface Choice {
  readonly released: Released | null;
  readonly notes: readonly TraceLine[];
  readonly says: string;
}

/** The first coin that may leave, by the venue's own word on how much. */
function choose(facts: Facts, spent: readonly Spent[]): Choice {
  const rules = rulesOf(facts, spent);
  const notes: TraceLine[] = [];
  const note = (asset: Asset, fired: boolean, says: string): void => {
    notes.push({ rule: `release ${asset}`, fired, says });
  };
  for (const coin of leavingOrder(facts.view)) {
    const { asset } = coin;
    const sized = sizeRelease(facts.view, coin, rules);
    if (!('fit' in sized)) note(asset, false, `stays: ${sized.why}`);
    else if (facts.view.maxRelease[asset] === undefined)
      note(asset, false, 'stays: the venue did not say how much may go');
    else {
      const { cut } = sized.fit;
      note(
        asset,
        true,
        `${format(sized.fit.sized.amount)} ${asset}: ${cut === null ? 'reaches the level' : `all that ${cut.name} allows`}`,
      );
      return { released: sized, notes, says: '' };
    }
  }
  const [first] = notes;
  return {
    released: null,
    notes,
    says: first === undefined ? 'no coin of it may leave' : `${first.rule}: ${first.says}`,
  };
}

function spentOn({ input, view }: Facts, { asset, fit, price }: Released): Spent {
  const coins = fit.sized.amount;
  return { at: input.now, loan: view.id, episode: '', rung: RELEASE_RUNG, asset, coins, usd: coins.times(price) };
}

function letGo(facts: Facts, trace: readonly TraceLine[], { asset, price, decimals, fit, after }: Released): Decision {
  const { input, view } = facts;
  const { release: route } = PRODUCT_FACTS[view.product];
  const [call] = route;
  if (call === undefined) return stay(facts, trace, `${view.product} has no way to release`);
  const { amount } = fit.sized;
  const isMarked = call.identified === 'amount' && input.learned.decimals[asset] === undefined;
  const seed = `${input.view.account}-${input.epoch}-${view.id}-${call.verb}`;
  const ask = { amount, decimals, seed, direction: fit.direction, most: fit.most, least: fit.least };
  const marked = isMarked
    ? mark({ ...ask, recent: input.recentAmounts })
    : { amount, tail: ZERO, fingerprint: 'unmarked' as const };
  const ltvAfter = ltvOfStand(after) ?? ZERO;
  const coins = format(marked.amount);
  return {
    ...baseOf(input, view.id, view, facts.levels, trace),
    verdict: 'act',
    leg: { verb: call.verb, asset, amount: coins, from: call.from, to: call.to, full: false },
    rung: RELEASE_RUNG,
    remainder: null,
    partial: fit.cut !== null,
    tier: 'normal',
    chargeUsd: format(marked.amount.times(price)),
    reserves: [],
    fingerprint: marked.fingerprint,
    sizing: sizingOf(fit.sized, marked.tail),
    ltvAfter: shown(ltvAfter),
    says: `release ${coins} ${asset} to ${call.to}: LTV ${percent(triggerLtv(view))} → ${percent(ltvAfter)}`,
  };
}

/** Nothing leaves: why, and from which price on the level would be met. */
function stay({ input, view, levels, release }: Facts, trace: readonly TraceLine[], why: string): Decision {
  const base = baseOf(input, view.id, view, levels, trace);
  const above = triggerLtv(view).gte(release.below);
  const next = above ? pricesOf(view, [{ what: 'release', level: release.below }], input.groups) : [];
  return { ...base, verdict: 'nothing', says: `keeps its collateral: ${why}`, next: [...base.next, ...next] };
}
