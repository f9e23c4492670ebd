/** The server under measure: twenty simulated accounts with 56 loans, looked at every five seconds as in life, and its page. */
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
/** Each moment of the tape takes so much off the price of BTC: enough to carry a loan from target to beyond act. */
const STEP = 0.955;
const MOMENTS = 100;

/** Owe USDT against BTC, which falls when the bench says so: each moment makes each of them pay. */
export const PAYERS = ['pay1', 'pay2', 'pay3', 'pay4'];
/** Hold ETH, which stands still: their looks decide to do nothing. */
const OKX_WATCHERS = Array.from({ length: 12 }, (_, index) => `okx${String(index)}`);
const BINANCE_WATCHERS = Array.from({ length: 4 }, (_, index) => `binance${String(index)}`);
export const WATCHERS = [...OKX_WATCHERS, ...BINANCE_WATCHERS];
const LOANS_EACH = 4;

export interface Bench {
  readonly app: App;
  /** Of the page, with a slash at its end. */
  readonly page: string;
  /** From the start to the first look of every account, ms. */
  readonly startedMs: number;
  runner(account: string): Runner;
  /** Calls back for every event until the returned function is called. */
  listen(hear: (account: string, event: LookEvent) => void): () => void;
  /** One moment of the tape: prices move, and the server is told as by a feed. */
  moment(): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(redisProgram: string): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-'));
  const path = join(folder, 'bench.yaml');
  const text = policyFile(join(folder, 'redis'));
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
    tape: [falling(folder), still(folder)],
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
  while (seen.size < PAYERS.length + WATCHERS.length) await systemClock.sleep(5);
  const startedMs = systemClock.mono() - from;
  return {
    ...{ app, page, startedMs },
    runner: (account) => {
      const found = app.runners.find(({ name }) => name === account);
      if (found === undefined) throw new Error(`no account ${account}`);
      return found;
    },
    listen: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    moment: async () => {
      const step = await app.simulated?.advance({ moments: 1 });
      if (step === undefined || step.done) throw new Error('the tape is over');
      await app.onPrices(step.prices);
    },
    close: async () => {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function falling(folder: string): string {
  return tape(folder, 'BTCUSDT', (moment) => (60_000 * STEP ** moment).toFixed(2));
}

function still(folder: string): string {
  return tape(folder, 'ETHUSDT', () => '3000');
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

function policyFile(dataDir: string): string {
  const okx = (names: readonly string[]): string[] =>
    names.map(
      (name) =>
        `  ${name}:\n    venue: simulatedOkx\n    wallets: { funding: { keep: [] } }\n    loans: [{ product: flexibleLoan, match: { borrow: USDT }, policy: close }]`,
    );
  const binance = BINANCE_WATCHERS.map(
    (name) =>
      `  ${name}:\n    venue: simulatedBinance\n    wallets: { spot: { keep: [] } }\n    loans: [{ product: crossMargin, policy: close }]`,
  );
  return `version: 1
mode: dry-run
redis: { dataDir: ${JSON.stringify(dataDir)} }
server: { listen: "127.0.0.1:0" }
timing: { lookEvery: 50s }
accounts:
${[...okx([...PAYERS, ...OKX_WATCHERS]), ...binance].join('\n')}
policies:
  close:
    bands: { warn: [cushion 9%], target: cushion 10%, act: cushion 8%, urgent: cushion 6.5% }
    confirm: { act: 1 look, urgent: 1 look }
    ladder: [{ do: repay, with: debt, from: wallet }]
    limits:
      perAction: unlimited
      perHour: unlimited
      perDay: unlimited
      urgent: { perAction: unlimited, perDay: unlimited }
      actions: 1000 per hour
    coolDown: 10ms
    whenShort: partial
    whenUnsettled: otherMoney
    whenDislocated: aim urgent
    dust: leave
    release: off
simulation:
  tape: calm-2023
  settle: 20ms
  accounts:
${[...PAYERS.map(payer), ...OKX_WATCHERS.map(okxWatcher), ...BINANCE_WATCHERS.map(binanceWatcher)].join('\n')}
`;
}

function payer(name: string, index: number): string {
  return `    ${name}: { uid: "1${String(index)}", wallets: { funding: [900000 USDT] }, loans: [{ ordId: "1${String(index)}", debt: [500000 USDT], collateral: [10 BTC], line: 85%, startLtv: 76% }] }`;
}

function okxWatcher(name: string, index: number): string {
  const loans = Array.from({ length: LOANS_EACH }, (_, one) => {
    const id = `2${String(index)}${String(one)}`;
    return `{ ordId: "${id}", debt: [50000 USDT], collateral: [30 ETH], line: 85%, startLtv: 60% }`;
  });
  return `    ${name}: { uid: "2${String(index)}", wallets: { funding: [90000 USDT] }, loans: [${loans.join(', ')}] }`;
}

function binanceWatcher(name: string, index: number): string {
  return `    ${name}: { uid: "3${String(index)}", wallets: { spot: [90000 USDT] }, cross: { leverage: 3x, debt: [30000 USDT], collateral: [20 ETH], startLtv: 60% } }`;
}
