/** A venue on a raw socket: it tells the time, and does with a money call whatever a test wants. Both venues' paths. */
import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../src/clock.ts';
import type { Intent, Verb } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import { PROOFS } from '../../src/core/proof.ts';
import { createBinance } from '../../src/exchanges/binance/index.ts';
import type { SignedRequest, Venue } from '../../src/exchanges/exchange.ts';
import { DEFAULT_VENUE_TIMING } from '../../src/exchanges/kit.ts';
import { createOkx } from '../../src/exchanges/okx/index.ts';
import { createTransport } from '../../src/exchanges/transport.ts';
import { anIntent } from '../jobs/fixtures.ts';
import { config, freeMeter, hidden } from './okx/support.ts';

export interface MoneyCall {
  readonly product: Product;
  readonly verb: Verb;
}

/** Every money verb of every product, borrowing included. */
export const MONEY_CALLS: readonly MoneyCall[] = Object.entries(PROOFS).flatMap(([product, verbs]) =>
  [...Object.keys(verbs), 'borrow'].map((verb) => ({ product: product as Product, verb: verb as Verb })),
);

const KEYS: Readonly<Record<Product, string>> = {
  'binance.crossMargin': '',
  'binance.isolatedMargin': 'BTCUSDT',
  'binance.flexibleLoan': 'USDT-BTC',
  'okx.flexibleLoan': '680234819012345678',
  'okx.spotBorrow': '',
};

export function isOkx({ product }: MoneyCall): boolean {
  return product.startsWith('okx');
}

function intentOf({ product, verb }: MoneyCall): Intent {
  const wallet = isOkx({ product, verb }) ? 'funding' : 'spot';
  const asset = verb === 'add' || verb === 'reduce' ? 'BTC' : 'USDT';
  const [from, to] = verb === 'transferOut' ? ['inside', wallet] : [wallet, 'inside'];
  return anIntent('abc-42-1', {
    product,
    key: KEYS[product],
    verb,
    asset,
    amount: '5',
    from,
    to,
    clientId: 'b1234567abc',
  });
}

/** A good answer to a call, as the documents show it. */
export function goodBody({ product, verb }: MoneyCall): string {
  if (isOkx({ product, verb })) {
    const row = { ccy: 'USDT', amt: '5', clOrdId: 'b1234567abc', ordId: KEYS[product], transId: '754147' };
    return JSON.stringify({ code: '0', msg: '', data: verb === 'add' || verb === 'reduce' ? [] : [row] });
  }
  if (product !== 'binance.flexibleLoan') return '{"tranId":100000001}';
  const pair = { loanCoin: 'USDT', collateralCoin: 'BTC' };
  return JSON.stringify(verb === 'repay' ? { ...pair, repayStatus: 'Repaid' } : { ...pair, status: 'Succeeds' });
}

export type Play = (socket: Socket, call: MoneyCall) => void;

/** One call on a peer of its own. Waits for nothing but the answer. */
export class Exchange {
  /** Whole money requests that arrived. */
  posts = 0;
  /** Everything that arrived on a connection, the reading of the clock aside. */
  bytes = '';
  readonly #call: MoneyCall;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #play: Play = () => undefined;
  #atAccept: Play | null = null;
  #origin = '';

  constructor(call: MoneyCall) {
    this.#call = call;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1');
        // Money calls alone come on a connection of their own.
        if (/^connection: keep-alive/im.test(text)) {
          if (!isWhole(text)) return;
          socket.write(http('200 OK', this.#read(text)));
          text = '';
          return;
        }
        this.bytes += data.toString('latin1');
        if (!isWhole(text)) return;
        text = '';
        this.posts += 1;
        this.#play(socket, this.#call);
      });
      this.#atAccept?.(socket, this.#call);
    });
  }

  /** Signs the call as a look would, and sends it once. */
  async send(how: Conduct): Promise<Awaited<ReturnType<Venue['send']>>> {
    this.#origin = await new Promise<string>((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? `http://127.0.0.1:${String(address.port)}` : '');
      });
    });
    const transport = createTransport({ clock: systemClock });
    const venue = this.#venue(how.deadlineMs ?? 10_000, transport);
    try {
      const request = await signed(venue, intentOf(this.#call));
      if (how.url !== undefined) Object.assign(request, { url: how.url(request.url) });
      if (how.play !== undefined) this.#play = how.play;
      this.#atAccept = how.atAccept ?? null;
      if (how.isClosed === true) this.#server.close();
      return await venue.send(request, new AbortController().signal);
    } finally {
      await venue.close();
      await transport.close();
      for (const socket of this.#sockets) socket.destroy();
      this.#server.close();
    }
  }

  #venue(moneyDeadlineMs: number, transport: ReturnType<typeof createTransport>): Venue {
    serial += 1;
    const common = {
      account: `peer${String(serial)}`,
      hosts: { rest: this.#origin, ws: this.#origin.replace('http', 'ws') },
      products: [this.#call.product],
      expectUid: null,
      clock: systemClock,
      meter: freeMeter,
      tagIntents: false,
      log: { info: () => undefined, warn: () => undefined },
    };
    const key = { id: hidden('KEY'), secret: hidden('SECRET') };
    const timing = { ...DEFAULT_VENUE_TIMING, moneyDeadlineMs };
    return isOkx(this.#call)
      ? createOkx({ ...common, key: { ...key, passphrase: hidden('WORDS') }, timing, windowMs: 30_000 })
      : createBinance({ ...common, key, timing, transport });
  }

  /** The clock, and whose account it is; nothing else can be read. */
  #read(request: string): string {
    const now = systemClock.wall();
    if (!isOkx(this.#call)) return request.includes('/time') ? JSON.stringify({ serverTime: now }) : '[]';
    const data = request.includes('/public/time') ? [{ ts: String(now) }] : [config()];
    return JSON.stringify({ code: '0', msg: '', data });
  }
}

let serial = 0;

export interface Conduct {
  readonly play?: Play;
  readonly atAccept?: Play;
  readonly isClosed?: boolean;
  /** Sends it elsewhere. */
  readonly url?: (url: string) => string;
  readonly deadlineMs?: number;
}

/** A look reads first, so that the venue's clock is known; here nothing but the clock can be read. */
async function signed(venue: Venue, intent: Intent): Promise<SignedRequest> {
  await venue.observe(new AbortController().signal).catch(() => undefined);
  return venue.sign(intent);
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? '0');
  return text.length - end - 4 >= length;
}

export function http(status: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${String(bytes.length)}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), bytes]);
}
