/** Plays many seeds on several processes. Which process plays a seed changes nothing in it. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { runTypeScript } from '../support/child.ts';
import type { Outcome } from './run.ts';
import type { Answer, Ask } from './worker.ts';

export interface PoolOptions {
  readonly seeds: readonly number[];
  readonly jobs: number;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Asked before each seed: false ends the run early. */
  readonly more: () => boolean;
}

/** Resolves when all seeds were played. @throws Error when a seed could not be played at all: a bug of the simulation */
export async function playSeeds(options: PoolOptions): Promise<void> {
  const left = [...options.seeds].reverse();
  const workers = Array.from({ length: Math.min(options.jobs, left.length) }, () =>
    runTypeScript(join(import.meta.dirname, 'worker.ts')),
  );
  try {
    await Promise.all(workers.map((worker) => work(worker, left, options)));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function work(worker: ChildProcess, left: number[], { onOutcome, more }: PoolOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = more() ? left.pop() : undefined;
      if (seed === undefined) resolve();
      else worker.send({ seed } satisfies Ask);
    };
    worker.on('message', (answer: Answer) => {
      if ('failed' in answer) {
        reject(new Error(`seed ${String(answer.seed)} could not be played: ${answer.failed}`));
        return;
      }
      onOutcome(answer.outcome);
      next();
    });
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${String(code)}`)));
    next();
  });
}
