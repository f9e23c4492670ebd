/** One account with the real adapter against the simulated exchanges, and the second price source if a test wants it. */
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import type { Product } from '../../src/core/loan.ts';
import type { Policy } from '../../src/core/policy.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createReferenceFor, createVenue } from '../../src/exchanges/venues.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { outsiders } from '../../src/jobs/outsiders.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { Timing } from '../../src/jobs/timing.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { policy, rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { TIMING } from './bench.ts';
import { freshAddress } from './fixtures.ts';

export const KEY = { id: 'keyOfDesk', secret: 'secretOfDesk', passphrase: 'wordsOfDesk' };
const ORDER = '680234819012345678';
const SCALE = 0.1;

/** Every wait at a tenth or less, as the shipped simulated accounts run them. */
export const QUICK = {
  ...TIMING,
  lookEveryMs: 300,
  lookSoonMs: 50,
  settleInLaneMs: 300,
  lagMarginMs: 300,
  reflectTimeoutMs: 6_000,
  evidenceSpreadMs: 600,
  giveUpMs: 60_000,
  spacingMs: 20,
};

/** At 80 % with `act` at 75 %: too high, and not urgent. */
const worldWith = (wallet: Readonly<Record<string, string>>): WorldInput => ({
  timing: { settleMs: 60 },
  binance: [
    {
      name: 'desk',
      uid: '42',
      key: { id: KEY.id, secret: KEY.secret },
      spot: wallet,
      cross: { assets: { BTC: '1', USDT: '500' }, debts: { USDT: '30000' }, startLtv: '0.8' },
    },
  ],
  binanceSettings: { limits: { windowScale: SCALE } },
  okx: [
    {
      name: 'desk',
      uid: '43',
      key: { ...KEY },
      funding: wallet,
      loans: [{ ordId: ORDER, debt: { USDT: '30000' }, collateral: { BTC: '1' }, liqLtv: '0.9', startLtv: '0.8' }],
    },
  ],
  okxSettings: { limits: { windowScale: SCALE }, clockWindowMs: 3_000 },
});

const RULES = policy({
  confirm: { act: 1, urgent: 1 },
  coolDownMs: 0,
  ladder: [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })],
});
const OKX_RULES = { ...RULES, ladder: [rung(1, { from: ['wallet'] })] };

export interface Stage {
  readonly simulator: Simulator;
  readonly runner: Runner;
  readonly events: LookEvent[];
  readonly errors: Error[];
}

export interface StageOptions {
  readonly faults?: readonly FaultInput[];
  /** Prices are compared with those of the other simulated exchange. */
  readonly compares?: boolean;
  readonly policy?: Policy;
  readonly wallet?: Readonly<Record<string, string>>;
  /** Accounts instead of the usual ones, named desk, with UID 42 at Binance and 43 at OKX. */
  readonly accounts?: Pick<WorldInput, 'binance' | 'okx'>;
  readonly timing?: Partial<Timing>;
  /** A shipped tape; a calm one that stands still unless a test says otherwise. */
  readonly tape?: string;
  /** What the account watches, if it is more than the one product. */
  readonly products?: readonly Product[];
  /** Another server on the exchanges and the journal of this one. */
  readonly after?: Stage;
}

/** Opens stages for the tests of one file, on a Redis of that file's own. Each is closed after its test. */
export function stagesOfAFile(): (product: Product, options?: StageOptions) => Promise<Stage> {
  let redis: TestRedis;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await redis.stop();
  });
  return (product, options) =>
    openStage(
      () => redis.connect(),
      (close) => closers.push(close),
      product,
      options,
    );
}

/** @param onClose keeps what has to be closed afterwards, last first */
export async function openStage(
  connect: () => Redis,
  onClose: (close: () => Promise<void>) => void,
  product: Product,
  options: StageOptions = {},
): Promise<Stage> {
  const { faults = [], compares = false, after } = options;
  const { products = [product] } = options;
  const timing = { ...QUICK, ...options.timing };
  const world = { ...worldWith(options.wallet ?? { USDT: '50000' }), ...options.accounts };
  const simulator = after?.simulator ?? (await startSimulator({ world, tape: options.tape ?? 'calm-2023', seed: 1 }));
  if (after === undefined) onClose(() => simulator.stop());
  for (const fault of faults) simulator.simulation.faults.add(fault);
  const name = product.startsWith('okx') ? 'okx' : 'binance';
  const secret = (text: string) => ({ reveal: () => text });
  const venue = createVenue({
    account: 'desk',
    venue: name,
    key: { id: secret(KEY.id), secret: secret(KEY.secret), passphrase: secret(KEY.passphrase) },
    hosts: simulator[name],
    products,
    expectUid: null,
    clock: systemClock,
    requestDeadlineMs: timing.requestDeadlineMs,
    lagMarginMs: timing.lagMarginMs,
    binanceRecvWindowMs: 300,
    okxWindowMs: 3_000,
    waitsScale: SCALE,
    tagIntents: true,
    log: silentLog,
  });
  const reference = compares
    ? createReferenceFor({
        ...{ venue: name, clock: systemClock, waitsScale: SCALE, log: silentLog, simulated: true },
        requestDeadlineMs: timing.requestDeadlineMs,
        rest: simulator[name === 'okx' ? 'binance' : 'okx'].rest,
      })
    : null;
  if (reference !== null) onClose(() => reference.stop());
  const events: LookEvent[] = [];
  const errors: Error[] = [];
  const runner = await Runner.open({
    setup: {
      name: 'desk',
      venue: name,
      mode: 'simulated',
      digest: 'd1',
      policies: { plain: options.policy ?? (name === 'okx' ? OKX_RULES : RULES) },
      loans: products.map((one) => ({ product: one, match: {}, policy: 'plain', priority: 1 })),
      unlisted: { kind: 'alert' },
      wallets: ['spot', 'crossInside', 'funding'].map((wallet) => ({ name: wallet, keep: {} })),
      groups: { USDT: { wraps: null, stable: 'USD' } },
      dislocation: DISLOCATION_RULES,
      timing,
    },
    address: after?.runner.address ?? { ...freshAddress(), venue: name, uid: name === 'okx' ? '43' : '42' },
    venue,
    reference,
    clock: systemClock,
    stamp: 'abc',
    redis: connect(),
    consumer: connect(),
    emit: (_account, event) => events.push(event),
    errands: (deps) => [outsiders(deps, venue)],
    onError: (_account, error) => errors.push(error),
  });
  onClose(() => runner.stop(2_000));
  return { simulator, runner, events, errors };
}

export async function loanOf({ simulator }: Stage, product: Product) {
  const found = simulator.engine.books.flatMap((books) => books.report()).find((row) => row.product === product);
  if (found === undefined) throw new Error(`the simulator reports no ${product}`);
  return Promise.resolve(found);
}
