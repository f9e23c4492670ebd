/** A Binance that a test scripts: answers per endpoint, and a log of what was asked. Checks no signature. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { systemClock } from '../../../src/clock.ts';
import type { Intent } from '../../../src/core/intent.ts';
import { BinanceClient, type ClientOptions } from '../../../src/exchanges/binance/client.ts';
import { DEFAULT_VENUE_TIMING, silentLog } from '../../../src/exchanges/kit.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { createTransport, type Transport } from '../../../src/exchanges/transport.ts';

export interface Asked {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly response: ServerResponse;
}

/** A value is answered with status 200; a function may answer by itself (and then returns `DONE`). */
export type Answer = object | string | ((asked: Asked) => unknown);
export const DONE = Symbol('answered');

export class WireRefusal {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body: object | string, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = typeof body === 'string' ? body : JSON.stringify(body);
    this.headers = headers;
  }
}

export class FakeBinance {
  readonly asked: Asked[] = [];
  readonly answers: Record<string, Answer>;
  readonly #server: Server;
  url = '';

  private constructor(answers: Record<string, Answer>) {
    this.answers = { 'GET /api/v3/time': () => ({ serverTime: Date.now() }), ...answers };
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.#handle(request, response, body);
      });
    });
  }

  static async start(answers: Record<string, Answer> = {}): Promise<FakeBinance> {
    const fake = new FakeBinance(answers);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    const address = fake.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    fake.url = `http://127.0.0.1:${String(address.port)}`;
    return fake;
  }

  calls(route: string): Asked[] {
    return this.asked.filter((one) => one.route === route);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', 'http://x');
    const route = `${request.method ?? ''} ${url.pathname}`;
    const params = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
    const asked = { route, params, headers: request.headers, response };
    this.asked.push(asked);
    const answer = this.answers[route];
    if (answer === undefined) {
      response.writeHead(404).end();
      return;
    }
    const value: unknown = typeof answer === 'function' ? (answer as (asked: Asked) => unknown)(asked) : answer;
    if (value === DONE) return;
    if (value instanceof WireRefusal) {
      response.writeHead(value.status, value.headers).end(value.body);
      return;
    }
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(typeof value === 'string' ? value : JSON.stringify(value));
  }
}

export const KEY = {
  id: { reveal: () => 'API-KEY-MARKED-SECRET' },
  secret: { reveal: () => 'HMAC-MARKED-SECRET' },
};

export const transports: Transport[] = [];

export function clientFor(fake: FakeBinance, options: Partial<ClientOptions> = {}): BinanceClient {
  const transport = createTransport({ clock: systemClock });
  transports.push(transport);
  return new BinanceClient({
    account: 'main',
    key: KEY,
    rest: fake.url,
    clock: systemClock,
    timing: { ...DEFAULT_VENUE_TIMING, readDeadlineMs: 2_000, moneyDeadlineMs: 2_000 },
    recvWindowMs: 3_000,
    transport,
    meter: createMeter({ clock: systemClock }),
    log: silentLog,
    tagIntents: false,
    ...options,
  });
}

export function intent(over: Partial<Intent> = {}): Intent {
  const now = Date.now();
  return {
    id: 'main-1-1',
    account: 'main',
    loan: 'main/binance.crossMargin',
    product: 'binance.crossMargin',
    key: '',
    mode: 'simulated',
    episode: 'e1',
    rung: 1,
    tier: 'normal',
    chargeUsd: '100',
    fingerprint: 'marked',
    clientId: '',
    epoch: 1,
    policyDigest: 'd',
    plannedAt: now,
    maxAgeMs: 10_000,
    before: { debt: { USDT: '1000' }, collateral: { BTC: '1' }, inside: { USDT: '500' }, wallet: {}, ltv: '0.8' },
    cursors: {},
    state: 'sending',
    validUntil: now + 4_000,
    sentAt: now,
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
    verb: 'repay',
    asset: 'USDT',
    amount: '100.00001234',
    from: 'inside',
    to: 'loan',
    full: false,
    ...over,
  };
}

export const SIGNAL = new AbortController().signal;
