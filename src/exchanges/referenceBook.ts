/**
 * Reads one source again and again in the background, and keeps what it said last. Nothing is thrown at anybody: a source
 * that is down, limited or talks nonsense leaves its prices to grow old, and whoever asks sees their age.
 */
import type { Clock } from '../clock.ts';
import type { Asset } from '../core/loan.ts';
import { MoneyError, parse, type Dec } from '../core/money.ts';
import type { Reference } from '../core/dislocation.ts';
import { toVenueError } from './errorTable.ts';
import { VenueError } from './exchange.ts';
import type { VenueLog } from './kit.ts';
import type { Meter } from './limits.ts';
import type { Quotes, Source, SourceRequest } from './referenceSources.ts';
import type { HttpReply, Transport } from './transport.ts';

export interface BookOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly meter: Meter;
  readonly log: VenueLog;
  readonly refreshMs: number;
  /** Longest one read may take. */
  readonly deadlineMs: number;
  /** What was said before a read that failed is of no use any more: a tape may have moved on by days. */
  readonly forgets: boolean;
  /** 0…1, for the jitter. */
  readonly random: () => number;
}

interface Table {
  readonly quotes: Quotes;
  readonly wall: number;
  readonly mono: number;
}

/** By quote. */
export type Tables = ReadonlyMap<Asset, Table>;

type Outcome =
  | { readonly kind: 'read' }
  /** Our own limiter says: not before `waitMs`. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** `waitMs`: what the venue asked for, 0 for nothing. */
  | { readonly kind: 'failed'; readonly waitMs: number; readonly why: string };

/** The unit that references are given in. */
const UNIT: Asset = 'USDT';
const DOLLAR: Asset = 'USD';
const LONGEST_PAUSE_MS = 30_000;
/** Share of a pause that is left to chance, so that many processes do not ask at the same moment. */
const JITTER = 0.2;

