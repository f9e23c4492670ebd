/** Calls that OKX takes the money for when it accepts them, and that fail afterwards (okx.md §12.3). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Evidence, Intent } from '../../../src/core/intent.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/start.ts';
import { KEY, UID, freeMeter, intent, never, venueFor } from './support.ts';

const ORDER = '680234819012345678';
/** Longer than signatures, lags and settling of the test's venue. */
const CERTAIN_MS = 900;

let simulator: Simulator;
let venue: Venue;
beforeAll(async () => {
  const loans = [{ ordId: ORDER, debt: { USDT: '50000' }, collateral: { BTC: '6' }, liqLtv: '0.85' }];
  const desk = {
    name: 'desk',
    uid: UID,
    key: { ...KEY },
    ip: '127.0.0.1',
    funding: { USDT: '90000', BTC: '5' },
    loans,
  };
  const okxSettings = { settleMs: 30, limits: { on: false }, switches: { debitAt: 'accept' as const } };
  simulator = await startSimulator({ world: { okx: [desk], okxSettings }, tape: 'calm-2023', seed: 1 });
  venue = venueFor(simulator.okx.rest, { meter: { ...freeMeter } });
});
afterEach(() => {
  simulator.simulation.faults.remove();
});
afterAll(async () => {
  await venue.close();
  await simulator.stop();
});

let turn = 0;

/** Sends one call with this fate. `null` for how long: until it is released. */
async function sent(more: Partial<Intent>, ms: number | null, fate: 'done' | 'failed'): Promise<Intent> {
  const { loans, wallets } = await venue.observe(never());
  const [loan] = loans;
  const texts = (coins: readonly { readonly asset: string; readonly amount: { toFixed(): string } }[]) =>
    Object.fromEntries(coins.map(({ asset, amount }) => [asset, amount.toFixed()]));
  const free = wallets.find(({ name }) => name === 'funding')?.free ?? {};
  const wallet = Object.fromEntries(Object.entries(free).map(([asset, amount]) => [asset, amount.toFixed()]));
  turn += 1;
  const planned = intent({
    id: `desk-1-${String(turn)}`,
    clientId: `b1k${String(turn)}x${String(Date.now())}`,
    key: ORDER,
    before: {
      debt: texts(loan?.debts ?? []),
      collateral: texts(loan?.collateral ?? []),
      inside: {},
      wallet,
      ltv: '0.5',
    },
    ...more,
  });
  const cursors = await venue.cursors(planned, never());
  const match = { venue: 'okx' as const, method: 'POST' as const, count: 1 };
  simulator.simulation.faults.add({ match, effect: { kind: 'stuckPending', ms, fate } });
  const request = venue.sign(planned);
  const reply = await venue.send(request, never());
  const ref = reply.outcome === 'accepted' ? reply.ref : null;
  return { ...planned, cursors, validUntil: request.validUntil, ref };
}

async function later(one: Intent): Promise<Evidence> {
  await systemClock.sleep(CERTAIN_MS);
  return venue.evidence(one, never());
}

const CALLS: readonly (readonly [string, Partial<Intent>])[] = [
  ['a repayment', { verb: 'repay', asset: 'USDT', amount: '1234.5' }],
  ['added collateral', { verb: 'add', asset: 'BTC', amount: '0.125' }],
  ['released collateral', { verb: 'reduce', asset: 'BTC', amount: '0.0625' }],
];

describe('a call that was paid for when it was accepted', () => {
  it.each(CALLS)('and failed is proven not to have happened once the coins are back: %s', async (_what, call) => {
    const one = await sent(call, 50, 'failed');
    const found = await later(one);
    expect(found).toMatchObject({ verdict: 'didNotHappen' });
    // The way back is an inference from three sides, not the venue's word: it takes as many reads as an absence.
    expect(found).not.toHaveProperty('byRecord');
    expect(found.why).toMatch(/was taken back by/);
  });

  it.each(CALLS)('and done is seen to have happened: %s', async (_what, call) => {
    expect(await later(await sent(call, 50, 'done'))).toMatchObject({ verdict: 'happened' });
  });

  it.each(CALLS)('is not called undone while the coins are away: %s', async (_what, call) => {
    const one = await sent(call, null, 'failed');
    expect((await later(one)).verdict).not.toBe('didNotHappen');
    simulator.simulation.okx.books.act?.({ do: 'release', account: 'desk' });
    expect(await later(one)).toMatchObject({ verdict: 'didNotHappen' });
  });

  it('is not called undone because somebody borrowed the same amount again', async () => {
    const one = await sent({ verb: 'repay', asset: 'USDT', amount: '777.25' }, 20, 'done');
    await systemClock.sleep(100);
    simulator.simulation.okx.books.act?.({ do: 'borrow', account: 'desk', ordId: ORDER, ccy: 'USDT', amt: '777.25' });
    expect(await later(one)).toMatchObject({ verdict: 'happened' });
  });
});
