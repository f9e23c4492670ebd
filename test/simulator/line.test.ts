/** The exchanges in memory, under virtual time: same faults, same money, no sockets and no waiting. */
import { describe, expect, it } from 'vitest';
import type { WireReply } from '../../src/simulator/contract.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { Bench, KEY, alice, signedQuery } from './support.ts';

const REPAY = '/sapi/v1/margin/borrow-repay';

/** Sends a repay through the line without waiting for its answer. */
function repay(bench: Bench, amount: string, tag?: string): Promise<WireReply | undefined> {
  const query = signedQuery({
    asset: 'USDT',
    isIsolated: 'FALSE',
    amount,
    type: 'REPAY',
    timestamp: String(bench.host.now()),
  });
  const headers = { 'x-mbx-apikey': KEY, ...(tag !== undefined && { 'x-ballast-intent': tag }) };
  return bench.simulation.lines.binance.send({ method: 'POST', path: REPAY, query, body: '', headers, ip: '10.0.0.1' });
}

/** Lets promises that are due run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe('the line', () => {
  it('takes latency before and after, in virtual time', async () => {
    const bench = new Bench({ binance: [alice()], timing: { latencyMs: 30, replyMs: 40 } });
    const answers: (number | undefined)[] = [];
    void repay(bench, '1').then((reply) => answers.push(reply?.status));
    bench.host.pass(30);
    await settle();
    expect([bench.simulation.log.since(0)[0]?.executed, answers.length]).toEqual([true, 0]);
    bench.host.pass(40);
    await settle();
    expect(answers).toEqual([200]);
  });

  it('answers undefined where a socket would be reset', async () => {
    const bench = new Bench();
    bench.simulation.faults.add({ match: { path: REPAY }, effect: { kind: 'dropAfter' } });
    expect(await repay(bench, '1000')).toBeUndefined();
    bench.host.pass(100);
    expect(bench.report().debt).toEqual({ USDT: '29000' });
    expect(bench.simulation.log.since(0)).toMatchObject([{ status: 0, executed: true, faults: ['dropAfter'] }]);
  });

  it('joins faults that meet in one request', async () => {
    const bench = new Bench();
    const faults: FaultInput[] = [
      { match: {}, effect: { kind: 'delay', ms: 10 } },
      { match: {}, effect: { kind: 'stuckPending' } },
      { match: {}, effect: { kind: 'emptyBody', status: 504 } },
    ];
    for (const fault of faults) bench.simulation.faults.add(fault);
    const answer = repay(bench, '1');
    bench.host.pass(10);
    expect(await answer).toMatchObject({ status: 504, body: '' });
    bench.host.pass(60_000);
    expect(bench.report().debt).toEqual({ USDT: '30000' });
  });

  it('answers late when the venue answers only after it has settled', async () => {
    const bench = new Bench({ binance: [alice()], binanceSettings: { switches: { replyAfterSettle: true } } });
    let isAnswered = false;
    void repay(bench, '1').then(() => (isAnswered = true));
    await settle();
    bench.host.pass(99);
    await settle();
    expect(isAnswered).toBe(false);
    bench.host.pass(1);
    await settle();
    expect(isAnswered).toBe(true);
  });

  it('counts sends the same way', async () => {
    const bench = new Bench();
    await repay(bench, '1', 'intent');
    await repay(bench, '1', 'intent');
    expect(bench.simulation.counts()).toEqual({ pendingConflicts: 1, doubleSends: 1, sends: { intent: 2 } });
  });

  it('gives the same run for the same seed, byte for byte', async () => {
    const run = async (): Promise<string> => {
      const bench = new Bench({ binance: [alice()], binanceSettings: { settleTail: { share: 0.3, ms: 700 } } });
      bench.simulation.faults.add({ match: { probability: 0.3 }, effect: { kind: 'dropAfter' } });
      bench.simulation.faults.add({ match: { probability: 0.2 }, effect: { kind: 'status', status: 503 } });
      for (let call = 0; call < 50; call += 1) {
        await repay(bench, '1.5');
        bench.host.pass(150);
        bench.simulation.engine.advance();
      }
      return JSON.stringify([bench.simulation.log.since(0), bench.report()]);
    };
    expect(await run()).toBe(await run());
  });
});
