/** Waits of simulated accounts: their venues answer at once, so that everything can go ten times faster (DESIGN §8). */
import type { Timing } from './types.ts';

/** Every wait at a tenth, at least 1 ms; zero stays zero. */
export function tenth(timing: Timing): Timing {
  const of = (ms: number): number => (ms === 0 ? 0 : Math.max(1, Math.round(ms / 10)));
  return {
    requestDeadlineMs: of(timing.requestDeadlineMs),
    lockMs: of(timing.lockMs),
    stalledMs: of(timing.stalledMs),
    lookEveryMs: of(timing.lookEveryMs),
    lookSoonMs: of(timing.lookSoonMs),
    maxAgeMs: of(timing.maxAgeMs),
    claimReplyMs: of(timing.claimReplyMs),
    settleInLaneMs: of(timing.settleInLaneMs),
    lagMarginMs: of(timing.lagMarginMs),
    reflectTimeoutMs: of(timing.reflectTimeoutMs),
    evidenceSpreadMs: of(timing.evidenceSpreadMs),
    giveUpMs: of(timing.giveUpMs),
    plausibleAfterMs: of(timing.plausibleAfterMs),
    recordsEveryMs: of(timing.recordsEveryMs),
    spacingMs: of(timing.spacingMs),
    binanceRecvWindowMs: of(timing.binanceRecvWindowMs),
    okxWindowMs: of(timing.okxWindowMs),
    // A property of the machine's clock, not a wait.
    clockJumpMs: timing.clockJumpMs,
  };
}
