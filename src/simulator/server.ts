/** The HTTP side of one simulated exchange: raw text in, the line to the venue, raw text out. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { WireReply, WireRequest } from './contract.ts';
import type { Line } from './line.ts';

const MOST_BODY_BYTES = 1_000_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * A server that is not listening yet.
 * @param report told about bugs of the simulator
 */
export function createVenueServer(line: Line, report: (problem: unknown) => void): Server {
  const server = createServer((incoming, response) => {
    serve(line, incoming, response).catch((error: unknown) => {
      // A client that went away in the middle of its request never asked for anything.
      if (!incoming.complete) return;
      // A bug of the simulator must be seen as one: reported, and never as an answer that a venue could have given.
      report(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function serve(line: Line, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  answer(response, await line.send(await readRequest(incoming)));
}

function answer(response: ServerResponse, reply: WireReply | undefined): void {
  if (reply === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, { ...reply.headers, 'Content-Length': String(Buffer.byteLength(reply.body)) });
  response.end(reply.body);
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
