/** The web sockets of the simulated exchanges, on the same HTTP server as their REST endpoints. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { BinanceStreams, Market } from '../contract.ts';
import type { OkxStreams } from '../okx/index.ts';
import { BinanceMarketSession } from './binance.ts';
import { BinanceApiSession, BinanceRiskSession } from './binanceUser.ts';
import type { OkxDoor } from './okx.ts';
import { OkxSession } from './okx.ts';
import type { Session, Wire } from './session.ts';

const MAX_FRAME_BYTES = 64 * 1024;
const OKX_PREFIX = '/ws/v5/';

interface Common {
  readonly server: Server;
  readonly market: Market;
  /** Calls back after every visited tape moment; without it, call `pushPrices`. */
  readonly onTick?: (run: () => void) => () => void;
  /** Stretches or shrinks pings, idle times and the pace of OKX channels. Default 1. */
  readonly timeScale?: number;
}

/** What the sockets are attached to. Without streams there are only public feeds. */
export type SocketOptions =
  | (Common & { readonly venue: 'binance'; readonly streams?: BinanceStreams | undefined })
  | (Common & { readonly venue: 'okx'; readonly streams?: OkxStreams | undefined });

/** The attached sockets. */
export interface Sockets {
  /** Tells every feed that prices may have changed. */
  pushPrices(): void;
  /** Cuts every open connection without a word, as a network does. New ones are welcome. */
  cut(): void;
  /** Open connections. */
  count(): number;
  /** Ends every connection and takes no more. */
  close(): void;
}

/** Makes a session for a connection. */
type Opener = (wire: Wire) => Session;

/** Attaches one venue's sockets to an HTTP server. Several venues may share one server: their paths differ. */
export function attachSockets(options: SocketOptions): Sockets {
  const { server } = options;
  const acceptor = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  const open = new Map<WebSocket, Session>();

  const welcome = (socket: WebSocket, ip: string, opener: Opener): void => {
    const session = opener(wireOf(socket, ip));
    open.set(socket, session);
    socket.on('message', (data, isBinary) => {
      if (!isBinary) session.heard(textOf(data));
    });
    socket.on('pong', () => {
      session.pong();
    });
    // A reset connection ends like any other; its 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      session.ended();
    });
  };

  const onUpgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const opener = route(options, new URL(request.url ?? '/', 'http://simulator'));
    if (opener === undefined) {
      if (server.listenerCount('upgrade') === 1) raw.destroy();
      return;
    }
    acceptor.handleUpgrade(request, raw, head, (socket) => {
      welcome(socket, request.socket.remoteAddress ?? '', opener);
    });
  };

  const pushPrices = (): void => {
    for (const session of open.values()) session.moved();
  };
  const cut = (): void => {
    for (const socket of open.keys()) socket.terminate();
  };
  server.on('upgrade', onUpgrade);
  const stopTicks = options.onTick?.(pushPrices);
  const close = (): void => {
    stopTicks?.();
    server.off('upgrade', onUpgrade);
    cut();
    acceptor.close();
  };
  return { pushPrices, cut, count: () => open.size, close };
}

function route(options: SocketOptions, url: URL): Opener | undefined {
  const scale = options.timeScale ?? 1;
  if (options.venue === 'okx') {
    const door = url.pathname.startsWith(OKX_PREFIX) ? doorOf(url.pathname.slice(OKX_PREFIX.length)) : undefined;
    return door === undefined
      ? undefined
      : (wire) => new OkxSession(options.market, options.streams, wire, door, scale);
  }
  if (url.pathname.startsWith(OKX_PREFIX)) return undefined;
  return routeBinance(options.market, options.streams, url, scale);
}

function routeBinance(
  market: Market,
  streams: BinanceStreams | undefined,
  url: URL,
  scale: number,
): Opener | undefined {
  const { pathname } = url;
  if (pathname === '/ws-api/v3') {
    return streams === undefined ? undefined : (wire) => new BinanceApiSession(market, streams, wire, scale);
  }
  if (pathname === '/stream' || pathname.startsWith('/stream/')) {
    const names = (url.searchParams.get('streams') ?? '').split('/').filter((name) => name !== '');
    return (wire) => new BinanceMarketSession(market, wire, names, true, scale);
  }
  if (pathname !== '/ws' && !pathname.startsWith('/ws/')) return undefined;
  const names = pathname
    .slice('/ws/'.length)
    .split('/')
    .filter((name) => name !== '')
    .map(decodeURIComponent);
  const uid = streams?.uidOfListenKey(names[0] ?? '');
  if (streams !== undefined && uid !== undefined)
    return (wire) => new BinanceRiskSession(market, streams, wire, uid, scale);
  return (wire) => new BinanceMarketSession(market, wire, names, false, scale);
}

function doorOf(name: string): OkxDoor | undefined {
  return (['public', 'private', 'business'] as const).find((door) => door === name);
}

function wireOf(socket: WebSocket, ip: string): Wire {
  const text = (line: string): void => {
    if (socket.readyState === socket.OPEN) socket.send(line);
  };
  return {
    ip,
    text,
    json: (value) => {
      text(JSON.stringify(value));
    },
    ping: (payload) => {
      if (socket.readyState === socket.OPEN) socket.ping(payload);
    },
    close: (code, reason) => {
      socket.close(code, reason);
    },
    cut: () => {
      socket.terminate();
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
