/** The books of the simulated OKX as the engine and the admin endpoint see them. */
import type { Books, LoanReport } from '../contract.ts';
import type { Account } from './account.ts';
import type { ActParts } from './acts.ts';
import { okxActSchema, perform } from './acts.ts';
import type { ClientIds } from './idempotency.ts';
import type { Tracker } from './tracker.ts';

const HOUR_MS = 3_600_000;

/** Interest at full hours of the tape, liquidation at every visited moment. */
export class OkxBooks implements Books {
  readonly venue = 'okx';
  readonly #parts: ActParts;
  readonly #clientIds: ClientIds;
  readonly #tracker: Tracker;

  constructor(parts: ActParts, clientIds: ClientIds, tracker: Tracker) {
    this.#parts = parts;
    this.#clientIds = clientIds;
    this.#tracker = tracker;
    this.#inspect();
  }

  accounts(): readonly Account[] {
    return this.#parts.core.accounts;
  }

  tick(fromTapeMs: number, toTapeMs: number): void {
    const { core, force, spot } = this.#parts;
    const first = (Math.floor(fromTapeMs / HOUR_MS) + 1) * HOUR_MS;
    for (let hourMs = first; hourMs <= toTapeMs; hourMs += HOUR_MS) {
      for (const account of core.accounts) {
        force.accrue(account, hourMs);
        spot.accrue(account, hourMs);
      }
    }
    this.#inspect();
  }

  report(): readonly LoanReport[] {
    return this.#tracker.report();
  }

  busy(): boolean {
    return this.#parts.pending.busy() || this.#parts.transfers.busy();
  }

  pendingConflicts(): number {
    return this.#clientIds.conflicts + this.#parts.transfers.conflicts;
  }

  remember(ms: number): void {
    this.#parts.core.remember(ms);
  }

  act(deed: unknown): unknown {
    const parsed = okxActSchema.safeParse(deed);
    if (!parsed.success) throw new Error(`not a deed for OKX: ${parsed.error.message}`);
    return perform(this.#parts, parsed.data);
  }

  #inspect(): void {
    const { core, force, spot } = this.#parts;
    for (const account of core.accounts) {
      force.inspect(account);
      spot.inspect(account);
    }
  }
}
