/**
 * The composition root: the only file that wires everything. Redis, the simulated exchanges where the policy file names
 * them, one runner per account; and down again in the opposite order.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { EXIT, Ending } from './cli/exit.ts';
import type { Clock } from './clock.ts';
import type { AccountConfig, Config } from './config/types.ts';
import { worldOf } from './config/world.ts';
import { parse } from './core/money.ts';
import type { Mode } from './core/intent.ts';
import type { Finding, Venue } from './exchanges/exchange.ts';
import type { VenueLog } from './exchanges/kit.ts';
import { createVenue } from './exchanges/venues.ts';
import type { AccountSetup, LookEvent } from './jobs/account.ts';
import type { EmbeddedRedis } from './jobs/embeddedRedis.ts';
import { DEFAULT_DIRECTORY, startEmbeddedRedis } from './jobs/embeddedRedis.ts';
import { JOURNAL_ID_KEY } from './jobs/keys.ts';
import { Registry } from './jobs/registry.ts';
import { Runner } from './jobs/runner.ts';
import type { Stage } from './replay/player.ts';
import type { SimulatorAddresses } from './replay/simulated.ts';
import { Simulated } from './replay/simulated.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Compiled entry of the simulator's process, and the folder of shipped tapes. */
  readonly simulatorEntry: string;
  readonly tapesDir: string;
  /** Overrides the tape of the policy file. */
  readonly tape: string | readonly string[] | null;
  /** Sends nothing at all: the control run. */
  readonly observeOnly: boolean;
  readonly redisProgram: string | undefined;
  readonly log: VenueLog;
  readonly onEvent: (account: string, event: LookEvent) => void;
  readonly onError: (account: string, error: Error) => void;
  /** Something without which nothing can go on has ended: stop with this. */
  readonly onFatal: (ending: Ending) => void;
}

/** How long a stop waits for the running look of a lane, ms. */
const STOP_GRACE_MS = 10_000;
const QUIET_EVERY_MS = 2;

export class App implements Stage {
  readonly simulated: Simulated | null;
  readonly runners: readonly Runner[];
  readonly #clock: Clock;
  readonly #closers: (() => Promise<unknown>)[];
  #stopping: Promise<void> | null = null;

  private constructor(simulated: Simulated | null, runners: readonly Runner[], clock: Clock, closers: (() => Promise<unknown>)[]) {
    this.simulated = simulated;
    this.runners = runners;
    this.#clock = clock;
    this.#closers = closers;
  }

  /** @throws Ending with the exit code and the words for the operator */
  static async start(options: AppOptions): Promise<App> {
    const closers: (() => Promise<unknown>)[] = [];
    try {
      const redis = await connect(options, closers);
      const simulated = await startSimulated(options, closers);
      const world = simulated === null ? '' : randomUUID();
      const registry = new Registry(redis.fast);
      await registry.begin(simulated === null ? null : world);
      const runners: Runner[] = [];
      for (const account of options.config.accounts) {
        const venue = venueOf(options, account, simulated?.addresses ?? null);
        const uid = await examined(account, venue);
        const runner = await openRunner(options, account, venue, uid, account.simulated ? world : '', redis);
        closers.push(() => runner.stop(STOP_GRACE_MS));
        await registry.register(account.name, runner.address);
        runners.push(runner);
      }
      return new App(simulated, runners, options.clock, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
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
      await this.#clock.sleep(QUIET_EVERY_MS);
    }
  }

  /** Lanes first, Redis last; twice is once. */
  stop(): Promise<void> {
    this.#stopping ??= closeAll(this.#closers);
    return this.#stopping;
  }
}

interface Connections {
  /** Fails fast. */
  readonly fast: Redis;
  /** Waits for Redis for ever. */
  readonly patient: Redis;
  /** From the journal's id. */
  readonly stamp: string;
}

async function connect(options: AppOptions, closers: (() => Promise<unknown>)[]): Promise<Connections> {
  const { redis } = options.config;
  const target = redis.kind === 'url' ? redis.url.reveal() : (await embedded(options, redis.dataDir ?? DEFAULT_DIRECTORY, closers)).socketPath;
  const fast = new Redis(target, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true });
  const patient = new Redis(target, { maxRetriesPerRequest: null, lazyConnect: true });
  for (const connection of [fast, patient]) {
    connection.on('error', (error) => {
      options.onError('redis', error);
    });
    closers.push(async () => {
      connection.disconnect();
      return Promise.resolve();
    });
  }
  let stamp: string;
  try {
    await Promise.all([fast.connect(), patient.connect()]);
    await fast.set(JOURNAL_ID_KEY, randomUUID(), 'NX');
    stamp = letters((await fast.get(JOURNAL_ID_KEY)) ?? '');
    await refuseEviction(fast);
  } catch (error) {
    if (error instanceof Ending) throw error;
    throw new Ending(EXIT.unavailable, `Redis could not be reached: ${messageOf(error)}. Nothing was sent. Check redis in ${options.config.sourcePath} and start again.`);
  }
  return { fast, patient, stamp };
}

