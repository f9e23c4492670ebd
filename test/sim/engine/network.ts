/** The network between a process and the simulated exchanges, in memory: what undici would say of each mishap. */
import { setMaxListeners } from 'node:events';
import type { CallOptions, HttpRequest, HttpResult, Transport } from '../../../src/exchanges/transport.ts';
import { parseJson } from '../../../src/exchanges/json.ts';
import type { WireReply, WireRequest } from '../../../src/simulator/contract.ts';
import type { Chance } from './chance.ts';
import type { Machine } from './machine.ts';

export interface NetworkOptions {
  readonly machine: Machine;
  readonly chance: Chance;
  readonly ip: string;
  /** Takes a request to its venue; undefined: the connection is reset. */
  readonly send: (venue: 'binance' | 'okx', request: WireRequest) => Promise<WireReply | undefined>;
  /** Whether the venue cannot be reached at this moment: nothing leaves. */
  readonly unreachable: () => boolean;
  /** A read was answered whole; `key` names the account. */
  readonly onRead: (path: string, key: string) => void;
  /** ms one way. */
  readonly tripMs: readonly [least: number, most: number];
}

export const HOSTS = { binance: 'http://binance.sim', okx: 'http://okx.sim' } as const;

export class Network implements Transport {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  call(request: HttpRequest, { deadlineMs, signal, money }: CallOptions): Promise<HttpResult> {
    const { machine } = this.#options;
    const url = new URL(request.url);
    const venue = url.host.startsWith('okx') ? 'okx' : 'binance';
    return new Promise((resolve) => {
      const way: Way = { left: false, over: false };
      const end = (result: HttpResult): void => {
        if (way.over) return;
        way.over = true;
        cancel();
        signal?.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const giveUp = (reason: string): void => end({ kind: way.left ? 'lost' : 'notSent', reason });
      const onAbort = (): void => giveUp('aborted');
      const cancel = machine.clock.later(deadlineMs, () => giveUp('deadline'));
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      if (signal !== undefined) setMaxListeners(0, signal);
      signal?.addEventListener('abort', onAbort, { once: true });
      machine.leave(`${money ? 'send' : 'read'} ${url.pathname}`, () => {
        this.#connect(way, { venue, wire: wireOf(request, url, this.#options.ip) }, end);
      });
    });
  }

  /** A byte leaves only once a connection stands; whoever gave up before that was told so. */
  #connect(way: Way, asked: Asked, end: (result: HttpResult) => void): void {
    const { machine, unreachable } = this.#options;
    machine.agenda.later(this.#trip(), () => {
      machine.enter(() => {
        if (unreachable()) end({ kind: 'notSent', reason: 'ECONNREFUSED' });
        else if (!way.over) this.#carry(way, asked, end);
      });
    });
  }

  #carry(way: Way, { venue, wire }: Asked, end: (result: HttpResult) => void): void {
    const { machine, send } = this.#options;
    way.left = true;
    machine.agenda.later(this.#trip(), () => {
      void send(venue, wire).then((reply) => {
        machine.agenda.later(this.#trip(), () => {
          machine.enter(() => {
            const result: HttpResult = reply === undefined ? { kind: 'lost', reason: 'ECONNRESET' } : httpOf(reply);
            if (!way.over && result.kind === 'reply' && result.status === 200 && result.json !== undefined)
              this.#options.onRead(wire.path, wire.headers['x-mbx-apikey'] ?? wire.headers['ok-access-key'] ?? '');
            end(result);
          });
        });
      });
    });
  }

  #trip(): number {
    const [least, most] = this.#options.tripMs;
    return this.#options.chance.int(least, most);
  }
}

interface Way {
  /** A byte may have left. */
  left: boolean;
  over: boolean;
}

interface Asked {
  readonly venue: 'binance' | 'okx';
  readonly wire: WireRequest;
}

function wireOf({ method, headers, body }: HttpRequest, url: URL, ip: string): WireRequest {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, path: url.pathname, query: url.search.slice(1), body, headers: lower, ip };
}

function httpOf({ status, headers, body }: WireReply): HttpResult {
  const lower = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return { kind: 'reply', status, headers: lower, text: body, json: parseJson(body) };
}
