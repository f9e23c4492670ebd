/** A process of its own that plays seeds: one message, one seed, one answer. */
import type { Outcome } from './run.ts';
import { runSeed } from './run.ts';

/** What the parent asks. */
export interface Ask {
  readonly seed: number;
}

/** What it is told; the trace only where something is wrong. */
export type Answer = { readonly outcome: Outcome } | { readonly failed: string; readonly seed: number };

process.on('message', ({ seed }: Ask) => {
  const tell = (answer: Answer): void => {
    process.send?.(answer);
  };
  runSeed(seed).then(
    (outcome) => tell({ outcome: { ...outcome, trace: outcome.violation === null ? [] : outcome.trace } }),
    (error: unknown) => tell({ seed, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
