/** The adapter against the simulated OKX: what the venue does, the adapter must see, and never see what it did not do. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Evidence, Intent, Reply } from '../../../src/core/intent.ts';
import type { AccountView, LoanView } from '../../../src/core/loan.ts';
import type { SignedRequest, Venue } from '../../../src/exchanges/exchange.ts';
import type { FaultInput } from '../../../src/simulator/faults.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/start.ts';
import type { WorldInput } from '../../../src/simulator/world.ts';
import { KEY, UID, freeMeter, intent, never, venueFor } from './support.ts';

const ORDER = '680234819012345678';
const OTHER = '680234819012345999';
const BASE = '/api/v5/finance/flexible-loan';
let simulator: Simulator;
let venue: Venue;

const WORLD: WorldInput = {
  okx: [
    {
      name: 'desk',
      uid: UID,
      key: { ...KEY },
      ip: '127.0.0.1',
      enableSpotBorrow: true,
      funding: { USDT: '200000', BTC: '5', USDC: '10000' },
      trading: { BTC: '1' },
      loans: [
        { ordId: ORDER, debt: { USDT: '50000' }, collateral: { BTC: '3' }, liqLtv: '0.85' },
        { ordId: OTHER, debt: { USDC: '10000' }, collateral: { ETH: '20', BTC: '0.4' }, liqLtv: '0.9' },
      ],
    },
  ],
  okxSettings: { settleMs: 30, limits: { on: false } },
};

beforeAll(async () => {
  simulator = await startSimulator({ world: WORLD, tape: 'calm-2023', seed: 1 });
  venue = open();
});
afterEach(() => {
  simulator.simulation.faults.remove();
});
afterAll(async () => {
  await venue.close();
  await simulator.stop();
});

function open(): Venue {
  return venueFor(simulator.okx.rest, { meter: { ...freeMeter } });
}

function fault(path: string, effect: FaultInput['effect'], count = 1): void {
  simulator.simulation.faults.add({ match: { venue: 'okx', path, count }, effect });
}

const loanOf = (view: AccountView, key = ORDER): LoanView => {
  const found = view.loans.find((loan) => loan.key === key);
  if (found === undefined) throw new Error(`no loan ${key}`);
  return found;
};
const debtOf = (view: AccountView, key = ORDER): string => loanOf(view, key).debts[0]?.amount.toFixed() ?? '0';
const heldOf = (view: AccountView, asset: string): string =>
  loanOf(view)
    .collateral.find((coin) => coin.asset === asset)
    ?.amount.toFixed() ?? '0';
const fundingOf = (view: AccountView, asset: string): string =>
  view.wallets.find(({ name }) => name === 'funding')?.free[asset]?.toFixed() ?? '0';

let turn = 0;

/** One money call the way the jobs make it: look, cursors, sign, send. */
async function send(
  more: Partial<Intent>,
): Promise<{ sent: Intent; reply: Reply; request: SignedRequest; before: AccountView }> {
  const before = await venue.observe(never());
  turn += 1;
  const planned = intent({
    id: `desk-1-${String(turn)}`,
    clientId: `b1n${String(turn)}x${String(Date.now())}`,
    key: ORDER,
    before: stateOf(before, more.key ?? ORDER),
    ...more,
  });
  const cursors = await venue.cursors(planned, never());
  const request = venue.sign(planned);
  const reply = await venue.send(request, never());
  const ref = reply.outcome === 'accepted' ? reply.ref : null;
  return { sent: { ...planned, cursors, validUntil: request.validUntil, ref }, reply, request, before };
}

function stateOf(view: AccountView, key: string): Intent['before'] {
  const loan = loanOf(view, key);
  return {
    debt: Object.fromEntries(loan.debts.map(({ asset, amount }) => [asset, amount.toFixed()])),
    collateral: Object.fromEntries(loan.collateral.map(({ asset, amount }) => [asset, amount.toFixed()])),
    inside: {},
    wallet: Object.fromEntries(
      Object.entries(view.wallets[0]?.free ?? {}).map(([asset, amount]) => [asset, amount.toFixed()]),
    ),
    ltv: '0.8',
  };
}

async function settled(sent: Intent, withinMs = 3_000): Promise<Evidence> {
  const until = Date.now() + withinMs;
  for (;;) {
    const evidence = await venue.evidence(sent, never());
    if (evidence.verdict === 'happened' || evidence.verdict === 'didNotHappen' || Date.now() > until) return evidence;
    await systemClock.sleep(20);
  }
}

