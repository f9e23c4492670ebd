/**
 * Faults on demand: what an exchange, or the network before it, does wrong. A fault has a match (which requests) and an
 * effect; several faults may meet in one request. They are set through the admin endpoint or in process.
 */
import { z } from 'zod';
import { parse } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
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
  /** No request is hit: the venue's own index of an asset is `factor` times the tape's price as long as the fault is there. */
  z.strictObject({
    kind: z.literal('dislocate'),
    asset: z
      .string()
      .regex(/^[A-Z0-9]{1,20}$/, 'must be a coin in capitals')
      .refine((asset) => asset !== 'USD', 'is what everything is priced in'),
    factor: z
      .string()
      .regex(/^\d+(?:\.\d{1,8})?$/, 'must be a plain decimal number in quotes with at most 8 decimals')
      .refine((factor) => /[1-9]/.test(factor), 'must be above 0'),
  }),
]);

/** A fault as the admin endpoint takes it. */
export const faultSchema = z
  .strictObject({ match: match.prefault({}), effect })
  .refine((fault) => fault.effect.kind !== 'dislocate' || isVenueInTime(fault.match), {
    message: 'a dislocated index belongs to one venue: its match takes venue, fromTapeMs and untilTapeMs only',
    path: ['match'],
  });
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

/** What the faults tell the rest of the simulated world, and ask of it. */
export interface FaultDoors {
  /** How much of the past stale reads will need, wire ms. */
  remember(ms: number): void;
  /** Whether an asset has a price at all. */
  isPriced(asset: string): boolean;
  /** A venue's index may have changed. */
  repriced(): void;
}

/** A fault that cannot be armed here; the message says why. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

interface Armed {
  readonly id: number;
  readonly fault: Fault;
  matched: number;
  hits: number;
}

interface Dislocation {
  readonly match: Fault['match'];
  readonly asset: string;
  readonly factor: Dec;
}

export class Faults {
  readonly #host: Host;
  readonly #doors: FaultDoors;
  readonly #armed = new Map<number, Armed>();
  readonly #dislocations = new Map<number, Dislocation>();
  #lastId = 0;

  constructor(host: Host, doors: FaultDoors) {
    this.#host = host;
    this.#doors = doors;
  }

  /** Arms a fault. @returns its id @throws ZodError, FaultError */
  add(given: FaultInput): number {
    return this.#arm(this.#checked(given));
  }

  /** Arms all of them or none. @returns their ids @throws ZodError, FaultError */
  addAll(given: readonly FaultInput[]): readonly number[] {
    return given.map((one) => this.#checked(one)).map((fault) => this.#arm(fault));
  }

  list(): readonly FaultState[] {
    return [...this.#armed.values()].map(({ id, fault, matched, hits }) => ({ id, ...fault, matched, hits }));
  }

  /** Disarms one fault, or all. @returns how many */
  remove(id?: number): number {
    const ids = id === undefined ? [...this.#armed.keys()] : this.#armed.has(id) ? [id] : [];
    const repriced = ids.filter((one) => this.#dislocations.delete(one));
    for (const one of ids) this.#armed.delete(one);
    if (repriced.length > 0) this.#doors.repriced();
    return ids.length;
  }

  /** By how much a venue's index of an asset is off at a tape time; undefined: not at all. */
  factorOf(venue: 'binance' | 'okx', asset: string, tapeMs: number): Dec | undefined {
    let factor: Dec | undefined;
    for (const one of this.#dislocations.values()) {
      if (one.asset !== asset || one.match.venue !== venue || !isInTime(one.match, tapeMs)) continue;
      factor = factor?.times(one.factor) ?? one.factor;
    }
    return factor;
  }

  /** The first moment after a tape time at which a dislocation begins or ends. */
  nextEdge(afterMs: number): number | undefined {
    let first: number | undefined;
    for (const { match: when } of this.#dislocations.values()) {
      for (const edge of [when.fromTapeMs, when.untilTapeMs]) {
        if (edge !== undefined && edge > afterMs && (first === undefined || edge < first)) first = edge;
      }
    }
    return first;
  }

  /** Effects that hit this request, in the order in which they were armed. */
  play(seen: Seen): readonly Effect[] {
    const effects: Effect[] = [];
    for (const armed of this.#armed.values()) {
      if (armed.fault.effect.kind === 'dislocate' || !fits(armed.fault.match, seen)) continue;
      armed.matched += 1;
      const { skip, count, probability } = armed.fault.match;
      if (armed.matched <= skip || (count !== undefined && armed.hits >= count)) continue;
      if (probability < 1 && this.#host.random() >= probability) continue;
      armed.hits += 1;
      effects.push(armed.fault.effect);
    }
    return effects;
  }

  #checked(given: FaultInput): Fault {
    const fault = faultSchema.parse(given);
    const { effect: wanted } = fault;
    if (wanted.kind === 'dislocate' && !this.#doors.isPriced(wanted.asset))
      throw new FaultError(`${wanted.asset} has no price that could be dislocated`);
    return fault;
  }

  #arm(fault: Fault): number {
    const { effect: wanted } = fault;
    const id = (this.#lastId += 1);
    this.#armed.set(id, { id, fault, matched: 0, hits: 0 });
    if (wanted.kind === 'staleReads') this.#doors.remember(wanted.ms);
    if (wanted.kind === 'dislocate') {
      this.#dislocations.set(id, { match: fault.match, asset: wanted.asset, factor: parse(wanted.factor) });
      this.#doors.repriced();
    }
    return id;
  }
}

function fits(wanted: Fault['match'], seen: Seen): boolean {
  const { venue, method, path, contains, uid } = wanted;
  if (venue !== undefined && venue !== seen.venue) return false;
  if (method !== undefined && method !== seen.method) return false;
  if (path !== undefined && !seen.path.startsWith(path)) return false;
  if (contains !== undefined && !seen.query.includes(contains) && !seen.body.includes(contains)) return false;
  if (uid !== undefined && uid !== seen.uid) return false;
  return isInTime(wanted, seen.tapeMs);
}

function isInTime({ fromTapeMs, untilTapeMs }: Fault['match'], tapeMs: number): boolean {
  return (fromTapeMs === undefined || tapeMs >= fromTapeMs) && (untilTapeMs === undefined || tapeMs < untilTapeMs);
}

/** Whether a match names a venue and a time, and nothing of a request. */
function isVenueInTime({ venue, fromTapeMs, untilTapeMs, ...ofRequests }: z.output<typeof match>): boolean {
  const { skip, probability, ...names } = ofRequests;
  const isEmptyBox = fromTapeMs !== undefined && untilTapeMs !== undefined && untilTapeMs <= fromTapeMs;
  const isPlain = skip === 0 && probability === 1 && Object.values(names).every((value) => value === undefined);
  return venue !== undefined && isPlain && !isEmptyBox;
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
