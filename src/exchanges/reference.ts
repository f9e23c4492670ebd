/**
 * The second price source (DESIGN §2.7): what another venue says coins are worth, so that one venue's broken index is seen.
 * For a Binance account OKX's public index, for an OKX account Binance's public last prices; no key is needed, none is sent.
 *
 * Units. Coins are given in USDT, because both venues quote everything in it; `core/dislocation.ts` brings the venue's own
 * price into the same unit. USDT itself is given in USD by OKX's `USDT-USD` index. Binance quotes no fiat dollar: for an OKX
 * account USDT is absent, and what its price must be is implied by the other coins. It is never taken to be 1 because it
 * should be.
 *
 * Not independent in every case: OKX's index of a coin is an average over several exchanges, Binance among them (it follows
 * Binance's price only in part), and a coin that trades on one venue only is absent on the other, or a copy.
 */
import type { Clock } from '../clock.ts';
import type { Reference, References } from '../core/dislocation.ts';
import type { Asset, VenueName } from '../core/loan.ts';
import type { VenueLog } from './kit.ts';
import type { Meter } from './limits.ts';
import { ReferenceBook } from './referenceBook.ts';
import type { Tables } from './referenceBook.ts';
import { sourceOf } from './referenceSources.ts';
import { borrowSharedParts } from './shared.ts';
import type { Transport } from './transport.ts';

export interface ReferenceOptions {
  /** Venue of the account; the prices come from the other one. */
  readonly venue: VenueName;
  /** Origin of the other venue's public REST; `null` for its own. */
  readonly hosts: { readonly rest: string | null };
  readonly clock: Clock;
  /** Shared by everything of the process that talks to venues when absent. */
  readonly transport?: Transport;
  readonly meter?: Meter;
  readonly log: VenueLog;
  /** Between two reads, with a little jitter. Of several users of one source the first one's counts. */
  readonly refreshMs: number;
  /** An older price is not given out any more. */
  readonly keepMs: number;
  /** Longest one read may take; `keepMs` when absent, because later it would be of no use. */
  readonly deadlineMs?: number;
  /** Nothing is read but by `mark` and `refresh`, and a read that fails forgets what earlier ones said. */
  readonly pulled?: boolean;
  /** 0…1, for the jitter. */
  readonly random?: () => number;
}

export interface ReferenceFeed {
  /**
   * For simulated exchanges, whose prices move faster than life. Every look says `mark` before it reads the venue, and
   * `refresh` after it; `prices` then says what was heard at both times, and nothing of what was heard once.
   */
  readonly pulled: boolean;
  /** The assets to know the prices of; the whole list, as often as you like. The first call starts the reading. */
  watch(assets: readonly Asset[]): void;
  /** The last price of each watched asset; one that the source does not list, or said too long ago, is absent. */
  prices(): References;
  /** Like `refresh`, and keeps what is said for `Reference.was`. */
  mark(): Promise<void>;
  /** Reads now, within two reads' deadlines; not while a pause that the source has earned lasts. Never rejects. */
  refresh(): Promise<void>;
  /** The last user of a source ends the reading. Twice is once. */
  stop(): Promise<void>;
}

interface Entry {
  readonly book: ReferenceBook;
  readonly giveBack: () => Promise<void>;
  users: number;
}

/** One source per process: keyed by clock (so that tests stay apart), then by venue and host. */
const ENTRIES = new WeakMap<Clock, Map<string, Entry>>();

export function createReference(options: ReferenceOptions): ReferenceFeed {
  const { pulled = false, keepMs } = options;
  const { book, leave } = join(options);
  let watched: readonly Asset[] = [];
  let stopped: Promise<void> | null = null;
  let marked: Tables | null = null;
  const priced = (asset: Asset): readonly [Asset, Reference][] => {
    const now = book.reference(asset, keepMs);
    if (now === null || !pulled) return now === null ? [] : [[asset, now]];
    const before = marked === null ? null : book.reference(asset, keepMs, marked);
    return before === null ? [] : [[asset, { ...now, was: before.price }]];
  };
  return {
    pulled,
    watch: (assets) => {
      if (stopped !== null) return;
      watched = [...new Set(assets)];
      if (watched.length > 0 && !pulled) book.start();
    },
    prices: () => {
      return stopped === null ? Object.fromEntries(watched.flatMap(priced)) : {};
    },
    mark: async () => {
      await book.again();
      marked = book.snapshot();
    },
    refresh: () => book.again(),
    stop: () => (stopped ??= leave()),
  };
}

function join(options: ReferenceOptions): { readonly book: ReferenceBook; readonly leave: () => Promise<void> } {
  const source = sourceOf(options.venue === 'binance' ? 'okx' : 'binance', options.hosts.rest);
  const ofClock = ENTRIES.get(options.clock) ?? new Map<string, Entry>();
  ENTRIES.set(options.clock, ofClock);
  const name = source.requests.map(({ url }) => url).join(' ');
  const entry = ofClock.get(name) ?? open(options, source);
  ofClock.set(name, entry);
  entry.users += 1;
  const leave = async (): Promise<void> => {
    entry.users -= 1;
    if (entry.users > 0) return;
    ofClock.delete(name);
    await entry.book.stop();
    await entry.giveBack();
  };
  return { book: entry.book, leave };
}

function open(options: ReferenceOptions, source: ReturnType<typeof sourceOf>): Entry {
  const { clock, log, refreshMs, keepMs, deadlineMs = keepMs, pulled = false } = options;
  const { parts, giveBack } = borrowSharedParts(clock);
  const book = new ReferenceBook({
    source,
    clock,
    log,
    refreshMs,
    deadlineMs,
    forgets: pulled,
    transport: options.transport ?? parts.transport,
    meter: options.meter ?? parts.meter,
    random: options.random ?? spread(clock.wall()),
  });
  return { book, giveBack, users: 0 };
}

/** Even enough for jitter: a step of the golden ratio, from where the clock stood. */
function spread(seed: number): () => number {
  let at = seed % 1_000;
  return () => {
    at += 1;
    return (at * 0.618_033_988_749_895) % 1;
  };
}