describe('observing', () => {
  it('sees every order, the funding account and prices', async () => {
    const view = await venue.observe(never());
    expect(view.uid).toBe(UID);
    expect(Object.fromEntries(Object.entries(view.sections).map(([name, { state }]) => [name, state]))).toEqual({
      'okx.flexibleLoan': 'fresh',
      'wallet.funding': 'fresh',
    });
    expect(view.loans.map(({ key }) => key).sort()).toEqual([ORDER, OTHER]);
    expect(debtOf(view)).toBe('50000');
    expect(loanOf(view).ltv.toFixed(3)).toBe(loanOf(view).venueLtv?.low.toFixed(3));
    expect(loanOf(view).alerts).toEqual([]);
    expect(Object.keys(view.prices)).toEqual(expect.arrayContaining(['BTC', 'ETH', 'USDC', 'USDT']));
    expect(loanOf(view).collateral.map(({ asset }) => asset)).toEqual(['BTC', 'USDC']);
    expect(loanOf(view).collateral[0]?.addTiers[0]?.weight.toFixed()).toBe('0.98');
  });

  it.each([
    ['HTML', { kind: 'html' }],
    ['cut JSON', { kind: 'cutJson' }],
    ['wrong types', { kind: 'wrongType' }],
    ['an empty body', { kind: 'emptyBody' }],
    ['a reset', { kind: 'dropBefore' }],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }],
  ] as const)('marks loans as failed, not as gone, after %s', async (_what, effect) => {
    fault(`${BASE}/loan-info`, effect);
    const view = await venue.observe(never());
    expect(view.sections['okx.flexibleLoan']?.state).toBe('failed');
    expect(view.sections['wallet.funding']?.state).toBe('fresh');
    expect(view.loans).toEqual([]);
  });

  it('goes on without the funding account', async () => {
    fault('/api/v5/asset/balances', { kind: 'html' });
    const view = await venue.observe(never());
    expect(view.sections['wallet.funding']?.state).toBe('failed');
    expect(view.wallets).toEqual([]);
    expect(view.loans).toHaveLength(2);
  });

  it('throws when nothing can be read', async () => {
    fault('/api/v5', { kind: 'dropBefore' }, 99);
    await expect(open().observe(never())).rejects.toMatchObject({ name: 'VenueError' });
  });

  it('examines the key and finds nothing to complain about', async () => {
    const findings = await venue.examine(never());
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  });
});

