/**
 * The built-in simulated exchanges as a process of their own, and the door to their admin endpoint. The server talks to
 * them over the documented wire like to any venue; only tape and report go through here.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import { z } from 'zod';

const addressesShape = z.object({
  binance: z.object({ rest: z.string(), ws: z.string() }),
  okx: z.object({ rest: z.string(), ws: z.string() }),
  admin: z.string(),
});
export type SimulatorAddresses = z.infer<typeof addressesShape>;

const advancedShape = z.object({
  tapeMs: z.number(),
  prices: z.record(z.string(), z.string()),
  done: z.boolean(),
  busy: z.boolean(),
});
export type Advanced = z.infer<typeof advancedShape>;

const loanShape = z.object({
  account: z.string(),
  uid: z.string(),
  venue: z.enum(['binance', 'okx']),
  product: z.string(),
  key: z.string(),
  line: z.string(),
  maxLtv: z.string(),
  ltv: z.string(),
  liquidated: z.boolean(),
  closed: z.boolean(),
});
const stateShape = z.object({
  tape: z.object({ name: z.string(), startMs: z.number(), endMs: z.number(), nowMs: z.number(), done: z.boolean() }),
  prices: z.record(z.string(), z.string()),
  busy: z.boolean(),
  counts: z.object({ pendingConflicts: z.number(), doubleSends: z.number() }),
  loans: z.array(loanShape),
});
export type SimulatorState = z.infer<typeof stateShape>;
export type SimulatedLoanReport = z.infer<typeof loanShape>;

/** `input`: it refused what it was given (a broken tape, an impossible world). `gone`: it ended or does not answer. */
export type SimulatorTrouble = 'input' | 'gone';

/** The simulator refused what it was given, or could not be reached. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError';
  readonly trouble: SimulatorTrouble;

  constructor(trouble: SimulatorTrouble, says: string) {
    super(says);
    this.trouble = trouble;
  }
}

/** Exit code of the simulator's process for a world or a tape that is not valid. */
const REFUSED_INPUT = 78;

export interface SimulatorOptions {
  /** Compiled entry of the simulator's process. */
  readonly entry: string;
  readonly world: unknown;
  /** Name of a shipped tape, or CSV files. */
  readonly tape: string | readonly string[];
  readonly tapesDir: string;
}

export class Simulated {
  readonly addresses: SimulatorAddresses;
  readonly #child: ChildProcess;
  #stopping = false;

  private constructor(child: ChildProcess, addresses: SimulatorAddresses) {
    this.#child = child;
    this.addresses = addresses;
  }

  /** @throws SimulatorError with the simulator's own words */
  static async start(options: SimulatorOptions, onDeath: (says: string) => void): Promise<Simulated> {
    // A group of its own: the terminal's Ctrl-C must not take the venue away while the server settles its last call.
    const child = spawn(process.execPath, [options.entry], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
    child.stdin.write(`${JSON.stringify({ world: options.world, tape: options.tape, tapesDir: options.tapesDir })}\n`);
    const line = await firstLine(child);
    if (line === null) {
      await ended(child);
      const says = complaint.trim() === '' ? 'the simulated exchanges did not start' : complaint.trim();
      throw new SimulatorError(child.exitCode === REFUSED_INPUT ? 'input' : 'gone', says);
    }
    const simulated = new Simulated(child, addressesShape.parse(JSON.parse(line)));
    child.once('exit', () => {
      if (!simulated.#stopping) onDeath(`the simulated exchanges ended: ${endOf(child, complaint.trim())}`);
    });
    return simulated;
  }

  async state(): Promise<SimulatorState> {
    return stateShape.parse(await this.#call('GET', '/state'));
  }

  /** To the next visited moments of the tape, or to a tape time. */
  async advance(by: { readonly moments: number } | { readonly toMs: number }): Promise<Advanced> {
    return advancedShape.parse(await this.#call('POST', '/advance', by));
  }

  /** Lets the tape run at so many tape seconds per second. */
  async run(speed: number): Promise<void> {
    await this.#call('POST', '/run', { speed });
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
    await ended(this.#child);
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { statusCode, text } = await request(`${this.addresses.admin}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
      .then(async (reply) => ({ statusCode: reply.statusCode, text: await reply.body.text() }))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw new SimulatorError('gone', `the simulated exchanges do not answer: ${why}`);
      });
    if (statusCode !== 200) {
      const says = `the simulator's admin endpoint answered ${String(statusCode)}: ${text.slice(0, 300)}`;
      throw new SimulatorError('gone', says);
    }
    return JSON.parse(text);
  }
}

/** The first line that the child writes, or `null` when it ends before it has written one. */
function firstLine(child: ChildProcess): Promise<string | null> {
  const { stdout } = child;
  if (stdout === null) return Promise.resolve(null);
  const lines = createInterface({ input: stdout });
  return new Promise((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => {
      resolve(null);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function endOf(child: ChildProcess, complaint: string): string {
  const how = child.signalCode === null ? `exit code ${String(child.exitCode)}` : `signal ${child.signalCode}`;
  return complaint === '' ? how : `${how}: ${complaint}`;
}
