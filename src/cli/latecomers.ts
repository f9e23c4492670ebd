/**
 * Accounts whose venue did not answer at the start. The server goes on with the others; these are examined again, at
 * growing distances, until their venue answers. Then they join, or, when it turns out that the key will not do, they
 * alone are refused: nothing of them is watched or sent.
 */
import type { Clock } from '../clock.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Absent } from '../jobs/registry.ts';
import { EXIT } from './exit.ts';
import { examine } from './examination.ts';
import type { Examined, Late, Opened } from './examination.ts';

export interface LatecomerOptions {
  readonly clock: Clock;
  readonly emit: (account: string, event: LookEvent) => void;
  readonly onError: (account: string, error: Error) => void;
  readonly join: (examined: Examined) => Promise<void>;
  /** Tells other processes that it is not watched. */
  readonly miss: (absent: Omit<Absent, 'run'>) => Promise<void>;
}

/** The distance between two attempts begins at the account's interval of looks and grows to so many of them. */
const LONGEST_PAUSE = 12;

export class Latecomers {
  readonly #options: LatecomerOptions;
  readonly #stop = new AbortController();
  readonly #waiting: Promise<void>[] = [];

  constructor(options: LatecomerOptions) {
    this.#options = options;
  }

  /** Resolves when every one of them is told; the attempts go on. */
  async start(late: readonly Late[]): Promise<void> {
    const since = this.#options.clock.wall();
    await Promise.all(late.map(({ says, ...one }) => this.#away(one, since, says)));
    for (const one of late) this.#waiting.push(this.#wait(one, since));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    await Promise.all(this.#waiting);
  }

  async #wait(one: Opened, since: number): Promise<void> {
    const { clock, onError } = this.#options;
    const { signal } = this.#stop;
    const { lookEveryMs } = one.account.timing;
    for (let pause = lookEveryMs; ; pause = Math.min(2 * pause, LONGEST_PAUSE * lookEveryMs)) {
      await clock.sleep(pause, signal).catch(() => undefined);
      if (signal.aborted) break;
      try {
        if (await this.#attempt(one, since)) return;
      } catch (error) {
        // A bug, or a Redis that is away for a moment: neither is the venue's word on this account.
        onError(one.account.name, error instanceof Error ? error : new Error(String(error)));
      }
    }
    await one.venue.close();
  }

  /** @returns true when there is nothing left to wait for */
  async #attempt(one: Opened, since: number): Promise<boolean> {
    const { name } = one.account;
    const result = await examine(one, this.#stop.signal);
    if (this.#stop.signal.aborted) return false;
    if ('remedies' in result) {
      if (result.exit === EXIT.unavailable) {
        await this.#away(one, since, result.says);
        return false;
      }
      await this.#refused(one, since, [...result.says, ...result.remedies]);
      return true;
    }
    const { emit, join } = this.#options;
    await join(result);
    for (const says of result.warnings) emit(name, this.#alert('warning', 'examination', says));
    emit(name, this.#alert('info', 'reachable', `the venue of ${name} answers: it is watched from here on`));
    return true;
  }

  async #away({ account: { name, venue } }: Opened, since: number, reasons: readonly string[]): Promise<void> {
    const says = reasons.join(' ');
    const words = `${name} IS NOT WATCHED: ${says} Ballast goes on with the other accounts and tries again until its venue answers. Look at this account yourself`;
    this.#options.emit(name, this.#alert('critical', 'unreachable', words));
    await this.#options.miss({ name, venue, since, state: 'unreachable', says });
  }

  async #refused(
    { account: { name, venue }, ...one }: Opened,
    since: number,
    reasons: readonly string[],
  ): Promise<void> {
    const says = reasons.join(' ');
    const words = `${name} IS NOT WATCHED and nothing is sent for it: ${says} Then start again: it is not tried any more. The other accounts go on`;
    this.#options.emit(name, this.#alert('critical', 'refused', words));
    await this.#options.miss({ name, venue, since, state: 'refused', says });
    await one.venue.close();
  }

  #alert(severity: 'info' | 'warning' | 'critical', category: string, says: string): LookEvent {
    return { type: 'alert', severity, category, loan: null, says };
  }
}
