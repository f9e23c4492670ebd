/** Client ids of flexible-loan borrow and repay: remembered for a minute per UID and path, then forgotten (okx.md §3.7). */
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import { Refusal } from './refusals.ts';

interface Memory {
  readonly atMs: number;
  done: boolean;
}

/** After its time the same id is accepted again, and a repetition pays twice: that is the venue's documented behaviour. */
export class ClientIds {
  readonly #core: Core;
  readonly #known = new Map<string, Memory>();
  /** How many requests met their own earlier one still running. */
  conflicts = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Runs a request once per id. It gets a function to call when it is over.
   * @throws Refusal 51784 while the first one runs, 51016 when it is over
   */
  once<T>(account: Account, path: string, clientId: string, run: (finish: () => void) => T): T {
    const key = `${account.uid} ${path} ${clientId}`;
    this.#forget();
    const earlier = this.#known.get(key);
    if (earlier !== undefined) {
      if (!earlier.done) this.conflicts += 1;
      throw new Refusal(earlier.done ? '51016' : '51784');
    }
    const memory: Memory = { atMs: this.#core.now(), done: false };
    this.#known.set(key, memory);
    try {
      return run(() => {
        memory.done = true;
      });
    } catch (error) {
      memory.done = true;
      if (!this.#core.settings.switches.dedupeRemembersRefused) this.#known.delete(key);
      throw error;
    }
  }

  #forget(): void {
    const horizon = this.#core.now() - this.#core.settings.dedupeMs;
    for (const [key, memory] of this.#known) {
      if (memory.atMs > horizon) return;
      this.#known.delete(key);
    }
  }
}
