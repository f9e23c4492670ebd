/** One account at work: its lane, its timer and its price watch, behind four verbs. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { within } from '../clock.ts';
import type { AccountView, Asset, LoanId } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import { isMovedBy, worthALook } from '../core/watch.ts';
import type { Venue } from '../exchanges/exchange.ts';
import type { ReferenceFeed } from '../exchanges/reference.ts';
import type { AccountSetup, LookDeps, LookEvent } from './account.ts';
import type { Errand } from './errands.ts';
import { Errands } from './errands.ts';
import { Journal } from './journal.ts';
import type { AccountAddress } from './keys.ts';
import { lanePrefixOf } from './keys.ts';
import { Lane } from './lane.ts';
import { look } from './look.ts';
import { UNCONFIRMED } from './deciding.ts';
import { followed } from './needing.ts';
import { OUTSIDERS } from './outsiders.ts';
import { PriceWatch } from './priceWatch.ts';
import { NotActingError, Office, observerWords } from './office.ts';
import { Observer } from './observer.ts';
import { PASS_BY } from './points.ts';
import type { Passing } from './points.ts';
import { openSafeguard } from './safeguard.ts';
import type { Safeguard, SafeguardOptions } from './safeguard.ts';
import { LookTimer } from './timers.ts';

export interface RunnerOptions {
  readonly setup: AccountSetup;
  readonly address: AccountAddress;
  readonly venue: Venue;
  readonly reference: ReferenceFeed | null;
  readonly clock: Clock;
  /** Part of every intent id: differs whenever the journal or the simulated world does. Letters and digits. */
  readonly stamp: string;
  /** For journal and producers: fails fast. */
  readonly redis: Redis;
  /** For the worker: waits for Redis for ever. */
  readonly consumer: Redis;
  readonly emit: (account: string, event: LookEvent) => void;
  /** Whether the venue's own feed rings; it does unless `false`. Not where a player hands over every price and waits for the lanes. */
  readonly watchPrices?: boolean;
  /** Slow reads beside the lane, begun when a first look is over. */
  readonly errands?: (deps: LookDeps) => readonly Errand[];
  /** A bug or a broken Redis: nothing a venue did. */
  readonly onError: (account: string, error: Error) => void;
  /** For tests that end the process where something is half done. */
  readonly passing?: Passing;
  /** Whether the journal is short of room. */
  readonly sheds?: () => boolean;
  /** This start of this process, where processes with other policies may come by. */
  readonly run?: string;
  /** For an account that moves real money. */
  readonly safeguard?: Pick<SafeguardOptions, 'journal' | 'folder' | 'reports' | 'validityMs'>;
}

