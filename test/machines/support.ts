/** Events for the machines' tests: one loan with warn 60 and 65, target 58, act 70, urgent 78, line 83 %. */
import { start, step } from '../../src/machines/step.ts';
import type { LoanCommand, LoanEvent, Stored } from '../../src/machines/types.ts';
import { isLoanContext } from '../../src/machines/loanContext.ts';
import type { LoanContext, News, Planned, Seen } from '../../src/machines/loanContext.ts';

export const LEVELS = { warn: ['0.60', '0.65'], target: '0.58', act: '0.70', urgent: '0.78', line: '0.83', call: null };
export const RULES = {
  confirmAct: 2,
  confirmUrgent: 1,
  coolDownMs: 60_000,
  whenUnsettled: 'otherMoney',
  release: { below: '0.45', rule: 'one', gapMs: 60_000 },
} as const;
export const LEGS = { rung: 1, legs: [{ verb: 'repay', asset: 'USDT', atMost: '100' }] } as const;

export const HELD = { rung: 2, asset: 'USDT', amount: '400', usd: '400' } as const;

export function seen(ltv: string, more: Partial<Seen> = {}): Seen {
  const now = more.now ?? 1_000;
  return {
    type: 'OBSERVED',
    now,
    status: 'open',
    ltv,
    atTarget: Number(ltv) <= Number((more.levels ?? LEVELS).target),
    owes: ['USDT'],
    levels: LEVELS,
    rules: RULES,
    episodeId: `episode-${now}`,
    priceMoment: `moment-${now}`,
    undecided: false,
    others: null,
    ...more,
  };
}

export function planned(intentId: string, more: Partial<Planned> = {}): Planned {
  return { type: 'PLANNED', now: 1_000, intentId, rung: 1, remainder: null, partial: false, ...more };
}

export const NEWS = [
  'CLAIMED',
  'ACCEPTED',
  'UNKNOWN',
  'CONFIRMED',
  'REJECTED',
  'REFUSED',
  'VOIDED',
  'DID_NOT_HAPPEN',
  'EXPIRED',
] as const satisfies readonly News['type'][];

export function news(type: News['type'], intentId: string, now = 1_000): News {
  return type === 'CLAIMED' || type === 'ACCEPTED' || type === 'CONFIRMED'
    ? { type, now, intentId }
    : { type, now, intentId, why: 'because' };
}

export const pauseFor = (until: number | null): LoanEvent => ({
  type: 'PAUSE',
  now: 1_000,
  by: 'ann',
  why: 'lunch',
  until,
});
export const RESUME: LoanEvent = { type: 'RESUME', now: 2_000, by: 'ann', why: 'back' };
export const RETIRE: LoanEvent = { type: 'RETIRE', now: 2_000 };
type Stuck = Extract<LoanEvent, { readonly type: 'STARVED' | 'CAPPED' }>;
export const STARVED: Stuck = { type: 'STARVED', now: 1_000, why: 'the wallet is empty' };
export const CAPPED: Stuck = { type: 'CAPPED', now: 1_000, why: 'perDay' };
export const FAILED: LoanEvent = { type: 'OBSERVE_FAILED', now: 1_000, why: '503' };

/** As the journal does between two looks: nothing but JSON survives. */
export function throughJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

export function contextOf(stored: Stored): LoanContext {
  if (!isLoanContext(stored.context)) throw new Error('not a loan');
  return stored.context;
}

/** A loan that is told one event after the other. */
export class Loan {
  stored: Stored = start('loan', { id: 'acc/okx.flexibleLoan/1', now: 0 });
  last: readonly LoanCommand[] = [];

  tell(...events: readonly LoanEvent[]): this {
    for (const event of events) {
      const { stored, commands } = step(throughJson(this.stored), event);
      this.stored = stored;
      this.last = commands;
    }
    return this;
  }

  get state(): string {
    return this.stored.state;
  }

  get context(): LoanContext {
    return contextOf(this.stored);
  }

  /** Commands of the last event of these types. */
  said<Type extends LoanCommand['type']>(type: Type): readonly Extract<LoanCommand, { type: Type }>[] {
    return this.last.filter((command): command is Extract<LoanCommand, { type: Type }> => command.type === type);
  }
}

/** A loan with a confirmed breach at this LTV, at moment 1 000. */
export function breached(ltv = '0.72'): Loan {
  return new Loan().tell(seen(ltv, { now: 900 }), seen(ltv, { now: 1_000 }));
}

export const sent = (id: string): readonly LoanEvent[] => [planned(id), news('CLAIMED', id), news('ACCEPTED', id)];
