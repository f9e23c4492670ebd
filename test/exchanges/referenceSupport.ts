/** Scripted exchanges for the second price source: what they answer is a test's, what they were asked is kept. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { vi } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import type { References } from '../../src/core/dislocation.ts';
import { format } from '../../src/core/money.ts';
import { createReference, type ReferenceFeed, type ReferenceOptions } from '../../src/exchanges/reference.ts';

export interface Answer {
  readonly status?: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export type Script = (url: URL) => Answer | 'reset' | 'hang';

interface Peer {
  rest: string;
  script: Script;
  readonly seen: { readonly url: string; readonly method: string; readonly headers: IncomingMessage['headers'] }[];
  readonly server: Server;
}

const peers: Peer[] = [];
const feeds: ReferenceFeed[] = [];
export async function cleanUp(): Promise<void> {
  await Promise.all(feeds.splice(0).map((feed) => feed.stop()));
  for (const { server } of peers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

export async function peer(script: Script): Promise<Peer> {
  const server = createServer((request, response) => {
    const { url = '', method = '', headers } = request;
    made.seen.push({ url, method, headers });
    const answer = made.script(new URL(url, 'http://peer'));
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
  const made: Peer = { rest: '', script, seen: [], server };
  peers.push(made);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) made.rest = `http://127.0.0.1:${String(address.port)}`;
  return made;
}

/** A clock that can be set forward: both of its readings, or the wall alone. */
export function shifting(): Clock & { both: number; wallOnly: number } {
  const clock = {
    ...systemClock,
    both: 0,
    wallOnly: 0,
    wall: (): number => systemClock.wall() + clock.both + clock.wallOnly,
    mono: (): number => systemClock.mono() + clock.both,
  };
  return clock;
}

export function logging() {
  const lines: string[] = [];
  const add = (event: string, fields: object): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  return { lines, log: { info: add, warn: add } };
}

export function feedFor(rest: string, more: Partial<ReferenceOptions> = {}): ReferenceFeed {
  const feed = createReference({
    venue: 'binance',
    hosts: { rest },
    clock: shifting(),
    log: logging().log,
    refreshMs: 15,
    keepMs: 60_000,
    ...more,
  });
  feeds.push(feed);
  return feed;
}

export const index = (rows: Readonly<Record<string, string>>, ts = Date.now()): Answer => ({
  body: JSON.stringify({
    code: '0',
    msg: '',
    data: Object.entries(rows).map(([instId, idxPx]) => ({ instId, idxPx, ts: String(ts), high24h: '' })),
  }),
});

/** An OKX index that quotes these; `USD` and `USDT` rows are asked for separately. */
export const okx =
  (rows: Readonly<Record<string, string>>): Script =>
  (url) => {
    const ending = `-${url.searchParams.get('quoteCcy') ?? ''}`;
    return index(Object.fromEntries(Object.entries(rows).filter(([pair]) => pair.endsWith(ending))));
  };

export const tickers = (rows: Readonly<Record<string, string>>): Answer => ({
  body: JSON.stringify(Object.entries(rows).map(([symbol, price]) => ({ symbol, price }))),
});

export const priced = (references: References): Record<string, string> =>
  Object.fromEntries(Object.entries(references).map(([asset, { price, unit }]) => [asset, `${format(price)} ${unit}`]));

export const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 });
