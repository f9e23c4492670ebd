/**
 * OKX's public side, shared by all accounts of a process: its limits count per IP address (okx.md §1.6), and the
 * venue's clock is the same for everybody.
 */
import type { Clock } from '../../clock.ts';
import { VenueError } from '../exchange.ts';
import type { Json } from '../json.ts';
import type { Revealable, VenueLog } from '../kit.ts';
import type { Bucket, Meter, Wait } from '../limits.ts';
import { hear } from '../rawReply.ts';
import { call, tellSpent, type Traffic } from '../traffic.ts';
import type { Transport } from '../transport.ts';
import { ENDPOINTS, bucketOf, type Endpoint } from './endpoints.ts';
import { readError, verdictOf } from './errors.ts';
import type { Pace } from './pace.ts';
import { unsigned, type Params, type WireRequest } from './signer.ts';
import type { OkxTiming } from './timing.ts';
import { VenueClock } from './venueClock.ts';
import { readOne, timeRow } from './wire.ts';

export interface OkxHosts {
  /** Origin, e.g. `https://openapi.okx.com` (okx.md §1.1: it depends on where the account was registered). */
  readonly rest: string;
  /** Origin of the sockets, e.g. `wss://ws.okx.com`: without the port that was shut off (okx.md §0.1 no. 7). */
  readonly ws: string;
}

export const OKX_HOSTS: OkxHosts = { rest: 'https://openapi.okx.com', ws: 'wss://ws.okx.com' };

/** What both sides of the adapter send with. */
export interface Wiring {
  readonly hosts: OkxHosts;
  readonly transport: Transport;
  readonly meter: Meter;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly timing: OkxTiming;
  readonly log: VenueLog;
  readonly traffic?: Traffic | undefined;
}

/** `poll` reads share half of a limit; `rescue` reads prove a money call and may use all of it. */
export type Urgency = 'poll' | 'rescue';

/** Waits for a turn at the limiter, but not for ever: an old section is said to be old. */
export async function takeTurn(wiring: Wiring, bucket: Bucket, urgency: Urgency, signal: AbortSignal): Promise<void> {
  let patience = wiring.timing.patienceMs;
  for (;;) {
    const wait = await ask(wiring, bucket, urgency);
    if (wait === null) return;
    if (wait > patience) throw new VenueError('rateLimited', `${bucket.id}: own limiter`, null, Math.ceil(wait));
    patience -= wait;
    await wiring.clock.sleep(wait, signal);
  }
}

async function ask(wiring: Wiring, bucket: Bucket, urgency: Urgency): Promise<Wait> {
  if (urgency === 'rescue') return takeTurnNow(wiring, bucket);
  const spacing = wiring.pace.take(bucket);
  return spacing ?? granted(wiring, bucket, await wiring.meter.poll(bucket, 1));
}

/** A money call goes now or not at all: whoever waited would act on old figures. */
export function takeTurnNow(wiring: Wiring, bucket: Bucket): Wait {
  const spacing = wiring.pace.take(bucket);
  return spacing ?? granted(wiring, bucket, wiring.meter.rescue(bucket, 1));
}

/** A turn that the pace gave counts only when the limit has room for it. */
function granted(wiring: Wiring, bucket: Bucket, wait: Wait): Wait {
  if (wait === null) tellSpent('okx', wiring, bucket, 1);
  else wiring.pace.giveBack(bucket);
  return wait;
}

/** One read on the wire. `limited` is told when the venue says its limit was reached. */
export async function readOnce(
  wiring: Wiring,
  endpoint: Endpoint,
  bucket: Bucket,
  request: WireRequest,
  signal: AbortSignal | undefined,
  key: readonly Revealable[] = [],
): Promise<readonly Json[]> {
  const { timing, clock, meter } = wiring;
  const result = await call('okx', wiring, request, { deadlineMs: timing.readDeadlineMs, signal, money: false });
  if (result.kind !== 'reply') throw new VenueError('network', `${endpoint.path}: ${result.reason}`);
  hear(signal, { request, key }, result, clock.wall());
  const verdict = verdictOf(result, clock.wall());
  if (verdict.ok) return verdict.data;
  const { failure } = verdict;
  if (failure.outcome === 'rejected' && failure.effect === 'rateLimited') meter.correct(bucket, bucket.limit);
  throw readError(endpoint.path, failure);
}

const NOBODY = { uid: '', masterUid: '' };

export class OkxPublic {
  readonly wiring: Wiring;
  readonly venueClock: VenueClock;
  #syncing: Promise<number> | null = null;

  constructor(wiring: Wiring) {
    this.wiring = wiring;
    this.venueClock = new VenueClock(wiring.clock, wiring.timing.clockSyncEveryMs);
  }

  /**
   * A read without credentials. It is shared, so no single caller's signal ends it; its deadline does.
   * @throws VenueError
   */
  async read(endpoint: Endpoint, params: Params, urgency: Urgency = 'poll'): Promise<readonly Json[]> {
    const bucket = bucketOf(endpoint, NOBODY, '');
    await takeTurn(this.wiring, bucket, urgency, NEVER);
    return readOnce(this.wiring, endpoint, bucket, unsigned(this.wiring.hosts.rest, endpoint, params), NEVER);
  }

  /** Calls of this endpoint within the last window. */
  calledLately(endpoint: Endpoint): number {
    return endpoint.limit - this.wiring.pace.room(bucketOf(endpoint, NOBODY, ''));
  }

  /** Measures the venue's clock when the last reading is too old (okx.md §1.2). One measurement serves all callers. */
  async ensureClock(): Promise<void> {
    if (!this.venueClock.stale) return;
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
    });
    await this.#syncing;
  }

  /** Measures the venue's clock however fresh the last reading is. @returns how long the answer took, ms */
  roundTripMs(): Promise<number> {
    return this.#sync();
  }

  async #sync(): Promise<number> {
    const bucket = bucketOf(ENDPOINTS.time, NOBODY, '');
    // Without it nothing can be signed, so it may use the reserve.
    await takeTurn(this.wiring, bucket, 'rescue', NEVER);
    const asked = this.wiring.clock.mono();
    const data = await readOnce(
      this.wiring,
      ENDPOINTS.time,
      bucket,
      unsigned(this.wiring.hosts.rest, ENDPOINTS.time, {}),
      NEVER,
    );
    this.venueClock.learn(readOne('public/time', timeRow, data), asked);
    return this.wiring.clock.mono() - asked;
  }
}

const NEVER = new AbortController().signal;
