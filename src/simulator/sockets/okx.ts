/** OKX sockets: public price channels, private login and the `account` channel (okx.md §8). */
import type { Market } from '../contract.ts';
import type { OkxStreams } from '../okx/index.ts';
import { Refusal } from '../okx/index.ts';
import { indexRow, markRow, pairPrice, splitInstrument, tickerRow } from '../okx/prices.ts';
import type { Pace, Session, Wire } from './session.ts';
import { Countdown, Pacer, isRecord, readObject } from './session.ts';

/** Which of the three addresses a client came to. */
export type OkxDoor = 'public' | 'private' | 'business';

const IDLE_MS = 30_000;
const IDLE_CODE = 4004;
const LOGIN_FAILED_CODE = 4001;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How often a channel sends; `index-tickers` and `mark-price` as documented. */
const PACES: Readonly<Record<string, Pace>> = {
  'index-tickers': { gapMs: 100, repeatMs: MINUTE_MS },
  'mark-price': { gapMs: 200, repeatMs: 10_000 },
  tickers: { gapMs: 100, repeatMs: MINUTE_MS },
};
/** Events are gathered for 50 ms; the regular interval is not documented, five seconds are from memory (okx.md §8). */
const ACCOUNT_GAP_MS = 50;
const ACCOUNT_REPEAT_MS = 5000;

interface Running {
  readonly pacer: Pacer;
  readonly mark: (() => string) | undefined;
  last: string;
  readonly stop: () => void;
}

/** One OKX connection. */
export class OkxSession implements Session {
  readonly #market: Market;
  readonly #streams: OkxStreams | undefined;
  readonly #wire: Wire;
  readonly #door: OkxDoor;
  readonly #scale: number;
  readonly #connId: string;
  readonly #idle: Countdown;
  readonly #running = new Map<string, Running>();
  #uid: string | undefined;

