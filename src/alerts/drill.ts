/**
 * Channels that nobody has tried for long. An address that worked once may be dead by the day it is needed; `ballast alert
 * test` tries each, and notes in the ledger which one took its message.
 */
import type { Clock } from '../clock.ts';
import { isoOf } from '../clock.ts';
import type { Store } from './store.ts';

export interface DrillOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'wall' | 'mono'>;
  readonly channels: readonly string[];
  /** Longest that a channel may go untried, ms; `null`: nobody is reminded. */
  readonly everyMs: number | null;
}

const LOOK_EVERY_MS = 60_000;

export class Drill {
  readonly #options: DrillOptions;
  #lookAt = 0;

  constructor(options: DrillOptions) {
    this.#options = options;
  }

  /** @returns which channels are to be tried, `null` for none; `undefined`: not asked now */
  async due(): Promise<string | null | undefined> {
    const { store, clock, channels, everyMs } = this.#options;
    if (clock.mono() < this.#lookAt) return undefined;
    this.#lookAt = clock.mono() + Math.min(LOOK_EVERY_MS, everyMs ?? LOOK_EVERY_MS);
    if (everyMs === null) return null;
    const [tried, now] = [await store.tried(), clock.wall()];
    // The time of a channel begins when it is first seen.
    for (const name of channels) if (!tried.has(name)) await store.setTried(name, now, 'first');
    return lateOf(tried, channels, now, everyMs);
  }
}

/** Pure. @param tried when each channel last took a test, wall ms */
export function lateOf(
  tried: ReadonlyMap<string, number>,
  channels: readonly string[],
  now: number,
  everyMs: number,
): string | null {
  const late = channels.flatMap((name) => {
    const at = tried.get(name);
    return at === undefined || now - at <= everyMs ? [] : [`${name} since ${isoOf(at).slice(0, 10)}`];
  });
  return late.length === 0 ? null : `not tried: ${late.join(', ')}`;
}
