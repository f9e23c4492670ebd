/**
 * What operators do to one account: pause, resume, acknowledge, reload its policy. Each act is written down with who and why, in one step
 * with its effect. A pause is part of the fence: from its write on nothing is claimed. An acknowledgement waits in the
 * journal for the next look, because only a look may step the account's machine.
 */
import type { Redis } from 'ioredis';
import type { LoanId } from '../core/loan.ts';
import type { AccountMode } from '../core/need.ts';
import { causesOf } from '../machines/accountMachine.ts';
import type { CauseKind } from '../machines/accountMachine.ts';
import type { Stored } from '../machines/types.ts';
import type { AccountAddress } from './keys.ts';
import { lanePrefixOf, pauseKeyOf, prefixOf } from './keys.ts';

/** Who did something, why, and when (wall ms). */
export interface Act {
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

export interface Paused extends Act {
  /** Wall ms; `null`: until somebody resumes it. */
  readonly until: number | null;
}

export interface Acknowledged extends Act {
  /** Causes as the operator saw them, kind → words: a newer one is not meant. */
  readonly causes: Readonly<Partial<Record<CauseKind, string>>>;
}

/** Why an account does not do everything, as the journal has it now. */
export interface Standing {
  readonly mode: AccountMode;
  readonly causes: readonly { readonly kind: CauseKind; readonly since: number | null; readonly why: string }[];
  /** `loan: null` is the whole account. */
  readonly pauses: readonly { readonly loan: LoanId | null; readonly paused: Paused }[];
  /** An acknowledgement waits for the next look. */
  readonly acknowledging: boolean;
}

/** How many acts of operators are kept. */
export const ACTS_KEPT = 1_000;

export class Operator {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #lane: string;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.#prefix = prefixOf(address);
    this.#lane = lanePrefixOf(address);
  }

  /** A pause with an end leaves by itself, so that no run can find it longer than another. @param loan `null`: all of the account */
  async pause(loan: LoanId | null, paused: Paused): Promise<void> {
    const key = this.#pauseKey(loan);
    const json = JSON.stringify(paused);
    const writing = this.#redis.multi();
    if (paused.until === null) writing.set(key, json);
    else writing.set(key, json, 'PXAT', String(paused.until));
    await this.#noted(writing, { act: 'pause', loan, ...paused });
  }

  /** @returns whether there was a pause of exactly this */
  async resume(loan: LoanId | null, act: Act): Promise<boolean> {
    const key = this.#pauseKey(loan);
    if ((await this.#redis.exists(key)) === 0) return false;
    await this.#noted(this.#redis.multi().del(key), { act: 'resume', loan, ...act });
    return true;
  }

  async acknowledge(act: Acknowledged): Promise<void> {
    const writing = this.#redis.multi().set(`${this.#prefix}acknowledged`, JSON.stringify(act));
    await this.#noted(writing, { act: 'acknowledge', loan: null, ...act });
  }

  /** The policy file was taken over: what acted before, and what acts from the next look on. */
  async reloaded(act: Act & { readonly from: string; readonly to: string }): Promise<void> {
    await this.#noted(this.#redis.multi(), { act: 'reload', loan: null, ...act });
  }

  /** Asks for a look. @param account its name, for the doorbell */
  async ring(account: string, reason: string): Promise<void> {
    // Commands that only read load no queue.
    const { ringLane } = await import('./lane.ts');
    await ringLane(this.#redis, this.#lane, account, reason);
  }

  async standing(): Promise<Standing> {
    const [account, halt, acknowledged, loans] = await Promise.all([
      this.#redis.get(`${this.#prefix}account`),
      this.#redis.get(`${this.#prefix}halt`),
      this.#redis.exists(`${this.#prefix}acknowledged`),
      this.#redis.hkeys(`${this.#prefix}loans`),
    ]);
    const stored = account === null ? null : (JSON.parse(account) as Stored);
    const causes = stored === null ? [] : causesOf(stored);
    // A contradiction that the machine has not been told yet stops everything as well.
    const untold = halt === null ? [] : [{ kind: 'halt' as const, since: null, why: halt }];
    const pauses = await Promise.all([null, ...loans.sort()].map((loan) => this.#pauseOf(loan)));
    return {
      mode: halt === null ? ((stored?.state ?? 'active') as AccountMode) : 'halted',
      causes: [...causes.filter(({ kind }) => kind !== 'halt' || halt === null), ...untold],
      pauses: pauses.flat(),
      acknowledging: acknowledged === 1,
    };
  }

  /** What operators did, oldest first. */
  async acts(): Promise<readonly (Act & { readonly act: string; readonly loan: LoanId | null })[]> {
    const entries = await this.#redis.xrange(`${this.#prefix}acts`, '-', '+');
    return entries.map(([, fields]) => JSON.parse(fields[1] ?? '{}') as Act & { act: string; loan: LoanId | null });
  }

  async #pauseOf(loan: LoanId | null): Promise<Standing['pauses']> {
    const json = await this.#redis.get(this.#pauseKey(loan));
    return json === null ? [] : [{ loan, paused: JSON.parse(json) as Paused }];
  }

  #pauseKey(loan: LoanId | null): string {
    return loan === null ? `${this.#prefix}paused` : pauseKeyOf(this.#prefix, loan);
  }

  async #noted(writing: ReturnType<Redis['multi']>, act: object): Promise<void> {
    const replies = await writing
      .xadd(`${this.#prefix}acts`, 'MAXLEN', '~', ACTS_KEPT, '*', 'json', JSON.stringify(act))
      .exec();
    const failed = replies?.find(([error]) => error !== null)?.[0];
    if (failed !== undefined && failed !== null) throw failed;
  }
}
