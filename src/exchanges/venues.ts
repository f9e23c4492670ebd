/** From an account's settings to its `Venue`. The one place besides the adapters that knows both of them. */
import type { Clock } from '../clock.ts';
import type { Asset, Product } from '../core/loan.ts';
import { createBinance } from './binance/index.ts';
import type { ReportingVenue } from './exchange.ts';
import { DEFAULT_VENUE_TIMING } from './kit.ts';
import type { Revealable, VenueLog, VenueTiming } from './kit.ts';
import type { Bucket, Meter } from './limits.ts';
import { createMeter } from './limits.ts';
import { OKX_TIMING, createOkx } from './okx/index.ts';

export interface VenueSettings {
  readonly account: string;
  readonly venue: 'binance' | 'okx';
  readonly key: { readonly id: Revealable; readonly secret: Revealable; readonly passphrase: Revealable | null };
  readonly hosts: { readonly rest: string | null; readonly ws: string | null };
  readonly products: readonly Product[];
  readonly expectUid: string | null;
  readonly clock: Clock;
  /** Longest one request may take, ms. */
  readonly requestDeadlineMs: number;
  readonly lagMarginMs: number;
  readonly binanceRecvWindowMs: number;
  readonly okxWindowMs: number;
  /** 1 for real venues; the simulated exchanges run every wait and every limit's window at this share. */
  readonly waitsScale: number;
  /** Simulators count sends by this tag. */
  readonly tagIntents: boolean;
  readonly log: VenueLog;
  /** Wallet coins that the policies of this account may use; `null` or absent: every one that could be collateral. */
  readonly usable?: readonly Asset[] | null;
  /** Coins that its policies may release: how much the venue would let go is then read at every look. */
  readonly releasable?: readonly Asset[];
  /**
   * An ioredis client over which processes behind one address share what they used of the limits. Only for real venues;
   * not the journal's connection, whose writes wait for an fsync.
   */
  readonly redis?: object;
}

/**
 * A tape at full speed asks far more often than life does, so the windows of limits shrink further than waits do on the
 * simulated exchanges. `config/world.ts` tells them the same share.
 */
const PLAYED_LIMITS = 0.2;

export function createVenue(settings: VenueSettings): ReportingVenue {
  const { waitsScale: scale, redis, ...rest } = settings;
  const limitScale = scale * (scale === 1 ? 1 : PLAYED_LIMITS);
  const meter = scale === 1 ? sharedMeter(settings.clock, redis) : scaledMeter(settings.clock, limitScale);
  const common = { ...rest, ...(meter === null ? {} : { meter }) };
  const timing = timingOf(settings);
  return settings.venue === 'binance'
    ? createBinance({ ...common, timing, recvWindowMs: settings.binanceRecvWindowMs })
    : createOkx({
        ...common,
        timing: {
          ...scaled({ indexAgeMs: OKX_TIMING.indexAgeMs, configAgeMs: OKX_TIMING.configAgeMs }, scale),
          ...timing,
          limitScale,
        },
        windowMs: settings.okxWindowMs,
      });
}

function timingOf(settings: VenueSettings): VenueTiming {
  return {
    ...scaled(DEFAULT_VENUE_TIMING, settings.waitsScale),
    readDeadlineMs: settings.requestDeadlineMs,
    moneyDeadlineMs: settings.requestDeadlineMs,
    lagMarginMs: settings.lagMarginMs,
    recordSkewMs: settings.lagMarginMs,
  };
}

/** The same waits, each at that share. */
function scaled<T extends Readonly<Record<keyof T, number>>>(waits: T, factor: number): T {
  const copy = { ...waits };
  for (const name in waits) Object.assign(copy, { [name]: Math.ceil(waits[name] * factor) });
  return copy;
}

const SHARED = new WeakMap<object, Meter>();

/** One meter per connection; without one every adapter shares its own process's. */
function sharedMeter(clock: Clock, redis: object | undefined): Meter | null {
  if (redis === undefined) return null;
  const known = SHARED.get(redis);
  if (known !== undefined) return known;
  const made = createMeter({ clock, redis, prefix: 'ballast:limits' });
  SHARED.set(redis, made);
  return made;
}

const METERS = new WeakMap<Clock, Meter>();

/** Shared by all simulated accounts of the process: limits of one address are counted together there, too. */
function scaledMeter(clock: Clock, factor: number): Meter {
  const known = METERS.get(clock);
  if (known !== undefined) return known;
  const meter = createMeter({ clock });
  const shorter = (bucket: Bucket): Bucket => ({
    ...bucket,
    windowMs: Math.max(1, Math.round(bucket.windowMs * factor)),
  });
  const made: Meter = {
    poll: (bucket, points) => meter.poll(shorter(bucket), points),
    rescue: (bucket, points) => meter.rescue(shorter(bucket), points),
    usedShare: (bucket) => meter.usedShare(shorter(bucket)),
    correct: (bucket, used) => {
      meter.correct(shorter(bucket), used);
    },
    block: (scope, ms) => {
      meter.block(scope, ms);
    },
  };
  METERS.set(clock, made);
  return made;
}
