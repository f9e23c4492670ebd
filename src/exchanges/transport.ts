/**
 * One HTTP request to a venue, and an honest word about what became of it (DESIGN §6 "Transport", clients.md §5).
 *
 * - The deadline covers headers and body: a body that stalls is as lost as headers that never come.
 * - Redirects are never followed: a followed one carries the API key to another host (clients.md §3).
 * - Nothing is ever retried here, and no reason ever holds a URL, a header or a body.
 * - Money calls get a connection of their own. A pooled socket may be stale: the venue closed it, we do not know yet,
 *   and a reset would then be `lost` although nothing was read. On a fresh connection everything before the handshake
 *   ended is provably `notSent`, and everything after it is `lost`. The connector refuses a second connection for the
 *   same call, so that no library version can ever send a money call twice.
 */
import { setMaxListeners } from 'node:events';
import { Agent, Client, buildConnector } from 'undici';
import type { Clock } from '../clock.ts';
import { parseJson, type Json } from './json.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
}

export interface HttpReply {
  readonly kind: 'reply';
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Lossless (see `json.ts`); `undefined` when the text is not JSON: HTML, empty, cut. */
  readonly json: Json | undefined;
}

export type HttpResult =
  | HttpReply
  /** Provably no byte of the request left: DNS, connect, TLS, or given up before the connection stood. */
  | { readonly kind: 'notSent'; readonly reason: string }
  /** A byte may have left and no whole answer came: timeout, reset, cut body, not HTTP. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A money call: a fresh connection, exactly one, closed afterwards. */
  readonly money: boolean;
}

export interface Transport {
  /** Never throws for what the network did. */
  call(request: HttpRequest, options: CallOptions): Promise<HttpResult>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly clock: Clock;
  /** Sockets per host kept for reads; more reads wait within their own deadline. */
  readonly connections?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Errors that undici and Node raise before a connection stands; used for reads, where one socket serves many requests. */
const BEFORE_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'ERR_INVALID_URL',
]);

export function createTransport(options: TransportOptions): Transport {
  return new UndiciTransport(options);
}

const LIMITS = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: MAX_BODY_BYTES, pipelining: 1 };

class UndiciTransport implements Transport {
  readonly #clock: Clock;
  readonly #agent: Agent;
  /** Shared by the money calls, because it keeps TLS sessions: a fresh connection then costs one round trip less. */
  readonly #connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });

  constructor({ clock, connections = 32 }: TransportOptions) {
    this.#clock = clock;
    this.#agent = new Agent({ ...LIMITS, connections, connect: { timeout: CONNECT_TIMEOUT_MS } });
  }

  async call(request: HttpRequest, { deadlineMs, signal, money }: CallOptions): Promise<HttpResult> {
    if (signal?.aborted === true) return { kind: 'notSent', reason: 'aborted' };
    const ending = new AbortController();
    const cancel = this.#clock.later(deadlineMs, () => {
      ending.abort(new Ended('deadline'));
    });
    const onAbort = (): void => {
      ending.abort(new Ended('aborted'));
    };
    if (signal !== undefined) {
      setMaxListeners(0, signal); // One look's signal ends many reads at once.
      signal.addEventListener('abort', onAbort, { once: true });
    }
    try {
      return await (money ? this.#money(request, ending.signal) : this.#read(request, ending.signal));
    } finally {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #read(request: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
    try {
      return await Promise.race([exchange(this.#agent, request, signal, false), whenEnded(signal)]);
    } catch (error) {
      const reason = reasonOf(error, signal);
      return BEFORE_CONNECTED.has(codeOf(error)) ? { kind: 'notSent', reason } : { kind: 'lost', reason };
    }
  }

  async #money(request: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
    const once = new OneConnection(this.#connector, signal);
    let client: Client | undefined;
    try {
      client = new Client(new URL(request.url).origin, { ...LIMITS, connect: once.connect });
      return await Promise.race([exchange(client, request, signal, true), whenEnded(signal)]);
    } catch (error) {
      const reason = reasonOf(error, signal);
      return once.handedOver ? { kind: 'lost', reason } : { kind: 'notSent', reason };
    } finally {
      client?.destroy().catch(() => undefined);
    }
  }
}

/** Lets one connection through, once, and knows whether it was: from then on a byte may have left. */
class OneConnection {
  readonly connect: buildConnector.connector;
  #asked = false;
  #handedOver = false;

  constructor(connector: buildConnector.connector, signal: AbortSignal) {
    this.connect = (target, done) => {
      if (this.#asked) {
        done(new Error('one connection per money call'), null);
        return;
      }
      this.#asked = true;
      connector(target, (error, socket) => {
        if (error !== null) {
          done(error, null);
        } else if (signal.aborted) {
          // Given up while connecting: the caller was told `notSent`, so nothing may leave any more.
          socket.destroy();
          done(new Error('given up'), null);
        } else {
          this.#handedOver = true;
          done(null, socket);
        }
      });
    };
  }

  get handedOver(): boolean {
    return this.#handedOver;
  }
}

/** Rejects when the request is given up: the library itself only notices once a connection stands. */
function whenEnded(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Ended('aborted'));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Why we gave a request up ourselves. */
class Ended extends Error {
  override readonly name = 'Ended';
}

async function exchange(
  via: Agent | Client,
  request: HttpRequest,
  signal: AbortSignal,
  reset: boolean,
): Promise<HttpReply> {
  const url = new URL(request.url);
  const response = await via.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: { ...request.headers },
    body: request.body === '' ? null : request.body,
    signal,
    reset,
  });
  const text = await response.body.text();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { kind: 'reply', status: response.statusCode, headers, text, json: parseJson(text) };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Words without contents: messages of lower layers may quote addresses, paths or headers, so only names and codes are used. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof Ended ? signal.reason.message : 'aborted';
  const code = codeOf(error);
  if (code !== '') return code;
  return error instanceof Error ? error.name : 'unknown failure';
}
