/** The shape of an endpoint: who may call it, how often, what it answers (okx.md §2). */
import type { Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Params } from './params.ts';

/** What a limit is counted by. */
export type LimitKey = 'uid' | 'masterUid' | 'uidAndCcy' | 'ip' | 'ipAndInst';

/** At most `count` requests in any `windowMs` of wire time. */
export interface Limit {
  readonly count: number;
  readonly windowMs: number;
  readonly by: LimitKey;
}

/** A signed request that passed the gate. */
export interface Call {
  readonly account: Account;
  readonly params: Params;
  readonly mood: Mood;
  readonly path: string;
}

interface RouteHead {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly limit: Limit;
}

/** An endpoint that needs a key. `trade` endpoints change something. */
export interface PrivateRoute extends RouteHead {
  readonly needs: 'read_only' | 'trade';
  /** Whether it can move money. */
  readonly money: boolean;
  /** @returns the elements of `data` */
  handle(call: Call): readonly unknown[];
}

/** An endpoint that needs no key. */
export interface PublicRoute extends RouteHead {
  readonly needs: 'nothing';
  /** @returns the elements of `data` */
  handle(params: Params): readonly unknown[];
}

export type Route = PrivateRoute | PublicRoute;

const SECOND_MS = 1000;

/** `count` requests in `seconds`, counted per UID unless said otherwise. */
export function limit(count: number, seconds: number, by: LimitKey = 'uid'): Limit {
  return { count, windowMs: seconds * SECOND_MS, by };
}

/** A read that needs a key. */
export function read(path: string, limited: Limit, handle: PrivateRoute['handle']): PrivateRoute {
  return { method: 'GET', path, limit: limited, needs: 'read_only', money: false, handle };
}

/** A call that moves money. */
export function pay(path: string, limited: Limit, handle: PrivateRoute['handle']): PrivateRoute {
  return { method: 'POST', path, limit: limited, needs: 'trade', money: true, handle };
}

/** A call that changes a setting. */
export function set(path: string, limited: Limit, handle: PrivateRoute['handle']): PrivateRoute {
  return { method: 'POST', path, limit: limited, needs: 'trade', money: false, handle };
}

/** A read that needs no key. */
export function open(path: string, limited: Limit, handle: PublicRoute['handle']): PublicRoute {
  return { method: 'GET', path, limit: limited, needs: 'nothing', handle };
}
