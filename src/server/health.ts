/** Liveness: the loop turns, and no lane hangs (`LookTimer.isStuck`). Readiness: every unpaused account of this server's file was seen within its limit (DESIGN §8). */
import type { Cancel, Clock } from '../clock.ts';
import { ownIn } from '../reading/own.ts';
import type { Status } from '../reading/status.ts';

const BEAT_MS = 500;
/** A loop that stood still for this long is no longer alive. */
const TURNS_WITHIN_MS = 10_000;

export class Pulse {
  readonly #clock: Clock;
  #last: number;
  #timer: Cancel;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = clock.mono();
    this.#timer = this.#next();
  }

  /** Since the loop last turned by itself. */
  get lagMs(): number {
    return Math.max(0, Math.round(this.#clock.mono() - this.#last - BEAT_MS));
  }

  get alive(): boolean {
    return this.lagMs < TURNS_WITHIN_MS;
  }

  stop(): void {
    this.#timer();
  }

  #next(): Cancel {
    return this.#clock.later(
      BEAT_MS,
      () => {
        this.#last = this.#clock.mono();
        this.#timer = this.#next();
      },
      'idle',
    );
  }
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
}

/**
 * @param wanted names of the accounts in the policy file
 * @param status `null`: Redis does not answer
 */
export function readiness(wanted: readonly string[], status: Status | null): readonly Check[] {
  if (status === null) return [{ name: 'redis', ok: false, says: 'the journal cannot be read' }];
  return [
    { name: 'redis', ok: true, says: 'the journal was read' },
    ...wanted.map((name) => ({ name: `account ${name}`, ...seen(name, status) })),
  ];
}

function seen(name: string, status: Status): Omit<Check, 'name'> {
  const account = ownIn(status, name);
  if (account === null) {
    const missing = status.absent.find((one) => one.account === name);
    return { ok: false, says: missing === undefined ? 'not watched yet' : `${missing.state}: ${missing.says}` };
  }
  const { seenMs, seenWithinMs, standing } = account;
  if (standing.pauses.some(({ loan }) => loan === null)) return { ok: true, says: 'paused by an operator' };
  if (seenMs === null) return { ok: false, says: 'not seen yet' };
  const ago = `seen ${String(Math.round(seenMs / 1_000))} s ago`;
  if (seenWithinMs === null || seenMs <= seenWithinMs) return { ok: true, says: ago };
  return { ok: false, says: `${ago}, more than the ${String(Math.round(seenWithinMs / 1_000))} s that are allowed` };
}
