/** One server process of a test: started ahead of its use, because loading takes longer than serving. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { Point } from '../../src/jobs/points.ts';
import type { SimulatorAddresses } from '../../src/replay/simulated.ts';
import { ended } from '../support/child.ts';
import { SECRETS } from './worlds.ts';

export interface Order {
  readonly at: Point;
  /** Only after this point was passed. */
  readonly since?: Point;
  readonly do: 'SIGKILL' | 'SIGSTOP';
}

export interface Told {
  readonly type: 'loaded' | 'up' | 'obeying' | 'event' | 'error' | 'ended';
  readonly at?: number;
  readonly says?: string;
  readonly event?: Readonly<Record<string, unknown>> & { readonly type: string };
}

const SERVER = join(import.meta.dirname, 'server.mjs');
/** Longest wait for something a process is to do, on a busy machine. */
export const SOON_MS = 60_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Waits until it holds; says what was waited for when it never does. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  instead: () => Promise<string> | string = () => '',
): Promise<void> {
  const giveUpAt = systemClock.mono() + SOON_MS;
  while (!(await holds())) {
    if (systemClock.mono() > giveUpAt)
      throw new Error(`waited ${String(SOON_MS)} ms in vain: ${what}; ${await instead()}`);
    await systemClock.sleep(20);
  }
}

export class Server {
  readonly told: Told[] = [];
  readonly redisProgram: string | undefined;
  readonly #child: ChildProcess;
  #stderr = '';

  /** @param redisProgram serves the journal instead of the usual one */
  constructor(policy: string, addresses: SimulatorAddresses, redisProgram?: string) {
    this.redisProgram = redisProgram;
    const prices = { CHAOS_BINANCE: addresses.binance.rest, CHAOS_OKX: addresses.okx.rest };
    const env = { ...process.env, ...SECRETS, ...prices };
    if (redisProgram !== undefined) Object.assign(env, { BALLAST_REDIS_SERVER: redisProgram });
    // Without the flags of the test runner's own processes.
    const child = fork(SERVER, [policy], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env, execArgv: [] });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.on('message', (message: Told) => this.told.push(message));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Begins to serve, with orders to obey from the first look on. */
  async go(orders: readonly Order[] = []): Promise<this> {
    await this.says('loaded');
    this.#child.send({ type: 'go', orders });
    return this;
  }

  async up(): Promise<this> {
    await this.says('up');
    return this;
  }

  /** Replaces what it obeys; they hold from here on. */
  async order(...orders: readonly Order[]): Promise<void> {
    const before = this.#count('obeying');
    this.#child.send({ type: 'orders', orders });
    await this.#until('it obeys', () => this.#count('obeying') > before);
  }

  async says(type: Told['type']): Promise<Told> {
    await this.#until(`it says ${type}`, () => this.told.some((one) => one.type === type));
    return this.told.find((one) => one.type === type) as Told;
  }

  alerts(category?: string): string[] {
    return this.told.flatMap(({ event }) =>
      event?.type === 'alert' && (category === undefined || event['category'] === category)
        ? [String(event['says'])]
        : [],
    );
  }

  /** The newest event of this type. */
  last(type: string): Told['event'] {
    return this.told.findLast(({ event }) => event?.type === type)?.event;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Frozen by SIGSTOP. */
  get frozen(): boolean {
    try {
      const stat = readFileSync(`/proc/${String(this.pid)}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
    } catch {
      return false;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.signal(signal);
    await ended(this.#child);
    return this.#child.exitCode;
  }

  /** Waits for the end that an order brings. @throws when it ends by itself */
  async killed(): Promise<void> {
    await until('the server is killed where it was ordered to', () => !this.alive);
    if (this.#child.signalCode !== 'SIGKILL') throw new Error(`it ended by itself: ${this.#words()}`);
  }

  #count(type: Told['type']): number {
    return this.told.filter((one) => one.type === type).length;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    await until(what, () => {
      if (!this.alive && !holds()) throw new Error(`the server ended before ${what}: ${this.#words()}`);
      return holds();
    });
  }

  #words(): string {
    return `${this.told.flatMap(({ says }) => says ?? []).join('; ')}\n${this.#stderr}`;
  }
}
