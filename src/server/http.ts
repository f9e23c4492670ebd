/**
 * The HTTP server of the page: health, JSON, server-sent events, and the three acts of an operator. It reads Redis through a
 * connection of its own and runs beside the lanes: no look waits for it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { Clock } from '../clock.ts';
import { orNull } from '../clock.ts';
import type { Survey } from '../reading/survey.ts';
import { addActing } from './acting.ts';
import type { AlertLedger } from './alerts.ts';
import { addAssets } from './assets.ts';
import type { GuardOptions } from './guard.ts';
import { Guard, Refusal, secure } from './guard.ts';
import { Pulse, readiness } from './health.ts';
import { addMetrics } from './metrics.ts';
import type { Exposition } from './metrics.ts';
import type { Snapshot, SnapshotOptions } from './snapshots.ts';
import { Snapshots } from './snapshots.ts';
import { detailOf, tracksOf } from './story.ts';
import { MOST_READERS, Stream } from './stream.ts';
import type { Access, Trouble } from './wire.ts';

/** What the journal is read through. */
export type Reader = Pick<Survey, 'accounts' | 'pausable' | 'status' | 'story' | 'tracks'>;

export interface PageOptions
  extends Omit<GuardOptions, 'clock'>, Pick<SnapshotOptions, 'version' | 'policy' | 'tapeAt'> {
  readonly clock: Clock;
  readonly survey: Reader;
  /** Names of the accounts in the policy file. */
  readonly wanted: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Folder of the compiled page. */
  readonly folder: string;
  readonly alerts: AlertLedger | null;
  /** A lane hangs, and only another process helps. */
  readonly isStuck: () => boolean;
  /** What `/metrics` answers; `null`: there is none. */
  readonly metrics: Exposition | null;
  /** A bug: nothing that a visitor did. */
  readonly onError: (error: Error) => void;
}

export interface Page {
  /** `http://127.0.0.1:8420/` */
  readonly address: string;
  close(): Promise<void>;
}

const MOST_BODY = 16_384;
const REQUEST_WITHIN_MS = 10_000;
const SHARED_MS = 3_000;
/** A Redis that froze takes requests and answers nothing: whoever asks how the server is must be told so. */
const READ_WITHIN_MS = 2_000;
/** Answered to anybody; what more they say, to readers only. */
const FREE = ['/livez', '/readyz', '/api/access'];

