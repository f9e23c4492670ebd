/** Everything of the simulated world except sockets: one engine, the books and faces of both venues, faults, log. */
import { BinanceBooks } from './binance/books.ts';
import { BinanceFace } from './binance/face.ts';
import type { Books, Host, SendCounts } from './contract.ts';
import { Engine } from './engine.ts';
import { SkewedHost } from './host.ts';
import { Faults } from './faults.ts';
import { Line } from './line.ts';
import { createOkx } from './okx/index.ts';
import type { Okx } from './okx/index.ts';
import { RequestLog } from './requestLog.ts';
import type { Tape } from './tape/tape.ts';
import { unhang } from './unhang.ts';
import { VenueMarket } from './venueMarket.ts';
import type { World } from './world.ts';
import { parseWorld } from './world.ts';

/** The world in one process, without listeners: for replays and tests under virtual time. */
export class Simulation {
  readonly world: World;
  readonly engine: Engine;
  /** What coins cost in the eyes of each venue. */
  readonly markets: { readonly binance: VenueMarket; readonly okx: VenueMarket };
  /** The venues' clock; its `skewMs` may be changed at any time. */
  readonly clock: SkewedHost;
  readonly binance: { readonly books: BinanceBooks; readonly face: BinanceFace };
  readonly okx: Okx;
  readonly faults: Faults;
  readonly log = new RequestLog();
  /** How requests reach the venues, with faults and delays: `lines.binance.send(request)`. */
  readonly lines: { readonly binance: Line; readonly okx: Line };

  /**
   * @param world JSON as `WorldInput` says
   * @param report told about mistakes in faults
   * @throws WorldError
   */
  constructor(world: unknown, tape: Tape, host: Host, report: (problem: unknown) => void = () => undefined) {
    this.world = parseWorld(world);
    this.clock = new SkewedHost(host, this.world.clockSkewMs);
    this.engine = new Engine(tape, this.clock, this.world.prices, host);
    this.faults = this.#createFaults(host);
    this.markets = { binance: this.#seenBy('binance'), okx: this.#seenBy('okx') };
    const books = new BinanceBooks(this.markets.binance, this.world.binance, this.world.binanceSettings);
    this.binance = { books, face: new BinanceFace(books) };
    this.okx = createOkx(this.markets.okx, this.world.okx, this.world.okxSettings);
    this.engine.attach(books);
    this.engine.attach(this.okx.books);
    this.lines = { binance: this.#line('binance', report), okx: this.#line('okx', report) };
    unhang(this.engine, this.faults, (venue) => this.#release(venue));
    this.faults.addAll(tape.faults);
  }

  #release(venue: 'binance' | 'okx' | undefined): void {
    if (venue !== 'okx') this.binance.books.act({ do: 'release' });
    if (venue === 'binance') return;
    for (const { name } of this.world.okx) this.okx.books.act({ do: 'release', account: name });
  }

  booksOf(venue: 'binance' | 'okx'): Books {
    return venue === 'binance' ? this.binance.books : this.okx.books;
  }

  /** What was sent, as the venues saw it. */
  counts(): SendCounts {
    const conflicts = this.engine.books.reduce((total, books) => total + (books.pendingConflicts?.() ?? 0), 0);
    return this.log.counts(conflicts);
  }

  #createFaults(host: Host): Faults {
    const { engine } = this;
    const faults = new Faults(host, {
      remember: (ms) => {
        for (const books of engine.books) books.remember?.(ms);
      },
      isPriced: (asset) => engine.assets().includes(asset),
      repriced: () => engine.lookAgain(),
    });
    engine.visitAlso((afterMs) => faults.nextEdge(afterMs));
    return faults;
  }

  #seenBy(venue: 'binance' | 'okx'): VenueMarket {
    return new VenueMarket(this.engine, (asset, tapeMs) => this.faults.factorOf(venue, asset, tapeMs));
  }

  #line(venue: 'binance' | 'okx', report: (problem: unknown) => void): Line {
    const { engine, faults, log, world } = this;
    const { face, books } = this[venue];
    const { latencyMs, replyMs } = world;
    const tapeNow = (): number => engine.tapeNow();
    return new Line({ venue, host: engine.host, face, books, faults, log, tapeNow, latencyMs, replyMs, report });
  }
}
