/** How `start` names what an account may do and how its tape moves. */
import type { AccountConfig } from '../config/types.ts';

export function modeWords({ sends }: AccountConfig, observeOnly: boolean): string {
  if (observeOnly) return 'observes only, sends nothing';
  return {
    live: 'LIVE, moves real money',
    simulated: 'acts on the simulated exchange',
    dryRun: 'dry-run, moves nothing',
  }[sends];
}

export function speedWords(speed: number | 'max'): string {
  return speed === 'max'
    ? 'as fast as every lane is done with each moment'
    : `${String(speed)} tape seconds per second`;
}
