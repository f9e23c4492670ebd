/**
 * Faults on demand: what an exchange, or the network before it, does wrong. A fault has a match (which requests) and an
 * effect; several faults may meet in one request. They are set through the admin endpoint or in process.
 */
import { z } from 'zod';
import type { Host, Mood } from './contract.ts';

const match = z.strictObject({
  venue: z.enum(['binance', 'okx']).optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  /** Start of the path. */
  path: z.string().optional(),
  /** Text that the query or the body contains, as it came over the wire: `type=REPAY`. */
  contains: z.string().optional(),
  uid: z.string().optional(),
  /** Matching requests that are let through first. */
  skip: z.int().min(0).default(0),
  /** Requests that are hit after that; absent: all. */
  count: z.int().min(1).optional(),
  /** Chance of each one to be hit, drawn from the host's seeded generator. */
  probability: z.number().min(0).max(1).default(1),
  /** Only while the tape is in this stretch, ms since epoch. */
  fromTapeMs: z.int().optional(),
  untilTapeMs: z.int().optional(),
});

const ms = z.int().min(0);
/** null: until the deed `{do: 'release'}`. */
const pendingMs = ms.nullable().default(null);
const fate = z.enum(['done', 'failed']).default('done');
const headers = z.record(z.string(), z.string()).default({});

const effect = z.discriminatedUnion('kind', [
  /** The connection is reset before the request is carried out. */
  z.strictObject({ kind: z.literal('dropBefore') }),
  /** The request is carried out, then the connection is reset. */
  z.strictObject({ kind: z.literal('dropAfter') }),
  /** Waits, before or after the request is carried out. */
  z.strictObject({ kind: z.literal('delay'), ms, after: z.boolean().default(false) }),
  /** Answers with this status instead, whether or not the request is carried out. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(100).max(599),
    body: z.string().default(''),
    headers,
    executes: z.boolean().default(false),
  }),
  /** A page of a gateway. */
  z.strictObject({
    kind: z.literal('html'),
    status: z.int().min(200).max(599).default(200),
    executes: z.boolean().default(true),
  }),
  /** The answer ends in the middle. */
  z.strictObject({ kind: z.literal('cutJson'), executes: z.boolean().default(true) }),
  z.strictObject({
    kind: z.literal('emptyBody'),
    status: z.int().min(200).max(599).default(200),
    executes: z.boolean().default(true),
  }),
  /** Valid JSON in which every text has become `true`. */
  z.strictObject({ kind: z.literal('wrongType'), executes: z.boolean().default(true) }),
  z.strictObject({
    kind: z.literal('redirect'),
    location: z.string(),
    status: z.int().min(300).max(399).default(307),
    executes: z.boolean().default(false),
  }),
  /** The venue's own answer to too many requests. */
  z.strictObject({
    kind: z.literal('rateLimit'),
    status: z.union([z.literal(429), z.literal(418)]).default(429),
    retryAfterSec: z.int().min(0).default(1),
  }),
  z.strictObject({ kind: z.literal('staleReads'), ms }),
  z.strictObject({ kind: z.literal('zeroBalances') }),
  z.strictObject({ kind: z.literal('recordLag'), ms }),
  /** A money call that is accepted stays pending. */
  z.strictObject({ kind: z.literal('stuckPending'), ms: pendingMs, fate }),
  /** The same, for transfers only. */
  z.strictObject({ kind: z.literal('hangTransfers'), ms: pendingMs, fate }),
  /** Somebody acts right before or after the request is carried out: a deed of the venue's books. */
  z.strictObject({
    kind: z.literal('act'),
    when: z.enum(['before', 'after']).default('before'),
    deed: z.looseObject({ do: z.string() }),
  }),
]);

/** A fault as the admin endpoint takes it. */
export const faultSchema = z.strictObject({ match: match.prefault({}), effect });
export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type Effect = z.output<typeof effect>;

/** What a fault's match looks at. */
export interface Seen {
  readonly venue: 'binance' | 'okx';
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly uid: string | undefined;
  readonly tapeMs: number;
}

/** A fault with its counters, as the admin endpoint shows it. */
export interface FaultState extends Fault {
  readonly id: number;
  /** Requests that matched, and those of them that were hit. */
  readonly matched: number;
  readonly hits: number;
}

interface Armed {
  readonly id: number;
  readonly fault: Fault;
  matched: number;
  hits: number;
}

export class Faults {
  readonly #host: Host;
  readonly #remember: (ms: number) => void;
  readonly #armed = new Map<number, Armed>();
  #lastId = 0;

  /** @param remember tells the books how much of the past stale reads will need */
  constructor(host: Host, remember: (ms: number) => void) {
    this.#host = host;
    this.#remember = remember;
  }

  /** Arms a fault. @returns its id @throws ZodError */
  add(given: FaultInput): number {
    const fault = faultSchema.parse(given);
    if (fault.effect.kind === 'staleReads') this.#remember(fault.effect.ms);
    this.#lastId += 1;
    this.#armed.set(this.#lastId, { id: this.#lastId, fault, matched: 0, hits: 0 });
    return this.#lastId;
  }

  list(): readonly FaultState[] {
    return [...this.#armed.values()].map(({ id, fault, matched, hits }) => ({ id, ...fault, matched, hits }));
  }

  /** Disarms one fault, or all. @returns how many */
  remove(id?: number): number {
    if (id !== undefined) return this.#armed.delete(id) ? 1 : 0;
    const count = this.#armed.size;
    this.#armed.clear();
    return count;
  }

  /** Effects that hit this request, in the order in which they were armed. */
  play(seen: Seen): readonly Effect[] {
    const effects: Effect[] = [];
    for (const armed of this.#armed.values()) {
      if (!fits(armed.fault.match, seen)) continue;
      armed.matched += 1;
      const { skip, count, probability } = armed.fault.match;
      if (armed.matched <= skip || (count !== undefined && armed.hits >= count)) continue;
      if (probability < 1 && this.#host.random() >= probability) continue;
      armed.hits += 1;
      effects.push(armed.fault.effect);
    }
    return effects;
  }
}

function fits(wanted: Fault['match'], seen: Seen): boolean {
  const { venue, method, path, contains, uid, fromTapeMs, untilTapeMs } = wanted;
  if (venue !== undefined && venue !== seen.venue) return false;
  if (method !== undefined && method !== seen.method) return false;
  if (path !== undefined && !seen.path.startsWith(path)) return false;
  if (contains !== undefined && !seen.query.includes(contains) && !seen.body.includes(contains)) return false;
  if (uid !== undefined && uid !== seen.uid) return false;
  return (
    (fromTapeMs === undefined || seen.tapeMs >= fromTapeMs) && (untilTapeMs === undefined || seen.tapeMs < untilTapeMs)
  );
}

/** The effects that the books have to play. */
export function moodOf(effects: readonly Effect[], path: string): Mood {
  let mood: Mood = {};
  for (const one of effects) {
    if (one.kind === 'staleReads') mood = { ...mood, staleMs: one.ms };
    if (one.kind === 'zeroBalances') mood = { ...mood, zeroBalances: true };
    if (one.kind === 'recordLag') mood = { ...mood, recordLagMs: one.ms };
    const hangs = one.kind === 'stuckPending' || (one.kind === 'hangTransfers' && path.endsWith('/asset/transfer'));
    if (hangs) mood = { ...mood, settleMs: one.ms, fate: one.fate };
  }
  return mood;
}
