/**
 * What proves an intent to somebody else: the decision that asked for it (written in the commit that plans it), the venue's
 * answers without secrets, and what the clocks said. Nothing reads it to decide, so writing it never comes before a claim,
 * is not waited for, and may fail.
 */
import type { Redis } from 'ioredis';
import type { RawReply } from '../exchanges/exchange.ts';
import { dossierKeyOf, intentKeyOf } from './keys.ts';
import { NOW } from './scripts.ts';

/** What the clocks said when something was heard, ms. */
export interface Clocks {
  readonly wall: number;
  /** The venue's clock less our wall clock; `null`: not known. */
  readonly venueOffset: number | null;
}

/** The answer to the one send. */
export interface SentNote extends Clocks {
  readonly outcome: string;
  readonly says: string;
  /** On the venue's clock, ms: the time that was signed. */
  readonly signedAt: number;
  /** `null`: no answer came. */
  readonly reply: RawReply | null;
}

/** The reads that settled it. */
export interface SettledNote extends Clocks {
  readonly verdict: string;
  readonly says: string;
  readonly replies: readonly RawReply[];
}

export interface Dossier {
  /** The decision's record, as the journal writes it. */
  readonly decision: object | null;
  readonly sent: (SentNote & { readonly redis: number }) | null;
  readonly settled: (SettledNote & { readonly redis: number }) | null;
}

/** KEYS: intent dossier. ARGV: field, JSON. An intent that is not there any more gets no dossier. */
const KEEP = `${NOW}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2], ARGV[1] .. 'At', now)
return 1`;

export class Dossiers {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Not waited for; what cannot be kept is lost, and nothing else. */
  sent(id: string, note: SentNote): void {
    this.#keep(id, 'sent', note);
  }

  settled(id: string, note: SettledNote): void {
    this.#keep(id, 'settled', note);
  }

  #keep(id: string, field: 'sent' | 'settled', note: SentNote | SettledNote): void {
    const keys = [intentKeyOf(this.#prefix, id), dossierKeyOf(this.#prefix, id)] as const;
    void Promise.resolve()
      .then(() => this.#redis.eval(KEEP, '2', ...keys, field, JSON.stringify(note)))
      .catch(() => undefined);
  }

  async of(id: string): Promise<Dossier> {
    const { decision, sent, sentAt, settled, settledAt } = await this.#redis.hgetall(dossierKeyOf(this.#prefix, id));
    return {
      decision: decision === undefined ? null : (JSON.parse(decision) as object),
      sent: sent === undefined ? null : { ...(JSON.parse(sent) as SentNote), redis: Number(sentAt) },
      settled: settled === undefined ? null : { ...(JSON.parse(settled) as SettledNote), redis: Number(settledAt) },
    };
  }
}
