/**
 * Draws docs/images/may-2021.svg: two loans of the shipped configuration through 19 May 2021, once with Ballast and once
 * without.
 *
 *   npm run build && node scripts/picture.mjs          plays the tape twice (minutes), writes data and picture
 *   node scripts/picture.mjs --draw                    only draws again what docs/images/may-2021.json holds
 *
 * Both runs are real ones: the server's own composition root against the simulated exchanges, `--speed max`, the control
 * run with `--observe-only`. LTVs are what the simulated venues say, read before and after the lanes had their turn.
 * A test draws the data again and compares, so that picture and data never part.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPicture } from './pictureSvg.mjs';
import { ROOT, runMain, say } from './lib.mjs';

const FOLDER = join(ROOT, 'docs/images');
const DATA = join(FOLDER, 'may-2021.json');
const PICTURE = join(FOLDER, 'may-2021.svg');

const TAPE = 'may-2021';
/** The part of the tape that is shown, UTC. */
const FROM = Date.parse('2021-05-19T00:00:00Z');
const TO = Date.parse('2021-05-19T18:00:00Z');
/** One dot of the drawing is about this long: of each such stretch the lowest and the highest LTV are kept. */
const BIN_MS = 3 * 60_000;
const LOANS = [
  { id: 'margin/binance.crossMargin', title: 'Binance cross margin: 30 000 USDT owed, BTC and ETH held' },
  { id: 'loans/okx.flexibleLoan/2000000000000000001', title: 'OKX flexible loan: 50 000 USDT owed, BTC held' },
];
/** Repayments below this are the sweeping up of what a transfer left over. */
const SHOWN_FROM_USD = 1;

/** @param {string} account @param {{ product: string, key: string }} loan */
const idOf = (account, { product, key }) => (key === '' ? `${account}/${product}` : `${account}/${product}/${key}`);

/** LTVs of one loan in one run, thinned to the lowest and highest of each bin: minutes after FROM, percent, and so on. */
function thin(points) {
  const bins = new Map();
  for (const point of points) {
    if (point.at < FROM || point.at > TO) continue;
    const name = Math.floor((point.at - FROM) / BIN_MS);
    const bin = bins.get(name) ?? { low: point, high: point };
    bins.set(name, {
      low: point.ltv < bin.low.ltv ? point : bin.low,
      high: point.ltv > bin.high.ltv ? point : bin.high,
    });
  }
  const kept = [...bins.values()].flatMap(({ low, high }) => {
    if (low === high) return [low];
    return low.order < high.order ? [low, high] : [high, low];
  });
  return kept.flatMap(({ at, ltv }) => [minutes(at), percent(ltv)]);
}

const minutes = (at) => Math.round((at - FROM) / 6_000) / 10;
const percent = (ratio) => Math.round(ratio * 10_000) / 100;

/** Listens to one run: what the venues say about each loan, what was confirmed, at which levels the policy acts. */
class Recorder {
  constructor() {
    this.now = 0;
    this.order = 0;
    this.points = new Map(LOANS.map(({ id }) => [id, []]));
    this.levels = new Map();
    this.actions = new Map(LOANS.map(({ id }) => [id, []]));
    /** LTV at which a transfer left whose repayment is still to come. */
    this.moving = new Map();
    this.lost = new Map();
    this.btc = [];
  }

  sees(names, state) {
    this.order += 1;
    this.now = state.tape.nowMs;
    // A price is thinned like an LTV; `percent` takes its hundred away again.
    this.btc.push({ at: this.now, order: this.order, ltv: Number(state.prices.BTC) / 100 });
    for (const loan of state.loans) {
      const id = idOf(names.get(loan.uid), loan);
      const points = this.points.get(id);
      if (points === undefined || this.lost.has(id)) continue;
      const ltv = Number(loan.liquidated ? loan.maxLtv : loan.ltv);
      points.push({ at: this.now, order: this.order, ltv });
      if (loan.liquidated) this.lost.set(id, [minutes(this.now), percent(ltv)]);
    }
  }

