/** From an account's settings to its `Venue`. The one place besides the adapters that knows both of them. */
import type { Clock } from '../clock.ts';
import type { Product } from '../core/loan.ts';
import { createBinance } from './binance/index.ts';
import type { Venue } from './exchange.ts';
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
}

export function createVenue(settings: VenueSettings): Venue {
  const { waitsScale: scale } = settings;
  const common = { ...settings, ...(scale === 1 ? {} : { meter: scaledMeter(settings.clock, scale) }) };
  const timing = timingOf(settings);
  return settings.venue === 'binance'
    ? createBinance({ ...common, timing, recvWindowMs: settings.binanceRecvWindowMs })
    : createOkx({
        ...common,
        timing: {
          ...scaled({ indexAgeMs: OKX_TIMING.indexAgeMs, configAgeMs: OKX_TIMING.configAgeMs }, scale),
          ...timing,
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

function scaled<T extends object>(waits: T, factor: number): T {
  const entries = Object.entries(waits).map(([name, ms]: [string, unknown]) => [
    name,
    typeof ms === 'number' ? Math.ceil(ms * factor) : ms,
  ]);
  return Object.assign({ ...waits }, Object.fromEntries(entries));
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
