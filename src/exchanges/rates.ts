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

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** Our wall ms of the venue's next full hour (or other period), to the second: the clocks are not known better. */
export function nextFull(wall: number, venueOffset: number, periodMs = HOUR_MS): number {
  const next = (Math.floor((wall + venueOffset) / periodMs) + 1) * periodMs;
  return toSecond(next - venueOffset);
}

export function toSecond(ms: number): number {
  return Math.round(ms / SECOND_MS) * SECOND_MS;
}
