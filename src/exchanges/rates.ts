/** Interest rates in whatever period a venue states them. Simple interest, a year of 365 days, as both venues count. */
import { parse, type Dec } from '../core/money.ts';

export interface Stated {
  readonly rate: Dec;
  readonly per: 'hour' | 'day' | 'year';
}

const HOURS_A_DAY = parse('24');
const DAYS_A_YEAR = parse('365');

export function perDay({ rate, per }: Stated): Dec {
  if (per === 'day') return rate;
  return per === 'hour' ? rate.times(HOURS_A_DAY) : rate.div(DAYS_A_YEAR);
}

export function perYear({ rate, per }: Stated): Dec {
  return per === 'year' ? rate : perDay({ rate, per }).times(DAYS_A_YEAR);
}

const HOUR_MS = 3_600_000;

/** Our wall ms of the venue's next full hour, or of another full period. */
export function nextFull(wall: number, venueOffset: number, periodMs = HOUR_MS): number {
  const venue = wall + venueOffset;
  return Math.round((Math.floor(venue / periodMs) + 1) * periodMs - venueOffset);
}