  constructor(market: Market, streams: OkxStreams | undefined, wire: Wire, door: OkxDoor, scale: number) {
    this.#market = market;
    this.#streams = streams;
    this.#wire = wire;
    this.#door = door;
    this.#scale = scale;
    this.#connId = Math.floor(market.host.random() * 0xffffffff)
      .toString(16)
      .padStart(8, '0');
    this.#idle = new Countdown(market.host, IDLE_MS * scale, () => {
      wire.close(IDLE_CODE, 'no data received in 30s');
    });
  }

  heard(text: string): void {
    this.#idle.restart();
    // Plain words, not JSON and not ping frames (okx.md §8).
    if (text === 'ping') {
      this.#wire.text('pong');
      return;
    }
    const request = readObject(text);
    const args: unknown = request?.['args'];
    if (request === undefined || !Array.isArray(args) || !args.every(isRecord)) {
      this.#fail('60012', `Invalid request: ${text}`);
      return;
    }
    for (const arg of args) this.#obey(request['op'], arg, text);
  }

  pong(): void {
    // OKX sends no ping frames.
  }

  moved(): void {
    for (const one of this.#running.values()) {
      const mark = one.mark?.() ?? one.last;
      if (mark === one.last) continue;
      one.last = mark;
      one.pacer.poke();
    }
  }

  ended(): void {
    this.#idle.stop();
    for (const one of this.#running.values()) one.stop();
  }

  #obey(op: unknown, arg: Readonly<Record<string, unknown>>, text: string): void {
    switch (op) {
      case 'login':
        this.#login(arg);
        return;
      case 'subscribe':
        this.#subscribe(arg);
        return;
      case 'unsubscribe':
        this.#unsubscribe(arg);
        return;
      default:
        this.#fail('60012', `Invalid request: ${text}`);
    }
  }

  #login(arg: Readonly<Record<string, unknown>>): void {
    const claim = {
      apiKey: word(arg, 'apiKey'),
      passphrase: word(arg, 'passphrase'),
      timestamp: word(arg, 'timestamp'),
      sign: word(arg, 'sign'),
    };
    try {
      this.#uid = this.#streams?.login(claim);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#fail(error.code, error.message);
      this.#wire.close(LOGIN_FAILED_CODE, 'login failed');
      return;
    }
    if (this.#uid === undefined) this.#fail('60009', 'Login failed.');
    else this.#wire.json({ event: 'login', code: '0', msg: '', connId: this.#connId });
  }

  #subscribe(arg: Readonly<Record<string, unknown>>): void {
    const key = keyOf(arg);
    const channel = word(arg, 'channel');
    if (this.#running.has(key)) {
      this.#wire.json({ event: 'subscribe', arg, connId: this.#connId });
      return;
    }
    if (channel === 'account' && this.#door === 'private') {
      this.#subscribeAccount(key, arg);
      return;
    }
    const row = this.#door === 'public' ? rowOf(this.#market, channel, arg['instId']) : undefined;
    const pace = PACES[channel];
    if (row === undefined || pace === undefined) {
      this.#fail(
        '60018',
        `Wrong URL or channel:${channel},instId:${word(arg, 'instId')} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`,
      );
      return;
    }
    this.#wire.json({ event: 'subscribe', arg, connId: this.#connId });
    const pacer = this.#pacer(pace, () => this.#push({ arg, data: [row.make()] }));
    this.#running.set(key, { pacer, mark: row.mark, last: row.mark(), stop: () => pacer.stop() });
    pacer.fire();
  }

  #subscribeAccount(key: string, arg: Readonly<Record<string, unknown>>): void {
    const [streams, uid] = [this.#streams, this.#uid];
    if (streams === undefined || uid === undefined) {
      this.#fail('60011', 'Please log in');
      return;
    }
    this.#wire.json({ event: 'subscribe', arg, connId: this.#connId });
    let changed = false;
    const push = (): void => {
      const head = { arg: { channel: 'account', uid }, eventType: changed ? 'event_update' : 'snapshot' };
      // Only snapshots are paged; the simulator's always fit one page.
      const paging = changed ? {} : { curPage: 1, lastPage: true };
      changed = false;
      this.#push({ ...head, ...paging, data: [streams.balance(uid)] });
    };
    // `"0"` turns regular snapshots off; a day is as good as never, for connections are not that old.
    const eventsOnly = readObject(word(arg, 'extraParams'))?.['updateInterval'] === '0';
    const regular = eventsOnly ? DAY_MS : ACCOUNT_REPEAT_MS;
    const pacer = this.#pacer({ gapMs: ACCOUNT_GAP_MS, repeatMs: regular }, push);
    const stopChanges = streams.onChange((who) => {
      if (who !== uid) return;
      changed = true;
      pacer.poke();
    });
    const stop = (): void => {
      stopChanges();
      pacer.stop();
    };
    this.#running.set(key, { pacer, mark: undefined, last: '', stop });
    pacer.fire();
  }

  #unsubscribe(arg: Readonly<Record<string, unknown>>): void {
    const key = keyOf(arg);
    this.#running.get(key)?.stop();
    this.#running.delete(key);
    this.#wire.json({ event: 'unsubscribe', arg, connId: this.#connId });
  }

  #pacer(pace: Pace, send: () => void): Pacer {
    const scaled = { gapMs: pace.gapMs * this.#scale, repeatMs: pace.repeatMs * this.#scale };
    return new Pacer(this.#market.host, scaled, send);
  }

  #push(message: unknown): void {
    this.#idle.restart();
    this.#wire.json(message);
  }

  #fail(code: string, msg: string): void {
    this.#wire.json({ event: 'error', code, msg, connId: this.#connId });
  }
}

function keyOf(arg: Readonly<Record<string, unknown>>): string {
  return ['channel', 'instId', 'ccy'].map((name) => word(arg, name)).join(' ');
}

/** Text of a member; empty when it is missing or something else. */
function word(arg: Readonly<Record<string, unknown>>, name: string): string {
  const value = arg[name];
  return typeof value === 'string' ? value : '';
}

/** What a public channel sends about an instrument; undefined when there is no such thing. */
function rowOf(
  market: Market,
  channel: string,
  instId: unknown,
): { make: () => unknown; mark: () => string } | undefined {
  if (typeof instId !== 'string') return undefined;
  const pair = splitInstrument(market, instId);
  if (pair === undefined) return undefined;
  const { base, quote } = pair;
  const mark = (): string => pairPrice(market, base, quote).toFixed();
  const swap = instId.endsWith('-SWAP');
  switch (channel) {
    case 'index-tickers':
      return swap ? undefined : { mark, make: () => indexRow(market, base, quote) };
    case 'tickers':
      return { mark, make: () => ({ ...tickerRow(market, base, quote), instId, instType: swap ? 'SWAP' : 'SPOT' }) };
    case 'mark-price': {
      const instType = swap ? 'SWAP' : 'MARGIN';
      return { mark, make: () => markRow(market, instType, instId, pairPrice(market, base, quote)) };
    }
    default:
      return undefined;
  }
}
