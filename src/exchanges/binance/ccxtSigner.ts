/**
 * The one place where ccxt signs for Binance. Only `sign()` and its endpoint table are used (clients.md §7): it alone
 * signed every input and all three key types (HMAC, RSA, Ed25519) correctly, and it adds nothing to our bodies.
 *
 * An instance weighs several megabytes, so one is shared by all accounts of a process: `sign()` is synchronous, the
 * key is put in just before it and taken out just after, and no error of it leaves this file with its own words.
 */
import { z } from 'zod';
import { Binance } from '../ccxt.ts';
import type { Revealable } from '../kit.ts';
import type { Endpoint, Group } from './endpoints.ts';

export interface BinanceKey {
  /** API key. */
  readonly id: Revealable;
  /** HMAC secret, or a PKCS#8 private key in PEM (Ed25519, RSA). */
  readonly secret: Revealable;
}

export interface Signed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signing failed before anything was sent; usually a key that cannot be read. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
}

const signedShape = z.object({
  url: z.string(),
  body: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

const GROUP_PATH: Readonly<Record<Group, string>> = {
  sapi: '/sapi/v1',
  sapiV2: '/sapi/v2',
  sapiV3: '/sapi/v3',
  private: '/api/v3',
  public: '/api/v3',
};

let shared: InstanceType<typeof Binance> | undefined;

/** Signs one call for `host` (origin without a slash at its end). The parameters carry `timestamp` and `recvWindow`. */
export function signBinance(
  host: string,
  key: BinanceKey,
  endpoint: Endpoint,
  params: Readonly<Record<string, string>>,
): Signed {
  shared ??= new Binance({ enableRateLimit: false });
  shared.urls['api'] = Object.fromEntries(Object.entries(GROUP_PATH).map(([group, path]) => [group, host + path]));
  shared.apiKey = key.id.reveal();
  shared.secret = key.secret.reveal();
  try {
    const signed: unknown = shared.sign(endpoint.path, endpoint.group, endpoint.method, { ...params });
    const { url, headers, body } = signedShape.parse(signed);
    return { url, headers: { ...headers }, body: body ?? '' };
  } catch {
    throw new SigningError('the secret is neither an HMAC secret nor a readable PKCS#8 private key');
  } finally {
    shared.apiKey = '';
    shared.secret = '';
  }
}
