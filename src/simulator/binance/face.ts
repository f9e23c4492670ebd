/** The wire of the simulated Binance: the gates of binance.md §14 in their order, then the endpoint. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Face, Mood, WireReply, WireRequest } from '../contract.ts';
import type { Account } from './account.ts';
import type { BinanceBooks } from './books.ts';
import { Limits, tooMany } from './limits.ts';
import { Call, Late } from './route.ts';
import type { Permission, Route } from './route.ts';
import { flexibleLoanRoutes } from './routes/flexibleLoan.ts';
import { isolatedMarginRoutes } from './routes/isolatedMargin.ts';
import { marginRoutes, maxBorrowableRoute } from './routes/margin.ts';
import { marginHistoryRoutes } from './routes/marginHistory.ts';
import { marginReferenceRoutes } from './routes/marginReference.ts';
import { listenTokenRoute, systemRoutes } from './routes/system.ts';
import { tickerRoutes } from './routes/tickers.ts';
import { walletRoutes } from './routes/wallet.ts';
import type { GateName } from './settings.ts';
import { Params, WireError, isEncoded, mandatory, payloadOf, toJson } from './wire.ts';
import type { Json } from './wire.ts';

const KEY_HEADER = 'x-mbx-apikey';
/** `MICROSECOND` changes the times of `/api` (§2.1). */
const TIME_UNIT_HEADER = 'x-mbx-time-unit';
const SIGNING = ['timestamp', 'signature', 'recvWindow'];
const DEFAULT_WINDOW_MS = 5_000;
const WIDEST_WINDOW_MS = 60_000;
const AHEAD_MS = 1_000;
const SERVER_HEADERS = { Server: 'nginx', 'X-Frame-Options': 'SAMEORIGIN' };
const IP_WEIGHT_PER_MINUTE = 12_000;

/** A request on its way through the gates. */
interface Passage {
  readonly request: WireRequest;
  readonly route: Route | undefined;
  readonly account: Account | undefined;
  readonly nowMs: number;
  headers: Record<string, string>;
  params?: Params;
}

export class BinanceFace implements Face {
  readonly #books: BinanceBooks;
  readonly #limits: Limits;
  readonly #routes = new Map<string, Route>();
  readonly #gates: Readonly<Record<GateName, (passage: Passage) => void>> = {
    ban: ({ request, nowMs }) => this.#limits.checkBan(request.ip, nowMs),
    path: ({ route }) => {
      if (route === undefined) throw new NoSuchPath();
    },
    weight: (passage) => this.#charge(passage),
    key: (passage) => checkKey(passage),
    params: (passage) => this.#readParams(passage),
    time: (passage) => checkTime(passage),
    signature: (passage) => checkSignature(passage),
  };

  constructor(books: BinanceBooks) {
    const { desk } = books;
    this.#books = books;
    this.#limits = new Limits(desk.settings.limits);
    const routes = [
      marginRoutes,
      [maxBorrowableRoute(desk), listenTokenRoute(desk)],
      marginHistoryRoutes,
      marginReferenceRoutes,
      walletRoutes,
      systemRoutes,
      tickerRoutes,
      isolatedMarginRoutes,
      flexibleLoanRoutes(desk),
    ];
    for (const route of routes.flat()) this.#routes.set(`${route.method} ${route.path}`, route);
  }

  handle(request: WireRequest, mood: Mood = {}): WireReply {
    const passage: Passage = {
      request,
      route: this.#routeOf(request),
      account: this.#accountOf(request),
      nowMs: this.#books.desk.now(),
      headers: {},
    };
    try {
      for (const gate of this.#books.desk.settings.switches.gates) this.#gates[gate](passage);
      return this.#run(passage, mood);
    } catch (error) {
      return refusal(error, passage.headers);
    }
  }

  uidOf(request: WireRequest): string | undefined {
    return this.#accountOf(request)?.uid;
  }

  isMoneyCall(request: WireRequest): boolean {
    return this.#routeOf(request)?.isMoney === true;
  }

  tooMany(status: 429 | 418, retryAfterSec: number): WireReply {
    return refusal(tooMany(status, IP_WEIGHT_PER_MINUTE, retryAfterSec), {});
  }

  #routeOf(request: WireRequest): Route | undefined {
    return this.#routes.get(`${request.method} ${request.path}`);
  }

  #accountOf(request: WireRequest): Account | undefined {
    return this.#books.ofKey(request.headers[KEY_HEADER] ?? '');
  }

  #run(passage: Passage, mood: Mood): WireReply {
    const { request, route, params, account } = passage;
    if (route === undefined || params === undefined) throw new NoSuchPath();
    const inMicroseconds = request.path.startsWith('/api/') && request.headers[TIME_UNIT_HEADER] === 'MICROSECOND';
    const { desk, streams } = this.#books;
    const answer = route.run(new Call(desk, streams, params, mood, account, inMicroseconds));
    return answer instanceof Late
      ? { ...reply(200, answer.body, passage.headers), afterMs: answer.afterMs }
      : reply(200, answer, passage.headers);
  }

  /** Charged whether or not the request is answered (§3). */
  #charge(passage: Passage): void {
    const { request, route, account, nowMs } = passage;
    if (route === undefined) return;
    const weight = typeof route.weight === 'function' ? route.weight(lenientParams(request)) : route.weight;
    passage.headers = this.#limits.charge(request.method, request.path, weight, request.ip, account?.uid, nowMs);
  }

  #readParams(passage: Passage): void {
    const { request, route } = passage;
    if (route === undefined) return;
    const params = new Params(request.query, request.body);
    passage.params = params;
    const signed = route.security === 'signed';
    const required = [...(route.mandatory ?? []), ...(signed ? ['timestamp', 'signature'] : [])];
    for (const name of required) params.text(name);
    if (this.#books.desk.settings.switches.unknownParams === 'refuse') refuseUnknown(route, params);
  }
}

