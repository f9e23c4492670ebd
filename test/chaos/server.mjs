// @ts-check
/**
 * The server as a process that a test may end: the built App with its real lanes and its real Redis, meeting venues over
 * HTTP. It differs from `ballast start` in three ways: prices are compared with the other simulated venue, the limits of
 * venues are counted in shorter windows, and orders of the test are obeyed where looks pass.
 *
 * Argument: the policy file. Messages in: `go`, `orders`. Messages out: `loaded`, `up`, `obeying`, `event`, `error`, `ended`.
 */
import { readFileSync } from 'node:fs';

/** @typedef {import('../../src/jobs/points.ts').Point} Point */
/** @typedef {{ at: Point, since?: Point, do: 'SIGKILL' | 'SIGSTOP' }} Order */

const DIST = new URL('../../dist/', import.meta.url);
const [path = ''] = process.argv.slice(2);

/** @type {typeof import('../../src/app.ts')} */
const { App } = await import(new URL('app.js', DIST).href);
/** @type {typeof import('../../src/config/load.ts')} */
const { loadConfig } = await import(new URL('config/load.js', DIST).href);
/** @type {typeof import('../../src/clock.ts')} */
const { systemClock } = await import(new URL('clock.js', DIST).href);

/** Windows of limits: the simulated venues of these tests count in a tenth as well. */
const WINDOWS = 10;

function config() {
  const read = loadConfig({
    path,
    text: readFileSync(path),
    env: process.env,
    readSecret: (file) => readFileSync(file, 'utf8'),
    overrides: {},
  });
  const { timing } = read;
  const { CHAOS_BINANCE: binance = '', CHAOS_OKX: okx = '' } = process.env;
  return {
    ...read,
    timing: { ...timing, requestDeadlineMs: timing.requestDeadlineMs * WINDOWS },
    dislocation: { ...read.dislocation, hosts: { binance, okx } },
  };
}

/** @type {readonly (Order & { armed: boolean })[]} */
let orders = [];

/** @param {Point} point */
function passing(point) {
  for (const order of orders) {
    if (order.since === point) order.armed = true;
    if (!order.armed || order.at !== point) continue;
    orders = orders.filter((one) => one !== order);
    process.kill(process.pid, order.do);
  }
}

/** @param {unknown} message */
const tell = (message) => void process.send?.(message, undefined, undefined, () => undefined);

/** @param {readonly Order[]} given */
function obey(given) {
  orders = given.map((order) => ({ ...order, armed: order.since === undefined }));
  tell({ type: 'obeying' });
}

const stop = new AbortController();

/** @param {unknown} error */
function end(error) {
  tell({ type: 'ended', says: error instanceof Error ? error.message : String(error) });
  process.exit(error === null ? 0 : 75);
}

async function serve() {
  /** @type {{ app?: Awaited<ReturnType<typeof App.start>> }} */
  const held = {};
  const leave = (/** @type {unknown} */ error) => {
    stop.abort(new Error('told to stop'));
    void (held.app?.stop(error !== null) ?? Promise.resolve()).finally(() => end(error));
  };
  process.on('SIGTERM', () => leave(null));
  held.app = await App.start({
    config: config(),
    clock: systemClock,
    simulatorEntry: '',
    tapesDir: '',
    tape: null,
    observeOnly: false,
    redisProgram: process.env.BALLAST_REDIS_SERVER,
    log: { info: () => undefined, warn: () => undefined },
    onReady: () => Promise.resolve(),
    onEvent: (account, event) => {
      if (event.type === 'decided') return;
      // Without the view, which is long.
      tell({ type: 'event', at: systemClock.wall(), account, event: { ...event, view: undefined } });
    },
    onError: (account, error) => tell({ type: 'error', account, says: error.message }),
    onFatal: leave,
    signal: stop.signal,
    passing,
    page: { folder: '', version: '', freshToken: null, tapeAt: () => null, say: () => undefined },
  });
  tell({ type: 'up' });
}

process.on('message', (message) => {
  const { type, orders: given = [] } = /** @type {{ type: string, orders?: readonly Order[] }} */ (message);
  obey(given);
  if (type === 'go') serve().catch(end);
});
// Nobody is left to judge it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
tell({ type: 'loaded' });
