/**
 * Whether a loan may let collateral go at all (DESIGN §2.7): questions in order, the first that says no ends the matter. Every
 * doubt is a no, and every answer goes into the trace.
 */
import type { LoanId, LoanView } from './loan.ts';
import { triggerLtv } from './loan.ts';
import { LevelsError, cushionOf, levelsOf, releaseLevelsOf } from './levels.ts';
import type { ReleaseLevels } from './levels.ts';
import { fuse } from './limits.ts';
import { modeAllows } from './modes.ts';
import type { DecideInput, Levels, TraceLine } from './need.ts';
import type { Policy, ReleaseRule } from './policy.ts';
import { percent } from './position.ts';
import { PRODUCT_FACTS } from './products.ts';
import type { Scene } from './purse.ts';
import { ZERO } from './money.ts';

/** What a release needs to know besides everything that decides. */
export interface ReleaseInput extends DecideInput {
  /** How long each loan that asks for nothing was seen below its level, ms. Loans that are not here are not asked about. */
  readonly calmMs: Readonly<Record<LoanId, number>>;
  /** Loans that stand in the way, in words: acting, cooling, starved, … (DESIGN §2.7). */
  readonly troubled: readonly string[];
}

/** Everything the questions are about. */
export interface Facts {
  readonly input: ReleaseInput;
  readonly scene: Scene;
  readonly view: LoanView;
  readonly policy: Policy;
  readonly rule: ReleaseRule;
  readonly levels: Levels;
  readonly release: ReleaseLevels;
}

/** Loans with a release rule that were asked about, the farthest from its line first. */
export function candidates(scene: Scene, input: ReleaseInput): readonly Facts[] {
  const found = input.view.loans.flatMap((view): Facts[] => {
    const policy = input.policies[view.id];
    const rule = policy?.release ?? null;
    if (policy === undefined || rule === null || input.calmMs[view.id] === undefined) return [];
    const levels = tryLevels(view, policy);
    if (levels === null) return [];
    return [{ input, scene, view, policy, rule, levels, release: releaseLevelsOf(policy.bands, rule, levels) }];
  });
  const cushion = ({ view }: Facts) => cushionOf(triggerLtv(view), view.line);
  return found.sort((a, b) => cushion(b).cmp(cushion(a)) || (a.view.id < b.view.id ? -1 : 1));
}

function tryLevels(view: LoanView, policy: Policy): Levels | null {
  try {
    return levelsOf(view, policy);
  } catch (error) {
    if (error instanceof LevelsError) return null;
    throw error;
  }
}

/** One question's answer: `stops` ends the matter. */
interface Answer {
  readonly rule: string;
  readonly stops: boolean;
  readonly says: string;
}

/** In this order, so that the first that stops is what an operator wants to know. */
const QUESTIONS: readonly ((facts: Facts) => Answer)[] = [
  isOpen,
  isBelow,
  longEnough,
  modeAllowsIt,
  nothingUndecided,
  nobodyInNeed,
  seesEverything,
  fuseHolds,
  pricesAttested,
];

/** `stopped` says why nothing may leave; `null` when only the venue and the limits are left to ask. */
export function consider(facts: Facts): { readonly stopped: string | null; readonly trace: TraceLine[] } {
  const trace: TraceLine[] = [];
  for (const ask of QUESTIONS) {
    const { rule, stops, says } = ask(facts);
    trace.push({ rule: `release ${rule}`, fired: stops, says });
    if (stops) return { stopped: says, trace };
  }
  return { stopped: null, trace };
}

function isOpen({ view }: Facts): Answer {
  const open = view.status === 'open' && view.debtValue.gt(ZERO);
  return answer('status', !open, open ? 'the loan is open' : `the loan is ${view.status}`);
}

function isBelow({ view, release }: Facts): Answer {
  const ltv = triggerLtv(view);
  const below = ltv.lt(release.below);
  return answer('level', !below, `LTV ${percent(ltv)} is ${below ? '' : 'not '}below ${percent(release.below)}`);
}

function longEnough({ input, view, rule, release }: Facts): Answer {
  const calmMs = input.calmMs[view.id] ?? 0;
  const says = `seen below ${percent(release.below)} for ${spanText(calmMs)}, wanted are ${spanText(rule.afterMs)}`;
  return answer('after', calmMs < rule.afterMs, says);
}

function modeAllowsIt({ input: { mode }, view }: Facts): Answer {
  const allowed = PRODUCT_FACTS[view.product].release.every(({ verb }) => modeAllows(mode, verb));
  return answer('mode', !allowed, `mode ${mode} ${allowed ? 'lets' : 'does not let'} collateral go`);
}

function nothingUndecided({ input: { undecided } }: Facts): Answer {
  const names = undecided.map(({ id }) => id).join(', ');
  return undecided.length === 0
    ? answer('undecided', false, 'no intent of the account is undecided')
    : answer('undecided', true, `${names} is undecided: nothing is released meanwhile`);
}

/** Any loan of the account: what is released here could be what saves it. */
function nobodyInNeed({ input }: Facts): Answer {
  const asking = input.needs.map(({ loan }) => `${loan} is in need`);
  const near = input.view.loans.flatMap((view) => {
    if (view.status === 'liquidating') return [`${view.id} is being liquidated`];
    const policy = input.policies[view.id];
    if (view.status !== 'open' || policy === undefined) return [];
    const levels = tryLevels(view, policy);
    if (levels === null) return [`${view.id} has no levels`];
    return triggerLtv(view).gte(levels.act) ? [`${view.id} is at or above act`] : [];
  });
  const [first] = [...asking, ...input.troubled, ...near];
  return answer('protecting first', first !== undefined, first ?? 'no loan of the account needs anything');
}

function seesEverything({ input }: Facts): Answer {
  const unseen = Object.entries(input.view.sections).find(([, { state }]) => state === 'failed');
  return unseen === undefined
    ? answer('sight', false, 'every section of the account was read')
    : answer('sight', true, `${unseen[0]} could not be read: what is there is not known`);
}

function fuseHolds({ input, view, policy }: Facts): Answer {
  const { blown, count } = fuse(policy.limits, input.fruitless[view.id] ?? [], input.now);
  return answer('fuse', blown, `${count} calls in a row had no effect`);
}

/** Generosity trusts the best-attested number (DESIGN §2.7): the venue's word alone is not enough for any price of the loan. */
function pricesAttested({ input, scene, view }: Facts): Answer {
  const held = view.collateral.filter(({ amount }) => amount.gt(ZERO));
  const assets = [...new Set([...view.debts, ...held].map(({ asset }) => asset))];
  const disputed = assets.find((asset) => scene.isDislocated(asset));
  if (disputed !== undefined) return answer('attested', true, `the sources of ${disputed}'s price disagree`);
  const alone = assets.filter((asset) => !input.attested.includes(asset));
  return alone.length === 0
    ? answer('attested', false, 'every price of the loan is attested from outside the venue')
    : answer('attested', true, `no source outside the venue attests the price of ${alone.join(' and ')} now`);
}

function answer(rule: string, stops: boolean, says: string): Answer {
  return { rule, stops, says };
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** `3h`, `90s` → `1m`: the largest unit that fits, rounded down. */
function spanText(ms: number): string {
  const [name, size] = UNITS.find(([, unit]) => ms >= 2 * unit) ?? ['s', 1_000];
  return `${String(Math.floor(ms / size))} ${name}`;
}
