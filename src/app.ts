/**
 * The composition root: the only file that wires everything. Redis, the simulated exchanges where the policy file names
 * them, one runner per account; and down again in the opposite order.
 */
import { randomUUID } from 'node:crypto';
import { Alerting, alertsForPage } from './cli/alerting.ts';
import type { AppOptions } from './cli/appOptions.ts';
import type { Examined } from './cli/examination.ts';
import { examineAll } from './cli/examination.ts';
import { heldWords } from './reading/held.ts';
import { Latecomers } from './cli/latecomers.ts';
import { openReferences, placeOf, startSimulated, unnamedProducts, venueOf } from './cli/opening.ts';
import { Metering } from './cli/metering.ts';
import { servePage } from './cli/page.ts';
import { setupOf } from './cli/configured.ts';
import type { Connections } from './cli/redis.ts';
import { Reloading } from './cli/reloading.ts';
import type { Difference } from './cli/reloadTerms.ts';
import { loosenedWords } from './cli/reloadTerms.ts';
import { connectRedis, letters } from './cli/redis.ts';
import type { Clock } from './clock.ts';
import { within } from './clock.ts';
import type { AccountConfig, Config } from './config/types.ts';
import type { Mode } from './core/intent.ts';
import { parse } from './core/money.ts';
import type { ReferenceFeed } from './exchanges/reference.ts';
import type { LookDeps } from './jobs/account.ts';
import type { Errand } from './jobs/errands.ts';
import { followWords } from './jobs/following.ts';
import { interestErrand } from './jobs/interest.ts';
import type { AccountAddress } from './jobs/keys.ts';
import type { Act } from './jobs/operator.ts';
import { Operator } from './jobs/operator.ts';
import { outsiders } from './jobs/outsiders.ts';
import { Registry } from './jobs/registry.ts';
import { retentionErrand } from './jobs/retention.ts';
import { Runner } from './jobs/runner.ts';
import { Shelf } from './jobs/shelf.ts';
import { termsErrand } from './jobs/terms.ts';
import { Track } from './jobs/track.ts';
import { Tracking } from './jobs/tracking.ts';
import { UNWATCHED_EVERY_MS, unwatchedErrand } from './jobs/unwatched.ts';
import type { Stage } from './replay/player.ts';
import type { Simulated, SimulatorAddresses } from './replay/simulated.ts';

/** How long a stop waits for the running looks, and for everything else that has to close. */
const STOP_GRACE_MS = 10_000;
const CLOSE_WITHIN_MS = 5_000;
/** The same when Redis or the venue is gone: there is nothing left to wait for. */
const HURRIED_MS = 1_000;
const QUIET_EVERY_MS = 2;

/** What every account of this run stands on. */
interface Ground {
  readonly run: string;
  readonly redis: Connections;
  readonly registry: Registry;
  readonly references: ReadonlyMap<string, ReferenceFeed>;
  /** Of the built-in simulated exchanges. */
  readonly addresses: SimulatorAddresses | null;
  readonly alerting: Alerting;
  readonly metering: Metering;
}

export class App implements Stage {
  readonly simulated: Simulated | null;
  readonly #options: AppOptions;
  readonly #runners: Runner[] = [];
  readonly #closers: (() => Promise<unknown>)[];
  /** The file that is acted by: the one of the start until another one is taken over. */
  #config: Config;
  readonly #tracking: Tracking;
  #waiting: Latecomers | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(options: AppOptions, simulated: Simulated | null, closers: (() => Promise<unknown>)[]) {
    this.#options = options;
    this.#config = options.config;
    this.simulated = simulated;
    this.#closers = closers;
    this.#tracking = new Tracking(options.clock);
    // At once, not when everybody before the lanes has been stopped.
    const hold = (): void => {
      for (const runner of this.#runners) runner.hold();
    };
    options.signal.addEventListener('abort', hold, { once: true });
  }

