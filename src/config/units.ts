/** Quantities with their units: ratios, durations, amounts, caps, rates. */
import { ONE, parse } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Amount } from '../core/policy.ts';
import { COIN, scalar } from './scalar.ts';
import type { Scalar } from './scalar.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const WINDOWS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const NUMBER = String.raw`(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?`;

/** `70%` → 0.7 */
export const percent: Scalar<Dec> = scalar({
  what: 'a percentage between 0% and 100%',
  example: '70%',
  pattern: `(${NUMBER})%`,
  read: ([, number = '']) => within(parse(number).div(100)),
});

function within(ratio: Dec): { value: Dec } | { wrong: string } {
  return ratio.gt(0) && ratio.lt(ONE) ? { value: ratio } : { wrong: 'does not lie between 0% and 100%' };
}

/** A share of a price within bounds: `3%` → 0.03. @param least percent @param most percent */
export function move(least: string, most: string, example: string): Scalar<Dec> {
  return scalar({
    what: `a percentage from ${least}% to ${most}%`,
    example,
    pattern: `(${NUMBER})%`,
    read: ([, number = '']) => {
      const percents = parse(number);
      if (percents.gte(least) && percents.lte(most)) return { value: percents.div(100) };
      return { wrong: `does not lie between ${least}% and ${most}%` };
    },
  });
}

/** One of the two scales of a policy (DESIGN §5.1). */
export interface Level {
  readonly scale: 'ltv' | 'cushion';
  readonly ratio: Dec;
}

/** `70%` or `cushion 16%` */
export const level: Scalar<Level> = scalar({
  what: 'an LTV or a cushion',
  example: 'cushion 16%',
  pattern: `(cushion )?(${NUMBER})%`,
  read: ([, cushion = '', number = '']) => {
    const ratio = within(parse(number).div(100));
    return 'wrong' in ratio ? ratio : { value: { scale: cushion === '' ? 'ltv' : 'cushion', ratio: ratio.value } };
  },
});

/** `30s` → 30000, within bounds. */
export function duration(leastMs: number, mostMs: number, example = '30s'): Scalar<number> {
  return scalar({
    what: 'a duration',
    example,
    pattern: String.raw`(\d{1,9})(ms|s|m|h|d)`,
    read: ([, number = '', unit = '']) => {
      const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
      if (ms >= leastMs && ms <= mostMs) return { value: ms };
      return { wrong: `does not lie between ${durationText(leastMs)} and ${durationText(mostMs)}` };
    },
  });
}

/** 90000 → `90s`: the largest unit that divides it. */
export function durationText(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms > 0 && ms % (UNITS[name] ?? 1) === 0) ?? 'ms';
  return `${String(ms / (UNITS[unit] ?? 1))}${unit}`;
}

/** `5000 USDT` → amount of a coin. */
export const amount: Scalar<Amount> = scalar({
  what: 'an amount of a coin',
  example: '500 USDT',
  pattern: `(${NUMBER}) (${COIN})`,
  read: ([, number = '', asset = '']) =>
    asset === 'USD' ? { wrong: 'is in USD; name the coin' } : { value: { value: parse(number), asset } },
});

/** `20000 USDT per day` */
export const amountPer: Scalar<{ readonly amount: Amount; readonly perMs: number }> = scalar({
  what: 'an amount per minute, hour or day',
  example: '20000 USDT per day',
  pattern: `(${NUMBER}) (${COIN}) per (minute|hour|day)`,
  read: ([, number = '', asset = '', window = '']) => {
    const value = parse(number);
    return value.gt(0)
      ? { value: { amount: { value, asset }, perMs: WINDOWS[window] ?? DAY_MS } }
      : { wrong: 'is nothing' };
  },
});

function positive(number: string): { value: Dec } | { wrong: string } {
  const value = parse(number);
  return value.gt(0) ? { value } : { wrong: 'is nothing' };
}

/** `25000 USD`, never without a limit. */
export const usd: Scalar<Dec> = scalar({
  what: 'an amount in USD',
  example: '25000 USD',
  pattern: `(${NUMBER}) USD`,
  read: ([, number = '']) => positive(number),
});

/** `25000 USD` or `unlimited` (`null`), which must be written to be meant. */
export const cap: Scalar<Dec | null> = scalar<Dec | null>({
  what: 'an amount in USD or the word `unlimited`',
  example: '25000 USD',
  pattern: `(?:(${NUMBER}) USD|unlimited)`,
  read: ([, number = '']) => (number === '' ? { value: null } : positive(number)),
});

/** `12 per hour` */
export const rate: Scalar<{ readonly count: number; readonly perMs: number }> = scalar({
  what: 'a count per minute, hour or day',
  example: '12 per hour',
  pattern: String.raw`([1-9]\d{0,3}) per (minute|hour|day)`,
  read: ([, count = '', window = '']) => ({ value: { count: Number(count), perMs: WINDOWS[window] ?? HOUR_MS } }),
});

/** `2 looks` */
export const looks: Scalar<number> = scalar({
  what: 'a number of looks from 1 to 9',
  example: '2 looks',
  pattern: '(?:(1) look|([2-9]) looks)',
  read: ([, one = '', more = '']) => ({ value: Number(one === '' ? more : one) }),
});

/** `2.5` → ratio; only for the OKX margin ratio. */
export const ratio: Scalar<Dec> = scalar({
  what: 'a plain number',
  example: '2.5',
  pattern: `(${NUMBER})`,
  numeric: true,
  read: ([, number = '']) => positive(number),
});

export function whole(least: number, most: number, example: string): Scalar<number> {
  return scalar({
    what: `a whole number from ${String(least)} to ${String(most)}`,
    example,
    pattern: String.raw`(0|[1-9]\d{0,8})`,
    numeric: true,
    read: ([text = '']) => {
      const value = Number(text);
      return value >= least && value <= most
        ? { value }
        : { wrong: `does not lie between ${String(least)} and ${String(most)}` };
    },
  });
}

/** A speed of the tape: `300` times, or `max`. */
export const speed: Scalar<number | 'max'> = scalar<number | 'max'>({
  what: 'a whole number from 1 to 100000 or the word `max`',
  example: '300',
  pattern: String.raw`(?:([1-9]\d{0,4}|100000)|max)`,
  numeric: true,
  read: ([, number = '']) => ({ value: number === '' ? 'max' : Number(number) }),
});
