/**
 * How a loan's LTV moved against its bands, for people: one short list of points per loan, beside the journal. It decides
 * nothing, so it may lose points; it is bounded, and the older a stretch is, the fewer points remain of it.
 */
import type { Redis } from 'ioredis';
import type { LoanId } from '../core/loan.ts';
import type { DecisionBase } from '../core/need.ts';
import type { AccountAddress } from './keys.ts';
import { prefixOf, trackKeyOf } from './keys.ts';

/** LTVs as ratios for drawing. Exact ones are in the journal. */
export interface TrackPoint {
  /** Wall ms of the look. */
  readonly at: number;
  /** The time that belongs to the price: of the tape for a simulated account, else the same as `at`. */
  readonly shown: number;
  readonly ltv: number;
  readonly target: number;
  readonly act: number;
  readonly urgent: number;
  readonly line: number;
}

/** Nothing is finer than this; beyond, a point stands for this share of its age; older ones are forgotten. */
const FINEST_MS = 5_000;
const SHARE = 1 / 60;
const LONGEST_MS = 30 * 86_400_000;
/** A list that grew to this is thinned; one that nobody thins is cut here. */
const THIN_FROM = 900;
const MOST = 4_000;
const KEPT_S = 40 * 86_400;
const DECIMALS = 6;

/** One element per bucket of age, the highest LTV of it: a peak must not be thinned away. The newest point always stays. */
export function thinned(points: readonly TrackPoint[], now: number): readonly TrackPoint[] {
  const kept = new Map<number, TrackPoint>();
  const newest = points.at(-1);
  for (const point of points) {
    const age = Math.max(0, now - point.shown);
    if (age > LONGEST_MS) continue;
    const bucket = bucketOf(age);
    const other = kept.get(bucket);
    if (other === undefined || point.ltv >= other.ltv) kept.set(bucket, point);
  }
  const rest = [...kept.values()].filter((point) => point !== newest).sort((a, b) => a.shown - b.shown);
  return newest === undefined ? rest : [...rest, newest];
}

/** Even steps at first, then steps that grow with the age. */
function bucketOf(ageMs: number): number {
  const even = 1 / SHARE;
  const steps = ageMs / FINEST_MS;
  return steps < even ? Math.floor(steps) : even + Math.floor(Math.log(steps / even) / Math.log(1 + SHARE));
}

/** `null` where the look did not see the loan. */
export function pointOf({ ltv, levels, at }: DecisionBase, shown: number | null): TrackPoint | null {
  const { target, act, urgent, line } = levels;
  if (Number(line) === 0) return null;
  const ratios = { target: Number(target), act: Number(act), urgent: Number(urgent), line: Number(line) };
  return { at, shown: shown ?? at, ltv: Number(ltv), ...ratios };
}

/** KEYS: list. ARGV: length that was read, points that remain. A list that somebody else changed meanwhile is left alone. */
const REPLACE = `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
for i = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ${String(KEPT_S)})
return 1`;

/** The tracks of one account's loans. */
export class Track {
  readonly prefix: string;
  readonly #redis: Redis;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.prefix = prefixOf(address);
  }

  /** Oldest first. */
  async read(loan: LoanId): Promise<readonly TrackPoint[]> {
    return (await this.#redis.lrange(trackKeyOf(this.prefix, loan), 0, -1)).flatMap((text) => fromText(text) ?? []);
  }

  async append(loan: LoanId, points: readonly TrackPoint[]): Promise<void> {
    const key = trackKeyOf(this.prefix, loan);
    const replies = await this.#redis
      .pipeline()
      .rpush(key, ...points.map(textOf))
      .ltrim(key, -MOST, -1)
      .expire(key, KEPT_S)
      .exec();
    const length = Number(replies?.[0]?.[1] ?? 0);
    if (length >= THIN_FROM) await this.#thin(key, length);
  }

  async #thin(key: string, length: number): Promise<void> {
    const points = (await this.#redis.lrange(key, 0, -1)).flatMap((text) => fromText(text) ?? []);
    const now = points.at(-1)?.shown ?? 0;
    await this.#redis.eval(REPLACE, 1, key, String(length), ...thinned(points, now).map(textOf));
  }
}

function textOf({ at, shown, ltv, target, act, urgent, line }: TrackPoint): string {
  const ratios = [ltv, target, act, urgent, line].map((ratio) => String(Number(ratio.toFixed(DECIMALS))));
  return [String(at), String(shown), ...ratios].join(' ');
}

function fromText(text: string): TrackPoint | null {
  const [at, shown, ltv, target, act, urgent, line, ...more] = text.split(' ').map(Number);
  if (at === undefined || shown === undefined || ltv === undefined || target === undefined) return null;
  if (act === undefined || urgent === undefined || line === undefined || more.length > 0) return null;
  return { at, shown, ltv, target, act, urgent, line };
}
