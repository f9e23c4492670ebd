/** Others at work in accounts that a whole runner watches on the simulated exchanges: told as theirs, adopted, never paid twice. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Product } from '../../src/core/loan.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { KEY, stagesOfAFile } from './simulatorStage.ts';
import type { Stage, StageOptions } from './simulatorStage.ts';

const openStage = stagesOfAFile();

const [FIRST, SECOND] = ['680234819012345678', '680234819012345679'];

/** Three agreeing reads and an unhurried search would take longer than a test waits: whatever is quicker was explained. */
const WAITS = { lagMarginMs: 1_000, plausibleAfterMs: 30_000, recordsEveryMs: 18_000 };

type Accounts = NonNullable<StageOptions['accounts']>;

async function stage(product: Product, accounts: Accounts, after?: Stage): Promise<Stage> {
  const options = { accounts, timing: WAITS, ...(after === undefined ? {} : { after }) };
  const scene = await openStage(product, options);
  await eventually(() => scene.events.some(({ type }) => type === 'looked')).toBe(true);
  return scene;
}

function binance(account: object): Accounts {
  return { binance: [{ name: 'desk', uid: '42', key: { id: KEY.id, secret: KEY.secret }, ...account }] };
}

function okx(account: object): Accounts {
  return { okx: [{ name: 'desk', uid: '43', key: { ...KEY }, ...account }] };
}

function loan(ordId: string, startLtv: string): object {
  return { ordId, debt: { USDT: '30000' }, collateral: { BTC: '1' }, liqLtv: '0.9', startLtv };
}

const act = ({ simulator }: Stage, venue: 'binance' | 'okx', deed: object): unknown =>
  simulator.simulation.booksOf(venue).act?.({ account: 'desk', ...deed });

type Told = Extract<LookEvent, { readonly type: 'external' }>;
const told = ({ events }: Stage): string[] =>
  events.flatMap((event) =>
    event.type === 'external' ? [`${event.severity} ${event.act.kind} ${event.act.loan ?? ''}`] : [],
  );
const says = ({ events }: Stage, category: string): string[] =>
  events.flatMap((event) => (event.type === 'alert' && event.category === category ? [event.says] : []));
const stateOf = async ({ runner }: Stage, loanId: string): Promise<string | undefined> =>
  (await runner.journal.loans()).get(loanId)?.state;
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000 });

/** Nothing went out twice, and nothing of it is said to be somebody else's. */
async function expectClean(scene: Stage): Promise<void> {
  const counts = scene.simulator.simulation.counts();
  expect(counts).toMatchObject({ pendingConflicts: 0, doubleSends: 0 });
  const ours = (await scene.runner.journal.intents()).map(({ amount, asset }) => `${amount} ${asset}`);
  const theirs = scene.events.filter((event): event is Told => event.type === 'external');
  const named = theirs.map(({ act: { amount, asset } }) => `${amount.toFixed()} ${asset}`);
  expect(named.filter((one) => ours.includes(one))).toEqual([]);
  expect(new Set(theirs.map(({ act: { loan: of, ref } }) => `${of ?? ''} ${ref}`)).size).toBe(theirs.length);
  expect(scene.errors).toEqual([]);
}

describe('a liquidation', () => {
  it('of one loan does not keep the other from being rescued in the same moment, and is told as the venue’s', async () => {
    const [gone, other] = ['desk/binance.flexibleLoan/USDT-BTC', 'desk/binance.flexibleLoan/USDT-ETH'];
    const flexible = ['BTC', 'ETH'].map((collateralCoin) => ({
      loanCoin: 'USDT',
      collateralCoin,
      debt: '20000',
      collateral: '1',
      startLtv: '0.7',
    }));
    const scene = await stage('binance.flexibleLoan', binance({ spot: { USDT: '50000' }, flexible }));
    const at = systemClock.mono();
    act(scene, 'binance', { do: 'liquidate', pair: 'USDT/BTC' });
    scene.simulator.simulation.faults.add({
      match: { venue: 'binance' },
      effect: { kind: 'dislocate', asset: 'ETH', factor: '0.9' },
    });
    const confirmed = async (): Promise<string[]> =>
      (await scene.runner.journal.intents()).flatMap(({ state, loan: of }) => (state === 'confirmed' ? [of] : []));
    await eventually(confirmed).toEqual([other]);
    await eventually(() => told(scene)).toEqual([`critical liquidation ${gone}`]);
    await eventually(() => stateOf(scene, gone)).toBe('closed');
    await eventually(() => stateOf(scene, other)).toBe('watching.healthy');
    expect(systemClock.mono() - at).toBeLessThan(WAITS.plausibleAfterMs / 2);
    await expectClean(scene);
  }, 60_000);
});

