import type { Invariant } from '../log.ts';

/** DESIGN §4 "The fence": epochs only grow; two facts that cannot both be true must never be found. */
export const fence: Invariant = {
  name: 'fence',
  keeps: '§4 epochs grow; no outcome contradicts another one',
  judge: (log) => {
    const epochs = new Map<string, number>();
    const halted = new Set<string>();
    return {
      *step() {
        for (const account of log.plan.accounts) {
          const { name } = account.setup;
          const epoch = Number(log.text(account, 'epoch') ?? '0');
          const before = epochs.get(name) ?? 0;
          if (epoch < before && !log.plan.rewinds)
            yield `${name}: epoch ${String(before)} is followed by ${String(epoch)}`;
          epochs.set(name, epoch);
          const halt = log.text(account, 'halt');
          if (halt !== null && !halted.has(name) && !log.plan.rewinds) {
            halted.add(name);
            yield `${name}: ${halt}`;
          }
        }
      },
      *end() {
        for (const account of log.plan.accounts) {
          const stored = log.text(account, 'account') ?? '{}';
          const { state } = JSON.parse(stored) as { readonly state?: string };
          if (state === 'halted' && !log.plan.rewinds) yield `${account.setup.name} is halted: ${stored.slice(0, 400)}`;
        }
      },
    };
  },
};
