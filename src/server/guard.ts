/**
 * Who may ask what. Nothing here uses cookies, so a foreign page has no login to borrow; what is left is refused by the
 * host that was asked for (a name that was bound anew to this address), by the origin, and by the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Trouble } from './wire.ts';

/** A refusal with its status and its words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly trouble: Trouble;

  constructor(status: number, happened: string, operator: string, ballast = 'it changed nothing.') {
    super(happened);
    this.status = status;
    this.trouble = { happened, ballast, operator };
  }
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

export function secure(reply: FastifyReply): void {
  reply.headers(HEADERS);
}

/** Wrong tokens from one address within a minute, after which it has to wait. */
const MOST_WRONG = 10;
const WITHIN_MS = 60_000;
const MOST_ADDRESSES = 1_000;

export interface GuardOptions {
  readonly clock: Clock;
  /** What acting needs; `null`: nobody acts through the page. */
  readonly token: string | null;
  /** Whether reading needs it too. */
  readonly reads: 'free' | 'token';
  /** Origin at which people reach the page, if another one. */
  readonly url: string | null;
}

export class Guard {
  readonly #options: GuardOptions;
  readonly #token: Buffer | null;
  readonly #wrong = new Map<string, number[]>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#token = options.token === null ? null : digest(options.token);
  }

  /** Names that an attacker can bind to this machine are not served; an address cannot be bound. @throws Refusal */
  host({ headers }: FastifyRequest): void {
    const host = headers.host ?? '';
    const { url } = this.#options;
    if (url !== null && host === new URL(url).host) return;
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    if (name === 'localhost' || isIP(name) !== 0) return;
    throw new Refusal(
      421,
      'this server does not answer to that name.',
      'open the page by the address it listens at, or name the host in `server: { url }` of the policy file.',
    );
  }

  /** @throws Refusal */
  read(request: FastifyRequest): void {
    if (this.#options.reads === 'token') this.#token_(request);
  }

  /** Whether reading is allowed to this request, for what may be told in part. */
  mayRead(request: FastifyRequest): boolean {
    try {
      this.read(request);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** @throws Refusal */
  act(request: FastifyRequest): void {
    const { headers } = request;
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreign();
    if (headers.origin !== undefined && !this.#isOwn(headers.origin, headers.host ?? '')) throw foreign();
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
      throw new Refusal(415, 'the request is not JSON.', 'send `content-type: application/json`.');
    }
    this.#token_(request);
  }

  #isOwn(origin: string, host: string): boolean {
    return origin === `http://${host}` || origin === this.#options.url;
  }

  #token_(request: FastifyRequest): void {
    if (this.#token === null) {
      throw new Refusal(
        403,
        'this page is for reading only: the server has no token.',
        'use `ballast pause` and `ballast resume` on the machine, or set `server: { token }` in the policy file and start again.',
      );
    }
    const { ip } = request;
    const now = this.#options.clock.mono();
    const recent = (this.#wrong.get(ip) ?? []).filter((at) => now - at < WITHIN_MS);
    if (recent.length >= MOST_WRONG) {
      throw new Refusal(429, 'too many wrong tokens came from this address.', 'wait a minute, then log in again.');
    }
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), this.#token)) return;
    if (given !== undefined) this.#miss(ip, [...recent, now]);
    throw new Refusal(
      401,
      given === undefined ? 'this needs a login.' : 'the token is wrong.',
      'log in with the token of `server: { token }` in the policy file, or with the one that the start showed.',
    );
  }

  #miss(ip: string, times: number[]): void {
    this.#wrong.delete(ip);
    this.#wrong.set(ip, times);
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > MOST_ADDRESSES && oldest !== undefined) this.#wrong.delete(oldest);
  }
}

function foreign(): Refusal {
  return new Refusal(403, 'the request comes from another page.', 'use the page that this server serves.');
}

/** Equal lengths, so that a comparison takes the same time whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
