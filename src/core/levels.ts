/**
 * Bands to levels (DESIGN §5.1): at which loan-to-value ratio a policy warns, acts, hurries, and where it stops.
 *
 * Levels belong to one loan at one moment, because the venue's line and call belong to the observation. Everything here
 * is a ratio; reaching a level counts as having passed it, as the venues count their own.
 */
import type { LoanView } from './loan.ts';
import type { Levels } from './need.ts';
import type { Bands, Policy, ReleaseRule } from './policy.ts';
import { Dec, ONE, ZERO, format, min } from './money.ts';

/** `act` stays this far below the venue's call and line, whatever the policy says (DESIGN §5.1, fixture X20). */
export const CALL_MARGIN: Dec = new Dec('0.01');

/**
 * An aim of `urgent` is sized to this much below that level, because a loan exactly on it still counts as urgent
 * (DESIGN §5.5 "to below urgent").
 */
export const BELOW_URGENT: Dec = new Dec('0.0001');

/** Thresholds that no policy can be applied to: a line or a call at or below one percent. */
export class LevelsError extends Error {
  override readonly name = 'LevelsError';
}

/** One band level as an LTV. @param level a ratio on the policy's scale */
export function ltvOf(scale: Bands['scale'], level: Dec, line: Dec): Dec {
  return scale === 'ltv' ? level : line.times(ONE.minus(level));
}

/**
 * The LTV at which OKX spot mode shows this margin ratio. With C = adjEq + D and M = adjEq / (m × D) both scales say the
 * same thing, so the worse of the two is simply the lower LTV (DESIGN §5.1, §5.2).
 * @param m maintenance factor of the observation: adjEq / (mgnRatio × D)
 */
export function ltvOfMarginRatio(ratio: Dec, m: Dec): Dec {
  return ONE.div(ONE.plus(ratio.times(m)));
}

/**
 * The levels of one loan now.
 * @param m OKX spot mode's maintenance factor, `null` for every other product
 * @throws LevelsError when the venue's thresholds leave no room for any level
 */
export function levelsAt(bands: Bands, line: Dec, call: Dec | null, m: Dec | null = null): Levels {
  const wanted = {
    target: ltvOf(bands.scale, bands.target, line),
    act: ltvOf(bands.scale, bands.act, line),
    urgent: ltvOf(bands.scale, bands.urgent, line),
  };
  const ratio = m === null ? null : bands.minMarginRatio;
  const act = clampAct(wanted.act, line, call, ratio === null || m === null ? null : ltvOfMarginRatio(ratio.act, m));
  const target = keepBelow(wanted.target, wanted.act, act);
  return {
    warn: bands.warn.map((level) => ltvOf(bands.scale, level, line)).sort((a, b) => a.cmp(b)),
    target: ratio === null || m === null ? target : min(target, ltvOfMarginRatio(ratio.target, m)),
    act,
    urgent: wanted.urgent.lt(line) ? wanted.urgent : act.plus(line).div(2),
    line,
    call,
  };
}

/** The levels a policy gives this loan at this observation. @throws LevelsError */
export function levelsOf(loan: LoanView, policy: Policy): Levels {
  return levelsAt(policy.bands, loan.line, loan.call, loan.marginRatio === null ? null : loan.marginRatio.m);
}

/** Where collateral may leave, and how far up that may bring the loan, as LTVs. */
export interface ReleaseLevels {
  readonly below: Dec;
  readonly upTo: Dec;
}

/**
 * The release levels of one loan now. They stay under the target that the loan has at this observation, so that what was
 * let go is not asked back at the same price; when that pushes `upTo` down, `below` moves with it.
 */
export function releaseLevelsOf(bands: Bands, rule: ReleaseRule, levels: Levels): ReleaseLevels {
  const below = ltvOf(bands.scale, rule.below, levels.line);
  const wanted = ltvOf(bands.scale, rule.upTo, levels.line);
  if (wanted.lte(levels.target)) return { below, upTo: wanted };
  return { below: min(below, below.times(levels.target).div(wanted)), upTo: levels.target };
}

function clampAct(act: Dec, line: Dec, call: Dec | null, byMarginRatio: Dec | null): Dec {
  const ceiling = (call === null ? line : min(call, line)).minus(CALL_MARGIN);
  if (ceiling.lte(ZERO)) {
    throw new LevelsError(`no level fits under line ${format(line)} and call ${call === null ? 'none' : format(call)}`);
  }
  return byMarginRatio === null ? min(act, ceiling) : min(act, ceiling, byMarginRatio);
}

/** When the clamp pushed `act` down to or under `target`, target moves down in proportion: trigger is never target. */
function keepBelow(target: Dec, wantedAct: Dec, act: Dec): Dec {
  return target.lt(act) ? target : target.times(act).div(wantedAct);
}

/** Where a loan stands. `warned` counts the warn levels it has reached. */
export interface Zone {
  readonly name: 'healthy' | 'warned' | 'breached' | 'urgent' | 'pastLine';
  readonly warned: number;
}

/** The zone of an LTV; being exactly on a level counts as past it (venues count theirs the same way). */
export function zoneOf(ltv: Dec, levels: Levels): Zone {
  const warned = levels.warn.filter((level) => ltv.gte(level)).length;
  if (ltv.gte(levels.line)) return { name: 'pastLine', warned };
  if (ltv.gte(levels.urgent)) return { name: 'urgent', warned };
  if (ltv.gte(levels.act)) return { name: 'breached', warned };
  return { name: warned > 0 ? 'warned' : 'healthy', warned };
}

/** How far below the line an LTV is, as a share of the line; negative past the line (DESIGN §1). */
export function cushionOf(ltv: Dec, line: Dec): Dec {
  return ONE.minus(ltv.div(line));
}

/** The LTV a remedy with this aim is sized to. */
export function aimLevel(levels: Levels, aim: 'target' | 'urgent'): Dec {
  return aim === 'target' ? levels.target : levels.urgent.minus(BELOW_URGENT);
}

/** Levels as exact plain text, for machine events and journal. */
export function levelsText(levels: Levels): {
  warn: string[];
  target: string;
  act: string;
  urgent: string;
  line: string;
  call: string | null;
} {
  return {
    warn: levels.warn.map(format),
    target: format(levels.target),
    act: format(levels.act),
    urgent: format(levels.urgent),
    line: format(levels.line),
    call: levels.call === null ? null : format(levels.call),
  };
}
