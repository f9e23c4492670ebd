/** Draws from one seed. Parts of a run take streams of their own, so that a draw more in one changes nothing in another. */
import { seededRandom } from '../../../src/simulator/host.ts';

export class Chance {
  readonly #next: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#next = seededRandom(seed);
  }

  /** A stream of its own, the same for the same name. */
  stream(name: string): Chance {
    let mixed = this.#seed ^ 0x9e3779b9;
    for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return new Chance(mixed);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#next();
  }

  is(probability: number): boolean {
    return this.#next() < probability;
  }

  /** Whole number, both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  between(least: number, most: number): number {
    return least + this.#next() * (most - least);
  }

  pick<T>(of: readonly T[]): T {
    const one = of[Math.floor(this.#next() * of.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  /** One of several by weight. */
  weighted<T>(of: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.#next() * of.reduce((total, [weight]) => total + weight, 0);
    for (const [weight, value] of of) {
      at -= weight;
      if (at < 0) return value;
    }
    return this.pick(of)[1];
  }

  /** So many of a list, in a random order. */
  some<T>(of: readonly T[], count: number): T[] {
    const left = [...of];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0)
      taken.push(...left.splice(Math.floor(this.#next() * left.length), 1));
    return taken;
  }

  /** Plain decimal text with so many decimals. */
  amount(least: number, most: number, decimals: number): string {
    return this.between(least, most).toFixed(decimals);
  }
}
