/** One account with one loan of any product on the simulated exchanges, watched by a whole runner with the real adapter. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import { systemClock } from '../../src/clock.ts';
import type { Intent, Reply } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { SignedRequest, Venue } from '../../src/exchanges/exchange.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createVenue } from '../../src/exchanges/venues.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { LoanReport } from '../../src/simulator/contract.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { flat } from '../simulator/support.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { TIMING } from './bench.ts';
import { freshAddress } from './fixtures.ts';

const KEY = { id: 'keyOfDesk', secret: 'secretOfDesk', passphrase: 'wordsOfDesk' };
const SCALE = 0.1;
const HOUR_MS = 3_600_000;

/** Every wait at a tenth or less, as the shipped simulated accounts run them. */
const QUICK = {
  ...TIMING,
  lookEveryMs: 200,
  lookSoonMs: 50,
  settleInLaneMs: 300,
  lagMarginMs: 300,
  reflectTimeoutMs: 6_000,
  evidenceSpreadMs: 600,
  giveUpMs: 60_000,
  spacingMs: 20,
};

/** 3 000 USDT owed against BTC at 60 000, LTV 80 %; BTC and USDT in the wallet. */
function worldOf(product: Product, more: Partial<WorldInput>, wallet: Readonly<Record<string, string>>): WorldInput {
  const [debts, assets] = [{ USDT: '3000' }, { BTC: '1' }];
  const key = { id: KEY.id, secret: KEY.secret };
  const desk = { name: 'desk', uid: '42', key, spot: wallet };
  const okxDesk = { name: 'desk', uid: '43', key: { ...KEY }, funding: wallet };
  const isolated = [{ symbol: 'BTCUSDT', assets, debts, startLtv: '0.8' }];
  const flexible = [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '3000', collateral: '1', startLtv: '0.8' }];
  const loans = [{ ordId: '680234819012345678', debt: debts, collateral: assets, liqLtv: '0.9', startLtv: '0.8' }];
  const spot = { enableSpotBorrow: true, trading: assets, spotDebt: debts, spotStartLtv: '0.8' };
  const accounts: Readonly<Record<Product, WorldInput>> = {
    'binance.crossMargin': { binance: [{ ...desk, cross: { assets, debts, startLtv: '0.8' } }] },
    'binance.isolatedMargin': { binance: [{ ...desk, isolated }] },
    'binance.flexibleLoan': { binance: [{ ...desk, flexible }] },
    'okx.flexibleLoan': { okx: [{ ...okxDesk, loans }] },
    'okx.spotBorrow': { okx: [{ ...okxDesk, ...spot }] },
  };
  const limits = { windowScale: SCALE };
  return {
    timing: { settleMs: 40 },
    ...accounts[product],
    binanceSettings: { limits, ...more.binanceSettings },
    okxSettings: { limits, clockWindowMs: 3_000, ...more.okxSettings },
  };
}

export interface DeskOptions {
  readonly product: Product;
  readonly rules: Policy;
  readonly world?: Partial<WorldInput>;
  readonly wallet?: Readonly<Record<string, string>>;
  /** What earlier refusals taught, as the journal keeps it. */
  readonly learned?: Readonly<Record<string, string>>;
  /** Repayments before which an hour of interest falls due, after the read that they were planned from. */
  readonly ticks?: number;
}

export interface Desk {
  readonly simulator: Simulator;
  readonly runner: Runner;
  readonly events: readonly LookEvent[];
  readonly errors: readonly Error[];
  /** Every intent that was sent, oldest first. */
  sent(): Promise<readonly Intent[]>;
  state(): Promise<string | undefined>;
  /** What the venue itself says of the loan. */
  loan(): LoanReport;
  stop(): Promise<void>;
}

/** Opens desks on a Redis of the file that calls it, while it is loaded, and ends each with its test. */
export function desksOfAFile(): (options: DeskOptions) => Promise<Desk> {
  let redis: TestRedis;
  const open: Desk[] = [];
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterEach(async () => {
    for (const desk of open.splice(0)) await desk.stop();
  });
  afterAll(async () => {
    await redis.stop();
  });
  return async (options) => {
    const desk = await openDesk(redis, options);
    open.push(desk);
    return desk;
  };
}

