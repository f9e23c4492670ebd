/** The simulated exchanges in a process of their own, and what they saw. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { Simulated } from '../../src/replay/simulated.ts';
import type { SimulatorAddresses } from '../../src/replay/simulated.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import type { LogEntry } from '../../src/simulator/requestLog.ts';
import { UIDS, momentOf, worldOf, writeFallingTape } from './worlds.ts';
import type { Kind } from './worlds.ts';

const ENTRY = join(import.meta.dirname, '../../dist/simulator/process.js');

interface Loan {
  readonly product: string;
  readonly ltv: string;
  readonly liquidated: boolean;
  readonly closed: boolean;
}

interface State {
  readonly counts: {
    readonly pendingConflicts: number;
    readonly doubleSends: number;
    readonly sends: Readonly<Record<string, number>>;
  };
  readonly loans: readonly Loan[];
}

export class Venues {
  readonly kind: Kind;
  readonly #simulated: Simulated;
  #fall = 0;

  private constructor(kind: Kind, simulated: Simulated) {
    this.kind = kind;
    this.#simulated = simulated;
  }

  static async start(kind: Kind, folder: string): Promise<Venues> {
    const world = worldOf(kind);
    const tape = [writeFallingTape(folder)];
    const simulated = await Simulated.start({ entry: ENTRY, world, tape, tapesDir: '' }, () => undefined);
    return new Venues(kind, simulated);
  }

  get addresses(): SimulatorAddresses {
    return this.#simulated.addresses;
  }

  /** Prices fall once more: the loan goes from its target beyond `act`. */
  async fall(): Promise<void> {
    this.#fall += 1;
    await this.#simulated.advance({ toMs: momentOf(this.#fall) });
  }

  /** Of the first money call of a rescue. */
  get moneyPath(): string {
    return this.kind === 'okx' ? '/api/v5/finance/flexible-loan/repay' : '/sapi/v1/asset/transfer';
  }

  async fault(fault: FaultInput): Promise<void> {
    await this.call('POST', '/faults', fault);
  }

  /** The next money call is executed, and its answer never arrives. */
  async loseAnswer(): Promise<void> {
    const match = { method: 'POST' as const, path: this.moneyPath, count: 1 };
    await this.fault({ match, effect: { kind: 'dropAfter' } });
  }

  async act(deed: Readonly<Record<string, unknown>>): Promise<void> {
    await this.call('POST', '/act', { venue: this.kind, account: UIDS[this.kind], ...deed });
  }

  async state(): Promise<State> {
    return (await this.call('GET', '/state')) as State;
  }

  async log(): Promise<readonly LogEntry[]> {
    return ((await this.call('GET', '/log')) as { readonly entries: readonly LogEntry[] }).entries;
  }

  /** LTV of the one loan. @throws when it is lost */
  async ltv(): Promise<number> {
    const { loans } = await this.state();
    expect(loans.filter(({ liquidated, closed }) => liquidated || closed)).toEqual([]);
    return Number(loans[0]?.ltv ?? Number.NaN);
  }

  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const reply = await fetch(`${this.addresses.admin}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#simulated.stop();
  }
}
