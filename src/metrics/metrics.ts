/** The metrics of one server: what its looks and requests did, and what the journal holds at the moment of a scrape. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { orNull } from '../clock.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Status } from '../reading/status.ts';
import type { Called, Spent, Traffic } from '../exchanges/traffic.ts';
import { beginAtZero } from './beginning.ts';
import { Listener } from './listening.ts';
import type { MeteredAccount } from './listening.ts';
import { Meters } from './meters.ts';
import type { OpenAlert } from './reading.ts';
import { gaugeAlerts, gaugeStatus } from './reading.ts';

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly accounts: readonly MeteredAccount[];
}

/** What a scrape is made from; `null`: the journal cannot be read. */
export type Reading = {
  readonly status: Status;
  /** `null`: this server keeps no list of them. */
  readonly alerts: readonly OpenAlert[] | null;
} | null;

/** Longer than this nobody waits for what Redis says of itself. */
const REDIS_WITHIN_MS = 1_000;

/** What a scrape asks besides. */
export interface Present {
  /** Answers for itself; one that does not leaves its rows out. */
  readonly redis: Redis;
  /** First letters of the digest of the policy that acts. */
  readonly policy: string;
}

/** Tells the offset of a venue's clock, ms; `null` while it is not known. */
type Offset = () => number | null;

export class Metrics implements Traffic {
  readonly contentType: string;
  readonly #options: MetricsOptions;
  readonly #meters = new Meters();
  readonly #listener: Listener;
  /** By venue, then by limit. */
  readonly #shares = new Map<string, Map<string, Spent['share']>>();
  readonly #offsets = new Map<string, { readonly venue: string; readonly offset: Offset }>();

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.contentType = this.#meters.contentType;
    const { clock, accounts } = options;
    this.#listener = new Listener(this.#meters, clock, accounts);
    beginAtZero(this.#meters, accounts);
  }

  hear(account: string, event: LookEvent): void {
    this.#listener.hear(account, event);
  }

  error(where: string): void {
    this.#meters.count('ballast_errors_total', { where });
  }

  /** This process reads the account through this venue from now on. */
  join(account: string, venue: { readonly name: string; clockOffsetMs: Offset }): void {
    this.#offsets.set(account, { venue: venue.name, offset: () => venue.clockOffsetMs() });
  }

  /** There is such a channel, whether it was told anything or not. */
  channel(channel: string): void {
    for (const result of ['told', 'failed']) this.#meters.count('ballast_alert_messages_total', { channel, result }, 0);
  }

  messaged(channel: string, failure: string | null): void {
    this.#meters.count('ballast_alert_messages_total', { channel, result: failure === null ? 'told' : 'failed' });
  }

  pinged(result: 'well' | 'bad' | 'failed'): void {
    this.#meters.count('ballast_dead_man_pings_total', { result });
  }

  called({ venue, kind, result, tookMs }: Called): void {
    this.#meters.count('ballast_venue_requests_total', { venue, kind, result });
    this.#meters.time('ballast_venue_request_duration_seconds', { venue, kind }, tookMs);
  }

  spent({ venue, bucket, weight, share }: Spent): void {
    this.#meters.count('ballast_venue_weight_total', { venue }, weight);
    const shares = this.#shares.get(venue) ?? new Map<string, Spent['share']>();
    this.#shares.set(venue, shares.set(bucket, share));
  }

  /** Everything, in the text format of Prometheus. */
  async text(reading: Reading, { redis, policy }: Present): Promise<string> {
    const measured = await orNull(this.#options.clock, REDIS_WITHIN_MS, this.#measure(redis));
    const meters = this.#meters;
    // From here on nothing waits, so that two scrapes at once cannot mix.
    meters.forget();
    meters.set('ballast_info', { version: this.#options.version, policy }, 1);
    meters.set('ballast_journal_readable', {}, reading === null ? 0 : 1);
    if (reading !== null) {
      const wanted = this.#options.accounts.map(({ name }) => name);
      gaugeStatus(meters, wanted, reading.status);
      if (reading.alerts !== null) gaugeAlerts(meters, reading.alerts);
    }
    if (measured !== null) {
      meters.set('ballast_redis_reply_seconds', {}, measured.replyMs / 1_000);
      if (measured.memory !== null) meters.set('ballast_redis_memory_bytes', {}, measured.memory);
      if (measured.writes !== null) meters.set('ballast_redis_writes_ok', {}, measured.writes === 'ok' ? 1 : 0);
    }
    this.#gaugeVenues();
    return meters.text();
  }

  #gaugeVenues(): void {
    for (const [venue, shares] of this.#shares) {
      const most = Math.max(0, ...[...shares.values()].map((share) => share()));
      this.#meters.set('ballast_venue_limit_used_ratio', { venue }, most);
    }
    for (const [account, { venue, offset }] of this.#offsets) {
      const ms = offset();
      if (ms === null) this.#meters.drop('ballast_venue_clock_offset_seconds', { account, venue });
      else this.#meters.set('ballast_venue_clock_offset_seconds', { account, venue }, ms / 1_000);
    }
  }

  async #measure(redis: Redis) {
    const from = this.#options.clock.mono();
    await redis.ping();
    const replyMs = this.#options.clock.mono() - from;
    // A Redis that hides them is alive all the same.
    const [memory, persistence] = await Promise.all(
      ['memory', 'persistence'].map((section) => redis.info(section).catch(() => '')),
    );
    const used = /^used_memory:(\d+)/m.exec(memory ?? '')?.[1];
    const writes = /^aof_last_write_status:(\w+)/m.exec(persistence ?? '')?.[1];
    return { replyMs, memory: used === undefined ? null : Number(used), writes: writes ?? null };
  }
}
