/**
 * While something is undecided (DESIGN §5.7): how much of the account waits. Pure.
 *
 * Until the venue can no longer start executing the undecided call, and its records had their time, all of it waits.
 * After that the hold narrows to the money that call may have used: beyond `urgent` one further call may leave from other
 * money. Never two such calls, never while the venue itself says that the first one is still on its way.
 */
import type { Evidence, Intent } from '../core/intent.ts';
import { allowed } from '../core/modes.ts';
import type { AccountMode, Block } from '../core/need.ts';
import type { Timing } from './timing.ts';

export type Freedom =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly why: string }
  /** Other money may move; `blocked` names what it may not be used for. */
  | { readonly kind: 'otherMoney'; readonly blocked: readonly Block[] };

export interface UndecidedFacts {
  readonly undecided: readonly Intent[];
  /** Intents that left beside another one. */
  readonly emergencies: ReadonlySet<string>;
  /** What this look's evidence read said, by intent; absent when it could not be read. */
  readonly evidence: ReadonlyMap<string, Pick<Evidence, 'verdict'>>;
  readonly mode: AccountMode;
  /** By the venue's clock, wall ms; `null`: it is not known. */
  readonly now: number | null;
  readonly timing: Pick<Timing, 'lagMarginMs'>;
}

export function freedomOf(facts: UndecidedFacts): Freedom {
  const { undecided, emergencies, mode, now, timing } = facts;
  const [first] = undecided;
  if (first === undefined) return { kind: 'free' };
  if (undecided.length > 1)
    return held(`${undecided.map(({ id }) => id).join(' and ')} are undecided: two is the most`);
  if (emergencies.has(first.id)) return held(`${first.id} left as an emergency and is undecided: one is the most`);
  if (allowed(mode, 'repay') === 'one-at-a-time') return held(`${first.id} is undecided and the venue is failing`);
  const freeAt = first.validUntil === null ? null : first.validUntil + timing.lagMarginMs;
  if (freeAt === null || now === null || now <= freeAt)
    return held(`${first.id} is undecided and the venue may still execute it`);
  return beside(first, facts.evidence.get(first.id)?.verdict ?? null);
}

/** What the first call may have touched is blocked; a call that the venue still works on may hold its lock. */
function beside(first: Intent, verdict: Evidence['verdict'] | null): Freedom {
  if (isTransfer(first)) return { kind: 'otherMoney', blocked: [transferBlock(first)] };
  if (!isBinanceMargin(first)) return { kind: 'otherMoney', blocked: [] };
  if (verdict === 'pending') return held(`the venue is still working on ${first.id}`);
  const isFree = verdict === 'happened' || verdict === 'didNotHappen';
  const why = `nothing proves that the venue's lock of ${first.id} is free`;
  return { kind: 'otherMoney', blocked: isFree ? [] : [{ ...ANY, needs: 'repay', why }] };
}

const ANY = { loan: null, product: null, asset: null, lastResort: false } as const;

function isTransfer({ verb }: Intent): boolean {
  return verb === 'transferIn' || verb === 'transferOut';
}

/**
 * A transfer that hangs blocks only what needs one (DESIGN §5.4), for as long as it hangs: no second one is sent to be sure.
 * The lock of borrowing and repaying is not its own: should a venue see that otherwise, it says so with a refusal, which is
 * proof and costs nothing (ADR 021).
 */
function transferBlock({ amount, asset }: Intent): Block {
  return { ...ANY, needs: 'transfer', why: `the transfer of ${amount} ${asset} is undecided` };
}

/** One borrowing or repaying at a time: the venue locks the account while one is pending. */
function isBinanceMargin({ product }: Intent): boolean {
  return product === 'binance.crossMargin' || product === 'binance.isolatedMargin';
}

function held(why: string): Freedom {
  return { kind: 'held', why };
}
