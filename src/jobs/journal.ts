/**
 * The journal: the durable record in Redis of what we saw, decided, sent and learned. The truth about what we did
 * (DESIGN §4). One instance speaks for one account. Every change goes through one of four atomic steps:
 * `open` → `commit` → `claim` → `outcome`; the first three are fenced by the epoch, an outcome is a fact and is not.
 */
import type { Redis } from 'ioredis';
import type { Intent } from '../core/intent.ts';
import { RELEASE_RUNG } from '../core/limits.ts';
import type { LoanId } from '../core/loan.ts';
import type { Stored } from '../machines/types.ts';
import { Dossiers } from './dossiers.ts';
import { Externals } from './externals.ts';
import { commitText, fieldTexts, intentOf, openedOf, recordText, storedMap, texts } from './journalText.ts';
import type { Commit, Opened } from './journalShapes.ts';
import type { OutcomeFields } from './journalText.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { dossierKeyOf, intentKeyOf, pauseKeyOf, prefixOf } from './keys.ts';
import type { Office } from './office.ts';
import { NotActingError } from './office.ts';
import { OUTCOMES, appendedOf } from './outcomes.ts';
import type { Appended, OutcomeState } from './outcomes.ts';
import { Spoken } from './spoken.ts';
import { CLAIM, COMMIT, COMMIT_KEYS, OPEN, OPEN_KEYS, OUTCOME } from './scripts.ts';

export type { Commit, Opened, Rest } from './journalShapes.ts';
export { EMPTY_COMMIT } from './journalShapes.ts';

/** Another look of the account began meanwhile: this one must stop without sending. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError';
}

const DAY_MS = 86_400_000;
/** Charges are kept a little longer than the longest window. */
const CHARGES_KEPT_MS = 2 * DAY_MS;
/** However young they are. */
const DECISIONS_KEPT = 20_000;
const MODES_KEPT = 1_000;
const RECENT_AMOUNTS = 200;
export const RECENT_INTENTS = 8;
const RECENT_ACTS = 64;

export class Journal {
  readonly prefix: string;
  /** What others did. */
  readonly externals: Externals;
  /** What operators said became of intents. */
  readonly spoken: Spoken;
  /** What proves intents to others. */
  readonly dossiers: Dossiers;
  readonly #redis: Redis;
  readonly #intents: string;
  readonly #office: Office | null;
  readonly #sheds: () => boolean;

  /**
   * @param office only where processes with different policies may meet
   * @param sheds whether room is short, so that decision records are not kept
   */
  constructor(redis: Redis, address: AccountAddress, office: Office | null = null, sheds = () => false) {
    this.#redis = redis;
    this.#office = office;
    this.#sheds = sheds;
    this.prefix = prefixOf(address);
    this.#intents = intentKeyOf(this.prefix, '');
    this.externals = new Externals(redis, (name) => this.key(name));
    this.spoken = new Spoken(redis, this.prefix);
    this.dossiers = new Dossiers(redis, this.prefix);
  }

  key(name: AccountKey): string {
    return this.prefix + name;
  }

