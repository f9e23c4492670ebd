/** What proves a money call to others is kept beside it, and never stands in its way. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import type { RawReply, Venue } from '../../src/exchanges/exchange.ts';
import { Archive } from '../../src/jobs/archive.ts';
import type { Filed } from '../../src/jobs/archive.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench } from './bench.ts';
import type { Conduct } from './fakeVenue.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

function raw(body: string): RawReply {
  return { call: 'POST /x', status: 200, headers: {}, body, bytes: body.length, at: 1 };
}

/** The bench's venue, with an answer as text beside whatever it says. */
function talking(b: Bench): Venue {
  return new Proxy<Venue>(b.venue, {
    get: (venue, name: keyof Venue) => {
      if (name === 'send') {
        return async (...given: Parameters<Venue['send']>) => ({ ...(await venue.send(...given)), raw: raw('sent') });
      }
      if (name === 'evidence') {
        return async (...given: Parameters<Venue['evidence']>) => ({
          ...(await venue.evidence(...given)),
          raw: [raw('listed')],
        });
      }
      const value: unknown = Reflect.get(venue, name);
      return typeof value === 'function' ? (value.bind(venue) as unknown) : value;
    },
  });
}

async function filed(client: Redis, b: Bench): Promise<Filed> {
  const { value } = await new Archive(client, b.address).intents({ from: 0, to: Number.POSITIVE_INFINITY }).next();
  if (value === undefined) throw new Error('no intent');
  return value as Filed;
}

async function played(client: Redis, ...conducts: readonly Conduct[]): Promise<{ b: Bench; one: Filed }> {
  const b = new Bench(client);
  b.venue.script.push(...conducts);
  for (let at = 0; at < 12; at += 1) {
    await b.look(b.deps({ venue: talking(b) }));
    b.clock.pass(20_000);
  }
  // In their order: what was not waited for is written once this is answered.
  await client.ping();
  return { b, one: await filed(client, b) };
}

it('holds the decision, the answer to the send, the reads that settled it, and what the clocks said', async () => {
  const { b, one } = await played(redis.connect());
  const { id } = one.intent;
  const { decision, sent, settled } = await b.journal.dossiers.of(id);
  expect(decision).toMatchObject({ digest: 'd1', decision: { verdict: 'act', leg: { amount: one.intent.amount } } });
  expect(sent).toMatchObject({ outcome: 'accepted', reply: raw('sent'), venueOffset: b.venue.clockOffsetMs() });
  expect(settled).toMatchObject({ verdict: 'happened', replies: [raw('listed')] });
  for (const at of [sent?.wall, sent?.redis, settled?.wall, settled?.redis]) expect(at).toBeGreaterThan(1.7e12);
  expect(one.trail.map(({ state }) => state)).toEqual(['planned', 'sending', 'settling', 'confirmed']);
  expect(Number(one.ltvAfter)).toBeCloseTo(0.62, 3);
});

it('is the same whether the answer came or was lost: what is known is kept', async () => {
  const { b, one } = await played(redis.connect(), { do: 'lose', executes: true });
  const { sent, settled } = await b.journal.dossiers.of(one.intent.id);
  expect(one.trail.map(({ state }) => state)).toEqual(['planned', 'sending', 'unknown', 'confirmed']);
  expect(sent).toMatchObject({ outcome: 'unknown' });
  expect(settled).toMatchObject({ verdict: 'happened' });
});

it('is not waited for, and its failure changes no outcome', async () => {
  const client = redis.connect();
  let refused = 0;
  const evaluate = client.eval.bind(client) as (...given: unknown[]) => Promise<unknown>;
  const failing = (...given: unknown[]): Promise<unknown> => {
    if (given[1] !== '2' || !String(given[3]).includes(':dossier:')) return evaluate(...given);
    refused += 1;
    return Promise.reject(new Error('OOM command not allowed'));
  };
  Object.assign(client, { eval: failing });
  const { b, one } = await played(client);
  const known: Intent = one.intent;
  expect([known.state, b.ltv() < 0.63, refused]).toEqual(['confirmed', true, 2]);
  expect(await b.journal.dossiers.of(known.id)).toMatchObject({ sent: null, settled: null });
});
