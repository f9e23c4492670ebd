/**
 * The alert desk of one process: hears what looks and the server say, keeps the ledger of open alerts, and has channels
 * told. Hearing returns at once and never throws: no lane waits for an alert.
 */
import type { Cancel, Clock } from '../clock.ts';
import { within } from '../clock.ts';
import type { Mode } from '../core/intent.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Alert } from './alert.ts';
import type { Channel } from './channel.ts';
import { SEND_WITHIN_MS } from './channel.ts';
import { Drill } from './drill.ts';
import { DeadMan } from './deadMan.ts';
import type { DeadManOptions } from './deadMan.ts';
import { newsOf } from './intake.ts';
import type { Source } from './intake.ts';
import type { Raised } from './ledger.ts';
import { AlertLedger } from './ledger.ts';
import { compose } from './message.ts';
import { reaches, takes } from './routing.ts';
import type { Rules } from './schedule.ts';
import type { Store } from './store.ts';
import { SturdyStore } from './sturdyStore.ts';
import { Teller } from './teller.ts';

/** An account as the policy file has it. */
export interface DeskAccount {
  readonly name: string;
  readonly mode: Mode;
  /** Longest age of its last good look, ms. */
  readonly limitMs: number;
}

export interface DeskOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly channels: readonly Channel[];
  readonly rules: Rules;
  readonly spacingMs: number;
  readonly page: string | null;
  /** Same for all processes that serve this policy file. */
  readonly file: string;
  readonly accounts: readonly DeskAccount[];
  readonly deadMan: Pick<DeadManOptions, 'url' | 'everyMs' | 'onPinged'> | null;
  /** Longest that a channel may go without a test, ms; `null`: nobody is reminded. */
  readonly drillMs: number | null;
  /** Something of the desk itself went wrong. */
  readonly onError: (error: Error) => void;
}

const TICK_MS = 1_000;
/** A Redis that is away for less is not told. */
const AWAY_MS = 3_000;

export class AlertDesk {
  readonly ledger: AlertLedger;
  readonly #options: DeskOptions;
  readonly #store: SturdyStore;
  readonly #teller: Teller;
  readonly #deadMan: DeadMan | null;
  readonly #drill: Drill;
  readonly #scopes: Map<string, string> = new Map<string, string>();
  /** Work in the order in which it was heard. */
  #queue: Promise<void> = Promise.resolve();
  /** The newest conditions of an account replace older ones that nobody has taken yet. */
  readonly #waiting = new Map<string, Extract<LookEvent, { type: 'conditions' }>>();
  #cancel: Cancel = () => undefined;
  #ticking = false;
  #stopped = false;

  constructor(options: DeskOptions) {
    const { clock, channels, rules, spacingMs, page, file, onError, deadMan, accounts } = options;
    this.#options = options;
    this.#store = new SturdyStore(options.store, clock);
    this.ledger = new AlertLedger(this.#store);
    this.#teller = new Teller({
      ...{ ledger: this.ledger, store: this.#store, clock, channels, rules, spacingMs, page, onError },
      isMine: ({ scope }) => scope === file || [...this.#scopes.values()].includes(scope),
      onChannel: (name, failure) => this.#serve('channel', name, failure && `channel ${name} fails: ${failure}`),
    });
    const names = channels.map(({ route }) => route.name);
    this.#drill = new Drill({ store: this.#store, clock, channels: names, everyMs: options.drillMs });
    this.#deadMan =
      deadMan === null
        ? null
        : new DeadMan({
            ...{ ...deadMan, store: this.#store, clock, file, accounts },
            isBlind: () => this.#store.downMs > 0,
            onPing: (failure) => this.#serve('deadMan', '', failure && `the dead-man ping fails: ${failure}`),
            onError,
          });
  }

  /** @param isAlive whether a simulated world is still there; alerts of one that is gone leave */
  async start(isAlive: (scope: string) => boolean): Promise<void> {
    for (const alert of await this.ledger.open()) if (!isAlive(alert.scope)) await this.ledger.remove(alert);
    const routes = this.#options.channels.map(({ route }) => route);
    for (const { name, mode } of this.#options.accounts) {
      if (mode !== 'live') continue;
      const says = `no channel takes critical alerts of account ${name}, which moves real money`;
      await this.#serve('noNotifier', name, reaches(routes, name) ? null : says);
    }
    this.#deadMan?.start();
    this.#arm();
  }

  /** Nobody watches under this scope any more, and nobody will: its alerts leave unsaid. */
  leave(scope: string): void {
    this.#then(async () => {
      for (const alert of await this.ledger.open()) if (alert.scope === scope) await this.ledger.remove(alert);
    });
  }

  /** This process watches the account; its alerts are under `scope`. */
  join(account: string, scope: string): void {
    this.#scopes.set(account, scope);
  }

