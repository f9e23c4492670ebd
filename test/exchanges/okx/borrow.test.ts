/** Borrowing as a typed call (nothing in a policy reaches it), against the simulated OKX: both products, lost answers too. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Evidence, Intent, Reply } from '../../../src/core/intent.ts';
import type { AccountView, LoanView } from '../../../src/core/loan.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import type { FaultInput } from '../../../src/simulator/faults.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/start.ts';
import { KEY, UID, freeMeter, intent, never, venueFor } from './support.ts';

const ORDER = '680234819012345678';

interface Case {
  readonly product: 'okx.flexibleLoan' | 'okx.spotBorrow';
  readonly key: string;
  readonly to: Intent['to'];
  readonly path: string;
}

const CASES: readonly Case[] = [
  { product: 'okx.flexibleLoan', key: ORDER, to: 'funding', path: '/api/v5/finance/flexible-loan/borrow' },
  { product: 'okx.spotBorrow', key: '', to: 'inside', path: '/api/v5/account/spot-manual-borrow-repay' },
];

let simulator: Simulator;
let venue: Venue;
let turn = 0;

beforeAll(async () => {
  simulator = await startSimulator({
    world: {
      okx: [
        {
          name: 'desk',
          uid: UID,
          key: { ...KEY },
          ip: '127.0.0.1',
          enableSpotBorrow: true,
          funding: { USDT: '20000' },
          trading: { BTC: '30' },
          spotDebt: { USDT: '60000' },
          loans: [{ ordId: ORDER, debt: { USDT: '10000' }, collateral: { BTC: '10' }, liqLtv: '0.85' }],
        },
      ],
      okxSettings: { settleMs: 30, limits: { on: false } },
    },
    tape: 'calm-2023',
    seed: 3,
  });
});
afterEach(async () => {
  simulator.simulation.faults.remove();
  await venue.close();
});
afterAll(async () => {
  await simulator.stop();
});

function loanOf(view: AccountView, { product, key }: Case): LoanView {
  const found = view.loans.find((loan) => loan.product === product && loan.key === key);
  if (found === undefined) throw new Error(JSON.stringify(view.sections));
  return found;
}

async function send(about: Case, more: Partial<Intent> = {}): Promise<{ sent: Intent; reply: Reply; owed: number }> {
  venue = venueFor(simulator.okx.rest, { meter: { ...freeMeter } }, [about.product]);
  const view = await venue.observe(never());
  const loan = loanOf(view, about);
  turn += 1;
  const planned = intent({
    id: `desk-1-${String(turn)}`,
    clientId: `b${String(turn)}x${String(Date.now())}`,
    loan: loan.id,
    product: about.product,
    key: about.key,
    verb: 'borrow',
    amount: '1000.00001234',
    from: 'loan',
    to: about.to,
    before: {
      debt: Object.fromEntries(loan.debts.map(({ asset, amount }) => [asset, amount.toFixed()])),
      collateral: Object.fromEntries(loan.collateral.map(({ asset, amount }) => [asset, amount.toFixed()])),
      inside: Object.fromEntries(loan.collateral.map(({ asset, free }) => [asset, free.toFixed()])),
      wallet: Object.fromEntries(Object.entries(view.wallets[0]?.free ?? {}).map(([asset, n]) => [asset, n.toFixed()])),
      ltv: '0.1',
    },
    ...more,
  });
  const cursors = await venue.cursors(planned, never());
  const request = venue.sign(planned);
  const reply = await venue.send(request, never());
  const ref = reply.outcome === 'accepted' ? reply.ref : null;
  const owed = Number(loan.debts[0]?.amount.toFixed() ?? '0');
  return { sent: { ...planned, cursors, validUntil: request.validUntil, ref }, reply, owed };
}

async function settled(sent: Intent): Promise<Evidence> {
  const until = Date.now() + 4_000;
  for (;;) {
    const evidence = await venue.evidence(sent, never());
    if (evidence.verdict === 'happened' || evidence.verdict === 'didNotHappen' || Date.now() > until) return evidence;
    await systemClock.sleep(40);
  }
}

async function rise(about: Case, owed: number): Promise<number> {
  const now = Number(loanOf(await venue.observe(never()), about).debts[0]?.amount.toFixed() ?? '0');
  return Math.round(now - owed);
}

function fault(path: string, effect: FaultInput['effect']): void {
  simulator.simulation.faults.add({ match: { venue: 'okx', path, method: 'POST', count: 1 }, effect });
}

describe.each(CASES)('borrowing on $product', (about) => {
  it('is accepted, recorded, and seen by the reads', async () => {
    const { sent, reply, owed } = await send(about);
    expect(reply).toMatchObject({ outcome: 'accepted' });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened', amount: '1000.00001234' });
    expect(await rise(about, owed)).toBe(1000);
    expect(simulator.simulation.counts().sends[sent.id]).toBe(1);
  });

  it.each([
    { kind: 'dropAfter' },
    { kind: 'html', status: 502, executes: true },
    { kind: 'emptyBody', executes: true },
  ] as const)('is unknown when the answer is lost ($kind) and found by its record', async (effect) => {
    fault(about.path, effect);
    const { sent, reply, owed } = await send(about);
    expect(reply).toMatchObject({ outcome: 'unknown' });
    expect(await settled(sent)).toMatchObject({ verdict: 'happened' });
    expect(await rise(about, owed)).toBe(1000);
  });

  it('did not happen when it was dropped before it was carried out', async () => {
    fault(about.path, { kind: 'dropBefore' });
    const { sent, reply, owed } = await send(about);
    expect(reply).toMatchObject({ outcome: 'unknown' });
    expect((await venue.evidence(sent, never())).verdict).toBe('pending');
    expect(await settled(sent)).toMatchObject({ verdict: 'didNotHappen' });
    expect(await rise(about, owed)).toBe(0);
  });

  it('is not told from somebody else’s borrowing of another amount', async () => {
    fault(about.path, { kind: 'dropBefore' });
    const { sent } = await send(about);
    const deed = about.product === 'okx.spotBorrow' ? 'spotBorrow' : 'borrow';
    simulator.simulation.booksOf('okx').act?.({ do: deed, account: 'desk', ccy: 'USDT', amt: '500' });
    await systemClock.sleep(700);
    expect(await venue.evidence(sent, never())).toMatchObject({ verdict: 'cannotTell' });
  });

  it('is rejected when it asks for more than there is room', async () => {
    const { reply, owed } = await send(about, { amount: '9000000' });
    expect(reply).toMatchObject({ outcome: 'rejected', effect: 'unavailable' });
    expect(await rise(about, owed)).toBe(0);
  });
});

describe('the request', () => {
  it('adds to the named order, with our id', async () => {
    venue = venueFor(simulator.okx.rest, { meter: { ...freeMeter } }, ['okx.flexibleLoan']);
    await venue.observe(never());
    const request = venue.sign(intent({ verb: 'borrow', key: ORDER, amount: '10.50', clientId: 'b1' }));
    expect(JSON.parse(request.body)).toEqual({
      ordId: ORDER,
      loanData: { ccy: 'USDT', amt: '10.5' },
      clOrdId: 'b1',
    });
  });
});
