/**
 * A sizing as plain text, and the way back: anyone can compute the amount again from what the record holds (DESIGN §5.8).
 *
 * The record's words: `roundUp`, `roundDown`; `atMost X`, `atLeast X` with X among the inputs; `clear debt`, `leave minLeft`
 * (dust); `ahead interestAhead` (a transfer that is to clear a debt). `tail` is added last: the fingerprint, signed.
 */
import type { WeightTier } from './loan.ts';
import type { Sizing } from './need.ts';
import type { Formula, Sized } from './fit.ts';
import { addCollateral, releaseCollateral, repayInside, repayOutside } from './sizing.ts';
import { type Dec, ONE, ZERO, ceil, floor, format, max, min, parse } from './money.ts';

/** A sizing record that does not compute to what it says. */
export class SizingError extends Error {
  override readonly name = 'SizingError';
}

/** The record of a sized amount. @param tail what the fingerprint adds, coins, may be negative where a bound rounds down */
export function sizingOf(sized: Sized, tail: Dec = ZERO): Sizing {
  const inputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(sized.inputs)) inputs[name] = format(value);
  if (sized.tiers !== null) inputs['tiers'] = tiersText(sized.tiers);
  return {
    formula: sized.formula,
    inputs,
    unbounded: format(sized.unbounded),
    bounds: sized.bounds.map(({ by, to }) => ({ by, to: format(to) })),
    tail: format(tail),
    amount: format(sized.amount.plus(tail)),
  };
}

/**
 * The amount, computed again from formula, inputs, bounds and tail only.
 * @throws SizingError when a step of the record does not follow from the one before it
 */
export function recompute(sizing: Sizing): string {
  const inputs = reader(sizing.inputs);
  let value = unboundedOf(sizing.formula, inputs);
  agree('unbounded', value, sizing.unbounded);
  for (const bound of sizing.bounds) {
    value = applyBound(bound.by, value, inputs);
    agree(bound.by, value, bound.to);
  }
  return format(value.plus(parse(sizing.tail)));
}

interface Inputs {
  readonly get: (name: string) => Dec;
  readonly tiers: () => readonly WeightTier[];
}

function reader(inputs: Readonly<Record<string, string>>): Inputs {
  const text = (name: string): string => {
    const found = inputs[name];
    if (found === undefined) throw new SizingError(`the record lacks its input ${name}`);
    return found;
  };
  return { get: (name) => parse(text(name)), tiers: () => tiersFrom(text('tiers')) };
}

const FORMULAS: Readonly<Record<Formula, (inputs: Inputs) => Dec>> = {
  repayOutside: ({ get }) => repayOutside({ D: get('D'), C: get('C') }, get('t'), get('p')),
  repayInside: ({ get }) => repayInside({ D: get('D'), C: get('C') }, get('t'), get('w'), get('p'), get('pc')) ?? ZERO,
  addCollateral: ({ get, tiers }) => addCollateral({ D: get('D'), C: get('C') }, get('t'), get('p'), tiers()).coins,
  releaseCollateral: ({ get, tiers }) => releaseCollateral({ D: get('D'), C: get('C') }, get('t'), get('p'), tiers()),
};

function isFormula(name: string): name is Formula {
  return Object.hasOwn(FORMULAS, name);
}

function unboundedOf(formula: string, inputs: Inputs): Dec {
  if (!isFormula(formula)) throw new SizingError(`unknown formula ${formula}`);
  return FORMULAS[formula](inputs);
}

function applyBound(by: string, value: Dec, inputs: Inputs): Dec {
  const decimals = inputs.get('decimals').toNumber();
  const [word, ...rest] = by.split(' ');
  const name = rest.join(' ');
  switch (word) {
    case 'roundUp':
      return ceil(value, decimals);
    case 'roundDown':
      return floor(value, decimals);
    case 'atMost':
      return min(value, max(ZERO, floor(inputs.get(name), decimals)));
    case 'atLeast':
      return max(value, ceil(inputs.get(name), decimals));
    case 'clear':
      return floor(inputs.get('debt'), decimals);
    case 'leave':
      return max(ZERO, floor(inputs.get('debt').minus(inputs.get('minLeft')), decimals));
    case 'ahead':
      return ceil(value.times(inputs.get(name).plus(ONE)), decimals);
    default:
      throw new SizingError(`unknown bound ${by}`);
  }
}

function agree(step: string, value: Dec, says: string): void {
  if (!value.eq(parse(says))) throw new SizingError(`${step}: the record says ${says}, computed ${format(value)}`);
}

/** `0.5:0.98 *:0.975`: half a coin at 0.98, all further ones at 0.975. */
function tiersText(tiers: readonly WeightTier[]): string {
  return tiers.map(({ room, weight }) => `${room === null ? '*' : format(room)}:${format(weight)}`).join(' ');
}

function tiersFrom(text: string): readonly WeightTier[] {
  if (text === '') return [];
  return text.split(' ').map((part) => {
    const [room, weight] = part.split(':');
    if (room === undefined || weight === undefined) throw new SizingError(`unreadable tiers ${text}`);
    return { room: room === '*' ? null : parse(room), weight: parse(weight) };
  });
}