class NoSuchPath extends Error {}

/** A body that cannot be read must not keep its weight from being charged. */
function lenientParams(request: WireRequest): Params {
  try {
    return new Params(request.query, request.body);
  } catch {
    return new Params('', '');
  }
}

function refuseUnknown(route: Route, params: Params): void {
  const known = [...(route.mandatory ?? []), ...(route.optional ?? []), ...SIGNING];
  const names = params.names();
  const read = names.filter((name) => known.includes(name)).length;
  if (read < names.length) {
    throw new WireError(
      -1104,
      `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${names.length}'.`,
    );
  }
}

function checkKey({ request, route, account }: Passage): void {
  if (route === undefined || route.security === 'none') return;
  const key = request.headers[KEY_HEADER];
  if (key === undefined || !/^[A-Za-z0-9_-]+$/.test(key)) throw new WireError(-2014, 'API-key format invalid.', 401);
  const { permissions } = account ?? {};
  if (permissions === undefined) throw REJECTED;
  if (permissions.ipRestrict && !permissions.ips.includes(request.ip)) throw REJECTED;
  if (route.needs !== undefined && !permissions[route.needs]) throw missing(route.needs);
}

/** A missing transfer permission was seen as -1002, any other as -2015 with 401 (§8.1, §12). */
function missing(permission: Permission): WireError {
  return permission === 'transfer' ? new WireError(-1002, 'You are not authorized to execute this request.') : REJECTED;
}

const REJECTED = new WireError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);

/** Both tests of §2.4. Times with 16 digits are microseconds. */
function checkTime({ route, params, nowMs }: Passage): void {
  if (route?.security !== 'signed' || params === undefined) return;
  const window = params.find('recvWindow') ?? String(DEFAULT_WINDOW_MS);
  if (!/^\d{1,10}(?:\.\d{1,3})?$/.test(window)) throw mandatory('recvWindow');
  if (Number(window) > WIDEST_WINDOW_MS) throw new WireError(-1131, 'recvWindow must be less than 60000');
  const stamp = params.text('timestamp');
  if (!/^\d{10,16}$/.test(stamp)) throw mandatory('timestamp');
  const sentMs = stamp.length === 16 ? Number(stamp) / 1000 : Number(stamp);
  if (sentMs >= nowMs + AHEAD_MS)
    throw new WireError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  if (nowMs - sentMs > Number(window))
    throw new WireError(-1021, 'Timestamp for this request is outside of the recvWindow.');
}

/** HMAC-SHA256 over the text as it came, hex, in any case (§2.3). */
function checkSignature({ request, route, account, params }: Passage): void {
  if (route?.security !== 'signed' || params === undefined) return;
  const wrong = new WireError(-1022, 'Signature for this request is not valid.');
  if (account === undefined || !isEncoded(request.query) || !isEncoded(request.body)) throw wrong;
  const expected = createHmac('sha256', account.key.secret)
    .update(payloadOf(request.query, request.body))
    .digest('hex');
  const given = params.text('signature').toLowerCase();
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  if (one.length !== other.length || !timingSafeEqual(one, other)) throw wrong;
}

function reply(status: number, body: Json, headers: Readonly<Record<string, string>>): WireReply {
  return {
    status,
    headers: { 'Content-Type': 'application/json;charset=UTF-8', ...SERVER_HEADERS, ...headers },
    body: toJson(body),
  };
}

function refusal(error: unknown, headers: Readonly<Record<string, string>>): WireReply {
  if (error instanceof NoSuchPath) return { status: 404, headers: SERVER_HEADERS, body: '' };
  if (!(error instanceof WireError)) throw error;
  return reply(error.status, { code: error.code, msg: error.message }, { ...headers, ...error.headers });
}