async function embedded(options: AppOptions, directory: string, closers: (() => Promise<unknown>)[]): Promise<EmbeddedRedis> {
  try {
    const server = await startEmbeddedRedis({
      directory,
      clock: options.clock,
      journal: { key: JOURNAL_ID_KEY },
      program: options.redisProgram,
      onDeath: ({ reason }) => {
        options.onFatal(new Ending(EXIT.unavailable, `${reason}\nWithout its journal Ballast sends nothing. What was in flight is settled from the venue's records at the next start. Start Ballast again.`));
      },
    });
    closers.push(() => server.stop());
    return server;
  } catch (error) {
    throw new Ending(EXIT.unavailable, messageOf(error));
  }
}

/** An evicted key would be a forgotten payment. */
async function refuseEviction(redis: Redis): Promise<void> {
  const [, policy] = (await redis.config('GET', 'maxmemory-policy')) as string[];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Ending(EXIT.config, `Redis may evict keys (maxmemory-policy ${policy}): a forgotten key could be a forgotten payment. Set maxmemory-policy noeviction and start again.`);
  }
}

async function startSimulated(options: AppOptions, closers: (() => Promise<unknown>)[]): Promise<Simulated | null> {
  const { config } = options;
  if (config.simulation === null) {
    if (options.tape !== null) throw new Ending(EXIT.config, 'a tape needs simulated accounts, and the policy file names none');
    return null;
  }
  const tape = options.tape ?? config.simulation.tape;
  try {
    const simulated = await Simulated.start({ entry: options.simulatorEntry, world: worldOf(config), tape, tapesDir: options.tapesDir }, (says) => {
      options.onFatal(new Ending(EXIT.unavailable, `${says}\nNothing more is sent; what was in flight is in the journal. Start Ballast again for a new run.`));
    });
    closers.push(() => simulated.stop());
    return simulated;
  } catch (error) {
    throw new Ending(EXIT.config, messageOf(error));
  }
}

function venueOf(options: AppOptions, account: AccountConfig, simulated: SimulatorAddresses | null): Venue {
  const { timing } = account;
  return createVenue({
    account: account.name,
    venue: account.venue,
    key: account.key,
    hosts: account.simulated && simulated !== null ? simulated[account.venue] : account.hosts,
    products: [...new Set(account.loans.map((rule) => rule.product))],
    expectUid: account.expectUid,
    clock: options.clock,
    requestDeadlineMs: timing.requestDeadlineMs,
    lagMarginMs: timing.lagMarginMs,
    binanceRecvWindowMs: timing.binanceRecvWindowMs,
    okxWindowMs: timing.okxWindowMs,
    waitsScale: timing.requestDeadlineMs / options.config.timing.requestDeadlineMs,
    tagIntents: account.simulated,
    log: options.log,
  });
}

/** The account's UID, or an ending that says which check failed and what to do. */
async function examined(account: AccountConfig, venue: Venue): Promise<string> {
  const findings = await venue.examine(AbortSignal.timeout(4 * account.timing.requestDeadlineMs));
  const failed = findings.filter((finding) => finding.level === 'fail');
  if (failed.length > 0) {
    await venue.close();
    throw new Ending(failed[0]?.exit ?? EXIT.permission, failed.map((finding) => failure(account, finding)).join('\n'));
  }
  const view = await venue.observe(AbortSignal.timeout(4 * account.timing.requestDeadlineMs));
  return view.uid;
}

function failure(account: AccountConfig, finding: Finding): string {
  return `account ${account.name}: ${finding.check}: ${finding.says} Nothing was sent. ${finding.remedy}`;
}

async function openRunner(options: AppOptions, account: AccountConfig, venue: Venue, uid: string, world: string, redis: Connections): Promise<Runner> {
  const mode: Mode = options.observeOnly ? 'dryRun' : account.sends;
  return Runner.open({
    setup: setupOf(options.config, account, mode),
    address: { mode, world, venue: account.venue, uid },
    venue,
    clock: options.clock,
    stamp: redis.stamp + letters(world),
    redis: redis.fast,
    consumer: redis.patient,
    emit: options.onEvent,
    onError: options.onError,
  });
}

export function setupOf(config: Config, account: AccountConfig, mode: Mode): AccountSetup {
  return {
    name: account.name,
    venue: account.venue,
    mode,
    digest: config.digest,
    policies: config.policies,
    loans: account.loans,
    unlisted: account.unlisted,
    wallets: account.wallets,
    groups: config.groups,
    timing: account.timing,
  };
}

async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closers.reverse()) await close().catch(() => undefined);
}

const STAMP_LETTERS = 6;

function letters(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, STAMP_LETTERS);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
