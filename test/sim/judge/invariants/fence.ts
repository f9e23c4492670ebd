import type { AccountPlan } from '../../world/plan.ts';
import type { Invariant, Log } from '../log.ts';

/** DESIGN §4 "The fence": epochs only grow; two facts that cannot both be true must never be found. */
export const fence: Invariant = {
  name: 'fence',
  keeps: '§4 epochs grow; no outcome contradicts another one',
  judge: (log) => {
    const epochs = new Map<string, { readonly epoch: number; readonly at: number }>();
    const machines = new Map<string, string>();
    return {
      *step() {
        for (const account of log.plan.accounts) {
          const { name } = account.setup;
          const epoch = Number(log.text(account, 'epoch') ?? '0');
          const before = epochs.get(name);
          if (before !== undefined && epoch < before.epoch && log.forgotAt < before.at)
            yield `${name}: epoch ${String(before.epoch)} is followed by ${String(epoch)}`;
          if (before?.epoch !== epoch || log.forgotAt >= before.at) epochs.set(name, { epoch, at: log.now });
          const halt = log.text(account, 'halt');
          if (halt !== null && !isForgotten(log, halt)) yield `${name}: ${halt}`;
          const stored = log.text(account, 'account') ?? '{}';
          if (machines.get(name) === stored) continue;
          machines.set(name, stored);
          const why = haltOf(stored);
          if (why !== null && !mayHalt(log, account, why)) yield `${name} is halted: ${why}`;
        }
      },
      *end() {
        for (const account of log.plan.accounts) {
          const why = haltOf(log.text(account, 'account') ?? '{}');
          if (why !== null) yield `${account.setup.name} is still halted: ${why}`;
        }
      },
    };
  },
};

function haltOf(stored: string): string | null {
  const { context } = JSON.parse(stored) as { readonly context?: { readonly causes?: { halt?: { why: string } } } };
  return context?.causes?.halt?.why ?? null;
}

/** Redis forgot the call; who does not know that better halts. */
function isForgotten(log: Log, halt: string): boolean {
  return log.forgotAt > 0 && halt.includes(' is missing and then ');
}

/** A key that may not trade any more; and what looks like another Ballast, where nobody is left who knows better. */
function mayHalt(log: Log, { setup: { name } }: AccountPlan, why: string): boolean {
  const isStrange = why.includes('made like a call of Ballast') && (log.forgotAt > 0 || log.touched(name, Infinity));
  return isStrange || isForgotten(log, why) || (log.unkeyed.has(name) && !why.includes('journal'));
}