  hears(event) {
    if (event.type === 'decided') this.levels.set(event.decision.loan, event.decision.levels);
    if (event.type !== 'confirmed') return;
    const { loan, verb, amount, asset, before } = event.intent;
    if (verb === 'transferIn') this.moving.set(loan, before.ltv);
    if (verb !== 'repay' || Number(amount) < SHOWN_FROM_USD || !this.points.has(loan)) return;
    const transfer = this.moving.get(loan);
    this.moving.delete(loan);
    this.actions.get(loan).push({
      at: minutes(this.now),
      transfer: transfer !== undefined,
      from: percent(Number(transfer ?? before.ltv)),
      to: percent(Number(event.ltvAfter)),
      amount: Number(amount).toFixed(0),
      asset,
    });
  }
}

async function play(observeOnly) {
  const [{ App }, { play: playTape }, { loadConfig }, { systemClock }] = await Promise.all([
    import('../dist/app.js'),
    import('../dist/replay/player.js'),
    import('../dist/config/load.js'),
    import('../dist/clock.js'),
  ]);
  const dataDir = mkdtempSync(join(tmpdir(), 'ballast-picture-'));
  const path = join(ROOT, 'config.yaml');
  const config = loadConfig({ path, text: readFileSync(path), env: {}, readSecret: () => '', overrides: { dataDir } });
  const names = new Map(config.simulation.accounts.map(({ uid, name }) => [uid, name]));
  const recorder = new Recorder();
  const app = await App.start({
    config,
    clock: systemClock,
    simulatorEntry: join(ROOT, 'dist/simulator/process.js'),
    tapesDir: join(ROOT, 'tapes'),
    tape: TAPE,
    observeOnly,
    redisProgram: process.env.BALLAST_REDIS_SERVER,
    log: { info: () => undefined, warn: () => undefined },
    onReady: async () => undefined,
    onEvent: (_account, event) => recorder.hears(event),
    onError: (account, error) => say(`${account}: ${error.message}`),
    onFatal: (ending) => say(ending.message),
  });
  try {
    await playTape({ ...stageOf(app, recorder, names), clock: systemClock });
  } finally {
    await app.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  return recorder;
}

/** The app as the player sees it, with an eye on the venues before and after each turn of the lanes. */
function stageOf(app, recorder, names) {
  const { simulated } = app;
  const see = async () => recorder.sees(names, await simulated.state());
  return {
    simulated: {
      state: () => simulated.state(),
      run: (speed) => simulated.run(speed),
      advance: async (by) => {
        const advanced = await simulated.advance(by);
        await see();
        return advanced;
      },
    },
    stage: {
      onPrices: (prices) => app.onPrices(prices),
      ringAll: (reason) => app.ringAll(reason),
      quiet: async () => {
        await app.quiet();
        await see();
      },
    },
    speed: 'max',
    onProgress: ({ tapeMs, endMs, startMs }) => {
      const share = (tapeMs - startMs) / (endMs - startMs);
      if (process.stderr.isTTY) process.stderr.write(`\r${(share * 100).toFixed(0)} % `);
    },
    onMoment: () => undefined,
    signal: new AbortController().signal,
  };
}

async function record() {
  say('playing the tape with Ballast');
  const acted = await play(false);
  say('playing the tape without: the control run');
  const control = await play(true);
  return {
    tape: TAPE,
    from: new Date(FROM).toISOString(),
    to: new Date(TO).toISOString(),
    btc: thin(acted.btc),
    loans: LOANS.map(({ id, title }) => {
      const level = Object.entries(acted.levels.get(id)).filter(([name]) => name !== 'call');
      return {
        id,
        title,
        levels: Object.fromEntries(level.map(([name, ltv]) => [name, percent(Number(ltv))])),
        acted: { ltv: thin(acted.points.get(id)), lost: acted.lost.get(id) ?? null },
        control: { ltv: thin(control.points.get(id)), lost: control.lost.get(id) ?? null },
        actions: acted.actions.get(id),
      };
    }),
  };
}

/** As the formatter wants it, so that a new recording passes the gate. */
async function pretty(data) {
  const { default: prettier } = await import('prettier');
  return prettier.format(JSON.stringify(data), { ...(await prettier.resolveConfig(DATA)), filepath: DATA });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    mkdirSync(FOLDER, { recursive: true });
    if (!process.argv.includes('--draw')) writeFileSync(DATA, await pretty(await record()));
    writeFileSync(PICTURE, drawPicture(JSON.parse(readFileSync(DATA, 'utf8'))));
    say('wrote docs/images/may-2021.json and docs/images/may-2021.svg');
    return 0;
  });
}
