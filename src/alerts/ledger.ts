/**
 * The open alerts: since when, who was told how often, who acknowledged. Shared by all processes on one Redis; each change
 * is a compare-and-set, so that no process overwrites what another has just written.
 */
import type { Redis } from 'ioredis';
import { parse } from '../core/money.ts';
import type { Act } from '../jobs/operator.ts';
import type { Alert } from './alert.ts';
import { decode, encode, keyOf } from './alert.ts';
import { categoryOf } from './catalogue.ts';
import type { Store } from './store.ts';
import { RedisStore } from './store.ts';

/** An alert as somebody raises it. */
export type Raised = Pick<
  Alert,
  'scope' | 'account' | 'mode' | 'category' | 'loan' | 'about' | 'severity' | 'says' | 'cushion'
>;

/** Others may write the same alert meanwhile: so often the newest one is read again. */
const TRIES = 20;
/** Between two writes of words alone. */
const WORDS_EVERY_MS = 30_000;
/** A cushion that moved by less than this share is not written. */
const MOVED = '0.05';

export class AlertLedger {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** For a page or a command beside the server. */
  static on(redis: Redis): AlertLedger {
    return new AlertLedger(new RedisStore(redis, 'reader'));
  }

  /** The gravest first, then the oldest. */
  async open(): Promise<readonly Alert[]> {
    const alerts = [...(await this.#store.read()).values()].map(decode);
    return alerts.sort((a, b) => gravity(a) - gravity(b) || a.since - b.since || Number(a.id) - Number(b.id));
  }

  /** Alerts that are over or were acknowledged away, newest first; the last 200. */
  async left(): Promise<readonly Alert[]> {
    return (await this.#store.left()).map(decode);
  }

  /**
   * It is told no more, but for what is worse than what this person has seen. Lifts nothing and allows nothing.
   * @returns the alert; `null` when none of this id is open
   */
  async acknowledge(id: string, act: Act): Promise<Alert | null> {
    const found = (await this.open()).find((alert) => alert.id === id);
    if (found === undefined) return null;
    return this.change(keyOf(found), (alert) => ({ ...alert, acknowledged: act }));
  }

  /** Opens it, or takes what is new into the open one. @returns whether anything changed */
  async raise(raised: Raised, known: Alert | undefined, now: number): Promise<boolean> {
    const key = keyOf(raised);
    if (known === undefined) {
      const id = await this.#store.nextId();
      const more = { since: now, seenAt: now, count: 1, over: null, acknowledged: null, told: {} };
      if (await this.#store.add(key, encode({ id, ...raised, ...more }))) return true;
    } else if (!isNews(raised, known, now)) return false;
    await this.change(key, (alert) => again(alert, raised, now));
    return true;
  }

  /** It is seen to be over. */
  async end(alert: Alert, now: number): Promise<void> {
    if (alert.over === null) await this.change(keyOf(alert), (newest) => ({ ...newest, over: newest.over ?? now }));
  }

  async remove(alert: Alert): Promise<void> {
    await this.#store.swap(keyOf(alert), encode(alert), null);
  }

  /** @returns the alert as it is now; `null` when it has left */
  async change(key: string, step: (alert: Alert) => Alert): Promise<Alert | null> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const text = (await this.#store.read()).get(key);
      if (text === undefined) return null;
      const after = step(decode(text));
      if (await this.#store.swap(key, text, encode(after))) return after;
    }
    throw new Error('an alert is written by many processes at once');
  }
}

function gravity({ over, severity }: Alert): number {
  return over !== null ? 2 : severity === 'critical' ? 0 : 1;
}

function happens({ category }: Pick<Alert, 'category'>): boolean {
  return categoryOf(category).kind === 'happened';
}

/** Looks say the same every few seconds: only what may matter is written. */
function isNews(raised: Raised, known: Alert, now: number): boolean {
  if (happens(raised) || known.over !== null) return true;
  if (raised.severity === 'critical' && known.severity === 'warning') return true;
  return hasMoved(raised.cushion, known.cushion) || (raised.says !== known.says && now - known.seenAt > WORDS_EVERY_MS);
}

function hasMoved(now: string | null, before: string | null): boolean {
  if (now === null || before === null) return now !== before && now !== null;
  return parse(now).minus(before).abs().gt(parse(before).times(MOVED));
}

/** A severity that was reached is kept. Who acknowledged a warning did not acknowledge that it became critical. */
function again(alert: Alert, raised: Raised, now: number): Alert {
  const isGraver = raised.severity === 'critical' && alert.severity === 'warning';
  const told = Object.fromEntries(Object.entries(alert.told).filter(([, { over }]) => !over));
  return {
    ...alert,
    severity: isGraver ? 'critical' : alert.severity,
    says: raised.says,
    cushion: raised.cushion ?? alert.cushion,
    seenAt: now,
    count: happens(alert) ? alert.count + 1 : 1,
    over: null,
    acknowledged: isGraver ? null : alert.acknowledged,
    told,
  };
}
