/** Progress of a long tape: a moving line on a terminal, a rare plain line elsewhere; and what its clock shows. */
import type { Clock } from '../clock.ts';
import { isoOf } from '../clock.ts';
import type { Progress } from '../replay/player.ts';
import { duration } from '../core/words.ts';
import type { Output } from './output.ts';

const PLAIN_EVERY_MS = 30_000;

export function progressPrinter(output: Output, clock: Clock): (progress: Progress) => void {
  let told = clock.mono();
  return (progress) => {
    const line = progressLine(progress);
    if (output.terminal) {
      output.status(line);
      return;
    }
    if (clock.mono() - told < PLAIN_EVERY_MS) return;
    told = clock.mono();
    output.say(line);
  };
}

export function progressLine(progress: Progress): string {
  const share = (progress.tapeMs - progress.startMs) / Math.max(1, progress.endMs - progress.startMs);
  const left = progress.leftMs === null ? '' : `, ${duration(progress.leftMs)} left`;
  return `tape ${utc(progress.tapeMs)}  ${(share * 100).toFixed(0)} %  ${progress.speed.toFixed(0)}×${left}`;
}

/** `2021-05-19 12:34`, UTC. */
export function utc(ms: number): string {
  return isoOf(ms).slice(0, 16).replace('T', ' ');
}

/** Where the tape stands, also between two reports of a tape that runs freely. */
export class TapeTime {
  readonly #clock: Clock;
  #at: { readonly tapeMs: number; readonly mono: number; readonly speed: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(tapeMs: number, speed: number): void {
    this.#at = { tapeMs, mono: this.#clock.mono(), speed };
  }

  /** `null` before the tape was first seen. */
  now(): number | null {
    if (this.#at === null) return null;
    const { tapeMs, mono, speed } = this.#at;
    return Math.round(tapeMs + (this.#clock.mono() - mono) * speed);
  }
}
