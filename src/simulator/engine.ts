/**
 * The engine: plays a tape, tells the books of every venue about each visited moment and answers what a coin costs.
 * Nothing moves between two visited moments, so a run is the same however fast it is played.
 */
import { ONE } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Books, Host, LiveMarket } from './contract.ts';
import type { Tape } from './tape/tape.ts';

/** While it runs freely the engine handles at most this many moments in one go, so that requests get their turn. */
const MOMENTS_PER_TURN = 500;

/**
 * First ids of a series. Those of Binance's interest records and every OKX id lie above 2^53, so that a client that
 * reads them into a JavaScript number is caught (binance.md §0.1 fact 16).
 */
const FIRST_IDS: Readonly<Record<string, bigint>> = {
  'binance.tran': 108_988_250_265n,
  'binance.interest': 1_352_286_576_452_864_727n,
  'binance.flow': 9_123_456_001n,
  'binance.order': 180_015_097n,
};
const FIRST_OKX_ID = 2_083_516_372_514_201_600n;
const FIRST_OTHER_ID = 100_000_001n;

/** An asset that neither the tape nor the default prices know. */
export class UnknownAssetError extends Error {
  override readonly name = 'UnknownAssetError';
}

export class Engine implements LiveMarket {
  readonly host: Host;
  readonly tape: Tape;
  readonly #pace: Host;
  readonly #defaults: ReadonlyMap<string, Dec>;
  readonly #books: Books[] = [];
  readonly #ids = new Map<string, bigint>();
  readonly #prices = new Map<string, Dec>();
  readonly #listeners = new Set<() => void>();
  readonly #moreMoments: ((afterMs: number) => number | undefined)[] = [];
  #tapeMs: number;
  #speed = 0;
  #cancel: (() => void) | undefined;

  /**
   * @param defaultPrices USD per unit of assets that the tape does not price
   * @param pace what free running is paced by, when `host` is a clock that may be wrong
   */
  constructor(tape: Tape, host: Host, defaultPrices: ReadonlyMap<string, Dec>, pace: Host = host) {
    this.tape = tape;
    this.host = host;
    this.#pace = pace;
    this.#defaults = defaultPrices;
    this.#tapeMs = tape.startMs;
  }

  /** Puts a venue's books into the world. */
  attach(books: Books): void {
    this.#books.push(books);
  }

  get books(): readonly Books[] {
    return this.#books;
  }

  tapeNow(): number {
    return this.#tapeMs;
  }

  /** True when the tape has reached its end. */
  get done(): boolean {
    return this.#tapeMs >= this.tape.endMs;
  }

  /** Tape ms per wire ms while running freely, 0 while held. */
  get speed(): number {
    return this.#speed;
  }

  price(asset: string): Dec {
    if (asset === 'USD') return ONE;
    const known = this.#prices.get(asset);
    if (known !== undefined) return known;
    const price = this.tape.price(asset, this.#tapeMs) ?? this.#defaults.get(asset);
    if (price === undefined) throw new UnknownAssetError(`no price for ${asset}`);
    this.#prices.set(asset, price);
    return price;
  }

  assets(): readonly string[] {
    return [...new Set([...this.tape.assets(), ...this.#defaults.keys()])];
  }

  nextId(series: string): string {
    const first = FIRST_IDS[series] ?? (series.startsWith('okx') ? FIRST_OKX_ID : FIRST_OTHER_ID);
    const id = this.#ids.get(series) ?? first;
    this.#ids.set(series, id + 1n);
    return id.toString();
  }

  busy(): boolean {
    return this.#books.some((books) => books.busy());
  }

  onTick(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  /** Besides the moments of the tape those are visited that `next` names: the first one after a tape time. */
  visitAlso(next: (afterMs: number) => number | undefined): void {
    this.#moreMoments.push(next);
  }

  /** Prices have changed although the tape stands still: the books and whoever listens look again. */
  lookAgain(): void {
    for (const books of this.#books) books.tick(this.#tapeMs, this.#tapeMs);
    for (const run of this.#listeners) run();
  }

  /** Moves to the next visited moment. @returns false when the tape has ended */
  advance(): boolean {
    return this.step(this.tape.endMs);
  }

  /** Moves to the next visited moment, but not past `untilMs`, which counts as visited. @returns false when there is nowhere to go */
  step(untilMs: number): boolean {
    const next = this.#nextMoment();
    if (next === undefined || this.#tapeMs >= untilMs) return false;
    this.#moveTo(Math.min(next, untilMs));
    return true;
  }

  /** Moves to a tape time (or the end of the tape), visiting every moment between. @returns how many moments were visited */
  advanceTo(tapeMs: number): number {
    let visited = 0;
    while (this.step(tapeMs)) visited += 1;
    return visited;
  }

  /** Runs freely: `speed` tape ms pass in each wire ms. */
  run(speed: number): void {
    if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError('speed must be a positive number');
    this.hold();
    this.#speed = speed;
    this.#follow(this.#pace.now(), this.#tapeMs);
  }

  /** Stops running freely; the tape stays where it is. */
  hold(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#speed = 0;
  }

  #nextMoment(): number | undefined {
    const ofTape = this.tape.nextMoment(this.#tapeMs);
    if (ofTape === undefined) return undefined;
    return this.#moreMoments.reduce((first, next) => Math.min(first, next(this.#tapeMs) ?? first), ofTape);
  }

  #moveTo(tapeMs: number): void {
    const from = this.#tapeMs;
    this.#tapeMs = tapeMs;
    this.#prices.clear();
    for (const books of this.#books) books.tick(from, tapeMs);
    for (const run of this.#listeners) run();
  }

  /** Waits until the next moment is due, visits what is due, and waits again. */
  #follow(wireStartMs: number, tapeStartMs: number): void {
    const next = this.#nextMoment();
    if (next === undefined) {
      this.hold();
      return;
    }
    const dueMs = wireStartMs + (next - tapeStartMs) / this.#speed;
    this.#cancel = this.#pace.later(Math.max(0, Math.ceil(dueMs - this.#pace.now())), () => {
      const reached = tapeStartMs + (this.#pace.now() - wireStartMs) * this.#speed;
      const own = this.#cancel;
      for (let count = 0; count < MOMENTS_PER_TURN && this.#cancel === own; count += 1) {
        const moment = this.#nextMoment();
        if (moment === undefined || moment > reached) break;
        this.#moveTo(moment);
      }
      // Somebody who listens to the moments may have held the tape or changed its speed.
      if (this.#cancel === own) this.#follow(wireStartMs, tapeStartMs);
    });
  }
}
