/**
 * Virtual time: everything that happens is an entry here. Between two entries all promises that can go on do go on, and
 * nothing else in the process knows what time it is. The same entries always run in the same order.
 */
import { setImmediate } from 'node:timers/promises';

interface Entry {
  readonly at: number;
  readonly order: number;
  /** `null`: cancelled. */
  run: (() => void) | null;
}

export class Agenda {
  /** Wall ms of the simulated world; no clock in it is righter than this one. */
  now: number;
  /** Entries that have run. */
  steps = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(startMs: number) {
    this.now = startMs;
  }

  later(ms: number, run: () => void): () => void {
    const entry: Entry = { at: this.now + Math.max(0, Math.ceil(ms)), order: (this.#order += 1), run };
    this.#push(entry);
    return () => {
      entry.run = null;
    };
  }

  /** Runs entries up to this time, and `after` after each. Stops early when `after` says true. */
  async runUntil(endMs: number, after: () => boolean): Promise<void> {
    for (let entry = this.#heap[0]; entry !== undefined && entry.at <= endMs; entry = this.#heap[0]) {
      this.#pop();
      if (entry.run === null) continue;
      this.now = entry.at;
      entry.run();
      this.steps += 1;
      await setImmediate(); // Comes after every promise that can be settled without time passing.
      if (after()) return;
    }
    this.now = Math.max(this.now, endMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let child = heap[down];
      if (child === undefined) break;
      const other = heap[down + 1];
      if (other !== undefined && before(other, child)) {
        child = other;
        down += 1;
      }
      if (!before(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
