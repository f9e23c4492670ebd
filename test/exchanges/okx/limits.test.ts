/** With the venue's limits on and our meter in front: looks and actions in a row never run into a 50011. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/start.ts';
import { KEY, UID, intent, never, venueFor } from './support.ts';

const ORDER = '680234819012345678';
/** The venue's windows at a fifth. */
const SCALE = 0.2;
let simulator: Simulator;

beforeAll(async () => {
  const loans = [{ ordId: ORDER, debt: { USDT: '50000' }, collateral: { BTC: '3' } }];
  const desk = { name: 'desk', uid: UID, key: { ...KEY }, ip: '127.0.0.1', funding: { USDT: '200000' }, loans };
  const okxSettings = { settleMs: 30, limits: { windowScale: SCALE } };
  simulator = await startSimulator({ world: { okx: [desk], okxSettings }, tape: 'calm-2023', seed: 1 });
});
afterAll(async () => {
  await simulator.stop();
});

describe('limits', () => {
  it('are kept over looks, cursors, money calls and evidence', async () => {
    const timing = { ...OKX_TIMING, limitScale: SCALE };
    const venue = venueFor(simulator.okx.rest, { meter: createMeter({ clock: systemClock }), timing });
    const verdicts: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await venue.observe(never())).sections['okx.flexibleLoan']).toMatchObject({ state: 'fresh' });
      const planned = intent({
        key: ORDER,
        amount: `1${String(turn)}.5`,
        clientId: `t${String(turn)}x${String(Date.now())}`,
      });
      const sent = { ...planned, cursors: await venue.cursors(planned, never()) };
      const reply = await venue.send(venue.sign(sent), never());
      expect(reply.outcome === 'rejected' ? reply.code : reply.outcome).not.toBe('50011');
      for (let read = 0; read < 40 && reply.outcome === 'accepted'; read += 1) {
        const { verdict } = await venue.evidence(sent, never());
        verdicts.push(verdict);
        if (verdict === 'happened') break;
        await systemClock.sleep(10);
      }
    }
    // How many found room is a matter of the machine: one that does not is refused by our own meter, not by the venue.
    expect(verdicts).toContain('happened');
    expect(verdicts.filter((verdict) => verdict !== 'pending' && verdict !== 'happened')).toEqual([]);
    await venue.close();
  }, 30_000);
});
