/** A small OKX under virtual time, and a client that signs like the documents say. */
import { createHmac } from 'node:crypto';
import { Dec, ONE } from '../../src/core/money.ts';
import type { Dec as Amount } from '../../src/core/money.ts';
import type { LoanReport, Market, Mood, WireReply } from '../../src/simulator/contract.ts';
import { VirtualHost } from '../../src/simulator/host.ts';
import type { Okx, OkxAccountInput, OkxSettingsInput } from '../../src/simulator/okx/index.ts';
import { createOkx, okxAccountSchema, okxSettingsSchema } from '../../src/simulator/okx/index.ts';

export const SECRET = '22582BD0CFF14C41EDBF1AB98506286D';
export const HOUR_MS = 3_600_000;
const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS);

/** A market whose prices and tape time a test moves by hand. */
export class TestMarket implements Market {
  readonly host: VirtualHost;
  readonly #prices = new Map<string, Amount>();
  readonly #ids = new Map<string, bigint>();
  tapeMs = START_MS;

  constructor(prices: Readonly<Record<string, string>>, wireStartMs = START_MS) {
    this.host = new VirtualHost(wireStartMs);
    this.set(prices);
  }

  set(prices: Readonly<Record<string, string>>): void {
    for (const [ccy, price] of Object.entries(prices)) this.#prices.set(ccy, new Dec(price));
  }

  tapeNow(): number {
    return this.tapeMs;
  }

  price(asset: string): Amount {
    if (asset === 'USD') return ONE;
    const price = this.#prices.get(asset);
    if (price === undefined) throw new Error(`no price for ${asset}`);
    return price;
  }

  assets(): readonly string[] {
    return [...this.#prices.keys()];
  }

  nextId(series: string): string {
    const id = (this.#ids.get(series) ?? 2_083_516_372_514_201_600n) + 1n;
    this.#ids.set(series, id);
    return id.toString();
  }
}

export const PRICES = { BTC: '50000', ETH: '2500', USDT: '1', USDC: '1', DOGE: '0.2' };

/** An account with one BTC loan of 30000 USDT against 1 BTC, and money in the funding account. */
export function accountInput(extra: Partial<OkxAccountInput> = {}): OkxAccountInput {
  return {
    name: 'main',
    uid: '44705892343619584',
    key: { id: 'key-main', secret: SECRET, passphrase: 'words' },
    funding: { USDT: '20000', BTC: '0.5', ETH: '2' },
    loans: [{ ordId: '12345', debt: { USDT: '30000' }, collateral: { BTC: '1' } }],
    ...extra,
  };
}

export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly msg: string;
  readonly data: readonly Record<string, unknown>[];
  readonly raw: string;
}

/** The exchange with everything a test touches. */
export class Bench {
  readonly market: TestMarket;
  readonly okx: Okx;
  mood: Mood = {};

  constructor(
    accounts: readonly OkxAccountInput[] = [accountInput()],
    settings: OkxSettingsInput = {},
    wireStartMs = START_MS,
  ) {
    this.market = new TestMarket(PRICES, wireStartMs);
    // Limits have their own tests; everywhere else they would only be in the way.
    const parsed = okxSettingsSchema.parse({ limits: { on: false }, ...settings });
    this.okx = createOkx(
      this.market,
      accounts.map((account) => okxAccountSchema.parse(account)),
      parsed,
    );
  }

  /** Wire time passes; timers run. */
  pass(ms: number): void {
    this.market.host.pass(ms);
  }

  /** The tape goes on, prices change, the books look. */
  tick(tapeMs: number, prices: Readonly<Record<string, string>> = {}): void {
    const from = this.market.tapeMs;
    this.market.tapeMs = from + tapeMs;
    this.market.set(prices);
    this.okx.books.tick(from, this.market.tapeMs);
  }

  get(path: string, options: RequestOptions = {}): Answer {
    return this.call('GET', path, '', options);
  }

  post(path: string, body: unknown, options: RequestOptions = {}): Answer {
    return this.call('POST', path, typeof body === 'string' ? body : JSON.stringify(body), options);
  }

  /** First order in loan-info. */
  loan(ordId?: string): Record<string, unknown> {
    const query = ordId === undefined ? '' : `?ordId=${ordId}`;
    const [row] = this.get(`/api/v5/finance/flexible-loan/loan-info${query}`).data;
    if (row === undefined) throw new Error('no loan');
    return row;
  }

  /** Available funding balance of a coin. */
  funding(ccy: string): string {
    const [row] = this.get(`/api/v5/asset/balances?ccy=${ccy}`).data;
    return String(row?.['availBal'] ?? '0');
  }

  report(key: string): LoanReport {
    const row = this.okx.books.report().find((loan) => loan.key === key);
    if (row === undefined) throw new Error(`no report about ${key}`);
    return row;
  }

  call(method: string, target: string, body: string, options: RequestOptions): Answer {
    const [path = '', query = ''] = target.split('?');
    const headers = { ...signed(this.market.host.now(), method, target, body, options), ...options.headers };
    return read(this.okx.face.handle({ method, path, query, body, headers, ip: options.ip ?? '10.0.0.1' }, this.mood));
  }
}

export interface RequestOptions {
  readonly key?: string;
  readonly secret?: string;
  readonly passphrase?: string;
  readonly skewMs?: number;
  readonly ip?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The headers of a signed request (okx.md §1.2). */
export function signed(
  now: number,
  method: string,
  target: string,
  body: string,
  options: RequestOptions,
): Record<string, string> {
  const timestamp = new Date(now + (options.skewMs ?? 0)).toISOString();
  const sign = createHmac('sha256', options.secret ?? SECRET)
    .update(`${timestamp}${method}${target}${body}`)
    .digest('base64');
  return {
    'ok-access-key': options.key ?? 'key-main',
    'ok-access-sign': sign,
    'ok-access-timestamp': timestamp,
    'ok-access-passphrase': options.passphrase ?? 'words',
    'content-type': 'application/json',
  };
}

/** Takes an answer apart; a missing `data` becomes an empty one. */
export function read(reply: WireReply): Answer {
  const body: unknown = JSON.parse(reply.body);
  if (!isObject(body)) throw new Error('not an envelope');
  const data: unknown = body['data'] ?? [];
  if (!Array.isArray(data)) throw new Error('data must be an array');
  const rows = data.filter(isObject);
  return { status: reply.status, code: String(body['code']), msg: String(body['msg']), data: rows, raw: reply.body };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
