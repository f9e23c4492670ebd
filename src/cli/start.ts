/** `ballast start`: the server, and, where the policy file names simulated exchanges, their tape. */
import { randomBytes } from 'node:crypto';
import { App } from '../app.ts';
import type { Clock } from '../clock.ts';
import { isoOf } from '../clock.ts';
import { problemText } from '../config/problems.ts';
import type { Config } from '../config/types.ts';
import type { LookEvent } from '../jobs/account.ts';
import { play } from '../replay/player.ts';
import type { Simulated, SimulatorState } from '../replay/simulated.ts';
import { SimulatorError } from '../replay/simulated.ts';
import type { AppOptions } from './appOptions.ts';
import { DID_NOT_START, Ending, EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { Narrator } from './narrator.ts';
import { simulatorGone } from './opening.ts';
import type { Output } from './output.ts';
import type { ReloadSettings } from './reloading.ts';
import { progressPrinter, TapeTime, utc } from './progress.ts';
import { Reasons } from './reasons.ts';
import { inWords, resultOf } from './report.ts';
import type { AccountResult, RunResult } from './report.ts';
import { accountOf, modeWords, ruleOf, speedWords } from './startWords.ts';
import type { Supervisor } from './supervisor.ts';

export interface StartOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly output: Output;
  readonly simulatorEntry: string;
  readonly tapesDir: string;
  readonly tape: string | readonly string[] | null;
  /** Overrides the speed of the policy file. */
  readonly speed: number | 'max' | null;
  readonly untilEnd: boolean;
  readonly json: boolean;
  readonly observeOnly: boolean;
  /** The Redis program to use instead of a search. */
  readonly redisProgram: string | undefined;
  /** Folder of the compiled page, and the version that it shows. */
  readonly pageFolder: string;
  readonly version: string;
  /** How the policy file is read again while the server runs. */
  readonly reload: Omit<ReloadSettings, 'say'>;
  /** The service manager, where one listens. */
  readonly supervisor: Supervisor | null;
  /** Aborts when the operator wants the server to stop. */
  readonly stop: AbortSignal;
}

/** @throws Ending */
export async function start(options: StartOptions): Promise<ExitCode> {
  if (options.untilEnd && options.config.simulation === null) {
    throw new Ending(EXIT.usage, {
      happened: `--until-end plays a tape, and ${options.config.sourcePath} names no simulated exchange.`,
      ballast: DID_NOT_START,
      operator: 'leave it out: a server of real accounts runs until it is stopped.',
    });
  }
  return new Session(options).run();
}

class Session {
  readonly #options: StartOptions;
  readonly #over = new AbortController();
  readonly #narrator: Narrator;
  readonly #reasons: Reasons;
  readonly #tapeTime: TapeTime;
  readonly #states = new Map<string, Readonly<Record<string, string>>>();
  readonly #complaints = new Set<string>();
  /** The file that is acted by. */
  #config: Config;
  #fatal: Ending | null = null;

  constructor(options: StartOptions) {
    const { clock, stop } = options;
    this.#options = options;
    this.#config = options.config;
    this.#reasons = new Reasons(options.observeOnly);
    this.#tapeTime = new TapeTime(clock);
    this.#narrator = new Narrator({
      clock,
      ruleOf: (name, loan) => ruleOf(this.#config, name, loan),
      timeOf: (name) => this.#timeOf(name),
      modeOf: (name) => (options.observeOnly ? 'dryRun' : (accountOf(this.#config, name)?.sends ?? 'dryRun')),
    });
    const end = (): void => {
      this.#over.abort(new Error('stopped'));
    };
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
  }

  async run(): Promise<ExitCode> {
    const app = await this.#begin();
    const { supervisor } = this.#options;
    if (app !== null) {
      supervisor?.ready(app, () => this.#config.accounts.length);
      try {
        await this.#serve(app);
      } finally {
        supervisor?.stopping();
        this.#options.output.status('');
        await app.stop(this.#fatal !== null);
      }
    }
    if (this.#fatal !== null) throw this.#fatal;
    return EXIT.ok;
  }

  /** `null` when the start was stopped before it was done. A start that hangs (a frozen Redis) is left behind. */
  async #begin(): Promise<App | null> {
    const { signal } = this.#over;
    const starting = App.start(this.#appOptions()).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return null;
    });
    const given = this.#untilStopped().then(() => this.#options.clock.sleep(STOP_START_WITHIN_MS));
    return Promise.race([starting, given.then(() => null)]);
  }

  #appOptions(): AppOptions {
    const { config, clock, output, simulatorEntry, tapesDir, tape, observeOnly, redisProgram } = this.#options;
    return {
      ...{ config, clock, simulatorEntry, tapesDir, tape, observeOnly, redisProgram },
      speed: this.#speed,
      log: output.log,
      signal: this.#over.signal,
      page: this.#page(),
      reload: this.#reload(),
      onReady: (simulated, warnings) => this.#preface(simulated, warnings),
      onEvent: (account, event) => {
        this.#hear(account, event);
      },
      onError: (account, error) => {
        this.#complain(account, error);
      },
      onFatal: (ending) => {
        this.#end(ending);
      },
    };
  }

  #reload(): NonNullable<AppOptions['reload']> {
    const { reload, output } = this.#options;
    const onApplied = (config: Config): void => {
      this.#config = config;
    };
    return { ...reload, say: (line) => output.say(line), onApplied };
  }

  #page(): AppOptions['page'] {
    const { config, output, pageFolder: folder, version } = this.#options;
    const isTape = (name: string): boolean => accountOf(config, name)?.simulated === true;
    return {
      ...{ folder, version },
      // Only people see a terminal; what goes elsewhere is kept somewhere.
      freshToken: output.terminal && config.server?.token === null ? randomBytes(TOKEN_BYTES).toString('hex') : null,
      tapeAt: (name) => (isTape(name) ? this.#tapeTime.now() : null),
      say: (line) => {
        output.say(line);
      },
    };
  }

  /** A bug of a look, or a Redis that is away for a moment: said once, and logged each time. */
  #complain(account: string, error: Error): void {
    const { output } = this.#options;
    output.log.warn('error', { account, says: error.message });
    const key = `${account} ${error.message}`;
    if (this.#over.signal.aborted || this.#complaints.has(key)) return;
    if (this.#complaints.size >= MOST_COMPLAINTS) this.#complaints.clear();
    this.#complaints.add(key);
    output.say(`${this.#timeOf(account)}  ${account}  WARNING: ${error.message}`);
  }

  #end(ending: Ending): void {
    this.#fatal ??= ending;
    this.#over.abort(ending);
  }

  async #preface(simulated: Simulated | null, warnings: readonly string[]): Promise<void> {
    const { config, output, observeOnly } = this.#options;
    for (const warning of [...config.warnings.map(problemText), ...warnings]) output.say(`warning: ${warning}`);
    for (const account of config.accounts) {
      const where = `${account.venue}${account.simulated ? ', simulated' : ''}`;
      output.say(`account ${account.name} (${where}): ${modeWords(account, observeOnly)}`);
    }
    if (simulated === null) return;
    const { binance, okx, admin } = simulated.addresses;
    output.say(`simulated exchanges: binance ${binance.rest}, okx ${okx.rest}; faults and more: ${admin}`);
    const { tape } = await simulated.state();
    this.#tapeTime.set(tape.nowMs, 0);
    output.say(`tape ${tape.name}, ${utc(tape.startMs)} to ${utc(tape.endMs)} UTC, ${speedWords(this.#speed)}`);
  }

