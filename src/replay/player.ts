/**
 * Plays a tape against the running server. At `max` the tape moves only when every lane is quiet, so that a tape of
 * days takes seconds and no loan is lost to the playing itself; at a number it runs freely at so many tape seconds per
 * second, as a market does.
 */
import type { Clock } from '../clock.ts';
import type { Advanced, Simulated } from './simulated.ts';

export interface Stage {
  /** Hands over what the venue's feed would have said; rings the lanes that care. */
  readonly onPrices: (prices: Readonly<Record<string, string>>) => Promise<void>;
  /** Rings every lane: interest was charged, or the tape ended. */
  readonly ringAll: (reason: string) => Promise<void>;
  /** Resolves when no lane has anything to do that it could do now. */
  readonly quiet: () => Promise<void>;
}

export interface Progress {
  readonly tapeMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Tape seconds per second of real time so far. */
  readonly speed: number;
  /** Real ms that remain at this speed; `null` before there is a speed. */
  readonly leftMs: number | null;
}

export interface PlayOptions {
  readonly simulated: Pick<Simulated, 'advance' | 'state' | 'run'>;
  readonly stage: Stage;
  readonly speed: number | 'max';
  readonly clock: Clock;
  readonly onProgress: (progress: Progress) => void;
  /** The tape stands at this time and moves so many tape seconds per second: 0 while it waits for the lanes. */
  readonly onMoment: (tapeMs: number, speed: number) => void;
  readonly signal: AbortSignal;
}

const HOUR_MS = 3_600_000;
const PROGRESS_EVERY_MS = 1_000;
const WATCH_EVERY_MS = 250;

/** Resolves when the tape has ended and every lane is quiet, or soon after the signal aborts. */
export async function play(options: PlayOptions): Promise<void> {
  const { simulated, stage, signal } = options;
  const { tape } = await simulated.state();
  options.onMoment(tape.nowMs, 0);
  await quiet(options);
  const meter = new Meter(options, tape.startMs, tape.endMs, tape.nowMs);
  if (options.speed === 'max') await playAtMax(options, meter);
  else await playFreely(options, options.speed, meter);
  if (signal.aborted) return;
  await stage.ringAll('the tape ended');
  await quiet(options);
}

/** A lane may wait for proof for minutes: a stop does not wait with it. */
async function quiet({ stage, signal }: PlayOptions): Promise<void> {
  if (signal.aborted) return;
  const stopped = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true, signal: stopped.signal },
    );
  });
  try {
    await Promise.race([stage.quiet(), aborted]);
  } finally {
    stopped.abort();
  }
}

async function playAtMax(options: PlayOptions, meter: Meter): Promise<void> {
  let hour = 0;
  while (!options.signal.aborted) {
    const step: Advanced = await options.simulated.advance({ moments: 1 });
    options.onMoment(step.tapeMs, 0);
    await options.stage.onPrices(step.prices);
    const now = Math.floor(step.tapeMs / HOUR_MS);
    if (now !== hour) await options.stage.ringAll('interest was charged');
    hour = now;
    await quiet(options);
    meter.at(step.tapeMs);
    if (step.done) return;
  }
}

async function playFreely(options: PlayOptions, speed: number, meter: Meter): Promise<void> {
  await options.simulated.run(speed);
  while (!options.signal.aborted) {
    const { tape } = await options.simulated.state();
    options.onMoment(tape.nowMs, tape.done ? 0 : speed);
    meter.at(tape.nowMs);
    if (tape.done) return;
    await options.clock.sleep(WATCH_EVERY_MS, options.signal).catch(() => undefined);
  }
}

class Meter {
  readonly #options: PlayOptions;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #fromTape: number;
  readonly #fromMono: number;
  #told: number;

  constructor(options: PlayOptions, startMs: number, endMs: number, nowMs: number) {
    this.#options = options;
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#fromTape = nowMs;
    this.#fromMono = options.clock.mono();
    this.#told = options.clock.mono();
  }

  at(tapeMs: number): void {
    const mono = this.#options.clock.mono();
    if (mono - this.#told < PROGRESS_EVERY_MS && tapeMs < this.#endMs) return;
    this.#told = mono;
    const speed = (tapeMs - this.#fromTape) / Math.max(1, mono - this.#fromMono);
    const leftMs = speed > 0 ? (this.#endMs - tapeMs) / speed : null;
    this.#options.onProgress({ tapeMs, startMs: this.#startMs, endMs: this.#endMs, speed, leftMs });
  }
}