async function openDesk(redis: TestRedis, options: DeskOptions): Promise<Desk> {
  const { product, rules, world = {}, wallet = { USDT: '50000', BTC: '1' }, learned = {}, ticks = 0 } = options;
  const simulator = await startSimulator({ world: worldOf(product, world, wallet), tape: flat(), seed: 1 });
  const name = product.startsWith('okx') ? 'okx' : 'binance';
  const address = { ...freshAddress(), venue: name, uid: name === 'okx' ? '43' : '42' } as const;
  const client = redis.connect();
  const before = new Journal(client, address);
  for (const [field, value] of Object.entries(learned)) await client.hset(before.key('learned'), field, value);
  const events: LookEvent[] = [];
  const errors: Error[] = [];
  const wallets = ['spot', 'crossInside', 'isolatedInside', 'funding', 'trading'];
  const runner = await Runner.open({
    setup: {
      name: 'desk',
      venue: name,
      mode: 'simulated',
      digest: 'd1',
      policies: { plain: rules },
      loans: [{ product, match: {}, policy: 'plain', priority: 1 }],
      unlisted: { kind: 'alert' },
      wallets: wallets.map((one) => ({ name: one, keep: {} })),
      groups: {},
      dislocation: DISLOCATION_RULES,
      timing: QUICK,
    },
    address,
    venue: ticking(venueOf(product, simulator), simulator, ticks),
    reference: null,
    clock: systemClock,
    stamp: 'abc',
    redis: client,
    consumer: redis.connect(),
    emit: (_account, event) => events.push(event),
    onError: (_account, error) => errors.push(error),
  });
  return {
    simulator,
    runner,
    events,
    errors,
    sent: async () => (await runner.journal.intents()).filter(({ sentAt }) => sentAt !== null),
    state: async () => [...(await runner.journal.loans()).values()][0]?.state,
    loan: () => reportOf(simulator, product),
    stop: async () => {
      await runner.stop(2_000);
      await simulator.stop();
    },
  };
}

function reportOf(simulator: Simulator, product: Product): LoanReport {
  // the tape stands still, and a report is as of the last moment that was visited
  simulator.engine.lookAgain();
  const found = simulator.engine.books.flatMap((books) => books.report()).find((row) => row.product === product);
  if (found === undefined) throw new Error(`the simulator reports no ${product}`);
  return found;
}

function venueOf(product: Product, simulator: Simulator): Venue {
  const name = product.startsWith('okx') ? 'okx' : 'binance';
  const secret = (text: string) => ({ reveal: () => text });
  return createVenue({
    account: 'desk',
    venue: name,
    key: { id: secret(KEY.id), secret: secret(KEY.secret), passphrase: secret(KEY.passphrase) },
    hosts: simulator[name],
    products: [product],
    expectUid: null,
    clock: systemClock,
    requestDeadlineMs: QUICK.requestDeadlineMs,
    lagMarginMs: QUICK.lagMarginMs,
    binanceRecvWindowMs: 300,
    okxWindowMs: 3_000,
    waitsScale: SCALE,
    tagIntents: true,
    log: silentLog,
  });
}

/** The same venue, on which an hour passes between the plan of a repayment and its arrival: as often as it is told. */
function ticking(venue: Venue, { engine }: Simulator, ticks: number): Venue {
  const repays = new Set<string>();
  let left = ticks;
  const over = {
    sign: (intent: Intent): SignedRequest => {
      if (intent.verb === 'repay') repays.add(intent.id);
      return venue.sign(intent);
    },
    send: async (request: SignedRequest, signal: AbortSignal): Promise<Reply> => {
      if (left > 0 && repays.has(request.intentId)) {
        left -= 1;
        engine.advanceTo(engine.tapeNow() + HOUR_MS);
      }
      return venue.send(request, signal);
    },
  };
  return new Proxy(venue, {
    get: (target, name) => {
      if (name === 'sign' || name === 'send') return over[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