  get #speed(): number | 'max' {
    return this.#options.speed ?? this.#options.config.simulation?.speed ?? 'max';
  }

  async #serve(app: App): Promise<void> {
    const { simulated } = app;
    if (simulated !== null) await this.#play(app, simulated);
    if (this.#over.signal.aborted || (simulated !== null && this.#options.untilEnd)) return;
    if (simulated !== null)
      this.#options.output.say('The tape is over: prices stand still, and Ballast goes on watching. Ctrl-C ends it.');
    await this.#untilStopped();
  }

  async #play(app: App, simulated: Simulated): Promise<void> {
    const { clock, output } = this.#options;
    const { signal } = this.#over;
    const speed = this.#speed;
    const onMoment = (tapeMs: number, moving: number): void => {
      this.#tapeTime.set(tapeMs, moving);
    };
    try {
      await play({ simulated, stage: app, speed, clock, onProgress: progressPrinter(output, clock), onMoment, signal });
      if (!signal.aborted) this.#conclude(await simulated.state(), await accountsOf(app, this.#states));
    } catch (error) {
      // A call breaks before the end of the process or of Redis is known: then that end has the better words.
      if (!signal.aborted) await clock.sleep(KNOWN_SOON_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (!(error instanceof SimulatorError)) throw error;
      this.#end(simulatorGone(error.message));
    }
  }

  #conclude(state: SimulatorState, accounts: readonly AccountResult[]): void {
    const { output, json } = this.#options;
    const result: RunResult = resultOf(state, accounts, this.#reasons);
    output.status('');
    for (const line of inWords(result, state.tape)) output.say(line);
    if (json) output.json(result);
  }

  async #untilStopped(): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  #hear(account: string, event: LookEvent): void {
    if (event.type === 'decided') this.#reasons.decided(event.decision);
    if (event.type === 'looked' || event.type === 'acted') this.#states.set(account, event.states);
    try {
      for (const line of this.#narrator.hear(account, event)) this.#options.output.say(line);
    } catch (error) {
      // Words for a watcher never come between a decision and its send.
      this.#options.output.log.warn('narration', { account, says: error instanceof Error ? error.message : 'unknown' });
    }
  }

  #timeOf(name: string): string {
    const { clock, config } = this.#options;
    const tapeMs = accountOf(config, name)?.simulated === true ? this.#tapeTime.now() : null;
    return tapeMs === null ? isoOf(clock.wall()).slice(0, 19).replace('T', ' ') : utc(tapeMs);
  }
}

const TOKEN_BYTES = 12;
/** A start that is told to stop has this long to close what it opened. */
const STOP_START_WITHIN_MS = 5_000;
/** Said complaints that are remembered: a server runs for months. */
const MOST_COMPLAINTS = 200;
/** A broken call of a process that has just ended is followed by the news of its end within this. */
const KNOWN_SOON_MS = 1_000;

async function accountsOf(
  app: App,
  states: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Promise<AccountResult[]> {
  const accounts: AccountResult[] = [];
  for (const { name, address, journal } of app.runners) {
    const { uid, venue } = address;
    accounts.push({ name, uid, venue, intents: await journal.intents(), states: states.get(name) ?? {} });
  }
  return accounts;
}
