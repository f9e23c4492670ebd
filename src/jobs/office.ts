/**
 * Which policy acts for an account when processes with different policies share it (DESIGN §8 "Processes with another policy
 * digest only observe"). The policy that acts goes on while any process of its is there; when the last one has left, or was
 * silent for longer than a take-over takes, the next process that asks acts under its own.
 *
 * It is asked in the same step that opens a look, so a process that lost the office while it was frozen neither raises the
 * epoch nor voids a plan; and the claim asks once more.
 */
import type { Redis } from 'ioredis';
import type { AccountAddress } from './keys.ts';
import { prefixOf } from './keys.ts';
import { OFFICE_KEYS, TAKE } from './scripts.ts';

export interface OfficeOptions {
  /** This process's policy as it is now. */
  readonly digest: () => string;
  /** This start of this process. */
  readonly run: string;
  /** After so long without a look a process counts as gone, ms. */
  readonly goneAfterMs: number;
}

/** Another policy acts for this account. */
export class NotActingError extends Error {
  override readonly name = 'NotActingError';
  readonly acting: string;

  constructor(acting: string) {
    super(`policy ${acting.slice(0, SHOWN)} acts`);
    this.acting = acting;
  }
}

/** As many letters of a digest as a person compares. */
const SHOWN = 8;

export class Office {
  readonly #redis: Redis;
  readonly #keys: readonly string[];
  readonly #options: OfficeOptions;
  /** Policies that this process has acted or asked under. */
  readonly #digests = new Set<string>();

  constructor(redis: Redis, address: AccountAddress, options: OfficeOptions) {
    this.#redis = redis;
    this.#keys = OFFICE_KEYS.map((name) => prefixOf(address) + name);
    this.#options = options;
  }

  /** What a script needs to know to take the office: digest, run, ms. */
  get claim(): readonly [digest: string, run: string, goneAfterMs: number] {
    const { run, goneAfterMs } = this.#options;
    const digest = this.#options.digest();
    this.#digests.add(digest);
    return [digest, run, goneAfterMs];
  }

  /** Acts from now on if it may. @returns `null`, or the digest of the policy that acts instead */
  async take(): Promise<string | null> {
    const [digest, ...rest] = this.claim;
    const acting = String(
      await this.#redis.eval(TAKE, String(this.#keys.length), ...this.#keys, digest, ...rest.map(String)),
    );
    return acting === digest ? null : acting;
  }

  /** This process acts no more, whatever its policy was: the next one need not wait. */
  async leave(): Promise<void> {
    const [, posts = ''] = this.#keys;
    const { run } = this.#options;
    await this.#redis.zrem(posts, ...[...this.#digests].map((digest) => `${digest} ${run}`));
  }
}

/** What an operator is told of a process that only observes. */
export function observerWords(account: string, own: string, acting: string): string {
  return `${account}: processes with another policy (${acting.slice(0, SHOWN)}) act for this account; this one (${own.slice(0, SHOWN)}) only observes and says what it would do. It acts when the last of them has stopped or has taken over the same policy: \`ballast reload\`, or stop them, or start this one with their policy file.`;
}
