/** Loaded by the runner as a test file: plays seeds until one breaks an invariant, and says which. */
import { inject, it } from 'vitest';
import { runSeed } from '../sim/run.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Seeds to play. */
    seeds: { readonly first: number; readonly count: number };
  }
}

const PATIENCE_MS = 600_000;
const { first, count } = inject('seeds');
const title = `seeds ${String(first)} and ${String(count - 1)} more`;

it(title, { timeout: PATIENCE_MS }, async () => {
  let steps = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const outcome = await runSeed(seed);
    steps += outcome.steps;
    if (outcome.violation === null) continue;
    const { invariant, says } = outcome.violation;
    throw new Error(JSON.stringify({ seed, steps, invariant, says }));
  }
});
