/** A scripted OKX on loopback, and what the tests need around it. Everything here is made up by the tests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { systemClock, type Clock } from '../../../src/clock.ts';
import type { Intent } from '../../../src/core/intent.ts';
import type { Product } from '../../../src/core/loan.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import type { VenueLog } from '../../../src/exchanges/kit.ts';
import { createMeter, type Meter } from '../../../src/exchanges/limits.ts';
import { createOkx, type OkxOptions } from '../../../src/exchanges/okx/index.ts';
import { OKX_TIMING } from '../../../src/exchanges/okx/timing.ts';

export const KEY = { id: 'test-key-id', secret: 'test-secret-value', passphrase: 'test-passphrase' };
export const UID = '44705892343619584';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query exactly as they came. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a scripted route answers: rows of a good envelope, or anything by hand. */
export type Answer =
  | readonly unknown[]
  | { readonly status?: number; readonly body: string; readonly headers?: Record<string, string> }
  | 'reset'
  | 'hang';

export type Route = (request: Seen) => Answer;

export class ScriptedOkx {
  readonly requests: Seen[] = [];
  readonly #server: Server;
  readonly #routes = new Map<string, Route>();
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.on('GET public/time', () => [{ ts: String(Date.now()) }]);
    this.on('GET account/config', () => [config()]);
    this.on('GET market/index-tickers', (seen) =>
      seen.query.get('quoteCcy') === 'USD'
        ? [ticker('BTC', '60000'), ticker('ETH', '3000'), ticker('USDT', '0.9996'), ticker('USDC', '1')]
        : [],
    );
    this.on('GET public/discount-rate-interest-free-quota', () => [
      discount('BTC'),
      discount('ETH'),
      flat('USDC', '1'),
      flat('USDT', '1'),
    ]);
    this.on('GET asset/balances', () => []);
    this.on('GET finance/flexible-loan/loan-info', () => []);
    this.on('GET finance/flexible-loan/loan-history', () => []);
    this.on('GET asset/bills', () => []);
    this.on('GET system/status', () => []);
  }

  /** `METHOD path` without `/api/v5/`. */
  on(name: string, route: Route): this {
    this.#routes.set(name, route);
    return this;
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.#port = address.port;
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  get rest(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  count(name: string): number {
    return this.requests.filter((seen) => `${seen.method} ${seen.path}` === name).length;
  }

  last(name: string): Seen {
    const found = this.requests.findLast((seen) => `${seen.method} ${seen.path}` === name);
    if (found === undefined) throw new Error(`no request ${name}`);
    return found;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const target = request.url ?? '';
    const url = new URL(target, 'http://okx');
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname.replace('/api/v5/', ''),
      query: url.searchParams,
      target,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.requests.push(seen);
    const answer = this.#routes.get(`${seen.method} ${seen.path}`)?.(seen) ?? { status: 404, body: 'no route' };
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const plain = 'body' in answer ? answer : { body: JSON.stringify({ code: '0', msg: '', data: answer }) };
    response.writeHead(plain.status ?? 200, { 'content-type': 'application/json', ...plain.headers });
    response.end(plain.body);
  }
}

export function refusal(code: string, msg = 'refused', status = 200): { status: number; body: string } {
  return { status, body: JSON.stringify({ code, data: [], msg }) };
}

export function config(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    uid: UID,
    mainUid: UID,
    acctLv: '1',
    perm: 'read_only,trade',
    ip: '192.0.2.1',
    enableSpotBorrow: true,
    spotBorrowAutoRepay: false,
    ...more,
  };
}

export function ticker(asset: string, idxPx: string, quote = 'USD'): Record<string, string> {
  return {
    instId: `${asset}-${quote}`,
    idxPx,
    high24h: '',
    sodUtc0: '',
    open24h: '',
    low24h: '',
    sodUtc8: '',
    ts: '1649419644492',
  };
}

/** Three brackets as in the shared sizing example. */
export function discount(ccy: string): Record<string, unknown> {
  const bracket = (minAmt: string, maxAmt: string, discountRate: string): Record<string, string> => ({
    minAmt,
    maxAmt,
    discountRate,
  });
  return {
    ccy,
    amt: '0',
    colRes: '0',
    minDiscountRate: '0',
    details: [bracket('0', '20', '0.98'), bracket('20', '25', '0.975'), bracket('25', '', '0.97')],
  };
}

export function flat(ccy: string, discountRate: string): Record<string, unknown> {
  return { ccy, amt: '0', colRes: '0', minDiscountRate: '0', details: [{ minAmt: '0', maxAmt: '', discountRate }] };
}

export const hidden = (value: string): { reveal(): string } => ({ reveal: () => value });

export const KEYS = { id: hidden(KEY.id), secret: hidden(KEY.secret), passphrase: hidden(KEY.passphrase) };

export interface Logged {
  readonly log: VenueLog;
  readonly lines: string[];
}

export function recordingLog(): Logged {
  const lines: string[] = [];
  const line = (event: string, fields: object): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  return { log: { info: line, warn: line }, lines };
}

export function venueFor(
  rest: string,
  more: Partial<OkxOptions> = {},
  products: readonly Product[] = ['okx.flexibleLoan'],
): Venue {
  const clock: Clock = more.clock ?? systemClock;
  return createOkx({
    account: 'desk',
    key: KEYS,
    hosts: { rest, ws: rest.replace('http', 'ws') },
    clock,
    timing: {
      ...OKX_TIMING,
      readDeadlineMs: 1_000,
      moneyDeadlineMs: 500,
      clockErrorMs: 50,
      lagMarginMs: 100,
      settleLagMs: 200,
      limitScale: 0.01,
      indexAgeMs: 0,
    },
    windowMs: 300,
    products,
    expectUid: UID,
    tagIntents: true,
    log: recordingLog().log,
    meter: createMeter({ clock }),
    ...more,
  });
}

/** A meter that lets everything through. */
export const freeMeter: Meter = {
  poll: () => Promise.resolve(null),
  rescue: () => null,
  usedShare: () => 0,
  correct: () => undefined,
  block: () => undefined,
};

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** An intent as the jobs write it; only what the adapter reads matters. */
export function intent(more: Partial<Intent>): Intent {
  return {
    id: 'desk-7-1',
    account: 'desk',
    loan: 'desk/okx.flexibleLoan/12345',
    product: 'okx.flexibleLoan',
    key: '12345',
    verb: 'repay',
    asset: 'USDT',
    amount: '1000',
    from: 'funding',
    to: 'loan',
    full: false,
    mode: 'live',
    episode: 'e',
    rung: 1,
    tier: 'normal',
    chargeUsd: '1000',
    fingerprint: 'unmarked',
    clientId: 'b7001',
    epoch: 7,
    policyDigest: 'd',
    plannedAt: 0,
    maxAgeMs: 10_000,
    before: { debt: { USDT: '50000' }, collateral: { BTC: '1' }, inside: {}, wallet: { USDT: '20000' }, ltv: '0.8' },
    cursors: { history: '100', bills: '200' },
    state: 'sending',
    validUntil: Date.now() + 60_000,
    sentAt: Date.now(),
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
    ...more,
  };
}
