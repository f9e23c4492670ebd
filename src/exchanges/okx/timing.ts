/** Every wait of the OKX adapter. All are configuration, so that tests run them at a tenth (DESIGN §8). */
import { ACCEPTED_FACTOR, SETTLE_FACTOR } from '../../core/proof.ts';
import { DEFAULT_VENUE_TIMING, type VenueTiming } from '../kit.ts';

export interface OkxTiming extends VenueTiming {
  /** The venue's timestamp window (okx.md §1.2). Not ours to choose: change it only where the venue's differs. */
  readonly windowMs: number;
  /**
   * In place of `lagMarginMs` for flexible loans: a call that was taken is done later, how much later is not
   * documented (okx.md §3.4), and a lost answer may have been an acceptance.
   */
  readonly settleLagMs: number;
  /** The same after an answer that said "accepted": only a long silence speaks against the venue's own word. */
  readonly acceptedLagMs: number;
  /** Length of the venue's limit windows as a share of the documented ones; below 1 only for simulated exchanges. */
  readonly limitScale: number;
  /** How long a read waits for its turn at the limiter. */
  readonly patienceMs: number;
  /** Age after which account/config is read again. */
  readonly configAgeMs: number;
  /** Index prices are shared by all accounts for this long when many ask, and may stand in for a failed read for `…KeepMs`. */
  readonly indexAgeMs: number;
  readonly indexKeepMs: number;
  readonly referenceKeepMs: number;
  /** First and longest wait before a broken price feed connects again. */
  readonly feedRetryMs: number;
  readonly feedRetryMaxMs: number;
}

export const OKX_TIMING: OkxTiming = {
  ...DEFAULT_VENUE_TIMING,
  lagMarginMs: 15_000,
  referenceEveryMs: 3_600_000,
  windowMs: 30_000,
  settleLagMs: 60_000,
  acceptedLagMs: 300_000,
  limitScale: 1,
  patienceMs: 2_500,
  configAgeMs: 60_000,
  indexAgeMs: 400,
  indexKeepMs: 10_000,
  referenceKeepMs: 86_400_000,
  feedRetryMs: 250,
  feedRetryMaxMs: 15_000,
};

/** Index tickers come at least once a minute even when nothing changes (okx.md §8), so a shorter silence says nothing. */
const FEED_SILENCE_MS = 75_000;

/**
 * The shared waits of the server, filled up with what only OKX needs. A venue whose timestamp window is a tenth of the
 * documented one is a simulated one, and its limit windows are taken to be a tenth as well.
 */
export function okxTiming(shared: VenueTiming, windowMs: number, own: Partial<OkxTiming> = {}): OkxTiming {
  return {
    ...OKX_TIMING,
    ...shared,
    settleLagMs: shared.lagMarginMs * SETTLE_FACTOR,
    acceptedLagMs: shared.lagMarginMs * ACCEPTED_FACTOR,
    limitScale: Math.min(1, windowMs / OKX_TIMING.windowMs),
    feedSilenceMs: Math.max(shared.feedSilenceMs, FEED_SILENCE_MS),
    ...own,
    windowMs,
  };
}
