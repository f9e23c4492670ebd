/** Spot-mode borrowing against the simulated OKX, with both readings of what the documents leave open. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Evidence, Intent, Reply } from '../../../src/core/intent.ts';
import type { AccountView, LoanView } from '../../../src/core/loan.ts';
import type { SignedRequest, Venue } from '../../../src/exchanges/exchange.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/start.ts';
import type { WorldInput } from '../../../src/simulator/world.ts';
import { KEY, UID, freeMeter, intent, never, venueFor } from './support.ts';

const PATH = '/api/v5/account/spot-manual-borrow-repay';

function world(cashBal: 'gross' | 'net', spotOverRepay: 'clip' | 'refuse'): WorldInput {
  return {
    okx: [
      {
        name: 'desk',
        uid: UID,
        key: { ...KEY },
        ip: '127.0.0.1',
        enableSpotBorrow: true,
        funding: { USDT: '20000', BTC: '1', ETH: '3' },
        trading: { BTC: '3', USDT: '25000' },
        spotDebt: { USDT: '60000' },
      },
    ],
    okxSettings: { switches: { cashBal, spotOverRepay }, limits: { on: false } },
  };
}

describe.each([
  ['gross', 'clip'],
  ['net', 'refuse'],
] as const)('cash balance %s, over-payment %s', (cashBal, overRepay) => {
  let simulator: Simulator;
  let venue: Venue;
  let turn = 0;

  beforeAll(async () => {
    simulator = await startSimulator({ world: world(cashBal, overRepay), tape: 'calm-2023', seed: 2 });
  });
  afterEach(async () => {
    simulator.simulation.faults.remove();
    await venue.close();
  });
  afterAll(async () => {
    await simulator.stop();
  });

  /** A fresh adapter each time: our own spacing of one call per three seconds is its own test. */
  function open(): Venue {
    venue = venueFor(simulator.okx.rest, { meter: { ...freeMeter } }, ['okx.spotBorrow']);
    return venue;
  }

  const only = (view: AccountView): LoanView => {
    const [loan] = view.loans;
    if (loan === undefined) throw new Error('no loan');
    return loan;
  };
  const coin = (view: AccountView, asset: string) => only(view).collateral.find((one) => one.asset === asset);
  const debt = (view: AccountView): number => Number(only(view).debts[0]?.amount.toFixed() ?? '0');

  async function send(
    more: Partial<Intent>,
  ): Promise<{ sent: Intent; reply: Reply; before: AccountView; request: SignedRequest }> {
    open();
    const before = await venue.observe(never());
    turn += 1;
    const loan = only(before);
    const planned = intent({
      id: `spot-1-${String(turn)}`,
      clientId: `s${String(turn)}x${String(Date.now())}`,
      product: 'okx.spotBorrow',
      key: '',
      from: 'inside',
      before: {
        debt: Object.fromEntries(loan.debts.map(({ asset, amount }) => [asset, amount.toFixed()])),
        collateral: Object.fromEntries(loan.collateral.map(({ asset, amount }) => [asset, amount.toFixed()])),
        inside: Object.fromEntries(loan.collateral.map(({ asset, free }) => [asset, free.toFixed()])),
        wallet: {},
        ltv: '0',
      },
      ...more,
    });
    const cursors = await venue.cursors(planned, never());
    const request = venue.sign(planned);
    const reply = await venue.send(request, never());
    return {
      sent: {
        ...planned,
        cursors,
        validUntil: request.validUntil,
        ref: reply.outcome === 'accepted' ? reply.ref : null,
      },
      reply,
      before,
      request,
    };
  }

  async function settled(sent: Intent): Promise<Evidence> {
    const until = Date.now() + 3_000;
    for (;;) {
      const evidence = await venue.evidence(sent, never());
      if (evidence.verdict === 'happened' || evidence.verdict === 'didNotHappen' || Date.now() > until) return evidence;
      await systemClock.sleep(20);
    }
  }

  it('sees debt, collateral, margin ratio and line', async () => {
    const view = await open().observe(never());
    const loan = only(view);
    expect(view.sections['okx.spotBorrow']?.state).toBe('fresh');
    expect(debt(view)).toBe(60000);
    expect([
      coin(view, 'BTC')?.amount.toFixed(),
      coin(view, 'USDT')?.amount.toFixed(),
      coin(view, 'USDT')?.free.toFixed(),
    ]).toEqual(['3', '25000', '25000']);
    expect(loan.collateralValue.minus(loan.debtValue).toFixed(4)).toBe(loan.marginRatio?.adjEq.toFixed(4));
    // 0.03 maintenance and 0.005 fee in the first borrow tier.
    expect(loan.marginRatio?.m.toFixed(6)).toBe('0.035000');
    expect([loan.line.toFixed(6), loan.call?.toFixed(6)]).toEqual(['0.966184', '0.904977']);
    expect(coin(view, 'USDT')?.addTiers[0]?.weight.toFixed()).toBe('1');
    expect(coin(view, 'USDT')?.addTiers[0]?.room?.toFixed()).toBe('35000');
    expect(coin(view, 'BTC')?.weight.toFixed(6)).toBe('0.980000');
    expect(coin(view, 'ETH')?.amount.toFixed()).toBe('0');
    expect(coin(view, 'ETH')?.addTiers[0]?.weight.toFixed()).toBe('0.98');
    expect(loan.alerts).toEqual([]);
  });

  it('repays from inside and leaves the equity where it was', async () => {
    const { sent, reply, before } = await send({ amount: '1333.33333334' });
    expect(reply).toMatchObject({ outcome: 'accepted', final: false });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened', amount: '1333.33333334' });
    const after = await venue.observe(never());
    expect(debt(before) - debt(after)).toBeCloseTo(1333.33333334, 6);
    expect(
      only(after)
        .marginRatio?.adjEq.minus(only(before).marginRatio?.adjEq ?? 0)
        .abs()
        .toNumber(),
    ).toBeLessThan(5);
  });

  it('moves coins in from funding', async () => {
    const { sent, before } = await send({
      verb: 'transferIn',
      asset: 'USDT',
      amount: '5000',
      from: 'funding',
      to: 'inside',
    });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
    const after = await venue.observe(never());
    expect(Number(coin(after, 'USDT')?.free.toFixed()) - Number(coin(before, 'USDT')?.free.toFixed())).toBe(5000);
  });

  it('tells a repayment that lost its answer from one that never arrived', async () => {
    simulator.simulation.faults.add({ match: { path: PATH, count: 1 }, effect: { kind: 'dropAfter' } });
    const happened = await send({ amount: '77.7' });
    expect(happened.reply.outcome).toBe('unknown');
    expect(await settled(happened.sent)).toMatchObject({ verdict: 'happened', amount: '77.7' });

    simulator.simulation.faults.add({ match: { path: PATH, count: 1 }, effect: { kind: 'dropBefore' } });
    const lost = await send({ amount: '77.7' });
    expect(await venue.evidence(lost.sent, never())).toMatchObject({ verdict: 'pending' });
    expect(await settled(lost.sent)).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('cannot tell when somebody repays by hand in the window', async () => {
    simulator.simulation.faults.add({ match: { path: PATH, count: 1 }, effect: { kind: 'dropBefore' } });
    const { sent } = await send({ amount: '20' });
    simulator.simulation.okx.books.act?.({ do: 'spotRepay', account: 'desk', ccy: 'USDT', amt: '11' });
    await systemClock.sleep(600);
    expect(await venue.evidence(sent, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it('is not confused by an automatic repayment', async () => {
    simulator.simulation.okx.books.act?.({ do: 'setKey', account: 'desk', autoRepay: true });
    const { sent } = await send({ amount: '30' });
    simulator.simulation.okx.books.act?.({ do: 'deposit', account: 'desk', ccy: 'USDT', amt: '5', wallet: 'trading' });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened', amount: '30' });
    simulator.simulation.okx.books.act?.({ do: 'setKey', account: 'desk', autoRepay: false });
  });

  it('spaces repayments by itself', async () => {
    const { request } = await send({ amount: '1' });
    expect(await venue.send(request, never())).toMatchObject({ outcome: 'refused' });
  });

  it('pays everything, to the last digit', async () => {
    simulator.simulation.okx.books.act?.({
      do: 'deposit',
      account: 'desk',
      ccy: 'USDT',
      amt: '90000',
      wallet: 'trading',
    });
    open();
    const owed = only(await venue.observe(never())).debts[0]?.amount.toFixed() ?? '0';
    const ceiled = (Math.ceil(Number(owed) * 1e8) / 1e8).toFixed(8);
    const { sent, reply } = await send({ amount: ceiled, full: true });
    expect(reply.outcome).toBe('accepted');
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
    const after = only(await venue.observe(never()));
    expect([after.status, after.ltv.toFixed(), after.marginRatio]).toEqual(['closed', '0', null]);
  });
});
