/**
 * From one stored form to the next (DESIGN §4). Each migration is a pure function with a fixture in test/machines; a
 * version that nobody knows is refused, because guessing what a stored state meant could pay twice.
 */
import { ACCOUNT_VERSION } from './accountMachine.ts';
import { LOAN_VERSION } from './loanMachine.ts';
import type { Stored } from './types.ts';

export type MachineErrorKind = 'unknownMachine' | 'unknownVersion' | 'damaged' | 'failed';

/** A machine could not be read or could not take an event. Nothing was changed. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly kind: MachineErrorKind;

  constructor(kind: MachineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

type Body = Pick<Stored, 'state' | 'context'>;
export interface Lineage {
  readonly current: number;
  /** Keyed by the version that it reads; what it returns is of the next one. */
  readonly from: Readonly<Record<number, (old: Body) => Body>>;
}
export type Lineages = Readonly<Record<Stored['machine'], Lineage>>;

/** Version 2 counts how long a loan was below its release level. */
function withCalm({ state, context }: Body): Body {
  return { state, context: { ...context, calm: null } };
}

export const LINEAGES: Lineages = {
  loan: { current: LOAN_VERSION, from: { 1: withCalm } },
  account: { current: ACCOUNT_VERSION, from: {} },
};

/** @throws MachineError */
export function migrate(stored: Stored, lineages: Lineages = LINEAGES): Stored {
  if (!Object.hasOwn(lineages, stored.machine)) {
    throw new MachineError('unknownMachine', `no machine is called ${JSON.stringify(stored.machine)}`);
  }
  const { current, from } = lineages[stored.machine];
  let now = stored;
  while (now.version !== current) {
    const migration = from[now.version];
    if (migration === undefined || now.version > current) {
      const says = `the ${stored.machine} machine is at version ${current} and cannot read version ${stored.version}`;
      throw new MachineError('unknownVersion', says);
    }
    now = { ...now, ...migration({ state: now.state, context: now.context }), version: now.version + 1 };
  }
  return now;
}
