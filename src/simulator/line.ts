/**
 * The way of a request to a venue and back: counting, faults, delays, the face. The HTTP server uses it, and so does
 * whoever runs the exchanges in memory under virtual time.
 */
import type { Books, Face, Host, WireReply, WireRequest } from './contract.ts';
import { moodOf } from './faults.ts';
import type { Effect, Faults } from './faults.ts';
import { garbled, prevents } from './garble.ts';
import type { LogEntry, RequestLog } from './requestLog.ts';

/** Marks a money call for counting; it is logged and changes nothing (DESIGN §7). */
const TAG_HEADER = 'x-ballast-intent';

/** One venue and what the way to it needs. */
export interface LineParts {
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
  /** Told about mistakes in faults. */
  readonly report: (problem: unknown) => void;
}

export class Line {
  readonly #parts: LineParts;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /** Takes a request to the venue. @returns its answer, or undefined when the connection is reset instead */
  async send(request: WireRequest): Promise<WireReply | undefined> {
    const { host, latencyMs, replyMs, log } = this.#parts;
    const { effects, entry } = this.#arrive(request);
    await pause(host, latencyMs + delayOf(effects, false));
    const reply = this.#carryOut(request, effects, entry);
    await pause(host, replyMs + delayOf(effects, true) + (reply?.afterMs ?? 0));
    if (reply !== undefined) log.close(entry, reply.status, reply.body);
    return reply;
  }

  #arrive(request: WireRequest): { readonly effects: readonly Effect[]; readonly entry: LogEntry } {
    const { venue, face, faults, log, host, tapeNow } = this.#parts;
    const { method, path, query, body, headers } = request;
    const uid = face.uidOf?.(request);
    const seen = { venue, method, path, query, body, uid, tapeMs: tapeNow() };
    const effects = faults.play(seen);
    const isMoney = face.isMoneyCall?.(request) ?? method === 'POST';
    const kinds = effects.map((effect) => effect.kind);
    return {
      effects,
      entry: log.open({ ...seen, atMs: host.now(), tag: headers[TAG_HEADER], isMoney, faults: kinds }),
    };
  }

  #carryOut(request: WireRequest, effects: readonly Effect[], entry: LogEntry): WireReply | undefined {
    const { face } = this.#parts;
    this.#act(effects, 'before');
    let reply: WireReply = { status: 200, body: '' };
    if (!effects.some(prevents)) {
      entry.executed = true;
      reply = face.handle(request, moodOf(effects, request.path));
    }
    this.#act(effects, 'after');
    for (const effect of effects) {
      if (effect.kind === 'dropBefore' || effect.kind === 'dropAfter') return undefined;
      if (effect.kind === 'rateLimit') reply = tooMany(face, effect.status, effect.retryAfterSec);
      reply = garbled(effect, reply) ?? reply;
    }
    return reply;
  }

  /** A deed that cannot be done is the test's mistake: it is reported and the request goes on. */
  #act(effects: readonly Effect[], when: 'before' | 'after'): void {
    for (const effect of effects) {
      if (effect.kind !== 'act' || effect.when !== when) continue;
      try {
        this.#parts.books.act?.(effect.deed);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#parts.report(new Error(`a fault's deed could not be done: ${why}`));
      }
    }
  }
}

function tooMany(face: Face, status: 429 | 418, retryAfterSec: number): WireReply {
  const plain = { status, headers: { 'Retry-After': String(retryAfterSec) }, body: '' };
  return face.tooMany?.(status, retryAfterSec) ?? plain;
}

function delayOf(effects: readonly Effect[], after: boolean): number {
  return effects.reduce(
    (total, effect) => (effect.kind === 'delay' && effect.after === after ? total + effect.ms : total),
    0,
  );
}

async function pause(host: Host, ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resume) => void host.later(ms, resume));
}
