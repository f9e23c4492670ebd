/** Requests are counted as what became of them, and counting changes nothing about them. */
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Called } from '../../src/exchanges/traffic.ts';
import { call } from '../../src/exchanges/traffic.ts';
import type { HttpResult, Transport } from '../../src/exchanges/transport.ts';

const REQUEST = { method: 'GET', url: 'http://127.0.0.1/x', headers: {}, body: '' } as const;

function reply(status: number): HttpResult {
  return { kind: 'reply', status, headers: {}, text: '', json: undefined };
}

it.each([
  ['ok', reply(200)],
  ['redirected', reply(302)],
  ['refused', reply(400)],
  ['refused', reply(401)],
  ['banned', reply(418)],
  ['rateLimited', reply(429)],
  ['failed', reply(500)],
  ['failed', reply(503)],
  ['notSent', { kind: 'notSent', reason: 'x' }],
  ['lost', { kind: 'lost', reason: 'x' }],
] as const)('a request is counted as %s: %j', async (result, given) => {
  const calls: Called[] = [];
  const transport: Transport = { call: () => Promise.resolve(given), close: () => Promise.resolve() };
  const traffic = { called: (one: Called) => calls.push(one), spent: () => undefined };
  for (const money of [true, false]) {
    const options = { deadlineMs: 1_000, money };
    expect(await call('okx', { transport, clock: systemClock, traffic }, REQUEST, options)).toBe(given);
  }
  const counted = { venue: 'okx', result, tookMs: expect.any(Number) };
  expect(calls).toEqual([
    { ...counted, kind: 'money' },
    { ...counted, kind: 'read' },
  ]);
});
