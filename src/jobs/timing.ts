/** The waits of the jobs, whole ms. The configuration gives them; simulated exchanges run them at a tenth (DESIGN §8). */
export interface Timing {
  /** Longest one money request may take, headers and body. */
  readonly requestDeadlineMs: number;
  /** Lease of a look on its lane, and how often leftovers of dead processes are looked for. */
  readonly lockMs: number;
  readonly stalledMs: number;
  /** Between two looks of a quiet account, and while something is wrong or settling. */
  readonly lookEveryMs: number;
  readonly lookSoonMs: number;
  /** A plan older than this may not be claimed; sections older than this decide nothing. */
  readonly maxAgeMs: number;
  /** A claim whose reply took longer than this is not used. */
  readonly claimReplyMs: number;
  /** Longest a look waits in its lane for a money call to settle. */
  readonly settleInLaneMs: number;
  /** Venue's records may lag this much behind its actions. */
  readonly lagMarginMs: number;
  /** After acceptance the reads must show the change within this, else it is unresolved. */
  readonly reflectTimeoutMs: number;
  /** An undecided intent is given up after this, if the reads are stable. */
  readonly giveUpMs: number;
  /** "Did not happen" needs three reads without a trace, spread over at least this long. */
  readonly evidenceSpreadMs: number;
  /** Implausible quantities are believed after three agreeing reads over this long. */
  readonly plausibleAfterMs: number;
  /** Between two searches of the venue's records for what others did. */
  readonly recordsEveryMs: number;
  /** Shortest time between two money calls of one account. */
  readonly spacingMs: number;
  /** Clocks that are further apart, or jump further, let an account only reduce risk (DESIGN §5.6). */
  readonly clockJumpMs: number;
}

/** Reads that must agree before "did not happen" or an implausible reading is believed (DESIGN §2.4, §6). */
export const AGREEING_READS = 3;

/** An account that was not seen for this long is not watched any more: two looks, and the take-over of a dead process. */
export function unseenAfterMs({ lookEveryMs, lockMs, stalledMs }: Timing): number {
  return 2 * lookEveryMs + lockMs + stalledMs;
}