describe('moving money', () => {
  it('repays and proves it by the record', async () => {
    const { sent, reply, before } = await send({ amount: '1000.12345678' });
    expect(reply).toMatchObject({ outcome: 'accepted', final: false });
    const evidence = await settled(sent);
    expect(evidence).toMatchObject({ verdict: 'happened', amount: '1000.12345678' });
    const after = await venue.observe(never());
    expect(Number(debtOf(before)) - Number(debtOf(after))).toBeCloseTo(1000.12345678, 6);
    expect(Number(fundingOf(before, 'USDT')) - Number(fundingOf(after, 'USDT'))).toBeCloseTo(1000.12345678, 6);
  });

  it('adds and releases collateral and proves each', async () => {
    const added = await send({ verb: 'add', asset: 'BTC', amount: '0.25000001', from: 'funding', to: 'loan' });
    expect(await settled(added.sent)).toMatchObject({ verdict: 'happened', amount: '0.25000001' });
    const more = await venue.observe(never());
    expect(Number(heldOf(more, 'BTC')) - Number(heldOf(added.before, 'BTC'))).toBeCloseTo(0.25000001, 8);
    const released = await send({ verb: 'reduce', asset: 'BTC', amount: '0.1', from: 'loan', to: 'funding' });
    expect(await settled(released.sent)).toMatchObject({ verdict: 'happened', amount: '0.1' });
  });

  it('always names the order', async () => {
    const { request } = await send({ verb: 'add', asset: 'BTC', amount: '0.001', key: OTHER });
    expect(JSON.parse(request.body)).toEqual({
      type: 'add',
      ordId: OTHER,
      collateralCcy: 'BTC',
      collateralAmt: '0.001',
    });
  });

  it('transfers and proves it by the client id', async () => {
    const { sent, reply } = await send({
      verb: 'transferIn',
      asset: 'BTC',
      amount: '0.5',
      from: 'trading',
      to: 'inside',
    });
    expect(reply).toMatchObject({ outcome: 'accepted', final: false });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened', amount: '0.5' });
  });

  it.each([
    ['a repayment', { amount: '12.5' }, `${BASE}/repay`],
    ['an addition', { verb: 'add', asset: 'BTC', amount: '0.01234567' }, `${BASE}/adjust-collateral`],
    [
      'a transfer',
      { verb: 'transferOut', asset: 'BTC', amount: '0.0123', from: 'inside', to: 'trading' },
      '/api/v5/asset/transfer',
    ],
  ] as const)('tells %s that lost its answer from one that never arrived', async (_what, more, path) => {
    fault(path, { kind: 'dropAfter' });
    const happened = await send(more);
    expect(happened.reply.outcome).toBe('unknown');
    expect(await settled(happened.sent)).toMatchObject({ verdict: 'happened' });

    fault(path, { kind: 'dropBefore' });
    const lost = await send(more);
    expect(lost.reply.outcome).toBe('unknown');
    expect(await venue.evidence(lost.sent, never())).toMatchObject({ verdict: 'pending' });
    const evidence = await settled(lost.sent);
    expect(evidence.verdict).toBe('didNotHappen');
    expect(Date.now()).toBeGreaterThan(lost.sent.validUntil ?? 0);
  });

  it.each([
    [
      'a system error that executed',
      { kind: 'status', status: 500, body: '{"code":"50026","data":[],"msg":"System error"}', executes: true },
    ],
    [
      'a timeout as HTTP 400 that executed',
      { kind: 'status', status: 400, body: '{"code":"50004","data":[],"msg":"timeout"}', executes: true },
    ],
    ['HTML that executed', { kind: 'html', executes: true }],
    ['cut JSON that executed', { kind: 'cutJson', executes: true }],
  ] as const)('finds out after %s', async (_what, effect) => {
    fault(`${BASE}/repay`, effect);
    const { sent, reply } = await send({ amount: `7.0000${String(turn)}` });
    expect(reply.outcome).toBe('unknown');
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
  });

  it('waits for records that lag', async () => {
    fault(`${BASE}/loan-history`, { kind: 'recordLag', ms: 400 }, 1_000);
    fault('/api/v5/asset/bills', { kind: 'recordLag', ms: 400 }, 1_000);
    const { sent } = await send({ amount: '3.3' });
    expect(await venue.evidence(sent, never())).toMatchObject({ verdict: 'pending' });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
  });

  it('never says that an accepted call did not happen while the venue may still do it', async () => {
    fault(`${BASE}/repay`, { kind: 'stuckPending', ms: 1_000 });
    const { sent, reply } = await send({ amount: '4.4' });
    expect(reply.outcome).toBe('accepted');
    const verdicts = new Set<string>();
    for (let read = 0; read < 60 && !verdicts.has('happened'); read += 1) {
      verdicts.add((await venue.evidence(sent, never())).verdict);
      await systemClock.sleep(25);
    }
    expect([...verdicts].sort()).toEqual(['happened', 'pending']);
  });

  it('cannot tell when somebody else did the same thing in the window', async () => {
    fault(`${BASE}/repay`, { kind: 'dropBefore' });
    const { sent } = await send({ amount: '5.5' });
    simulator.simulation.okx.books.act?.({ do: 'repay', account: 'desk', ordId: ORDER, ccy: 'USDT', amt: '9' });
    await systemClock.sleep(700);
    expect(await venue.evidence(sent, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it('reports a failed transfer by the venue’s own record', async () => {
    fault('/api/v5/asset/transfer', { kind: 'hangTransfers', ms: 50, fate: 'failed' });
    const { sent } = await send({ verb: 'transferIn', asset: 'BTC', amount: '0.01', from: 'trading', to: 'inside' });
    expect(await settled(sent)).toMatchObject({ verdict: 'didNotHappen', byRecord: true });
  });

  it('is told plainly what the venue refuses', async () => {
    const refused = async (more: Partial<Intent>): Promise<Reply> => (await send(more)).reply;
    expect(
      await refused({ verb: 'transferIn', asset: 'BTC', amount: '100', from: 'trading', to: 'inside' }),
    ).toMatchObject({ outcome: 'rejected', effect: 'funds' });
    expect(await refused({ verb: 'add', asset: 'BTC', amount: '0.123456789' })).toMatchObject({
      outcome: 'rejected',
      effect: 'precision',
    });
    expect(await refused({ verb: 'reduce', asset: 'BTC', amount: '2.9' })).toMatchObject({
      outcome: 'rejected',
      effect: 'funds',
    });
    expect(await refused({ verb: 'add', asset: 'USDT', amount: '1' })).toMatchObject({
      outcome: 'rejected',
      effect: 'unavailable',
    });
  });

  it('sees a full repayment, which closes the order, as what it was', async () => {
    const view = await venue.observe(never());
    const amount = debtOf(view, OTHER);
    const { sent, reply } = await send({ key: OTHER, asset: 'USDC', amount: String(Number(amount) + 0), full: true });
    expect(reply.outcome).toBe('accepted');
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
    const after = await venue.observe(never());
    expect(after.loans.map(({ key }) => key)).toEqual([ORDER]);
    expect(after.sections['okx.flexibleLoan']?.state).toBe('fresh');
  });

  it('sent every intent exactly once', () => {
    const { doubleSends, sends } = simulator.simulation.counts();
    expect(doubleSends).toBe(0);
    expect(Object.values(sends).every((count) => count === 1)).toBe(true);
    expect(Object.keys(sends)).not.toContain('');
  });
});