  async #run(
    script: string,
    names: readonly AccountKey[],
    args: readonly (string | number)[],
    more: readonly string[] = [],
  ): Promise<unknown> {
    const keys = [...names.map((name) => this.key(name)), ...more];
    return this.#redis.eval(script, String(keys.length), ...keys, ...args.map(String));
  }

  /**
   * Step 1 of a look: raises the epoch, voids what was only planned, returns the account as the journal knows it.
   * @throws NotActingError when processes with another policy act; then nothing was changed
   */
  async open(): Promise<Opened> {
    const reply = await this.#run(OPEN, OPEN_KEYS, [
      ...[this.#intents, RECENT_AMOUNTS, RECENT_INTENTS, pauseKeyOf(this.prefix, ''), RECENT_ACTS],
      ...(this.#office?.claim ?? ['']),
    ]);
    if (typeof reply === 'string') throw new NotActingError(reply);
    return openedOf(reply);
  }

  /**
   * Step 6: all or nothing, and only while no newer look has begun. Returns the loans whose decision is a new one.
   * @throws StaleEpochError
   */
  async commit(epoch: number, digest: string, commit: Commit): Promise<ReadonlySet<LoanId>> {
    const keeping = { decisions: this.#sheds() ? 0 : DECISIONS_KEPT, modes: MODES_KEPT, chargesMs: CHARGES_KEPT_MS };
    const prefixes = [this.#intents, dossierKeyOf(this.prefix, '')];
    const reply = await this.#run(COMMIT, COMMIT_KEYS, [epoch, commitText(commit, digest, keeping), ...prefixes]);
    if (Array.isArray(reply)) return new Set(texts(reply));
    throw new StaleEpochError(`the look with epoch ${String(epoch)} may not commit: ${String(reply)}`);
  }

  /**
   * The fence. Returns `null` when this run, and only this run, may send; else why it may not.
   * @param beside the call may leave beside one undecided call, if that one's validity ended before this wall ms
   */
  async claim(
    intent: Intent,
    digest: string,
    validUntil: number,
    sentAt: number,
    beside: { readonly validBefore: number } | null,
  ): Promise<string | null> {
    const verdict = await this.#run(
      CLAIM,
      ['epoch', 'open', 'paused', 'halt', 'acting'],
      [
        ...[this.#intents, intent.id, intent.epoch, digest, validUntil, sentAt],
        ...[beside === null ? 0 : 1, beside?.validBefore ?? 0],
      ],
      [pauseKeyOf(this.prefix, intent.loan)],
    );
    return verdict === 'ok' ? null : String(verdict);
  }

  /**
   * Appends a fact about an intent. A fact that contradicts a settled verdict is not written; it halts the account.
   * @param fuse false: this rejection says "not now" and is no send without effect (DESIGN §2.6)
   */
  async outcome(intent: Intent, state: OutcomeState, fields: OutcomeFields, fuse = true): Promise<Appended> {
    const { follows, contradicts, refund = false } = OUTCOMES[state];
    const counts = state === 'rejected' || state === 'unknown';
    // The fuse brakes what protects; what was let go, or could not be, says nothing about that.
    const isRelease = intent.rung === RELEASE_RUNG;
    const effect = isRelease ? '' : state === 'confirmed' ? 'reset' : counts && fuse ? 'count' : '';
    const reply = await this.#run(
      OUTCOME,
      ['open', 'charges', 'fruitless', 'halt'],
      [
        this.#intents,
        intent.id,
        state,
        follows,
        contradicts,
        refund ? 1 : 0,
        intent.loan,
        effect,
        ...fieldTexts(fields),
      ],
    );
    return appendedOf(String(reply));
  }

  async intent(id: string): Promise<Intent | null> {
    return intentOf(await this.#redis.hgetall(this.#intents + id));
  }

  /** Every intent that is kept for this account, oldest first. */
  async intents(): Promise<Intent[]> {
    const ids = await this.#redis.zrange(this.key('index'), '0', '-1');
    const all = await Promise.all(ids.map((id) => this.intent(id)));
    return all.filter((intent) => intent !== null);
  }

  /** Intents that were written since then (Redis ms), and older ones that may still move money. */
  async intentsSince(ms: number): Promise<Intent[]> {
    const ids = await this.#redis.zrangebyscore(this.key('index'), ms, '+inf');
    const open = await this.#redis.smembers(this.key('open'));
    const all = await Promise.all([...new Set([...ids, ...open])].map((id) => this.intent(id)));
    return all.filter((intent) => intent !== null);
  }

  /** The newest look whose intent has left by its age; 0: none has. */
  async trimmedTo(): Promise<number> {
    return Number((await this.#redis.get(this.key('trimmed'))) ?? '0');
  }

  async loans(): Promise<ReadonlyMap<LoanId, Stored>> {
    return storedMap(await this.#redis.hgetall(this.key('loans')));
  }

  /** Newest decision record of a loan, with its trace, as JSON; `null` before the first look. */
  async why(loan: LoanId): Promise<string | null> {
    const json = await this.#redis.hget(this.key('why'), loan);
    return json === null ? null : recordText(json, await this.#redis.hget(this.key('span'), loan));
  }

  /** Decision records, oldest first; those that may still be extended last. */
  async decisions(): Promise<{ readonly loan: LoanId; readonly json: string }[]> {
    const closed = await this.#redis.xrange(this.key('decisions'), '-', '+');
    const open = await this.#redis.hgetall(this.key('why'));
    const spans = await this.#redis.hgetall(this.key('span'));
    return [
      ...closed.map(([, fields]) => ({ loan: fields[1] ?? '', json: recordText(fields[3] ?? '{}', fields[5]) })),
      ...Object.entries(open).map(([loan, json]) => ({ loan, json: recordText(json, spans[loan]) })),
    ];
  }

  async nextLookAt(): Promise<number | null> {
    const text = await this.#redis.get(this.key('next'));
    return text === null ? null : Number(text);
  }

  async lookedAt(): Promise<number | null> {
    const text = await this.#redis.get(this.key('looked'));
    return text === null ? null : Number(text);
  }
}
