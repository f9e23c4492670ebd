/** Rate limits, as sliding windows: whether OKX's are fixed or sliding is not documented, sliding is the careful reading (okx.md §1.6). */
import type { Core } from './core.ts';
import { Refusal } from './refusals.ts';
import type { Limit } from './routes.ts';

const SWEEP_EVERY = 1000;

/** Counts requests per endpoint and key. */
export class Limits {
  readonly #core: Core;
  readonly #seen = new Map<string, { times: number[]; readonly windowMs: number }>();
  #checks = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Counts one request of an endpoint.
   * @throws Refusal 50011 when the window is full; the refused request itself does not count
   */
  charge(path: string, limit: Limit, key: string): void {
    const { on, windowScale } = this.#core.settings.limits;
    if (!on) return;
    const now = this.#core.now();
    const windowMs = limit.windowMs * windowScale;
    const id = `${path} ${key}`;
    const entry = this.#seen.get(id) ?? { times: [], windowMs };
    entry.times = entry.times.filter((atMs) => atMs > now - windowMs);
    if (entry.times.length >= limit.count) throw new Refusal('50011');
    entry.times.push(now);
    this.#seen.set(id, entry);
    this.#sweep(now);
  }

  #sweep(now: number): void {
    this.#checks += 1;
    if (this.#checks % SWEEP_EVERY !== 0) return;
    for (const [id, { times, windowMs }] of this.#seen) {
      if ((times.at(-1) ?? 0) <= now - windowMs) this.#seen.delete(id);
    }
  }
}