  /** @throws Ending with the exit code and the words for the operator */
  static async start(given: AppOptions): Promise<App> {
    const metering = new Metering(given);
    const alerting = new Alerting(metering.options, metering);
    const { options } = alerting;
    const { clock, config, signal } = options;
    const closers: (() => Promise<unknown>)[] = [];
    let app = new App(options, null, closers);
    try {
      const redis = await connect(options);
      closers.push(() => redis.close());
      const simulated = await startSimulated(options, closers);
      app = new App(options, simulated, closers);
      const run = randomUUID();
      const registry = new Registry(redis.fast);
      await registry.begin(run);
      closers.push(() => alerting.close());
      await alerting.open(redis, registry, run);
      const current = (): Config => app.#config;
      const isStuck = (): boolean => app.stuck.length > 0;
      const shown = { alerts: alertsForPage(redis.aside), metrics: metering.exposition(redis.aside, current) };
      closers.push(await servePage({ ...options, current, isStuck, redis: redis.aside, ...shown }));
      const addresses = simulated?.addresses ?? null;
      const opened = config.accounts.map((account) => ({ account, venue: venueOf(options, account, addresses) }));
      const references = openReferences(options, addresses, closers);
      const { examined, late } = await examineAll(opened, clock, signal);
      await options.onReady(
        simulated,
        examined.flatMap(({ warnings }) => warnings),
      );
      const ground: Ground = { run, redis, registry, references, addresses, alerting, metering };
      const join = (one: Examined): Promise<void> => app.#join(one, ground);
      for (const one of examined) {
        signal.throwIfAborted();
        await join(one);
      }
      const { onEvent: emit, onError } = options;
      const waiting = new Latecomers({ clock, emit, onError, join, miss: (absent) => registry.miss(absent) });
      app.#waiting = waiting;
      await waiting.start(late);
      await app.#listen(ground);
      return app;
    } catch (error) {
      await app.stop(true);
      throw error;
    }
  }

  /** Accounts that are watched; one whose venue did not answer at the start comes later. */
  get runners(): readonly Runner[] {
    return this.#runners;
  }

  /** Accounts whose lane hangs, so that only another process helps. */
  get stuck(): readonly string[] {
    return this.#runners.filter(({ isStuck }) => isStuck).map(({ name }) => name);
  }

