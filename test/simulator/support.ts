/** A small simulated world under virtual time, and a client of Binance that signs as the documents say. */
import { createHmac } from 'node:crypto';
import type { LoanReport, Mood, WireReply } from '../../src/simulator/contract.ts';
import { VirtualHost } from '../../src/simulator/host.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { parseTapeCsv } from '../../src/simulator/tape/csv.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import type { WorldInput } from '../../src/simulator/world.ts';

export const KEY = 'keyOfAlice';
export const SECRET = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
export const UID = '354937868';
export const HOUR_MS = 3_600_000;
/** A full hour. */
export const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS);

export type Account = NonNullable<WorldInput['binance']>[number];

/** 30 000 USDT owed against 1 BTC in cross margin, and 20 000 USDT in spot. */
export function alice(extra: Partial<Account> = {}): Account {
  return {
    name: 'alice',
    uid: UID,
    key: { id: KEY, secret: SECRET },
    spot: { USDT: '20000' },
    cross: { assets: { BTC: '1', USDT: '5000' }, debts: { USDT: '30000' } },
    ...extra,
  };
}

/** A tape of straight lines; each asset's points are `[minute, price]`. */
export function tapeOf(
  points: Readonly<Record<string, readonly (readonly [number, string])[]>>,
  gridMs?: number,
): Tape {
  const series = Object.entries(points).map(([asset, rows]) => {
    const text = rows.map(([minute, price]) => `${String(START_MS + minute * 60_000)},${price}\n`).join('');
    return { symbol: `${asset}USDT`, file: asset, points: parseTapeCsv(`timestamp_ms,price\n${text}`, asset) };
  });
  return new Tape(series, { name: 'test', gridMs });
}

/** BTC stays at 60 000 for a day. */
export const flat = (): Tape =>
  tapeOf({
    BTC: [
      [0, '60000'],
      [1440, '60000'],
    ],
  });

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into foreign JSON
  readonly json: any;
}

/** Everything a test touches. */
export class Bench {
  readonly host: VirtualHost;
  readonly simulation: Simulation;
  mood: Mood = {};

  constructor(world: WorldInput = { binance: [alice()] }, tape: Tape = flat(), wireStartMs = START_MS) {
    this.host = new VirtualHost(wireStartMs);
    this.simulation = new Simulation(world, tape, this.host);
  }

  /** A signed call of an account. */
  signed(
    method: string,
    path: string,
    params: Readonly<Record<string, string>> = {},
    key = KEY,
    secret = SECRET,
  ): Answer {
    const stamped = { ...params, timestamp: params['timestamp'] ?? String(this.host.now()) };
    return this.raw(method, path, signedQuery(stamped, secret), '', { 'x-mbx-apikey': key });
  }

  /** A call as it comes over the wire. */
  raw(
    method: string,
    path: string,
    query = '',
    body = '',
    headers: Readonly<Record<string, string>> = {},
    ip = '10.0.0.1',
  ): Answer {
    const reply = this.simulation.binance.face.handle({ method, path, query, body, headers, ip }, this.mood);
    return answerOf(reply);
  }

  /** The face's own reply to a signed call. */
  replyTo(method: string, path: string, query: string): WireReply {
    const stamped = `${query}&timestamp=${String(this.host.now())}`;
    const signature = createHmac('sha256', SECRET).update(stamped).digest('hex');
    const headers = { 'x-mbx-apikey': KEY };
    return this.simulation.binance.face.handle({
      method,
      path,
      query: `${stamped}&signature=${signature}`,
      body: '',
      headers,
      ip: '10.0.0.1',
    });
  }

  borrowRepay(
    type: 'BORROW' | 'REPAY',
    amount: string,
    asset = 'USDT',
    more: Readonly<Record<string, string>> = {},
  ): Answer {
    return this.signed('POST', '/sapi/v1/margin/borrow-repay', { asset, isIsolated: 'FALSE', amount, type, ...more });
  }

  /** The row of one asset in the cross account. */
  coin(asset: string): Record<string, string> {
    const rows: Record<string, string>[] = this.signed('GET', '/sapi/v1/margin/account').json.userAssets;
    const row = rows.find((one) => one['asset'] === asset);
    if (row === undefined) throw new Error(`no ${asset}`);
    return row;
  }

  report(product = 'binance.crossMargin'): LoanReport {
    const row = this.simulation.binance.books.report().find((one) => one.product === product);
    if (row === undefined) throw new Error(`no loan of ${product}`);
    return row;
  }
}

export function signedQuery(params: Readonly<Record<string, string>>, secret = SECRET): string {
  const text = Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return `${text}&signature=${createHmac('sha256', secret).update(text).digest('hex')}`;
}

export function answerOf(reply: WireReply): Answer {
  return {
    status: reply.status,
    headers: reply.headers ?? {},
    text: reply.body,
    json: reply.body === '' ? undefined : JSON.parse(reply.body),
  };
}