/** @throws Error when it cannot listen there */
export async function openPage(options: PageOptions): Promise<Page> {
  const { clock, survey, alerts, token, host, port } = options;
  const guard = new Guard(options);
  const snapshots = new Snapshots({ ...options, status: () => survey.status(), acts: token !== null });
  const stream = new Stream(clock, snapshots);
  const pulse = new Pulse(clock);
  const http = fastify({
    bodyLimit: MOST_BODY,
    requestTimeout: REQUEST_WITHIN_MS,
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  answerTroubles(http, options.onError);
  http.addHook('onRequest', (request, reply, done) => {
    secure(reply);
    guard.host(request);
    if (request.method === 'POST') guard.act(request);
    else if (!isOpen(request)) guard.read(request);
    done();
  });
  addAssets(http, options.folder);
  const newest = (): Promise<Snapshot | null> => orNull(clock, READ_WITHIN_MS, snapshots.get());
  addHealth(http, { options, guard, newest, pulse });
  addReading(http, { clock, survey, snapshots, stream });
  http.get('/api/access', (): Access => ({ reads: options.reads, acts: token !== null }));
  http.post('/api/login', (_, reply) => reply.code(204).send());
  const onActed = (): void => {
    snapshots.forget();
  };
  addActing(http, { clock, alerts, onActed, accounts: () => survey.pausable() });
  if (options.metrics !== null) addMetrics(http, options.metrics, newest);
  const close = async (): Promise<void> => {
    pulse.stop();
    stream.close();
    await http.close();
  };
  try {
    await http.listen({ host, port });
  } catch (error) {
    await close();
    throw error;
  }
  return { address: addressOf(http, host), close };
}

/** The document and its files hold nothing that is not in the repository. */
function isOpen({ routeOptions: { url } }: FastifyRequest): boolean {
  return url === undefined || url === '/' || url === '/loan' || /^\/(?:page|alerts)\//.test(url) || FREE.includes(url);
}

function addressOf(http: FastifyInstance, host: string): string {
  const bound = http.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}/`;
}

function answerTroubles(http: FastifyInstance, onError: (error: Error) => void): void {
  const say = (reply: FastifyReply, status: number, trouble: Trouble): void => {
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    if (status === 429) void reply.header('retry-after', '60');
    void reply.code(status).send({ error: trouble });
  };
  http.setNotFoundHandler((_, reply) => {
    say(reply, 404, { happened: 'there is nothing here.', ballast: 'it changed nothing.', operator: 'open `/`.' });
  });
  http.setErrorHandler((error: Error & { readonly statusCode?: number }, _, reply) => {
    if (error instanceof Refusal) return say(reply, error.status, error.trouble);
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const operator = 'correct the request; the page itself sends no such one.';
      return say(reply, status, { happened: error.message, ballast: 'it changed nothing.', operator });
    }
    onError(error);
    return say(reply, 503, {
      happened: 'the journal cannot be read or written at the moment.',
      ballast: 'the loans are watched beside the page; nothing of that depends on it.',
      operator: 'try again in a few seconds, and see what the terminal says.',
    });
  });
}

interface Health {
  readonly options: PageOptions;
  readonly guard: Guard;
  /** `null`: the journal cannot be read. */
  readonly newest: () => Promise<Snapshot | null>;
  readonly pulse: Pulse;
}

function addHealth(http: FastifyInstance, { options, guard, newest, pulse }: Health): void {
  http.get('/livez', (_, reply) => {
    const stuck = options.isStuck();
    const alive = pulse.alive && !stuck;
    return reply.code(alive ? 200 : 503).send({ alive, lagMs: pulse.lagMs, stuck });
  });
  http.get('/readyz', async (request, reply) => {
    const checks = readiness(options.wanted, (await newest())?.status ?? null);
    const ready = checks.every(({ ok }) => ok);
    return reply.code(ready ? 200 : 503).send({ ready, ...(guard.mayRead(request) ? { checks } : {}) });
  });
}

interface Reading {
  readonly clock: Clock;
  readonly survey: Reader;
  readonly snapshots: Snapshots;
  readonly stream: Stream;
}

function addReading(http: FastifyInstance, { clock, survey, snapshots, stream }: Reading): void {
  http.get('/api/board', async (_, reply) => reply.type('application/json').send((await snapshots.get()).text));
  const tracks = shared(clock, async () => JSON.stringify(tracksOf(await survey.tracks())));
  http.get('/api/tracks', async (_, reply) => reply.type('application/json').send(await tracks()));
  http.get<{ Querystring: { account?: string; loan?: string } }>('/api/loan', async ({ query }) => {
    const { account = '', loan = '' } = query;
    const story = await survey.story(account, loan);
    if (story === null) throw new Refusal(404, 'there is no such loan.', 'go back to all loans.');
    return detailOf(story, loan);
  });
  http.get('/events', (_, reply) => {
    if (stream.readers >= MOST_READERS) throw new Refusal(503, 'too many pages are open.', 'close some of them.');
    reply.hijack();
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
    reply.raw.writeHead(200, headers as Record<string, string>);
    stream.add(reply.raw);
  });
}

/** What many pages ask for at once is read once. */
function shared<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let newest: { readonly at: number; readonly value: Promise<T> } | null = null;
  return () => {
    if (newest === null || clock.mono() - newest.at > SHARED_MS) newest = { at: clock.mono(), value: read() };
    return newest.value;
  };
}