  /** From here on the account is watched; why it is held back, if it is, is said before its first look. */
  async #join({ account, venue, uid }: Examined, ground: Ground): Promise<void> {
    const { run, redis, registry, references } = ground;
    const options = this.#options;
    const mode: Mode = options.observeOnly ? 'dryRun' : account.sends;
    const world = account.simulated ? run : '';
    const address: AccountAddress = { mode, world, venue: account.venue, uid };
    ground.alerting.join(account.name, address);
    ground.metering.join(account.name, venue);
    const operator = new Operator(redis.fast, address);
    for (const says of heldWords(account.name, await operator.standing())) {
      options.onEvent(account.name, { type: 'alert', severity: 'critical', category: 'held', loan: null, says });
    }
    const shelf = new Shelf(redis.fast, address);
    const scale = placeOf(options, account).waitsScale;
    const reporting = { reports: venue, clock: options.clock, byTape: account.simulated, shelf, scale };
    const validityMs = account.venue === 'binance' ? account.timing.binanceRecvWindowMs : account.timing.okxWindowMs;
    const safeguard = { journal: redis.journal, folder: redis.witnesses, reports: venue, validityMs };
    const track = new Track(redis.aside, address);
    const runner = await Runner.open({
      setup: setupOf(this.#config, account.name, mode),
      address,
      venue,
      reference: references.get(account.name) ?? null,
      errands: (deps) => [
        outsiders(deps, venue),
        followWords(deps),
        termsErrand(reporting),
        interestErrand(reporting),
        retentionErrand({ redis: redis.aside, address, clock: options.clock, retention: () => this.#config.journal }),
        ...this.#unwatched(account, ground, deps),
      ],
      watchPrices: !account.simulated || options.speed !== 'max',
      clock: options.clock,
      stamp: redis.stamp + letters(world),
      ...{ redis: redis.fast, consumer: redis.patient, sheds: () => redis.storage.sheds },
      emit: (name, event) => {
        options.onEvent(name, event);
        if (event.type !== 'decided' || event.mode !== mode) return; // an observer draws another policy's bands
        this.#tracking.hear(track, event.decision, options.page.tapeAt(name));
      },
      onError: options.onError,
      run,
      ...(options.passing === undefined ? {} : { passing: options.passing }),
      ...(mode === 'live' ? { safeguard } : {}),
    });
    this.#runners.push(runner);
    // Another file may have been taken over while it opened.
    runner.reload(setupOf(this.#config, account.name, mode));
    await registry.register(account.name, address);
  }

  /** From here on another file may be taken over. */
  async #listen(ground: Ground): Promise<void> {
    const { reload, clock, onError } = this.#options;
    if (reload === undefined) return;
    const close = await Reloading.open({
      ...reload,
      clock,
      redis: ground.redis.aside,
      current: () => this.#config,
      apply: (config, difference, act) => this.#reload(ground, config, difference, act),
      onError: (error) => {
        onError('reload', error);
      },
    });
    this.#closers.push(close);
  }

  /** Written down first; then every account has it at once, between two of its looks. */
  async #reload({ redis, alerting }: Ground, config: Config, difference: Difference, act: Act): Promise<void> {
    const { reload, onError } = this.#options;
    const { from, to } = difference;
    for (const { address } of this.#runners) await new Operator(redis.fast, address).reloaded({ ...act, from, to });
    const before = this.#config;
    this.#config = config;
    for (const runner of this.#runners) runner.reload(setupOf(config, runner.name, runner.address.mode));
    reload?.onApplied(config);
    // What follows cannot take it back: looks come by themselves, and channels are told again by theirs.
    const news = alerting.reload(before, config, loosenedWords(difference, act));
    for (const done of await Promise.allSettled([this.ringAll('the policy file was reloaded'), news])) {
      if (done.status === 'rejected') onError('reload', new Error(String(done.reason)));
    }
  }

  #unwatched(account: AccountConfig, { addresses }: Ground, deps: LookDeps): readonly Errand[] {
    const products = unnamedProducts(account);
    if (products.length === 0) return [];
    const others = venueOf(this.#options, account, addresses, products);
    this.#closers.push(() => others.close());
    const everyMs = Math.ceil(UNWATCHED_EVERY_MS * placeOf(this.#options, account).waitsScale);
    return [unwatchedErrand(deps, others, everyMs)];
  }

  async onPrices(prices: Readonly<Record<string, string>>): Promise<void> {
    const parsed = Object.fromEntries(Object.entries(prices).map(([asset, price]) => [asset, parse(price)]));
    await Promise.all(this.runners.map((runner) => runner.onPrices(parsed)));
  }

  async ringAll(reason: string): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.ring(reason)));
  }

  async quiet(): Promise<void> {
    while (this.#stopping === null) {
      const quiet = await Promise.all(this.runners.map((runner) => runner.quiet()));
      if (quiet.every(Boolean)) return;
      await this.#options.clock.sleep(QUIET_EVERY_MS);
    }
  }

  /**
   * Lanes first, Redis last; twice is once. Never hangs: what does not close in time is left behind.
   * @param hurried Redis or the simulated exchanges are gone, so that nothing can finish any more
   */
  stop(hurried = false): Promise<void> {
    this.#stopping ??= this.#stop(hurried);
    return this.#stopping;
  }

  async #stop(hurried: boolean): Promise<void> {
    const { clock } = this.#options;
    const grace = hurried ? HURRIED_MS : STOP_GRACE_MS;
    this.#tracking.stop();
    // Nobody may join any more while those who are there leave.
    if (this.#waiting !== null) await within(clock, HURRIED_MS, this.#waiting.stop());
    const lanes = Promise.all(this.runners.map((runner) => runner.stop(grace).catch(() => undefined)));
    await within(clock, grace + HURRIED_MS, lanes);
    await closeAll(this.#closers, clock, CLOSE_WITHIN_MS);
  }
}

function connect(options: AppOptions): Promise<Connections> {
  const { config, clock, redisProgram, onError, onFatal } = options;
  return connectRedis({
    config,
    clock,
    program: redisProgram,
    onError: (error) => {
      onError('redis', error);
    },
    onGone: onFatal,
  });
}

async function closeAll(closers: (() => Promise<unknown>)[], clock: Clock, ms: number): Promise<void> {
  for (const close of closers.reverse())
    await within(
      clock,
      ms,
      close().catch(() => undefined),
    );
}
