/** The wire of the simulated OKX: finds the endpoint, lets the request through the gate, wraps the answer (okx.md §1.4). */
import type { Face, Mood, WireReply, WireRequest } from '../contract.ts';
import type { Core } from './core.ts';
import { admit } from './gate.ts';
import { Limits } from './limits.ts';
import { Params, isRecord } from './params.ts';
import { Refusal } from './refusals.ts';
import type { Limit, PrivateRoute, Route } from './routes.ts';
import { shaped } from './shape.ts';

const FLEXIBLE_LOAN = '/api/v5/finance/flexible-loan/';
const SERENE: Mood = {};

/** Synchronous: everything that takes time happens in the books. */
export class OkxFace implements Face {
  readonly #core: Core;
  readonly #limits: Limits;
  readonly #routes = new Map<string, Map<string, Route>>();

  constructor(core: Core, routes: readonly Route[]) {
    this.#core = core;
    this.#limits = new Limits(core);
    for (const route of routes) {
      const methods = this.#routes.get(route.path) ?? new Map<string, Route>();
      this.#routes.set(route.path, methods.set(route.method, route));
    }
  }

  handle(request: WireRequest, mood: Mood = SERENE): WireReply {
    try {
      const data = shaped(this.#core.settings, this.#answer(request, mood));
      return json(200, JSON.stringify({ code: '0', msg: '', data }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#refused(error);
    }
  }

  uidOf(request: WireRequest): string | undefined {
    return this.#core.byKey(request.headers['ok-access-key'] ?? '')?.uid;
  }

  isMoneyCall(request: WireRequest): boolean {
    const route = this.#routes.get(request.path)?.get(request.method);
    return route !== undefined && route.needs !== 'nothing' && route.money;
  }

  /** OKX documents neither 418 nor `Retry-After`: every surplus request is 50011 (okx.md §1.6). */
  tooMany(): WireReply {
    return this.#refused(new Refusal('50011'));
  }

  #answer(request: WireRequest, mood: Mood): readonly unknown[] {
    const methods = this.#routes.get(request.path);
    if (methods === undefined) throw new Refusal('404');
    const route = methods.get(request.method);
    if (route === undefined) throw new Refusal('50115');
    if (route.needs === 'nothing') {
      const params = this.#params(request);
      this.#limits.charge(route.path, route.limit, limitKey(route.limit, '', '', request.ip, params));
      return route.handle(params);
    }
    return this.#private(request, route, mood);
  }

  #private(request: WireRequest, route: PrivateRoute, mood: Mood): readonly unknown[] {
    const account = admit(this.#core, request, route);
    const params = this.#params(request);
    const key = limitKey(route.limit, account.uid, account.masterUid, request.ip, params);
    this.#limits.charge(route.path, route.limit, key);
    const refusesDemo = this.#core.settings.switches.demoFlexibleLoan === 'refuse';
    if (account.key.demo && refusesDemo && route.path.startsWith(FLEXIBLE_LOAN)) throw new Refusal('50038');
    return route.handle({ account, params, mood, path: route.path });
  }

  #params(request: WireRequest): Params {
    const { decimals } = this.#core.settings;
    if (request.method === 'GET') {
      return new Params(Object.fromEntries(new URLSearchParams(request.query)), decimals);
    }
    if (request.body === '') throw new Refusal('50000');
    const type = request.headers['content-type'] ?? '';
    if (!type.startsWith('application/json')) throw new Refusal('50006');
    return new Params(readObject(request.body), decimals);
  }

  #refused(refusal: Refusal): WireReply {
    const status = refusal.code === '50011' ? this.#core.settings.limits.status : refusal.status;
    return json(status, refusal.body());
  }
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal('50002');
  }
  if (!isRecord(value)) throw new Refusal('50002');
  return value;
}

function limitKey(limit: Limit, uid: string, masterUid: string, ip: string, params: Params): string {
  switch (limit.by) {
    case 'uid':
      return uid;
    case 'masterUid':
      return masterUid;
    case 'uidAndCcy':
      return `${uid} ${params.optional('ccy') ?? ''}`;
    case 'ip':
      return ip;
    case 'ipAndInst':
      return `${ip} ${params.optional('instId') ?? ''}`;
  }
}

function json(status: number, body: string): WireReply {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
