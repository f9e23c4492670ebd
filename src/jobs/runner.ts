/** One account at work: its lane, its timer and its price watch, behind four verbs. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { within } from '../clock.ts';
import type { AccountView, Asset, LoanId } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import { worthALook } from '../core/watch.ts';
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
}

export class Runner {
  readonly name: string;
  readonly address: AccountAddress;
  readonly journal: Journal;
  readonly venue: Venue;
  readonly #options: RunnerOptions;
  readonly #timer: LookTimer;
  #lane: Lane | null = null;
  readonly #errands: Errands;
  readonly #watch: PriceWatch | null;
  #setup: AccountSetup;
  #mayClaim = true;
  #view: AccountView | null = null;
  #inFlight = false;
  /** Loans whose breach waits for one more look at another price. */
  readonly #waiting = new Set<LoanId>();

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#setup = options.setup;
    this.name = options.setup.name;
    this.address = options.address;
    this.venue = options.venue;
    this.journal = new Journal(options.redis, options.address);
    this.#errands = new Errands(options.errands?.(this.#deps()) ?? [], options.clock, ({ message }) => {
      options.emit(this.name, { type: 'alert', severity: 'warning', category: 'errand', loan: null, says: message });
    });
    const onError = (error: Error): void => {
      options.onError(this.name, error);
    };
    const judge = (prices: Readonly<Record<Asset, Dec>>): Promise<boolean> => this.onPrices(prices);
    const { venue, clock } = options;
    const { lookSoonMs } = options.setup.timing;
    this.#watch = options.watchPrices === false ? null : new PriceWatch({ venue, clock, lookSoonMs, judge, onError });
    this.#timer = new LookTimer({
      account: this.name,
      journal: this.journal,
      ring: (reason) => this.ring(reason),
      clock: options.clock,
      lookEveryMs: options.setup.timing.lookEveryMs,
      takeOverMs: options.setup.timing.lockMs + options.setup.timing.stalledMs,
      revive: async (reason) => this.#lane?.revive(reason),
      onSilent: (says) => {
        options.emit(this.name, { type: 'alert', severity: 'critical', category: 'silent', loan: null, says });
      },
      onError: (error) => {
        options.onError(this.name, error);
      },
    });
  }

  static async open(options: RunnerOptions): Promise<Runner> {
    const runner = new Runner(options);
    const deps = runner.#deps();
    runner.#lane = await Lane.open({
      account: runner.name,
      prefix: lanePrefixOf(options.address),
      producer: options.redis,
      consumer: options.consumer,
      clock: options.clock,
      timing: options.setup.timing,
      look: (reason, lease, signal) => look(deps, reason, lease, signal),
      onError: (error) => {
        options.onError(runner.name, error);
      },
      onStalled: () => {
        options.emit(runner.name, {
          type: 'alert',
          severity: 'info',
          category: 'restart',
          loan: null,
          says: `a look of ${runner.name} died with its process; the next one reconciles`,
        });
      },
    });
    runner.#timer.start();
    return runner;
  }

  async ring(reason: string): Promise<void> {
    await this.#lane?.ring(reason);
  }

  /** A price feed or a player spoke: rings, and says so, when a loan of the last view would be somewhere else by these prices (DESIGN §4). */
  async onPrices(prices: Readonly<Record<Asset, Dec>>): Promise<boolean> {
    const view = this.#view;
    if (view === null) return false;
    const leveled = view.loans.flatMap((loan) => {
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

  /** The file was reloaded: used from the next look on. */
  reload(setup: AccountSetup): void {
    this.#setup = setup;
  }

  /** No new claim from here on; the running look may finish within `graceMs` (DESIGN §8). */
  async stop(graceMs: number): Promise<void> {
    this.#mayClaim = false;
    this.#timer.stop();
    const { clock } = this.#options;
    // Whoever does not hear that the server stops is left behind; nothing of it may keep the venue open.
    const beside = Promise.all([this.#errands.stop(), this.#watch?.stop()]).catch((error: unknown) => {
      this.#options.onError(this.name, error instanceof Error ? error : new Error(String(error)));
    });
    await Promise.all([within(clock, graceMs, beside), this.#lane?.close(graceMs, clock)]);
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
      emit: (account, event) => {
        try {
          this.#remember(event);
          this.#options.emit(account, event);
        } catch (error) {
          // A listener's mistake must not end a look between its claim and its send.
          this.#options.onError(account, error instanceof Error ? error : new Error(String(error)));
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
    if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind') this.#timer.due(event.nextLookAt);
  }
}
