/** The HTTP side of one simulated exchange: raw text in, faults and delays, the face, raw text out. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Books, Face, Host, WireReply, WireRequest } from './contract.ts';
import { moodOf } from './faults.ts';
import type { Effect, Faults } from './faults.ts';
import { garbled, prevents } from './garble.ts';
import type { LogEntry, RequestLog } from './requestLog.ts';

/** Marks a money call for counting; it is logged and changes nothing (DESIGN §7). */
const TAG_HEADER = 'x-ballast-intent';
const MOST_BODY_BYTES = 1_000_000;
const KEEP_ALIVE_MS = 30_000;

/** One venue and what its server needs. */
export interface VenueParts {
  readonly venue: 'binance' | 'okx';
  readonly host: Host;
  readonly face: Face;
  readonly books: Books;
  readonly faults: Faults;
  readonly log: RequestLog;
  /** Tape ms. */
  readonly tapeNow: () => number;
  /** Wire ms before and after a request is carried out. */
  readonly latencyMs: number;
  readonly replyMs: number;
  /** Told about bugs of the simulator and mistakes in faults. */
  readonly report: (problem: unknown) => void;
}

/** A server that is not listening yet. */
export function createVenueServer(parts: VenueParts): Server {
  const server = createServer((incoming, response) => {
    serve(parts, incoming, response).catch((error: unknown) => {
      // A client that went away in the middle of its request never asked for anything.
      if (!incoming.complete) return;
      // A bug of the simulator must be seen as one: reported, and never as an answer that a venue could have given.
      parts.report(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function serve(parts: VenueParts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await readRequest(incoming);
  const uid = parts.face.uidOf?.(request);
  const seen = { ...request, venue: parts.venue, uid, tapeMs: parts.tapeNow() };
  const effects = parts.faults.play(seen);
  const entry = parts.log.open({
    atMs: parts.host.now(),
    tapeMs: seen.tapeMs,
    venue: parts.venue,
    method: request.method,
    path: request.path,
    query: request.query,
    body: request.body,
    uid,
    tag: request.headers[TAG_HEADER],
    isMoney: parts.face.isMoneyCall?.(request) ?? request.method === 'POST',
    faults: effects.map((effect) => effect.kind),
  });
  await pause(parts.host, parts.latencyMs + delayOf(effects, false));
  const reply = carryOut(parts, request, effects, entry);
  await pause(parts.host, parts.replyMs + delayOf(effects, true) + (reply?.afterMs ?? 0));
  answer(parts, response, entry, reply);
}

/** Carries the request out unless a fault prevents it. @returns undefined when the connection is to be reset */
function carryOut(
  parts: VenueParts,
  request: WireRequest,
  effects: readonly Effect[],
  entry: LogEntry,
): WireReply | undefined {
  act(parts, effects, 'before');
  let reply: WireReply = { status: 200, body: '' };
  if (!effects.some(prevents)) {
    entry.executed = true;
    reply = parts.face.handle(request, moodOf(effects, request.path));
  }
  act(parts, effects, 'after');
  for (const effect of effects) {
    if (effect.kind === 'dropBefore' || effect.kind === 'dropAfter') return undefined;
    if (effect.kind === 'rateLimit') reply = tooMany(parts.face, effect.status, effect.retryAfterSec);
    reply = garbled(effect, reply) ?? reply;
  }
  return reply;
}

function tooMany(face: Face, status: 429 | 418, retryAfterSec: number): WireReply {
  const plain = { status, headers: { 'Retry-After': String(retryAfterSec) }, body: '' };
  return face.tooMany?.(status, retryAfterSec) ?? plain;
}

/** A deed that cannot be done is the test's mistake: it is reported and the request goes on. */
function act(parts: VenueParts, effects: readonly Effect[], when: 'before' | 'after'): void {
  for (const effect of effects) {
    if (effect.kind !== 'act' || effect.when !== when) continue;
    try {
      parts.books.act?.(effect.deed);
    } catch (error) {
      parts.report(
        new Error(`a fault's deed could not be done: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
  }
}

function delayOf(effects: readonly Effect[], after: boolean): number {
  return effects.reduce(
    (total, effect) => (effect.kind === 'delay' && effect.after === after ? total + effect.ms : total),
    0,
  );
}

function answer(parts: VenueParts, response: ServerResponse, entry: LogEntry, reply: WireReply | undefined): void {
  if (reply === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  parts.log.close(entry, reply.status, reply.body);
  const length = { 'Content-Length': String(Buffer.byteLength(reply.body)) };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  response.end(reply.body);
}

async function pause(host: Host, ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resume) => void host.later(ms, resume));
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const url = incoming.url ?? '/';
  const cut = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: cut < 0 ? url : url.slice(0, cut),
    query: cut < 0 ? '' : url.slice(cut + 1),
    body: await readText(incoming),
    headers: flatHeaders(incoming),
    ip: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
}

/** The whole body as text. @throws Error when it is larger than a megabyte */
export async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > MOST_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
