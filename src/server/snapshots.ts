/** The board as the page gets it: read at most once in a while, made into text once, shared by everybody who asks. */
import type { Clock } from '../clock.ts';
import { isForAPerson } from '../machines/accountMachine.ts';
import { ledgerLines } from '../reading/ledgerWords.ts';
import type { Status } from '../reading/status.ts';
import type { AlertLedger } from './alerts.ts';
import type { Board } from './wire.ts';

export interface SnapshotOptions {
  readonly clock: Clock;
  readonly status: () => Promise<Status>;
  readonly alerts: AlertLedger | null;
  readonly version: string;
  /** First letters of the digest of the policy that this process acts by. */
  readonly policy: () => string;
  readonly acts: boolean;
  /** Tape time of a simulated account of this process, ms; `null` for any other. */
  readonly tapeAt: (account: string) => number | null;
}

export interface Snapshot {
  readonly status: Status;
  readonly board: Board;
  /** The board as JSON. */
  readonly text: string;
}

export const FRESH_MS = 1_000;

export class Snapshots {
  readonly #options: SnapshotOptions;
  #newest: { readonly at: number; readonly snapshot: Promise<Snapshot>; done: boolean } | null = null;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  /** Begun not longer than a second ago, or still under way. A failed reading is not kept. */
  get(): Promise<Snapshot> {
    const now = this.#options.clock.mono();
    if (this.#newest !== null && (!this.#newest.done || now - this.#newest.at < FRESH_MS)) return this.#newest.snapshot;
    const snapshot = this.#read();
    const newest = { at: now, snapshot, done: false };
    this.#newest = newest;
    snapshot.then(
      () => (newest.done = true),
      () => {
        if (this.#newest === newest) this.#newest = null;
      },
    );
    return snapshot;
  }

  /** What an operator has just done shows in the next one. */
  forget(): void {
    this.#newest = null;
  }

  async #read(): Promise<Snapshot> {
    const { clock, alerts, version, policy, acts, tapeAt } = this.#options;
    const [status, open] = await Promise.all([this.#options.status(), alerts?.open() ?? null]);
    const now = clock.wall();
    const board: Board = {
      at: now,
      ...{ version, policy: policy(), acts, alerts: open },
      ...status,
      accounts: status.accounts.map((account) => ({
        ...account,
        forAPerson: account.standing.causes.map(({ kind }) => kind).filter(isForAPerson),
        tapeAt: account.seenWithinMs === null ? null : tapeAt(account.name),
      })),
      inFlight: status.inFlight.map((row) => ({ ...row, ledger: ledgerLines(row, now) })),
    };
    return { status, board, text: JSON.stringify(board) };
  }
}
