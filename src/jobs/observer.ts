/**
 * A process that may not act for an account watches it all the same: it looks as in dry-run, in the namespace of dry runs,
 * without a lane. Nothing of the acting processes is touched: no epoch, no plan, no machine, no budget.
 */
import type { Cancel, Clock } from '../clock.ts';
import type { LookDeps } from './account.ts';
import { Lease } from './lease.ts';
import { look } from './look.ts';

export interface ObserverOptions {
  /** As in dry-run. */
  readonly deps: LookDeps;
  /** True when this process may act from now on. */
  readonly mayAct: () => Promise<boolean>;
  readonly onAct: () => void;
  readonly onError: (error: Error) => void;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #cancel: Cancel = () => undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#clock = options.deps.clock;
  }

  start(): void {
    this.#running = this.#turn();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server is stopping'));
    this.#cancel();
    await this.#running;
  }

  async #turn(): Promise<void> {
    const { deps, mayAct, onAct, onError } = this.#options;
    const { lookEveryMs, lockMs } = deps.setup().timing;
    try {
      if (await mayAct()) {
        if (!this.#stop.signal.aborted) onAct();
        return;
      }
      const lease = new Lease(this.#clock, lockMs, () => Promise.resolve(false));
      await look(deps, 'observing', lease, this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) onError(error instanceof Error ? error : new Error(String(error)));
    }
    if (this.#stop.signal.aborted) return;
    this.#cancel = this.#clock.later(lookEveryMs, () => this.start());
  }
}