export class Runner {
  readonly name: string;
  readonly address: AccountAddress;
  readonly journal: Journal;
  readonly venue: Venue;
  readonly #options: RunnerOptions;
  readonly #office: Office | null;
  readonly #safeguard: Safeguard | null;
  #timer: LookTimer | null = null;
  #lane: Lane | null = null;
  /** Watches while processes with another policy act. */
  #observer: Observer | null = null;
  readonly #errands: Errands;
  readonly #watch: PriceWatch | null;
  #setup: AccountSetup;
  #mayClaim = true;
  #stopping = false;
  #view: AccountView | null = null;
  #inFlight = false;
  /** Loans whose breach waits for one more look at another price. */
  readonly #waiting = new Set<LoanId>();
  readonly #complain = (error: unknown): void => {
    this.#options.onError(this.name, error instanceof Error ? error : new Error(String(error)));
  };

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#setup = options.setup;
    [this.name, this.address, this.venue] = [options.setup.name, options.address, options.venue];
    const { redis, address, clock, safeguard, run } = options;
    const { timing } = options.setup;
    // A dry run moves nothing, so any number of policies may try themselves at one account.
    this.#office =
      address.mode === 'dryRun' || run === undefined
        ? null
        : new Office(redis, address, {
            digest: () => this.#setup.digest,
            run,
            goneAfterMs: 2 * timing.lookEveryMs + timing.lockMs + timing.stalledMs,
          });
    this.#safeguard = safeguard === undefined ? null : openSafeguard({ redis, address, clock, ...safeguard });
    this.journal = new Journal(redis, address, this.#office, options.sheds);
    this.#errands = new Errands(options.errands?.(this.#deps()) ?? [], options.clock, ({ message }) => {
      this.#alert('warning', 'errand', message);
    });
    const judge = (prices: Readonly<Record<Asset, Dec>>): Promise<boolean> => this.onPrices(prices);
    const prices = { venue: options.venue, clock, lookSoonMs: timing.lookSoonMs, judge, onError: this.#complain };
    this.#watch = options.watchPrices === false ? null : new PriceWatch(prices);
  }

  static async open(options: RunnerOptions): Promise<Runner> {
    const runner = new Runner(options);
    // A Redis that is just not there yet decides nothing: every look asks again before it changes anything.
    const acting = (await runner.#office?.take().catch(() => null)) ?? null;
    if (acting === null) await runner.#act();
    else runner.#observe(acting);
    return runner;
  }

  /** Looks at the account in its lane. */
  async #act(): Promise<void> {
    const { address, redis, consumer, clock, setup } = this.#options;
    const deps = this.#deps();
    this.#lane = await Lane.open({
      account: this.name,
      prefix: lanePrefixOf(address),
      producer: redis,
      consumer,
      clock,
      timing: setup.timing,
      look: (reason, lease, signal) =>
        look(deps, reason, lease, signal).catch((error: unknown) => {
          if (!(error instanceof NotActingError)) throw error;
          this.#yield(error.acting);
        }),
      onError: this.#complain,
      onTimed: (waitedMs, tookMs) => void deps.emit(this.name, { type: 'timed', waitedMs, tookMs }),
      onStalled: () => {
        this.#alert('info', 'restart', `a look of ${this.name} died with its process; the next one reconciles`);
      },
    });
    this.#timer = this.#newTimer();
    this.#timer.start();
  }

  #newTimer(): LookTimer {
    const { clock, setup } = this.#options;
    const { lookEveryMs, lockMs, stalledMs } = setup.timing;
    return new LookTimer({
      account: this.name,
      journal: this.journal,
      ring: (reason) => this.ring(reason),
      clock,
      lookEveryMs,
      takeOverMs: lockMs + stalledMs,
      revive: async (reason) => this.#lane?.revive(reason),
      onSilent: (says) => this.#alert('critical', 'silent', says),
      onError: this.#complain,
    });
  }

  /** Processes with another policy act: this one keeps its hands off their lane and says what it would do. */
  #observe(acting: string): void {
    const { address, redis } = this.#options;
    this.#alert('warning', 'observer', observerWords(this.name, this.#setup.digest, acting));
    const setup = (): AccountSetup => ({ ...this.#setup, mode: 'dryRun' });
    const journal = new Journal(redis, { ...address, mode: 'dryRun' });
    const ring = (): Promise<void> => Promise.resolve();
    const deps = this.#deps();
    // What holds is said by those who act.
    const emit: LookDeps['emit'] = (name, event) => event.type !== 'conditions' && deps.emit(name, event);
    this.#observer = new Observer({
      deps: { ...deps, setup, journal, ring, emit, mayClaim: () => false, passing: PASS_BY, safeguard: null },
      mayAct: async () => (await this.#office?.take()) === null,
      onAct: () => {
        this.#observer = null;
        this.#alert('info', 'observer', `${this.name}: nobody with another policy is left; this process acts now`);
        this.#act().catch(this.#complain);
      },
      onError: this.#complain,
    });
    this.#observer.start();
  }

  /** The office was lost while this process was frozen or cut off. */
  #yield(acting: string): void {
    const [lane, timer] = [this.#lane, this.#timer];
    if (lane === null || this.#stopping) return;
    [this.#lane, this.#timer, this.#inFlight] = [null, null, false];
    timer?.stop();
    // The look that found out runs in this lane: it must end before the lane can.
    void lane.close(0, this.#options.clock).catch(this.#complain);
    this.#observe(acting);
  }

  #alert(severity: 'info' | 'warning' | 'critical', category: string, says: string): void {
    this.#options.emit(this.name, { type: 'alert', severity, category, loan: null, says });
  }

  async ring(reason: string): Promise<void> {
    await this.#lane?.ring(reason);
  }

  /** A price feed or a player spoke: rings, and says so, when a loan of the last view would be somewhere else by these prices (DESIGN §4). */
  async onPrices(prices: Readonly<Record<Asset, Dec>>): Promise<boolean> {
    const view = this.#view;
    if (view === null) return false;
    const moved = view.loans.filter((loan) => this.#waiting.has(loan.id) || isMovedBy(loan, prices));
    const leveled = moved.flatMap((loan) => {
      const found = followed(this.#setup, loan);
      return 'none' in found ? [] : [{ loan, levels: found.levels }];
    });
    const unconfirmed = leveled.some(({ loan }) => this.#waiting.has(loan.id));
    const why = unconfirmed ? 'a breach waits for another price' : worthALook(leveled, prices);
    if (why === null) return false;
    await this.ring(why);
    return true;
  }

  /** True when no look runs or waits and no money call of this account is on its way. */
  async quiet(): Promise<boolean> {
    if (this.#inFlight) return false;
    return this.#lane === null || (await this.#lane.quiet());
  }

  /** The file was reloaded: used from the next look on. A look that runs finishes under the old one, and claims nothing. */
  reload(setup: AccountSetup): void {
    this.#setup = setup;
  }

  /** Its lane hangs, and starting that again has not helped. A lane that others work is not this process's. */
  get isStuck(): boolean {
    return this.#timer?.isStuck ?? false;
  }

  /** No new claim from here on. */
  hold(): void {
    this.#mayClaim = false;
  }

  /** No new claim; the running look may finish within `graceMs` (DESIGN §8). */
  async stop(graceMs: number): Promise<void> {
    this.hold();
    this.#stopping = true;
    this.#timer?.stop();
    const { clock } = this.#options;
    // Whoever does not hear that the server stops is left behind; nothing of it may keep the venue open.
    const stops = Promise.all([this.#errands.stop(), this.#watch?.stop(), this.#observer?.stop()]);
    const beside = stops.catch(this.#complain);
    await Promise.all([within(clock, graceMs, beside), this.#lane?.close(graceMs, clock)]);
    await this.#office?.leave().catch(() => undefined);
    await this.venue.close();
  }

  #deps(): LookDeps {
    return {
      setup: () => this.#setup,
      journal: this.journal,
      venue: this.venue,
      reference: this.#options.reference,
      clock: this.#options.clock,
      stamp: this.#options.stamp,
      ring: (reason) => this.ring(reason),
      askRecords: (leastMs) => {
        this.#errands.hurry(OUTSIDERS, leastMs);
      },
      mayClaim: () => this.#mayClaim,
      passing: this.#options.passing ?? PASS_BY,
      safeguard: this.#safeguard,
      emit: (account, event) => {
        try {
          this.#remember(event);
          this.#options.emit(account, event);
        } catch (error) {
          // A listener's mistake must not end a look between its claim and its send.
          this.#complain(error);
        }
      },
    };
  }

  #remember(event: LookEvent): void {
    // Not before the first look: together they would use up the share of the limits that it needs to see anything.
    if (event.type === 'looked' || event.type === 'acted') this.#errands.start();
    if (event.type === 'decided') {
      const { loan, trace } = event.decision;
      if (trace[0]?.rule === UNCONFIRMED) this.#waiting.add(loan);
      else this.#waiting.delete(loan);
    }
    if (event.type === 'looked') {
      this.#view = event.view;
      this.#watch?.follow(event.view);
    }
    // Prices do not ring a blind account: its own retries do, at the pace that its venue bears.
    if (event.type === 'blind') {
      this.#view = null;
      this.#watch?.hold();
    }
    if (event.type === 'looked' || event.type === 'acted') this.#inFlight = event.inFlight;
    if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind') this.#timer?.due(event.nextLookAt);
  }
}
