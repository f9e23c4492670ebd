/**
 * The ping that a service elsewhere waits for. It says "all is well" only when every unpaused loan of every unpaused account
 * was evaluated on fresh data within its limit, by whichever process; else it says what is not (`/fail`). Its body names
 * what was left out. A dead process says nothing, and that is what raises the alarm.
 */
import type { Cancel, Clock } from '../clock.ts';
import type { LookEvent } from '../jobs/account.ts';
import { attempt, post, SEND_WITHIN_MS } from './channel.ts';
import type { DeskAccount } from './desk.ts';
import type { Store } from './store.ts';

export interface DeadManOptions {
  /** https or http; the address is the secret. */
  readonly url: { reveal(): string };
  readonly everyMs: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly file: string;
  readonly accounts: readonly DeskAccount[];
  /** Redis is away, so nobody knows what others saw. */
  readonly isBlind: () => boolean;
  /** Why pings in a row did not arrive; `null` when one did. */
  readonly onPing: (failure: string | null) => Promise<void>;
  /** One ping: what it said, and why it did not arrive if it did not. */
  readonly onPinged: (verdict: Verdict, failure: string | null) => void;
  readonly onError: (error: Error) => void;
}

/** What the last look of an account saw. */
export interface Sight {
  /** Wall ms. */
  readonly at: number;
  readonly mode: string;
  readonly paused: boolean;
  readonly loans: readonly { readonly loan: string; readonly state: string; readonly seen: boolean }[];
  /** Loans that follow no policy. */
  readonly unprotected: readonly string[];
}

export interface Verdict {
  /** `early`: this process has just started, and the first looks are still under way: nothing is said. */
  readonly is: 'well' | 'early' | 'bad';
  readonly lines: readonly string[];
}

type Conditions = Extract<LookEvent, { type: 'conditions' }>;

/** A sight is written again after this share of the limit, sooner when something changed. */
const REFRESH = 0.25;
const FAILS_AFTER = 3;
/** Categories of loans that nothing protects. */
const UNPROTECTED: readonly string[] = ['unlisted', 'levels'];

export class DeadMan {
  readonly #options: DeadManOptions;
  readonly #written = new Map<string, { readonly at: number; readonly content: string }>();
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #failures = 0;
  #startedAt = 0;

  constructor(options: DeadManOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = this.#options.clock.wall();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A look of this process has ended. */
  see(account: string, { mode, paused, loans, holds }: Conditions): void {
    const { clock, store, file, accounts, onError } = this.#options;
    const at = clock.wall();
    const unprotected = holds.flatMap(({ category, loan }) =>
      UNPROTECTED.includes(category) && loan !== null ? [loan] : [],
    );
    const content = JSON.stringify({ mode, paused, loans, unprotected });
    const limitMs = accounts.find(({ name }) => name === account)?.limitMs ?? 0;
    const last = this.#written.get(account);
    if (last?.content === content && at - last.at < limitMs * REFRESH) return;
    this.#written.set(account, { at, content });
    const sight: Sight = { at, mode, paused, loans, unprotected };
    store.setSight(file, account, JSON.stringify(sight)).catch((error: unknown) => {
      onError(error instanceof Error ? error : new Error(String(error)));
    });
  }

  #arm(): void {
    if (this.#stopped) return;
    const { clock, everyMs, onError } = this.#options;
    this.#cancel = clock.later(everyMs, () => {
      this.#arm();
      this.#turn().catch((error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  /** One process pings in each turn; the claim ends by itself before the next one. */
  async #turn(): Promise<void> {
    const { store, clock, everyMs, file, accounts, isBlind, url, onPing, onPinged } = this.#options;
    if ((await store.claim(`deadMan:${file}`, everyMs * TURN)) === null) return;
    const texts = await store.sights(file);
    const sights = new Map([...texts].map(([name, text]) => [name, JSON.parse(text) as Sight]));
    const verdict = isBlind() ? NO_REDIS : judge(accounts, sights, clock.wall(), this.#startedAt);
    if (verdict.is === 'early') return;
    const failure = await attempt(clock, SEND_WITHIN_MS, (signal) => ping(url.reveal(), verdict, signal));
    onPinged(verdict, failure);
    this.#failures = failure === null ? 0 : this.#failures + 1;
    if (failure === null || this.#failures >= FAILS_AFTER) await onPing(failure);
  }
}

const TURN = 0.8;
const NO_REDIS: Verdict = { is: 'bad', lines: ['Redis, which holds the journal, does not answer'] };

/** Whether everything that should be looked at was, and what was left out. Pure. @param startedAt of this process, wall ms */
export function judge(
  accounts: readonly DeskAccount[],
  sights: ReadonlyMap<string, Sight>,
  now: number,
  startedAt: number,
): Verdict {
  const bad: string[] = [];
  const left: string[] = [];
  let [loans, early] = [0, false];
  for (const { name, limitMs } of accounts) {
    const sight = sights.get(name);
    if (sight === undefined || now - sight.at > limitMs) {
      early ||= now - startedAt <= limitMs;
      bad.push(
        sight === undefined ? `${name} was never seen` : `${name} was not seen for ${secondsOf(now - sight.at)}`,
      );
    } else if (sight.paused) left.push(`${name} is paused`);
    else {
      if (sight.mode === 'halted') bad.push(`${name} is halted`);
      left.push(...sight.unprotected.map((loan) => `${loan} is protected by no rule`));
      left.push(...sight.loans.filter(isPaused).map(({ loan }) => `${loan} is paused`));
      bad.push(
        ...sight.loans.filter((one) => !one.seen && !isPaused(one)).map(({ loan }) => `${loan} could not be seen`),
      );
      loans += sight.loans.filter((one) => one.seen && !isPaused(one)).length;
    }
  }
  const counted = `${String(loans)} loans of ${String(accounts.length)} accounts were evaluated on fresh data`;
  const head = bad.length === 0 ? `all is well: ${counted}` : `NOT all is well: ${counted}`;
  const lines = [head, ...bad, ...left.map((words) => `left out: ${words}`)];
  return { is: bad.length === 0 ? 'well' : early ? 'early' : 'bad', lines };
}

function isPaused({ state }: Sight['loans'][number]): boolean {
  return state === 'paused';
}

function secondsOf(ms: number): string {
  return `${String(Math.round(ms / 1_000))} s`;
}

/** The same for `alert test`: says that all is well, since `/fail` would raise the alarm. @returns why it did not arrive */
export function testPing(address: string, clock: Clock): Promise<string | null> {
  const verdict: Verdict = { is: 'well', lines: ['TEST: somebody ran `ballast alert test`'] };
  return attempt(clock, SEND_WITHIN_MS, (signal) => ping(address, verdict, signal));
}

function ping(address: string, { is, lines }: Verdict, signal: AbortSignal): Promise<string | null> {
  const url = new URL(address);
  if (is !== 'well') url.pathname = `${url.pathname.replace(/\/+$/, '')}/fail`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return post(url.toString(), { method: 'POST', headers, body: lines.join('\n'), signal });
}
