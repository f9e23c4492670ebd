/**
 * What one money call can come to (DESIGN §2.2, §6), for every verb of every product, over a real socket: a failure before
 * the first byte is `refused`, a refusal that the error table knows is `rejected`, everything else is undecided.
 */
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/core/intent.ts';
import type { ErrorTable } from '../../src/exchanges/errorTable.ts';
import { BINANCE_ERRORS } from '../../src/exchanges/binance/errors.ts';
import { OKX_ERRORS } from '../../src/exchanges/okx/errors.ts';
import { Exchange, MONEY_CALLS, goodBody, http, isOkx } from './moneyPeer.ts';
import type { Conduct, MoneyCall, Play } from './moneyPeer.ts';

type Outcome = Reply['outcome'];
type Expected = Outcome | { readonly binance: Outcome; readonly okx: Outcome };
type Case = readonly [name: string, conduct: (call: MoneyCall) => Conduct, expected: Expected];

const answer =
  (status: string, body: string | Buffer, headers: readonly string[] = []) =>
  (): Conduct => ({ play: (socket) => void socket.end(http(status, body, headers)) });
const act = (play: Play, more: Conduct = {}): (() => Conduct) => {
  return () => ({ play, ...more });
};
const HTML = '<html><body>gateway</body></html>';
/** A refusal that the call's table knows. */
function known(call: MoneyCall): string {
  const row = tableOf(call).rows.find(({ outcome, text }) => outcome === 'rejected' && text === null);
  return JSON.stringify({ code: row?.code, msg: row?.sample, data: [] });
}

function tableOf(call: MoneyCall): ErrorTable {
  return isOkx(call) ? OKX_ERRORS : BINANCE_ERRORS;
}

const STALL = { deadlineMs: 60 };
const HUGE = Buffer.alloc(17 * 1024 * 1024, 0x20);

const NOT_SENT: readonly Case[] = [
  ['the port is closed', () => ({ isClosed: true }), 'refused'],
  ['the name does not exist', () => ({ url: (url) => url.replace(/\/\/[^/]+/, '//nowhere.invalid') }), 'refused'],
  [
    'TLS fails',
    () => ({ url: (url) => url.replace('http:', 'https:'), atAccept: (socket) => void socket.end('no TLS here\r\n') }),
    'refused',
  ],
  [
    'the connection does not stand in time',
    () => ({ ...STALL, url: (url) => url.replace('http:', 'https:') }),
    'refused',
  ],
];

