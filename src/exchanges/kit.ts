/** What every adapter is built from, besides the transport and the meter. */

/** One event with fields; never a secret, an URL with a query, headers or a body. */
export interface VenueLog {
  info(event: string, fields: Readonly<Record<string, string | number | boolean>>): void;
  warn(event: string, fields: Readonly<Record<string, string | number | boolean>>): void;
}

export const silentLog: VenueLog = { info: () => undefined, warn: () => undefined };

/** A secret's only way out. Call it where it is used; keep the result in no field. */
export interface Revealable {
  reveal(): string;
}

/** The waits of an adapter, whole ms (DESIGN §8: all waits are configuration; simulated exchanges run them at a tenth). */
export interface VenueTiming {
  /** Longest one read may take, headers and body. */
  readonly readDeadlineMs: number;
  /** Longest one money request may take, headers and body. */
  readonly moneyDeadlineMs: number;
  /** A venue's records may lag this much behind its actions: no trace before `validUntil` plus this proves nothing. */
  readonly lagMarginMs: number;
  /** How far before the send a record of it might be dated. */
  readonly recordSkewMs: number;
  /** Added to `validUntil`: how wrong our idea of the venue's clock may be. */
  readonly clockErrorMs: number;
  /** The venue's clock is asked again after this. */
  readonly clockSyncEveryMs: number;
  /** Reference data (minima, which assets may be collateral) is read again after this. */
  readonly referenceEveryMs: number;
  /** A price feed that says nothing for this long is taken down and built again. */
  readonly feedSilenceMs: number;
}

export const DEFAULT_VENUE_TIMING: VenueTiming = {
  readDeadlineMs: 8_000,
  moneyDeadlineMs: 8_000,
  lagMarginMs: 5_000,
  recordSkewMs: 5_000,
  clockErrorMs: 1_000,
  clockSyncEveryMs: 600_000,
  referenceEveryMs: 600_000,
  feedSilenceMs: 15_000,
};