  hear(account: string, event: LookEvent): void {
    if (this.#stopped) return;
    if (event.type === 'conditions') {
      this.#deadMan?.see(account, event);
      const isTaken = !this.#waiting.has(account);
      this.#waiting.set(account, event);
      if (isTaken) this.#then(() => this.#takeConditions(account));
    } else if (event.type === 'alert' || event.type === 'external') {
      this.#then(() => this.#take(account, event));
    }
  }

  /** An operator had the policy file taken over, and that loosens something: whoever is told of trouble is told of this. */
  reloaded(digest: string, says: string): void {
    this.#then(() => this.#serve('reloaded', digest, says, 'warning'));
  }

  /** The journal is short of room (`says`), or is not any more (`null`). */
  storage(says: string | null, severity: 'warning' | 'critical'): void {
    this.#then(() => this.#serve('storage', '', says, severity));
  }

  /** Ballast is about to end by itself: said to every channel at once, without the ledger, which may be what is gone. */
  async lastWords(says: string): Promise<void> {
    const alert: Alert = {
      ...{ id: 'ended', scope: '', account: null, mode: null, category: 'ended', loan: null, about: '' },
      ...{ severity: 'critical', says, since: this.#options.clock.wall(), seenAt: 0, count: 1, cushion: null },
      ...{ over: null, acknowledged: { by: '', why: '', at: 0 }, told: {} },
    };
    const message = compose([{ alert, reason: 'new', before: 0 }], null);
    const [item] = message.items;
    const told = { ...message, items: item === undefined ? [] : [{ ...item, note: '' }] };
    const takers = this.#options.channels.filter(({ route }) => takes(route, alert));
    await Promise.all(takers.map((channel) => channel.send(told)));
  }

  /** What was heard is written and what is being sent may finish, within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#deadMan?.stop();
    const { clock } = this.#options;
    const rest = this.#queue.then(() => this.#teller.idle());
    await within(clock, Math.min(graceMs, SEND_WITHIN_MS), rest);
  }

  #then(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #takeConditions(account: string): Promise<void> {
    const event = this.#waiting.get(account);
    this.#waiting.delete(account);
    if (event !== undefined) await this.#take(account, event);
  }

  async #take(account: string, event: LookEvent): Promise<void> {
    const news = newsOf(event, this.#sourceOf(account));
    if (news === null) return;
    const { clock } = this.#options;
    const open = await this.ledger.open();
    let changed = false;
    for (const raised of news.raise)
      changed = (await this.ledger.raise(raised, found(open, raised), clock.wall())) || changed;
    for (const alert of open.filter(news.ends)) await this.ledger.end(alert, clock.wall());
    if (changed) await this.#teller.tell();
  }

  #sourceOf(account: string): Source {
    const mode = this.#options.accounts.find(({ name }) => name === account)?.mode ?? 'dryRun';
    return { account, mode, scope: this.#scopes.get(account) ?? null, file: this.#options.file };
  }

  /** Begins (`says`) or ends (`null`) what belongs to the server itself. */
  async #serve(
    category: string,
    about: string,
    says: string | null,
    severity: 'warning' | 'critical' = 'critical',
  ): Promise<void> {
    const { file: scope, clock, accounts } = this.#options;
    const isAccount = category === 'noNotifier';
    const account = isAccount ? (accounts.find(({ name }) => name === about) ?? null) : null;
    const raised: Raised = {
      ...{ scope, account: account?.name ?? null, mode: account?.mode ?? null, category, loan: null, about },
      ...{ severity, says: says ?? '', cushion: null },
    };
    const known = found(await this.ledger.open(), raised);
    if (says !== null) await this.ledger.raise(raised, known, clock.wall());
    else if (known !== undefined) await this.ledger.end(known, clock.wall());
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.later(TICK_MS, () => {
      this.#arm();
      if (this.#ticking) return;
      this.#ticking = true;
      this.#then(() => this.#tick().finally(() => (this.#ticking = false)));
    });
  }

  async #tick(): Promise<void> {
    const { downMs } = this.#store;
    await this.#store.probe();
    const isAway = this.#store.downMs > 0;
    if (isAway && downMs >= AWAY_MS)
      await this.#serve('journal', '', 'Redis, which holds the journal, does not answer');
    if (!isAway && downMs > 0) await this.#serve('journal', '', null);
    const late = isAway ? undefined : await this.#drill.due();
    if (late !== undefined && this.#store.downMs === 0) await this.#serve('drill', '', late, 'warning');
    await this.#teller.tell();
  }
}

function found(open: readonly Alert[], raised: Raised): Alert | undefined {
  return open.find(
    ({ scope, category, loan, about }) =>
      scope === raised.scope && category === raised.category && loan === raised.loan && about === raised.about,
  );
}