const LOST: readonly Case[] = [
  ['the peer closes as soon as it accepts', () => ({ atAccept: (socket) => void socket.destroy() }), 'unknown'],
  ['the peer reads and resets', act((socket) => void socket.resetAndDestroy()), 'unknown'],
  ['the peer reads and closes', act((socket) => void socket.end()), 'unknown'],
  ['no answer comes', act(() => undefined, STALL), 'unknown'],
  ['headers stall', act((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-le'), STALL), 'unknown'],
  [
    'the body stalls',
    act((socket, call) => void socket.write(cut(http('200 OK', goodBody(call)), 3)), STALL),
    'unknown',
  ],
  ['the body is cut', act((socket, call) => void socket.end(cut(http('200 OK', goodBody(call)), 3))), 'unknown'],
  ['it is not HTTP', act((socket) => void socket.end('SSH-2.0-OpenSSH_9.0\r\n')), 'unknown'],
  ['101 switches protocols', act((socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')), 'unknown'],
  ['the body is huge', answer('200 OK', HUGE), 'unknown'],
];

const ANSWERS: readonly Case[] = [
  ...['', '[]', '5', '"done"', 'null', 'true', '{}', '{"data":[]}', HTML, '{"code":"0","data":{}}'].map(
    (body): Case => [`200 says ${body === '' ? 'nothing' : body}`, answer('200 OK', body), 'unknown'],
  ),
  ['200 says JSON that is cut', (call) => answer('200 OK', goodBody(call).slice(0, -1))(), 'unknown'],
  ['200 says bytes that are no UTF-8', answer('200 OK', Buffer.from([0xff, 0xfe, 0x7b, 0x7d])), 'unknown'],
  ['200 says an id that is none', answer('200 OK', '{"tranId":{"a":1},"code":null,"data":[]}'), 'unknown'],
  ['200 says a code that no row knows', answer('200 OK', '{"code":"-987654","msg":"new","data":[]}'), 'unknown'],
  ...['301 Moved', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect'].map((status): Case => [
    status,
    answer(status, '', ['location: http://127.0.0.1:9/']),
    'unknown',
  ]),
  ['204', act((socket) => void socket.end('HTTP/1.1 204 No Content\r\n\r\n')), 'unknown'],
  ['304', act((socket) => void socket.end('HTTP/1.1 304 Not Modified\r\n\r\n')), 'unknown'],
  ...['400 Bad Request', '401 Unauthorized', '404 Not Found', '405 Method Not Allowed', '408 Request Timeout'].map(
    (status): Case => [`${status} with HTML`, answer(status, HTML), 'unknown'],
  ),
  ...['500 Oops', '502 Bad Gateway', '503 Unavailable', '504 Gateway Timeout', '520 Unknown'].flatMap(
    (status): readonly Case[] => [
      [`${status} with HTML`, answer(status, HTML), 'unknown'],
      [`${status} with a refusal that the table knows`, (call) => answer(status, known(call))(), 'unknown'],
      [`${status} with a good body`, (call) => answer(status, goodBody(call))(), 'unknown'],
    ],
  ),
  // A 4xx is no success, whatever the body claims.
  ['400 with a good body', (call) => answer('400 Bad Request', goodBody(call))(), 'unknown'],
  // Only Binance says what these statuses prove by themselves (binance.md §3).
  ...['403 Forbidden', '418 Teapot', '429 Too Many Requests'].map((status): Case => [
    `${status} with HTML`,
    answer(status, HTML),
    { binance: 'rejected', okx: 'unknown' },
  ]),
  ['a good body', (call) => answer('200 OK', goodBody(call))(), 'accepted'],
  ['a good body as text/html', (call) => answer('200 OK', goodBody(call), ['content-type: text/html'])(), 'accepted'],
  [
    'a good body after 103',
    act((socket, call) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      socket.end(http('200 OK', goodBody(call)));
    }),
    'accepted',
  ],
  ['a known refusal', (call) => answer('200 OK', known(call))(), 'rejected'],
];

function cut(bytes: Buffer, by: number): Buffer {
  return bytes.subarray(0, bytes.length - by);
}

function expectedOf(expected: Expected, call: MoneyCall): Outcome {
  if (typeof expected === 'string') return expected;
  return isOkx(call) ? expected.okx : expected.binance;
}

describe.each(MONEY_CALLS.map((call) => [`${call.product} ${call.verb}`, call] as const))('%s', (_name, call) => {
  it.each(NOT_SENT)('certainly did not leave when %s', async (_what, conduct, expected) => {
    const exchange = new Exchange(call);
    const reply = await exchange.send(conduct(call));
    expect(reply.outcome).toBe(expected);
    expect(exchange.posts).toBe(0);
    expect(exchange.bytes).not.toContain('POST');
  });

  it.each([...LOST, ...ANSWERS])('%s', async (_what, conduct, expected) => {
    const exchange = new Exchange(call);
    const reply = await exchange.send(conduct(call));
    expect(reply.outcome).toBe(expectedOf(expected, call));
    expect(exchange.posts).toBeLessThanOrEqual(1);
  });

  it('a reset at the moment of the connection is refused only if the connection never stood', async () => {
    const exchange = new Exchange(call);
    const reply = await exchange.send({ atAccept: (socket) => void socket.resetAndDestroy() });
    expect(['refused', 'unknown']).toContain(reply.outcome);
    expect(exchange.bytes).toBe('');
  });

  const { rows } = tableOf(call);
  it('every row of the error table says what it says, with the status of refusals, and nothing under a 5xx', async () => {
    for (const { code, sample, outcome, effect } of rows) {
      const body = JSON.stringify({ code, msg: sample, data: [] });
      const refused = await new Exchange(call).send(answer('400 Bad Request', body)());
      expect(refused, `${code} ${sample}`).toMatchObject(
        outcome === 'unknown' ? { outcome, code } : { outcome, code, effect },
      );
    }
    for (const { code, sample } of rows.filter(({ outcome }) => outcome === 'rejected').slice(0, 5)) {
      const body = JSON.stringify({ code, msg: sample, data: [] });
      expect((await new Exchange(call).send(answer('503 Busy', body)())).outcome, code).toBe('unknown');
    }
  });
});
