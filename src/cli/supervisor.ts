/**
 * Tells the service manager how it goes, where one asks for it (sd_notify; `NOTIFY_SOCKET` and `WATCHDOG_USEC` in the
 * environment): that the first looks may begin, that it stops, and, for as long as every lane makes progress, that it is alive.
 * A lane that hangs lets the watchdog run out, and the service manager starts another process.
 *
 * The socket takes datagrams, which Node cannot send, so systemd's own `systemd-notify` does: a short process each time.
 */
import { execFile } from 'node:child_process';
import type { Cancel, Clock } from '../clock.ts';

export interface SupervisorOptions {
  readonly clock: Clock;
  /** Of this process; handed on to `systemd-notify`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It cannot be told: said once. */
  readonly onTrouble: (says: string) => void;
}

/** What is watched over. */
export interface Supervised {
  /** Names of the accounts whose lane hangs. */
  readonly stuck: readonly string[];
  readonly runners: readonly unknown[];
}

const PROGRAM = 'systemd-notify';
/** Longer than it waits for the service manager itself. */
const TOLD_WITHIN_MS = 10_000;
/** Pings in the time after which the watchdog acts. */
const PINGS = 3;

export class Supervisor {
  readonly #options: SupervisorOptions;
  /** `null`: no watchdog was asked for. */
  readonly #everyMs: number | null;
  #telling: Promise<void> = Promise.resolve();
  #cancel: Cancel = () => undefined;
  #isTroubled = false;

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    // Not compared with WATCHDOG_PID: behind a wrapper the pings of the server count, and nobody else here sends any.
    const watchdogMs = Number(options.env['WATCHDOG_USEC'] ?? '') / 1_000;
    this.#everyMs = watchdogMs > 0 ? watchdogMs / PINGS : null;
  }

  /** `null` where no service manager listens. */
  static of(options: SupervisorOptions): Supervisor | null {
    return (options.env['NOTIFY_SOCKET'] ?? '') === '' ? null : new Supervisor(options);
  }

  /** The first looks may begin. @param accounts of the policy file: some may not be reachable yet */
  ready(supervised: Supervised, accounts: () => number): void {
    const status = (): string => `watches ${String(supervised.runners.length)} of ${String(accounts())} accounts`;
    this.#tell('READY=1', `STATUS=${status()}`);
    const everyMs = this.#everyMs;
    if (everyMs === null) return;
    const ping = (): void => {
      const { stuck } = supervised;
      if (stuck.length === 0) this.#tell('WATCHDOG=1', `STATUS=${status()}`);
      else this.#tell(`STATUS=no look of ${stuck.join(', ')} finishes any more: the watchdog is not fed`);
      this.#cancel = this.#options.clock.later(everyMs, ping, 'idle');
    };
    ping();
  }

  stopping(): void {
    this.#cancel();
    this.#tell('STOPPING=1', 'STATUS=nothing new is sent; what is in flight finishes');
  }

  /** In this order, one at a time; never thrown. */
  #tell(...words: readonly string[]): void {
    this.#telling = this.#telling.then(() => this.#send(words));
  }

  #send(words: readonly string[]): Promise<void> {
    const { env, onTrouble } = this.#options;
    return new Promise((resolve) => {
      execFile(PROGRAM, words, { env, timeout: TOLD_WITHIN_MS }, (error) => {
        if (error !== null && !this.#isTroubled) {
          this.#isTroubled = true;
          const why = 'code' in error ? String(error.code) : error.message;
          onTrouble(
            `the service manager cannot be told how it goes (${PROGRAM}: ${why}). Loans are watched all the same; a unit with Type=notify will end this server, so install systemd's tools or use Type=exec without WatchdogSec.`,
          );
        }
        resolve();
      });
    });
  }
}
