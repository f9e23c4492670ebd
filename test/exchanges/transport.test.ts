import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createTransport, type HttpRequest, type HttpResult, type Transport } from '../../src/exchanges/transport.ts';

/** A raw TCP peer: what it does with a socket is the whole test. */
async function peer(onSocket: (socket: Socket) => void): Promise<{ url: string; sockets: number; requests: string[] }> {
  const seen = { url: '', sockets: 0, requests: [] as string[] };
  const server = createServer((socket) => {
    seen.sockets += 1;
    socket.on('error', () => undefined);
    socket.on('data', (data) => seen.requests.push(data.toString()));
    onSocket(socket);
  });
  servers.push(server);
  seen.url = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? `http://127.0.0.1:${String(address.port)}` : '');
    });
  });
  return seen;
}

/** Answers the first bytes of a request with this text. */
function answering(text: string, then: 'end' | 'keep' = 'end'): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', () => {
      socket.write(text);
      if (then === 'end') socket.end();
    });
  };
}

function http(status: string, body: string, headers: readonly string[] = []): string {
  return [`HTTP/1.1 ${status}`, ...headers, `content-length: ${String(Buffer.byteLength(body))}`, '', body].join(
    '\r\n',
  );
}

const servers: Server[] = [];
const transports: Transport[] = [];
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const server of servers.splice(0)) server.close();
});

function call(
  url: string,
  options: { money?: boolean; deadlineMs?: number; signal?: AbortSignal } = {},
): Promise<HttpResult> {
  const transport = createTransport({ clock: systemClock });
  transports.push(transport);
  const request: HttpRequest = {
    method: 'POST',
    url: `${url}/sapi/v1/margin/borrow-repay`,
    headers: { 'X-MBX-APIKEY': 'KEY-MARKED-SECRET' },
    body: 'amount=1&signature=SIGNATURE-MARKED-SECRET',
  };
  const { money = true, deadlineMs = 2_000, signal } = options;
  return transport.call(request, { deadlineMs, money, signal });
}

describe('what provably never left', () => {
  it('says notSent when the port is closed', async () => {
    const { url } = await peer(() => undefined);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    expect(await call(url)).toEqual({ kind: 'notSent', reason: 'ECONNREFUSED' });
    expect(await call(url, { money: false })).toEqual({ kind: 'notSent', reason: 'ECONNREFUSED' });
  });

  it('says notSent when the name does not exist', async () => {
    const result = await call('http://nowhere.invalid');
    expect(result.kind).toBe('notSent');
  });

  it('says notSent when TLS fails', async () => {
    const { url, requests } = await peer((socket) => {
      socket.write('this is not a TLS server\r\n');
      socket.end();
    });
    expect((await call(url.replace('http:', 'https:'))).kind).toBe('notSent');
    expect(requests.join('')).not.toContain('amount=1');
  });

  it('says notSent when it was given up before the connection stood', async () => {
    const seen = await peer(() => undefined);
    expect(await call(seen.url, { signal: AbortSignal.abort() })).toEqual({ kind: 'notSent', reason: 'aborted' });
    // A TLS handshake that never ends: the deadline passes before a byte of the request could leave.
    const stalled = await call(seen.url.replace('http:', 'https:'), { deadlineMs: 100 });
    expect(stalled).toEqual({ kind: 'notSent', reason: 'deadline' });
    expect(seen.requests.join('')).not.toContain('amount=1');
  });

  it('says notSent for an address that is none', async () => {
    expect((await call('not an address')).kind).toBe('notSent');
  });
});

describe('what may have arrived', () => {
  it('says lost when the peer accepts and closes', async () => {
    const { url } = await peer((socket) => socket.destroy());
    expect((await call(url)).kind).toBe('lost');
  });

  it('says lost when the peer reads and resets', async () => {
    const { url } = await peer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await call(url)).toMatchObject({ kind: 'lost', reason: 'ECONNRESET' });
  });

  it('says lost when nothing comes back', async () => {
    const seen = await peer(() => undefined);
    expect(await call(seen.url, { deadlineMs: 150 })).toEqual({ kind: 'lost', reason: 'deadline' });
    expect(seen.requests.join('')).toContain('amount=1');
  });

  it('says lost when the caller gives up while it waits', async () => {
    const ending = new AbortController();
    const { url } = await peer((socket) => socket.once('data', () => ending.abort()));
    expect(await call(url, { signal: ending.signal })).toEqual({ kind: 'lost', reason: 'aborted' });
  });

  it('says lost when the body stalls: the deadline covers it', async () => {
    const { url } = await peer(answering('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"tranId":', 'keep'));
    expect(await call(url, { deadlineMs: 200 })).toEqual({ kind: 'lost', reason: 'deadline' });
  });

  it('says lost when headers stall half-way', async () => {
    const { url } = await peer(answering('HTTP/1.1 200 OK\r\ncontent-le', 'keep'));
    expect(await call(url, { deadlineMs: 200 })).toEqual({ kind: 'lost', reason: 'deadline' });
  });

  it('says lost when the body is cut short of its length', async () => {
    const { url } = await peer(answering('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"tranId":1'));
    expect((await call(url)).kind).toBe('lost');
  });

  it('says lost when a chunked body is cut', async () => {
    const { url } = await peer(answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"tra\r\n'));
    expect((await call(url)).kind).toBe('lost');
  });

  it('says lost when the peer does not speak HTTP', async () => {
    const { url } = await peer(answering('SSH-2.0-OpenSSH_9.0\r\n'));
    expect((await call(url)).kind).toBe('lost');
  });
});

