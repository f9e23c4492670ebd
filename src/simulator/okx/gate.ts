/** Who is asking: key, passphrase, clock, signature, environment, address, permission (okx.md §1.2, §1.5). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WireRequest } from '../contract.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import { Refusal } from './refusals.ts';
import type { PrivateRoute } from './routes.ts';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** Base64 HMAC-SHA256 with the secret as it is written: it is not decoded first (okx.md §1.2). */
export function sign(secret: string, prehash: string): string {
  return createHmac('sha256', secret).update(prehash, 'utf8').digest('base64');
}

/** The account whose key signed the request, provided that everything about it is right. @throws Refusal */
export function admit(core: Core, request: WireRequest, route: PrivateRoute): Account {
  const keyId = header(request, 'ok-access-key', '50103');
  const passphrase = header(request, 'ok-access-passphrase', '50104');
  const signature = header(request, 'ok-access-sign', '50106');
  const timestamp = header(request, 'ok-access-timestamp', '50107');
  checkClock(core, timestamp);
  const account = core.byKey(keyId);
  if (account === undefined) throw new Refusal(core.settings.switches.unknownKey);
  if (account.key.demo !== (request.headers['x-simulated-trading'] === '1')) throw new Refusal('50101');
  if (account.key.passphrase !== passphrase) throw new Refusal('50105');
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const expected = sign(account.key.secret, `${timestamp}${request.method}${target}${request.body}`);
  if (!sameText(expected, signature)) throw new Refusal('50113');
  if (!allowed(account.ip, request.ip)) throw new Refusal('50110', request.ip);
  if (!account.perm.split(',').includes(route.needs)) throw new Refusal('50120');
  return account;
}

/** What a web-socket login must carry (okx.md §8). */
export interface LoginClaim {
  readonly apiKey: string;
  readonly passphrase: string;
  /** Unix seconds. */
  readonly timestamp: string;
  readonly sign: string;
}

/** The account that logs in. @throws Refusal with a code of the socket's own range */
export function admitLogin(core: Core, claim: LoginClaim): Account {
  const seconds = Number(claim.timestamp);
  if (!Number.isFinite(seconds)) throw new Refusal('60004');
  if (Math.abs(core.now() - seconds * 1000) > core.settings.clockWindowMs) throw new Refusal('60006');
  const account = core.byKey(claim.apiKey);
  if (account === undefined) throw new Refusal('60005');
  if (account.key.passphrase !== claim.passphrase) throw new Refusal('60024');
  const expected = sign(account.key.secret, `${claim.timestamp}GET/users/self/verify`);
  if (!sameText(expected, claim.sign)) throw new Refusal('60007');
  return account;
}

function header(request: WireRequest, name: string, code: string): string {
  const value = request.headers[name];
  if (value === undefined || value === '') throw new Refusal(code);
  return value;
}

function checkClock(core: Core, timestamp: string): void {
  const atMs = ISO.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(atMs)) throw new Refusal('50112');
  if (Math.abs(core.now() - atMs) > core.settings.clockWindowMs) throw new Refusal('50102');
}

function sameText(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** An empty list binds the key to no address. */
function allowed(list: string, ip: string): boolean {
  const plain = ip.replace(/^::ffff:/, '');
  return list === '' || list.split(',').some((entry) => entry.trim() === plain);
}
