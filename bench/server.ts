/** A whole server in this process, on simulated exchanges in one of their own, with a tape that moves when it is told to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import { loadConfig } from '../src/config/load.ts';
import { silentLog } from '../src/exchanges/kit.ts';
import type { LookEvent } from '../src/jobs/account.ts';
import type { Runner } from '../src/jobs/runner.ts';

const ROOT = join(import.meta.dirname, '..');
const TAPE_START_MS = 1_700_000_040_000;
const MINUTE_MS = 60_000;
const MOMENTS = 100;

export interface Bench {
  readonly app: App;
  /** Of the page, with a slash at its end. */
  readonly page: string;
  /** From the start to the first look of every account, ms. */
  readonly startedMs: number;
  runner(account: string): Runner;
  /** Calls back for every event until the returned function is called. */
  listen(hear: (account: string, event: LookEvent) => void): () => void;
  /** One moment of the tape: prices move, and the server is told as by a feed. @returns when, by the monotonic clock, ms */
  moment(): Promise<number>;
  close(): Promise<void>;
}

/** What a bench's server watches, on a tape that the bench moves on. */
export interface World {
  readonly accounts: number;
  /** The policy file, with its journal there. */
  policy(dataDir: string): string;
  /** Of each symbol, e.g. BTCUSDT, the price at each moment. */
  readonly tapes: Readonly<Record<string, (moment: number) => string>>;
}

export async function openBench(redisProgram: string, world: World): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-'));
  const path = join(folder, 'bench.yaml');
  const text = world.policy(join(folder, 'redis'));
  writeFileSync(path, text);
  const config = loadConfig({ path, text, env: {}, readSecret: () => '' });
  const listeners = new Set<(account: string, event: LookEvent) => void>();
  const seen = new Set<string>();
  let page = '';
  const from = systemClock.mono();
  const app = await App.start({
    ...{ config, clock: systemClock, redisProgram, observeOnly: false, log: silentLog },
    simulatorEntry: join(ROOT, 'dist/simulator/process.js'),
    tapesDir: join(ROOT, 'tapes'),
    tape: writeTapes(folder, world),
    speed: 'max',
    onReady: () => Promise.resolve(),
    onEvent: (account, event) => {
      if (event.type === 'looked' || event.type === 'acted') seen.add(account);
      for (const hear of listeners) hear(account, event);
    },
    onError: (where, error) => {
      console.error(`${where}: ${error.message}`);
    },
    onFatal: (ending) => {
      throw ending;
    },
    signal: new AbortController().signal,
    page: {
      ...{ folder: join(ROOT, 'dist/server/page'), version: 'bench', freshToken: null, tapeAt: () => null },
      say: (said) => {
        page = /page: (http\S+\/)/.exec(said)?.[1] ?? page;
      },
    },
  });
  while (seen.size < world.accounts) await systemClock.sleep(5);
  const startedMs = systemClock.mono() - from;
  return {
    ...{ app, page, startedMs },
    ...handle(app),
    listen: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    close: async () => {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a bench asks of the server. */
function handle(app: App): Pick<Bench, 'runner' | 'moment'> {
  return {
    runner: (account) => {
      const found = app.runners.find(({ name }) => name === account);
      if (found === undefined) throw new Error(`no account ${account}`);
      return found;
    },
    moment: async () => {
      const step = await app.simulated?.advance({ moments: 1 });
      if (step === undefined || step.done) throw new Error('the tape is over');
      const toldAt = systemClock.mono();
      await app.onPrices(step.prices);
      return toldAt;
    },
  };
}

/** @returns their paths */
export function writeTapes(folder: string, world: World): readonly string[] {
  return Object.entries(world.tapes).map(([symbol, priceAt]) => tape(folder, symbol, priceAt));
}

function tape(folder: string, symbol: string, priceAt: (moment: number) => string): string {
  const path = join(folder, `${symbol}-bench.csv`);
  const rows = Array.from(
    { length: MOMENTS },
    (_, moment) => `${String(TAPE_START_MS + moment * MINUTE_MS)},${priceAt(moment)}\n`,
  );
  writeFileSync(path, `timestamp_ms,price\n${rows.join('')}`);
  return path;
}
