/** Tapes with a script: faults that begin and end by the tape's clock. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VirtualHost } from '../../src/simulator/host.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { parseTapeCsv } from '../../src/simulator/tape/csv.ts';
import { loadTape, tapeNames } from '../../src/simulator/tape/files.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import { Bench, KEY, START_MS, signedQuery } from './support.ts';

const TAPES = join(import.meta.dirname, '../../tapes');

const WORLD: WorldInput = {
  binance: [
    { name: 'alice', uid: '1', key: { id: 'k', secret: 's' }, spot: { USDT: '100' }, cross: { assets: {}, debts: {} } },
  ],
};

it('the faults of every shipped tape can be armed, and only the scripted one has any', () => {
  for (const name of tapeNames(TAPES)) {
    const simulation = new Simulation(WORLD, loadTape(name, TAPES), new VirtualHost());
    expect(simulation.faults.list().length > 0, name).toBe(name === 'oct-2025');
  }
});

it('what a stretch of the tape left hanging arrives when the stretch is over, and not before', async () => {
  const [from, until] = [START_MS + 60_000, START_MS + 30 * 60_000 + 7];
  const tape = new Tape(
    [
      {
        symbol: 'BTCUSDT',
        file: 'x',
        points: parseTapeCsv(`timestamp_ms,price\n${START_MS},1\n${START_MS + 3_600_000},1\n`, 'x'),
      },
    ],
    {
      name: 'scripted',
      faults: [
        { match: { venue: 'binance', fromTapeMs: from, untilTapeMs: until }, effect: { kind: 'hangTransfers' } },
      ],
    },
  );
  const bench = new Bench(undefined, tape);
  const { engine, lines } = bench.simulation;
  const transfer = async (): Promise<string> => {
    const query = signedQuery({
      type: 'MAIN_MARGIN',
      asset: 'USDT',
      amount: '10',
      timestamp: String(bench.host.now()),
    });
    const sent = lines.binance.send({
      method: 'POST',
      path: '/sapi/v1/asset/transfer',
      query,
      body: '',
      headers: { 'x-mbx-apikey': KEY },
      ip: '127.0.0.1',
    });
    bench.host.pass(1_000);
    return (await sent)?.body ?? '';
  };
  const status = (): string =>
    bench.signed('GET', '/sapi/v1/asset/transfer', { type: 'MAIN_MARGIN' }).json.rows[0].status;
  await transfer();
  expect(status()).toBe('CONFIRMED');
  engine.advanceTo(from);
  bench.host.pass(1_000);
  await transfer();
  bench.host.pass(3_600_000);
  expect(status()).toBe('PENDING');
  engine.advanceTo(until - 1);
  expect(status()).toBe('PENDING');
  engine.advance();
  expect(engine.tapeNow()).toBe(until);
  expect(status()).toBe('CONFIRMED');
});
