/** `ballast start`: the server, and, where the policy file names simulated exchanges, their tape. */
import { App } from '../app.ts';
import type { Clock } from '../clock.ts';
import { problemText } from '../config/problems.ts';
import type { Config } from '../config/types.ts';
import type { Decision } from '../core/need.ts';
import type { LookEvent } from '../jobs/account.ts';
import { play } from '../replay/player.ts';
import { progressPrinter } from './progress.ts';
import { Ending, EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { introduce, narrate } from './narrate.ts';
import type { Output } from './output.ts';
import { inWords, resultOf } from './report.ts';
import type { AccountResult, RunResult } from './report.ts';

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
  /** Aborts when the operator wants the server to stop. */
  readonly stop: AbortSignal;
}

export async function start(options: StartOptions): Promise<ExitCode> {
  return new Session(options).run();
}

class Session {
  readonly #options: StartOptions;
  readonly #over = new AbortController();
  readonly #introduced = new Set<string>();
  readonly #decisions = new Map<string, Decision>();
  readonly #states = new Map<string, Readonly<Record<string, string>>>();
  #fatal: Ending | null = null;

  constructor(options: StartOptions) {
    this.#options = options;
    const end = (): void => {
      this.#over.abort(new Error('stopped'));
    };
    if (options.stop.aborted) end();
    else options.stop.addEventListener('abort', end, { once: true });
  }

  async run(): Promise<ExitCode> {
    const { config, output, clock } = this.#options;
    this.#preface();
    const app = await App.start({
      config,
      clock,
      simulatorEntry: this.#options.simulatorEntry,
      tapesDir: this.#options.tapesDir,
      tape: this.#options.tape,
      observeOnly: this.#options.observeOnly,
      redisProgram: this.#options.redisProgram,
      log: output.log,
      onEvent: (account, event) => {
        this.#hear(account, event);
      },
      onError: (account, error) => {
        output.log.warn('error', { account, says: error.message });
      },
      onFatal: (ending) => {
        this.#fatal ??= ending;
        this.#over.abort(ending);
      },
    });
    try {
      await this.#serve(app);
    } finally {
      await app.stop();
    }
    if (this.#fatal !== null) throw this.#fatal;
    return EXIT.ok;
  }

  #preface(): void {
    const { config, output, observeOnly } = this.#options;
    for (const warning of config.warnings) output.say(`warning: ${problemText(warning)}`);
    for (const account of config.accounts) {
      const mode = observeOnly ? 'observe only' : { live: 'LIVE', simulated: 'acts on the simulated exchange', dryRun: 'dry-run: moves nothing' }[account.sends];
      output.say(`account ${account.name} (${account.venue}${account.simulated ? ', simulated' : ''}): ${mode}`);
    }
  }

  async #serve(app: App): Promise<void> {
    const { simulated } = app;
    if (simulated === null) {
      await this.#untilStopped();
      return;
    }
    const speed = this.#options.speed ?? this.#options.config.simulation?.speed ?? 'max';
    await play({ simulated, stage: app, speed, clock: this.#options.clock, onProgress: progressPrinter(this.#options.output, this.#options.clock), signal: this.#over.signal }).catch((error: unknown) => {
      // When something fatal ended the run, its own words matter, not the broken call that followed.
      if (this.#fatal === null) throw error;
    });
    if (this.#over.signal.aborted) return;
    this.#conclude(await this.#result(app));
    if (this.#options.untilEnd) return;
    this.#options.output.say('the tape is over; prices stand still and Ballast keeps watching. Ctrl-C ends it.');
    await this.#untilStopped();
  }

  #conclude(result: RunResult): void {
    const { output, json } = this.#options;
    if (json) output.json(result);
    else for (const line of inWords(result)) output.say(line);
  }

  async #result(app: App): Promise<RunResult> {
    if (app.simulated === null) throw new Ending(EXIT.software, 'a result needs simulated exchanges');
    const state = await app.simulated.state();
    const accounts: AccountResult[] = [];
    for (const { name, address, journal } of app.runners) {
      accounts.push({ name, uid: address.uid, venue: address.venue, intents: await journal.intents(), states: this.#states.get(name) ?? {} });
    }
    return resultOf(state, accounts);
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
    const { output } = this.#options;
    if (event.type === 'decided') this.#decisions.set(event.decision.loan, event.decision);
    if (event.type === 'looked' || event.type === 'acted') this.#states.set(account, event.states);
    if (event.type === 'looked' && !this.#introduced.has(account)) {
      this.#introduced.add(account);
      output.say(`watching ${account}:`);
      for (const line of introduce(event, [...this.#decisions.values()])) output.say(line);
    }
    const line = narrate(account, event);
    if (line !== null) output.say(line);
  }
}
