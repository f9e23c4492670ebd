/**
 * From an account's settings to its `Venue`, and to the prices that it is compared with. The one place besides the adapters
 * that knows both of them.
 */
import type { Clock } from '../clock.ts';
import type { Asset, Product } from '../core/loan.ts';
import { createBinance } from './binance/index.ts';
import type { ReportingVenue } from './exchange.ts';
import { DEFAULT_VENUE_TIMING } from './kit.ts';
import type { Revealable, VenueLog, VenueTiming } from './kit.ts';
import type { Bucket, Meter } from './limits.ts';
import { createMeter } from './limits.ts';
import { OKX_TIMING, createOkx } from './okx/index.ts';
import { createReference } from './reference.ts';
import type { ReferenceFeed } from './reference.ts';
import type { Traffic } from './traffic.ts';

export interface VenueSettings {
  readonly account: string;
  readonly venue: 'binance' | 'okx';
  readonly key: { readonly id: Revealable; readonly secret: Revealable; readonly passphrase: Revealable | null };
  readonly hosts: { readonly rest: string | null; readonly ws: string | null };
  readonly products: readonly Product[];
  readonly expectUid: string | null;
  /** A key that may withdraw is accepted. */
  readonly allowWithdraw?: boolean;
  readonly clock: Clock;
  /** Longest one request may take, ms. */
  readonly requestDeadlineMs: number;
  readonly lagMarginMs: number;
  readonly binanceRecvWindowMs: number;
  readonly okxWindowMs: number;
  /** 1 for real venues; the simulated exchanges run every wait and every limit's window at this share. */
  readonly waitsScale: number;
  /** Simulators count sends by this tag; one at a loopback address gets it in any case. */
  readonly tagIntents: boolean;
  readonly log: VenueLog;
  /** Is told what is asked of the venue. */
  readonly traffic?: Traffic | undefined;
  /** Wallet coins that the policies of this account may use; `null` or absent: every one that could be collateral. */
  readonly usable?: readonly Asset[] | null;
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
  const { waitsScale: scale, redis: _redis, ...rest } = settings;
  const tagIntents = rest.tagIntents || isHere(rest.hosts.rest);
  const common = { ...rest, tagIntents, meter: meterOf(settings) };
  const timing = timingOf(settings);
  return settings.venue === 'binance'
    ? createBinance({ ...common, timing, recvWindowMs: settings.binanceRecvWindowMs })
    : createOkx({
        ...common,
        timing: {
          ...scaled({ indexAgeMs: OKX_TIMING.indexAgeMs, configAgeMs: OKX_TIMING.configAgeMs }, scale),
          ...timing,
          limitScale: limitScaleOf(scale),
        },
        windowMs: settings.okxWindowMs,
      });
}

/** A venue on this machine is a simulated one, whoever started it. */
function isHere(rest: string | null): boolean {
  return rest !== null && new URL(rest).hostname === '127.0.0.1';
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

type ReferenceSettings = Pick<
  VenueSettings,
  'venue' | 'clock' | 'requestDeadlineMs' | 'waitsScale' | 'log' | 'redis'
> & {
  /** Origin of the other venue's public REST; `null` for its own. */
  readonly rest: string | null;
  /** The prices of these venues move faster than life. */
  readonly simulated: boolean;
};

/** Well within the time for which a price may be compared (`DISLOCATION_RULES.maxAgeMs`), and about 1 % of what the venues allow. */
const REFERENCE_EVERY_MS = 3_000;
/** No shorter than that time and the longest look. */
const REFERENCE_KEPT_MS = 15_000;

/** What the other venue says coins are worth (DESIGN §2.7). */
export function createReferenceFor(settings: ReferenceSettings): ReferenceFeed {
  const { venue, clock, log, rest, simulated, requestDeadlineMs, waitsScale } = settings;
  return createReference({
    ...{ venue, clock, log, hosts: { rest }, pulled: simulated },
    meter: meterOf(settings),
    refreshMs: Math.ceil(REFERENCE_EVERY_MS * waitsScale),
    keepMs: REFERENCE_KEPT_MS,
    deadlineMs: requestDeadlineMs,
  });
}

function limitScaleOf(scale: number): number {
  return scale === 1 ? 1 : scale * PLAYED_LIMITS;
}

const METERS = new WeakMap<object, Map<number, Meter>>();

/**
 * One count for everything of this process that asks a venue, because venues count per address: adapters and references
 * alike; over a connection, for the other processes too.
 */
function meterOf({ clock, redis, waitsScale }: Pick<VenueSettings, 'clock' | 'redis' | 'waitsScale'>): Meter {
  const factor = limitScaleOf(waitsScale);
  const isReal = factor === 1;
  const owner = isReal ? (redis ?? clock) : clock;
  const ofOwner = METERS.get(owner) ?? new Map<number, Meter>();
  METERS.set(owner, ofOwner);
  const known = ofOwner.get(factor);
  if (known !== undefined) return known;
  const own = createMeter({ clock, ...(isReal && redis !== undefined ? { redis, prefix: 'ballast:limits' } : {}) });
  const made = isReal ? own : scaledMeter(own, factor);
  ofOwner.set(factor, made);
  return made;
}

function scaledMeter(meter: Meter, factor: number): Meter {
  const shorter = (bucket: Bucket): Bucket => ({
    ...bucket,
    windowMs: Math.max(1, Math.round(bucket.windowMs * factor)),
  });
  return {
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
}
