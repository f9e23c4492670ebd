/**
 * Signing by ccxt, pinned exactly, and nothing else of it (DESIGN §6, clients.md §7). One instance serves all accounts:
 * `sign()` is synchronous, so a key is inside it only while its own request is signed.
 */
import { Okx } from '../ccxt.ts';
import type { Revealable } from '../kit.ts';
import type { Endpoint } from './endpoints.ts';

/** Credentials of one account: revealed only while a request is signed. */
export interface OkxKey {
  readonly id: Revealable;
  readonly secret: Revealable;
  readonly passphrase: Revealable;
}

/** What a parameter may be: the bodies of flexible loans hold objects and lists (okx.md §3.7). A number is never an amount. */
export type Param = string | boolean | Params | readonly Params[];

/** Parameters of a call. Amounts are decimal text. */
export interface Params {
  readonly [name: string]: Param;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signing failed before anything was sent. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
}

class Signer extends Okx {
  /** Venue clock, ms: becomes the ISO timestamp that is signed (okx.md §1.2). */
  at = 0;

  override nonce(): number {
    return this.at;
  }
}

let shared: Signer | undefined;

/** A request as it goes on the wire; the signed string is exactly the string that is sent (okx.md §1.2, §9.4). */
export function signed(rest: string, endpoint: Endpoint, params: Params, venueMs: number, key: OkxKey): WireRequest {
  return withSigner(rest, endpoint, params, (signer) => {
    signer.at = venueMs;
    signer.apiKey = key.id.reveal();
    signer.secret = key.secret.reveal();
    signer.password = key.passphrase.reveal();
  });
}

/** A public request: no credentials. */
export function unsigned(rest: string, endpoint: Endpoint, params: Params): WireRequest {
  return withSigner(rest, endpoint, params, () => undefined);
}

function withSigner(rest: string, endpoint: Endpoint, params: Params, prepare: (signer: Signer) => void): WireRequest {
  shared ??= new Signer({ enableRateLimit: false });
  const signer = shared;
  try {
    signer.urls['api'] = { rest };
    prepare(signer);
    return narrow(signer.sign(endpoint.path, endpoint.access, endpoint.method, { ...params }), endpoint);
  } catch {
    // Words of lower layers could quote what was being signed.
    throw new SigningError('the request could not be signed: is every part of the key set?');
  } finally {
    signer.apiKey = '';
    signer.secret = '';
    signer.password = '';
  }
}

function narrow(made: unknown, endpoint: Endpoint): WireRequest {
  if (typeof made !== 'object' || made === null || !('url' in made) || typeof made.url !== 'string') {
    throw new Error('the signer returned no URL');
  }
  const headers: Record<string, string> = {};
  const given: unknown = 'headers' in made ? made.headers : undefined;
  for (const [name, value] of Object.entries(given ?? {})) {
    if (typeof value === 'string') headers[name] = value;
  }
  const body = 'body' in made && typeof made.body === 'string' ? made.body : '';
  return { method: endpoint.method, url: made.url, headers, body };
}