describe('what came back', () => {
  it('gives status, headers, text and lossless JSON', async () => {
    const { url } = await peer(
      answering(
        http('200 OK', '{"tranId":9007199254740993,"x":0.1234567890123456789}', ['X-SAPI-USED-UID-WEIGHT-1M: 1500']),
      ),
    );
    expect(await call(url)).toMatchObject({
      kind: 'reply',
      status: 200,
      headers: { 'x-sapi-used-uid-weight-1m': '1500' },
      json: { tranId: '9007199254740993', x: '0.1234567890123456789' },
    });
  });

  it.each([
    ['HTML', '<html>gateway</html>'],
    ['nothing', ''],
    ['cut JSON without a length', '{"tranId":1'],
  ])('gives no JSON for %s', async (_name, body) => {
    const { url } = await peer(answering(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body}`));
    expect(await call(url)).toMatchObject({ kind: 'reply', status: 200, text: body, json: undefined });
  });

  it('does not follow a redirect', async () => {
    const other = await peer(answering(http('200 OK', '{}')));
    const { url } = await peer(answering(http('307 Temporary Redirect', '', [`location: ${other.url}/`])));
    expect(await call(url)).toMatchObject({ kind: 'reply', status: 307 });
    expect(await call(url, { money: false })).toMatchObject({ kind: 'reply', status: 307 });
    expect(other.sockets).toBe(0);
  });

  it.each(['429 Too Many', '503 Unavailable', '500 Oops'])('gives back %s as it is, and asks once', async (status) => {
    const seen = await peer(answering(http(status, '{"code":-1}', ['retry-after: 3'])));
    expect(await call(seen.url)).toMatchObject({ kind: 'reply', headers: { 'retry-after': '3' } });
    expect(seen.requests).toHaveLength(1);
  });

  it('keeps joined headers that came twice', async () => {
    const { url } = await peer(answering(http('200 OK', '{}', ['set-cookie: a', 'set-cookie: b'])));
    expect(await call(url)).toMatchObject({ headers: { 'set-cookie': 'a, b' } });
  });
});

describe('sockets', () => {
  it('gives every money call a connection of its own, and reuses one for reads', async () => {
    const money = await peer(answering(http('200 OK', '{}'), 'keep'));
    const transport = createTransport({ clock: systemClock });
    transports.push(transport);
    const request: HttpRequest = { method: 'POST', url: `${money.url}/x`, headers: {}, body: 'a=1' };
    for (let index = 0; index < 3; index += 1) await transport.call(request, { deadlineMs: 1_000, money: true });
    expect(money.sockets).toBe(3);
    expect(money.requests[0]?.toLowerCase()).toContain('connection: close');

    const reads = await peer(answering(http('200 OK', '{}'), 'keep'));
    for (let index = 0; index < 3; index += 1) {
      await transport.call(
        { ...request, url: `${reads.url}/x`, method: 'GET', body: '' },
        { deadlineMs: 1_000, money: false },
      );
      await systemClock.sleep(5); // The pool takes a socket back a moment after its body was read.
    }
    expect(reads.sockets).toBe(1);
  });

  it('never sends a money call a second time, whatever the peer does to the connection', async () => {
    for (const act of [
      (socket: Socket): void => void socket.destroy(),
      (socket: Socket): void => void socket.once('data', () => socket.destroy()),
      (socket: Socket): void => void socket.once('data', () => socket.resetAndDestroy()),
      (socket: Socket): void => void socket.once('data', () => socket.end('HTTP/1.1 408 Request Timeout\r\n\r\n')),
    ]) {
      const seen = await peer(act);
      await call(seen.url, { deadlineMs: 500 });
      expect(seen.sockets).toBe(1);
      expect(seen.requests.length).toBeLessThanOrEqual(1);
    }
  });
});

describe('secrets', () => {
  it('keeps them out of every result', async () => {
    const peers = [
      await peer((socket) => socket.destroy()),
      await peer((socket) => socket.once('data', () => socket.resetAndDestroy())),
      await peer(() => undefined),
      await peer(answering('garbage')),
      await peer(answering(http('200 OK', '{}'))),
    ];
    for (const { url } of peers) {
      for (const money of [true, false]) {
        const result = await call(url, { deadlineMs: 200, money });
        expect(inspect(result, { depth: null, showHidden: true })).not.toContain('MARKED-SECRET');
        expect(JSON.stringify(result)).not.toContain('MARKED-SECRET');
      }
    }
  });
});
