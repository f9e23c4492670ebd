/** Everything of the simulated world except sockets: one engine, the books and faces of both venues, faults, log. */
import { BinanceBooks } from './binance/books.ts';
import { BinanceFace } from './binance/face.ts';
import type { Books, Host, SendCounts } from './contract.ts';
import { Engine } from './engine.ts';
import { Faults } from './faults.ts';
import { createOkx } from './okx/index.ts';
import type { Okx } from './okx/index.ts';
import { RequestLog } from './requestLog.ts';
import type { Tape } from './tape/tape.ts';
import type { World } from './world.ts';
import { parseWorld } from './world.ts';

/** The world in one process, without listeners: for replays and tests under virtual time. */
export class Simulation {
  readonly world: World;
  readonly engine: Engine;
  readonly binance: { readonly books: BinanceBooks; readonly face: BinanceFace };
  readonly okx: Okx;
  readonly faults: Faults;
  readonly log = new RequestLog();

  /** @param world JSON as `WorldInput` says @throws WorldError */
  constructor(world: unknown, tape: Tape, host: Host) {
    this.world = parseWorld(world);
    this.engine = new Engine(tape, host, this.world.prices);
    const books = new BinanceBooks(this.engine, this.world.binance, this.world.binanceSettings);
    this.binance = { books, face: new BinanceFace(books) };
    this.okx = createOkx(this.engine, this.world.okx, this.world.okxSettings);
    this.engine.attach(books);
    this.engine.attach(this.okx.books);
    this.faults = new Faults(host, (ms) => {
      for (const one of this.engine.books) one.remember?.(ms);
    });
  }

  booksOf(venue: 'binance' | 'okx'): Books {
    return venue === 'binance' ? this.binance.books : this.okx.books;
  }

  counts(): SendCounts {
    const conflicts = this.engine.books.reduce((total, books) => total + (books.pendingConflicts?.() ?? 0), 0);
    return this.log.counts(conflicts);
  }
}