describe('somebody else', () => {
  it('who repays in the middle of an episode ends it: nothing more is paid, and no budget is charged', async () => {
    const scene = await stage('okx.flexibleLoan', okx({ funding: {}, loans: [loan(FIRST, '0.8')] }));
    const id = `desk/okx.flexibleLoan/${FIRST}`;
    await eventually(() => stateOf(scene, id)).toBe('starved');
    act(scene, 'okx', { do: 'deposit', ccy: 'USDT', amt: '50000' });
    act(scene, 'okx', { do: 'repay', ccy: 'USDT', amt: '8000' });
    await eventually(() => stateOf(scene, id)).toBe('watching.healthy');
    // The venue dates loans by the second, so which came first is not known.
    await eventually(() => told(scene).sort()).toEqual([`info repay ${id}`, 'info transfer '].sort());
    expect(says(scene, 'helped')).toEqual([expect.stringMatching(/somebody else repaid 8000/)]);
    expect(await scene.runner.journal.intents()).toEqual([]);
    expect((await scene.runner.journal.open()).charges).toEqual([]);
    await expectClean(scene);
  }, 60_000);

  it('repays while our own call is on its way: both are told for what they are, and the rest is paid once', async () => {
    const scene = await stage('okx.flexibleLoan', okx({ funding: { USDT: '50000' }, loans: [loan(FIRST, '0.7')] }));
    const id = `desk/okx.flexibleLoan/${FIRST}`;
    const path = '/api/v5/finance/flexible-loan/repay';
    const deed = { do: 'repay', account: 'desk', ccy: 'USDT', amt: '2000' };
    scene.simulator.simulation.faults.add({
      match: { path, method: 'POST', count: 1 },
      effect: { kind: 'act', when: 'after', deed },
    });
    scene.simulator.simulation.faults.add({
      match: { venue: 'okx' },
      effect: { kind: 'dislocate', asset: 'BTC', factor: '0.88' },
    });
    await eventually(() => told(scene)).toEqual([`info repay ${id}`]);
    await eventually(() => scene.runner.quiet()).toBe(true);
    const intents = await scene.runner.journal.intents();
    expect(intents.map(({ state }) => state)).toEqual(['confirmed']);
    await expectClean(scene);
  }, 60_000);

  it('is told once, also over a restart that searches the same records again', async () => {
    const scene = await stage('okx.flexibleLoan', okx({ funding: { USDT: '50000' }, loans: [loan(FIRST, '0.6')] }));
    act(scene, 'okx', { do: 'repay', ccy: 'USDT', amt: '3000' });
    await eventually(() => told(scene)).toHaveLength(1);
    await scene.runner.stop(2_000);
    const next = await stage('okx.flexibleLoan', {}, scene);
    act(next, 'okx', { do: 'repay', ccy: 'USDT', amt: '2000' });
    await eventually(() => told(next)).toHaveLength(1);
    expect(next.events.find((event): event is Told => event.type === 'external')?.act.amount.toFixed()).toBe('2000');
    expect(await next.runner.journal.externals.newest(9)).toHaveLength(2);
  }, 60_000);
});

describe('the venue itself', () => {
  it('tops a margin account up: the need is over, and the coins are told as the venue’s doing', async () => {
    const cross = { assets: { BTC: '1' }, debts: { USDT: '30000' }, startLtv: '0.8' };
    const scene = await stage('binance.crossMargin', binance({ spot: { BTC: '2' }, cross }));
    const id = 'desk/binance.crossMargin';
    await eventually(() => stateOf(scene, id)).toBe('starved');
    act(scene, 'binance', { do: 'autoTopUp', asset: 'BTC', amount: '0.5' });
    await eventually(() => stateOf(scene, id)).toBe('watching.healthy');
    await eventually(() => told(scene)).toEqual([`info topUp ${id}`]);
    expect(says(scene, 'helped')).toEqual([expect.stringMatching(/somebody else put in 0.5 BTC/)]);
    expect(await scene.runner.journal.intents()).toEqual([]);
    await expectClean(scene);
  }, 60_000);

  it('converts one loan by force, at any LTV: critical, and the account’s other loan is served meanwhile', async () => {
    const loans = [loan(FIRST, '0.5'), loan(SECOND, '0.7')];
    const scene = await stage('okx.flexibleLoan', okx({ funding: { USDT: '50000' }, loans }));
    const [converted, other] = [FIRST, SECOND].map((ordId) => `desk/okx.flexibleLoan/${ordId}`);
    act(scene, 'okx', { do: 'forcedRepayment', ordId: FIRST, share: '0.8' });
    act(scene, 'okx', { do: 'borrow', ordId: SECOND, ccy: 'USDT', amt: '3500' });
    await eventually(async () =>
      (await scene.runner.journal.intents()).map(({ loan: of, state }) => `${of} ${state}`),
    ).toEqual([`${other ?? ''} confirmed`]);
    const conversions = (): string[] => told(scene).filter((line) => line.startsWith('critical'));
    await eventually(conversions).toEqual([
      `critical conversion ${converted ?? ''}`,
      `critical conversion ${converted ?? ''}`,
    ]);
    expect(told(scene)).toContain(`warning borrow ${other ?? ''}`);
    await eventually(() => stateOf(scene, converted ?? '')).toBe('watching.healthy');
    await eventually(async () => (await scene.runner.journal.why(converted ?? ''))?.includes('LTV')).toBe(true);
    await expectClean(scene);
  }, 60_000);

  it('rates what it may do with a coin of the trading account: told as it gets worse, and nothing is paid for it', async () => {
    const borrowing = {
      enableSpotBorrow: true,
      trading: { BTC: '1' },
      spotDebt: { USDT: '10000' },
      spotStartLtv: '0.4',
    };
    const scene = await stage('okx.spotBorrow', okx({ funding: { USDT: '50000' }, ...borrowing }));
    act(scene, 'okx', { do: 'risk', ccy: 'USDT', forcedRepayment: 2, byPlatform: true });
    await eventually(() => says(scene, 'venueRisk')).toHaveLength(1);
    act(scene, 'okx', { do: 'risk', ccy: 'USDT', forcedRepayment: 4, byPlatform: true, autoConversion: 3 });
    await eventually(() => says(scene, 'venueRisk')).toHaveLength(3);
    expect(says(scene, 'venueRisk')[1]).toMatch(
      /repay the debt in USDT by force.*4 of 5, because the platform runs short/,
    );
    expect(await scene.runner.journal.intents()).toEqual([]);
    await expectClean(scene);
  }, 60_000);
});