export class ReferenceBook {
  readonly #options: BookOptions;
  readonly #tables = new Map<Asset, Table>();
  /** Requests whose extra parameter the venue refused. */
  readonly #plain = new Set<SourceRequest>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #failures = 0;
  #notBefore = -Infinity;
  /** When the loop asks again, by the monotonic clock. */
  #dueAt = 0;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** Reads from now on until `stop`. */
  start(): void {
    if (!this.#stopping.signal.aborted) this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** A read that begins now, unless a pause is due; whoever asks meanwhile shares the next one. */
  again(): Promise<void> {
    if (this.#running === null) return this.refresh();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.refresh();
    });
    return this.#next;
  }

  /** Reads now, unless a pause is due; joins a read that is under way. */
  refresh(): Promise<void> {
    if (this.#stopping.signal.aborted || this.#options.clock.mono() < this.#notBefore) return Promise.resolve();
    this.#running ??= this.#round()
      .catch(() => {
        // A defect of ours, for instance of the log: neither a caller nor the process may end by it.
        this.#dueAt = this.#options.clock.mono() + LONGEST_PAUSE_MS;
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** What it knows now, for `reference` later. */
  snapshot(): Tables {
    return new Map(this.#tables);
  }

  /** The last price of an asset that is not older than this; `null` for none. */
  reference(asset: Asset, keepMs: number, tables: Tables = this.#tables): Reference | null {
    const { venue } = this.#options.source;
    const inUnit = this.#fresh(tables.get(UNIT), keepMs);
    const inDollars = this.#fresh(tables.get(DOLLAR), keepMs);
    const unit = priceOf(inDollars, UNIT);
    if (asset === UNIT) {
      return (
        unit && inDollars && { price: unit, unit: DOLLAR, at: inDollars.wall, source: `${venue} ${UNIT}-${DOLLAR}` }
      );
    }
    const price = priceOf(inUnit, asset);
    if (price !== null && inUnit !== null)
      return { price, unit: UNIT, at: inUnit.wall, source: `${venue} ${asset}-${UNIT}` };
    const usd = priceOf(inDollars, asset);
    if (usd === null || unit === null || inDollars === null) return null;
    return { price: usd.div(unit), unit: UNIT, at: inDollars.wall, source: `${venue} ${asset}-${DOLLAR}` };
  }

  /** Aged by the worse of the two clocks: one may be set, the other stands still while the machine sleeps. */
  #fresh(table: Table | undefined, keepMs: number): Table | null {
    const { clock } = this.#options;
    if (table === undefined) return null;
    return Math.max(clock.wall() - table.wall, clock.mono() - table.mono) <= keepMs ? table : null;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.refresh();
      await clock.sleep(Math.max(1, this.#dueAt - clock.mono()), signal).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const { source, clock, log, refreshMs, random, forgets } = this.#options;
    const outcomes = await Promise.all(source.requests.map((request) => this.#read(request)));
    if (this.#stopping.signal.aborted) return;
    for (const [at, { quote }] of source.requests.entries()) {
      if (forgets && outcomes[at]?.kind !== 'read') this.#tables.delete(quote);
    }
    const failed = outcomes.find((one) => one.kind === 'failed');
    const isDown = failed !== undefined && outcomes.every(({ kind }) => kind !== 'read');
    const before = this.#failures;
    if (isDown) this.#failures += 1;
    else if (outcomes.some(({ kind }) => kind === 'read')) this.#failures = 0;
    if (isDown && before === 0) log.warn('reference.down', { source: source.venue, reason: failed.why });
    if (before > 0 && this.#failures === 0) log.info('reference.back', { source: source.venue });

    const asked = Math.max(0, ...outcomes.map((one) => (one.kind === 'read' ? 0 : one.waitMs)));
    const pause = Math.min(refreshMs * 2 ** this.#failures, Math.max(refreshMs, LONGEST_PAUSE_MS));
    const now = clock.mono();
    // Jitter never shortens what was asked for.
    this.#dueAt = now + Math.max(pause * (1 - JITTER / 2 + JITTER * random()), asked * (1 + JITTER * random()));
    this.#notBefore = asked > 0 || this.#failures > 0 ? this.#dueAt : -Infinity;
  }

  async #read(request: SourceRequest): Promise<Outcome> {
    const { source, clock, meter, transport, deadlineMs } = this.#options;
    try {
      const wait = await meter.poll(request.bucket, request.points);
      if (wait !== null) return { kind: 'wait', waitMs: wait };
      const table = { wall: clock.wall(), mono: clock.mono() };
      const url = this.#plain.has(request) ? (request.plainUrl ?? request.url) : request.url;
      const { signal } = this.#stopping;
      const result = await transport.call(
        { method: 'GET', url, headers: {}, body: '' },
        { deadlineMs, signal, money: false },
      );
      if (result.kind !== 'reply') return { kind: 'failed', waitMs: 0, why: result.reason };
      if (result.status === 400 && request.plainUrl !== null && !this.#plain.has(request)) {
        this.#plain.add(request);
        return await this.#read(request);
      }
      this.#heed(request, result);
      this.#tables.set(request.quote, { ...table, quotes: source.read(result, request.quote, clock.wall()) });
      return { kind: 'read' };
    } catch (error) {
      const known = error instanceof VenueError;
      return { kind: 'failed', waitMs: known ? (error.retryAfterMs ?? 0) : 0, why: known ? error.message : 'a defect' };
    }
  }

  /**
   * Counts what the venue counted, and obeys it.
   * @throws VenueError for an answer that is no success
   */
  #heed(request: SourceRequest, reply: HttpReply): void {
    const { source, clock, meter } = this.#options;
    const used = source.usedHeader === null ? undefined : reply.headers[source.usedHeader];
    if (used !== undefined && /^\d{1,9}$/.test(used)) meter.correct(request.bucket, Number(used));
    const failure = source.failure(reply, clock.wall());
    if (failure === null) return;
    if (failure.outcome === 'rejected') {
      if (failure.effect === 'banned') meter.block(request.bucket.scope, failure.retryAfterMs ?? 0);
      if (failure.effect === 'rateLimited') meter.correct(request.bucket, request.bucket.limit);
    }
    throw toVenueError('reference prices', failure);
  }
}

function priceOf(table: Table | null, asset: Asset): Dec | null {
  const text = table?.quotes.get(asset);
  if (text === undefined) return null;
  try {
    const price = parse(text);
    return price.gt(0) ? price : null;
  } catch (error) {
    if (error instanceof MoneyError) return null;
    throw error;
  }
}
