/** Binance account sockets: the margin risk stream by listen key, and the user stream by listen token (binance.md §9.3, §9.4). */
import type { BinanceHappening, BinanceStreams, Market } from '../contract.ts';
import { Heartbeat } from './binance.ts';
import type { Session, Wire } from './session.ts';
import { isRecord, readObject } from './session.ts';

const MICROSECONDS = 1000;

/** `/ws/<listenKey>` of the margin risk host: cross margin only. Hints, not truth. */
export class BinanceRiskSession implements Session {
  readonly #heartbeat: Heartbeat;
  readonly #stop: () => void;

  constructor(market: Market, streams: BinanceStreams, wire: Wire, uid: string, scale: number) {
    this.#heartbeat = new Heartbeat(market, wire, scale);
    this.#stop = streams.onHappening((happening) => {
      const event = happening.uid === uid ? riskEvent(happening, market.host.now()) : undefined;
      if (event !== undefined) wire.json(event);
    });
  }

  heard(): void {
    // The risk stream takes no requests.
  }

  pong(): void {
    this.#heartbeat.pong();
  }

  moved(): void {
    // Nothing here follows prices directly: the books tell what happens.
  }

  ended(): void {
    this.#heartbeat.stop();
    this.#stop();
  }
}

/** `/ws-api/v3`: only `userDataStream.subscribe.listenToken`, `ping` and `time`. */
export class BinanceApiSession implements Session {
  readonly #market: Market;
  readonly #streams: BinanceStreams;
  readonly #wire: Wire;
  readonly #heartbeat: Heartbeat;
  readonly #stops: (() => void)[] = [];
  #subscriptions = 0;

  constructor(market: Market, streams: BinanceStreams, wire: Wire, scale: number) {
    this.#market = market;
    this.#streams = streams;
    this.#wire = wire;
    this.#heartbeat = new Heartbeat(market, wire, scale);
  }

  heard(text: string): void {
    const request = readObject(text);
    const id = request?.['id'] ?? null;
    const params: unknown = request?.['params'];
    switch (request?.['method']) {
      case 'ping':
        this.#answer(id, {});
        return;
      case 'time':
        this.#answer(id, { serverTime: this.#market.host.now() });
        return;
      case 'userDataStream.subscribe.listenToken':
        this.#subscribe(id, tokenOf(params));
        return;
      default:
        this.#refuse(id, -1100, 'Unknown method');
    }
  }

  pong(): void {
    this.#heartbeat.pong();
  }

  moved(): void {
    // Account events come from the books.
  }

  ended(): void {
    this.#heartbeat.stop();
    for (const stop of this.#stops) stop();
  }

  #subscribe(id: unknown, token: string): void {
    const opened = this.#streams.listenToken(token);
    if (opened === undefined) {
      this.#refuse(id, -1209, 'Invalid listenToken.');
      return;
    }
    const subscriptionId = (this.#subscriptions += 1);
    // The documented sample is in microseconds, unlike the token's own answer (binance.md §9.4).
    const scale = this.#streams.tokenTimes === 'ms' ? 1 : MICROSECONDS;
    this.#answer(id, { subscriptionId, expirationTime: opened.expiresMs * scale });
    const tell = (event: unknown): void => {
      this.#wire.json({ subscriptionId, event });
    };
    const stopTelling = this.#streams.onHappening((happening) => {
      const mine = happening.uid === opened.uid && happening.kind === 'balance' && happening.symbol === opened.symbol;
      if (mine) for (const event of balanceEvents(happening, this.#market.host.now())) tell(event);
    });
    const leftMs = Math.max(0, opened.expiresMs - this.#market.host.now());
    const stopExpiry = this.#market.host.later(leftMs, () => {
      stopTelling();
      tell({ e: 'eventStreamTerminated', E: this.#market.host.now() });
    });
    this.#stops.push(stopTelling, stopExpiry);
  }

  #answer(id: unknown, result: unknown): void {
    this.#wire.json({ id, status: 200, result, rateLimits: [] });
  }

  #refuse(id: unknown, code: number, msg: string): void {
    this.#wire.json({ id, status: 400, error: { code, msg }, rateLimits: [] });
  }
}

function riskEvent(happening: BinanceHappening, now: number): unknown {
  switch (happening.kind) {
    case 'marginLevelStatus':
      return { e: 'MARGIN_LEVEL_STATUS_CHANGE', E: now, l: happening.level, s: happening.status };
    case 'liability': {
      const { asset, type, principal, interest } = happening;
      return { e: 'USER_LIABILITY_CHANGE', E: now, a: asset, t: type, p: principal, i: interest };
    }
    case 'balance':
      return undefined;
  }
}

type Balance = Extract<BinanceHappening, { kind: 'balance' }>;

function balanceEvents({ asset, delta, free, locked, transfer }: Balance, now: number): readonly unknown[] {
  const position = { e: 'outboundAccountPosition', E: now, u: now, B: [{ a: asset, f: free, l: locked }] };
  return transfer ? [{ e: 'balanceUpdate', E: now, a: asset, d: delta, T: now }, position] : [position];
}

function tokenOf(params: unknown): string {
  const token = isRecord(params) ? params['listenToken'] : undefined;
  return typeof token === 'string' ? token : '';
}
