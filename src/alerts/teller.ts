/**
 * Tells each channel what is due on it: one message at a time, with everything that came together. One process claims a
 * channel, reads what is open, sends, and writes down who was told what: so each message leaves one process, and leaves
 * again when that process died before it had written it down. Nobody waits for it.
 */
import type { Clock } from '../clock.ts';
import type { Alert } from './alert.ts';
import { keyOf } from './alert.ts';
import { categoryOf } from './catalogue.ts';
import type { Channel } from './channel.ts';
import { SEND_WITHIN_MS } from './channel.ts';
import type { AlertLedger } from './ledger.ts';
import { compose } from './message.ts';
import type { Due } from './message.ts';
import { takes } from './routing.ts';
import type { Rules } from './schedule.ts';
import { dueNow, isDone, toldNow } from './schedule.ts';
import type { Store } from './store.ts';

export interface TellerOptions {
  readonly ledger: AlertLedger;
  readonly store: Store;
  readonly clock: Clock;
  readonly channels: readonly Channel[];
  readonly rules: Rules;
  /** Between two messages of one channel: what comes meanwhile is told together. */
  readonly spacingMs: number;
  /** Public base address of the page. */
  readonly page: string | null;
  /** Whether this process may tell it. */
  readonly isMine: (alert: Alert) => boolean;
  /** A channel has failed twice, or works again: told on the others. */
  readonly onChannel: (name: string, failure: string | null) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** A claim outlasts the attempt that it is for. */
const CLAIM_MS = 2 * SEND_WITHIN_MS;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 300_000;
/** One lost packet is no news. */
const FAILS_AFTER = 2;

export class Teller {
  readonly #options: TellerOptions;
  readonly #busy = new Map<string, Promise<void>>();

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Begins to tell what is due; forgets what nobody has to be told of any more. Returns without waiting for a channel. */
  async tell(): Promise<void> {
    const { ledger, clock, channels, rules, isMine } = this.#options;
    const open = (await ledger.open()).filter(isMine);
    for (const channel of channels) {
      if (this.#dueOn(channel, open).length > 0) this.#begin(channel);
    }
    for (const alert of open) {
      const taking = channels.filter(({ route }) => takes(route, alert)).map(({ route }) => route.name);
      const lasts = categoryOf(alert.category).kind !== 'happened';
      if (isDone(alert, taking, lasts, rules, clock.wall())) await ledger.remove(alert);
    }
  }

  /** Resolves when nothing is being sent. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  #dueOn({ route }: Channel, open: readonly Alert[]): readonly Due[] {
    const { rules, clock } = this.#options;
    const now = clock.wall();
    return open.flatMap((alert) => {
      const told = alert.told[route.name];
      const reason = takes(route, alert) ? dueNow(alert, told, rules, now) : null;
      return reason === null ? [] : [{ alert, reason, before: told?.times ?? 0 }];
    });
  }

  #begin(channel: Channel): void {
    const { name } = channel.route;
    if (this.#busy.has(name)) return;
    const work = this.#turn(channel)
      .catch((error: unknown) => {
        this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => this.#busy.delete(name));
    this.#busy.set(name, work);
  }

  async #turn(channel: Channel): Promise<void> {
    const { store, clock } = this.#options;
    const { name } = channel.route;
    const state = await store.channel(name);
    if (clock.wall() < state.nextAt) return;
    const release = await store.claim(name, CLAIM_MS);
    if (release === null) return;
    try {
      await this.#send(channel);
    } finally {
      await release();
    }
  }

  /** Everything is read again behind the claim: another process may just have told it. */
  async #send(channel: Channel): Promise<void> {
    const { ledger, store, clock, isMine, page, spacingMs, onChannel } = this.#options;
    const { name } = channel.route;
    const { nextAt, failures } = await store.channel(name);
    const due = this.#dueOn(channel, (await ledger.open()).filter(isMine));
    if (due.length === 0 || clock.wall() < nextAt) return;
    const failure = await channel.send(compose(due, page));
    const now = clock.wall();
    if (failure !== null) {
      const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 20), LONGEST_RETRY_MS);
      await store.setChannel(name, { nextAt: now + retryMs, failures: failures + 1 });
      if (failures + 1 >= FAILS_AFTER) await onChannel(name, failure);
      return;
    }
    for (const { alert } of due) await this.#note(name, alert, now);
    await store.setChannel(name, { nextAt: now + spacingMs, failures: 0 });
    if (failures > 0) await onChannel(name, null);
  }

  /** The channel knows what was sent, not what came meanwhile. */
  async #note(name: string, sent: Alert, now: number): Promise<void> {
    await this.#options.ledger.change(keyOf(sent), (alert) => ({
      ...alert,
      told: { ...alert.told, [name]: toldNow(sent, sent.told[name], now) },
    }));
  }
}
