/**
 * Fingerprints (DESIGN §6): where a venue takes no client id, the amount's last decimals carry a tail by which its record is
 * recognised later. The tail follows from a text that names the intent; nothing here is random.
 */
import type { Intent } from './intent.ts';
import { Dec, ZERO, format, parse } from './money.ts';

export interface MarkAsk {
  /** The amount before marking, coins, already rounded to `decimals`. */
  readonly amount: Dec;
  readonly decimals: number;
  /** What the tail is derived from: unique per intent. */
  readonly seed: string;
  /** `up` where the amount must reach a level, `down` where a bound cut it. */
  readonly direction: 'up' | 'down';
  /** What the marked amount may be at most and at least, coins. */
  readonly most: Dec;
  readonly least: Dec;
  /** Amounts of recent intents, any spelling: a mark must not repeat one. */
  readonly recent: readonly string[];
}

export interface Marked {
  readonly amount: Dec;
  /** What marking added, coins; negative where the direction is down. */
  readonly tail: Dec;
  readonly fingerprint: Intent['fingerprint'];
}

/** Longest and shortest tail, in decimals. */
const LONGEST = 4;
const SHORTEST = 2;
/** A tail never changes an amount by more than this share of it. */
const NEGLIGIBLE: Dec = new Dec('0.0001');
/** Tails that end in so many zeros look as if a person had typed the amount. */
const PLAIN = 10 ** SHORTEST;
/** Tails tried until one is unique. */
const TRIES = 16;

/** Marks an amount, or leaves it as it is (`unmarked`) when no tail fits. */
export function mark(ask: MarkAsk): Marked {
  const unmarked: Marked = { amount: ask.amount, tail: ZERO, fingerprint: 'unmarked' };
  const span = spanOf(ask.amount, ask.decimals);
  if (span === null) return unmarked;
  const taken = new Set(ask.recent.map((text) => format(parse(text))));
  const tails = span.digits - 1;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const number = 1 + ((hash(ask.seed) + attempt) % tails);
    // Whoever knows nothing of the call still has to see that it was computed (`looksComputed`).
    if (number % PLAIN === 0) continue;
    const tail = span.unit.times(number);
    const amount = withTail(ask.amount, tail, span.width, ask.direction);
    const fits = amount.lte(ask.most) && amount.gte(ask.least) && amount.gt(ZERO);
    if (fits && !taken.has(format(amount))) return { amount, tail: amount.minus(ask.amount), fingerprint: 'marked' };
  }
  return unmarked;
}

/**
 * How far marking may move an amount, coins; zero when it is too small to be marked. A transfer that feeds a repayment
 * brings this much more, so that the repayment can be marked too.
 */
export function markWidth(amount: Dec, decimals: number): Dec {
  return spanOf(amount, decimals)?.width ?? ZERO;
}

/** Decimals of amounts on both venues' wires. */
const WIRE_DECIMALS = 8;

/** Whether an amount looks computed, as ours are, marked or not: hardly any that a person typed goes on to the last decimals. */
export function looksComputed(amount: Dec): boolean {
  return amount.decimalPlaces() > WIRE_DECIMALS - SHORTEST;
}

interface Span {
  /** Smallest unit of the amount, coins; number of tails + 1; units times digits, coins. */
  readonly unit: Dec;
  readonly digits: number;
  readonly width: Dec;
}

/** The longest tail that is negligible for this amount. */
function spanOf(amount: Dec, decimals: number): Span | null {
  const unit = new Dec(`1e-${decimals}`);
  for (let length = Math.min(LONGEST, decimals); length >= SHORTEST; length -= 1) {
    const digits = 10 ** length;
    const width = unit.times(digits);
    if (width.lte(amount.times(NEGLIGIBLE))) return { unit, digits, width };
  }
  return null;
}

/** The nearest amount in the direction whose last decimals are the tail. */
function withTail(amount: Dec, tail: Dec, width: Dec, direction: 'up' | 'down'): Dec {
  const steps = amount.minus(tail).div(width);
  return (direction === 'up' ? steps.ceil() : steps.floor()).times(width).plus(tail);
}

/** FNV-1a over the text, 32 bits: small, stable, the same everywhere. Not for secrets. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
