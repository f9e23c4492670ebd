/**
 * What others did: an errand that searches the venue's records for acts that none of our intents explains. The one door
 * through which such acts become known: each is written into the journal and told once, and the look that is rung then
 * explains with it what it doubted.
 */
import { timeout } from '../clock.ts';
import type { Intent } from '../core/intent.ts';
import { parse } from '../core/money.ts';
import type { ExternalAct, Gap, Reports } from '../exchanges/exchange.ts';
import type { LookDeps, Severity } from './account.ts';
import { callsOf } from './claims.ts';
import type { Errand } from './errands.ts';

/** Name of the errand. */
export const OUTSIDERS = 'records of others';

/** A list that fails for so long is not read back any further, or each search would be longer than the one before. */
const MOST_BEHIND_MS = 86_400_000;
/** Two records of one act may differ by this much: lists of one venue have their own dates. */
const SAME_MS = 60_000;
/** Longest that one search may take, as a share of the time between two. */
const PATIENCE = 0.5;

export function outsiders(deps: LookDeps, reports: Pick<Reports, 'external'>): Errand {
  const gaps = new GapTeller(deps);
  return {
    name: OUTSIDERS,
    everyMs: deps.setup().timing.recordsEveryMs,
    run: (signal) => search(deps, reports, gaps, signal),
  };
}

async function search(
  deps: LookDeps,
  reports: Pick<Reports, 'external'>,
  gapTeller: GapTeller,
  signal: AbortSignal,
): Promise<void> {
  const { journal, clock, setup, safeguard } = deps;
  const { name, timing } = setup();
  const startedAt = clock.wall();
  const reach = await journal.externals.reach(startedAt);
  const since = Math.max(reach.begin, Math.min(reach.readTo, startedAt) - overlapOf(timing));
  const began = since - MOST_BEHIND_MS;
  // An intent is written before its call leaves, so asking after the records were read misses none of ours.
  const ours = (): Promise<readonly Intent[]> => journal.intentsSince(began);
  const over = AbortSignal.any([signal, timeout(clock, Math.max(1, Math.round(timing.recordsEveryMs * PATIENCE)))]);
  const { acts, gaps } = await reports.external(since, ours, over);
  signal.throwIfAborted();
  gapTeller.tell(gaps);
  const known = await journal.externals.since(since - SAME_MS);
  const news = acts.filter((act) => !isKnown(act, known, acts));
  const claimed = news.length === 0 ? [] : (safeguard?.witness.claimsSince(began) ?? []);
  const forgotten = claimed.length === 0 ? [] : callsOf(await ours(), claimed).forgotten;
  const fresh = news.map((act) => named(act, forgotten));
  const readTo = gaps.length === 0 ? startedAt : Math.max(reach.readTo, startedAt - MOST_BEHIND_MS);
  const written = await journal.externals.append(fresh, { ...reach, readTo }, since - SAME_MS);
  for (const act of written) deps.emit(name, { type: 'external', ...toldOf(act) });
  if (written.length > 0) await deps.ring('somebody else acted');
}

/** Opens what is said of an act that a call of ours did, as only the witness of this machine knows. */
const FORGOTTEN = 'a call of Ballast that the journal forgot';

/** To everything that plans it is an act like any other; to people it is not somebody else's. */
function named(act: ExternalAct, forgotten: readonly Intent[]): ExternalAct {
  const isOurs = forgotten.some(({ asset, amount }) => asset === act.asset && parse(amount).eq(act.amount));
  return isOurs ? { ...act, says: `${FORGOTTEN}: ${act.says}` } : act;
}

/** Records lag, and stay open for a while: the longest that anything of ours does, too. */
function overlapOf({ giveUpMs, lagMarginMs }: { readonly giveUpMs: number; readonly lagMarginMs: number }): number {
  return giveUpMs + lagMarginMs;
}

/**
 * Whether an act was written before: under its own reference, with or without its loan; or under the reference of another
 * list, which stood in for a record that lagged. Then that one is listed no more, while of two equal acts both are.
 */
export function isKnown(act: ExternalAct, known: readonly ExternalAct[], listed: readonly ExternalAct[]): boolean {
  if (known.some((one) => isSameRecord(one, act))) return true;
  const stoodIn = known.filter((one) => isAlike(one, act) && !listed.some((other) => isSameRecord(one, other)));
  const claimants = listed.filter((one) => isAlike(one, act) && !known.some((other) => isSameRecord(other, one)));
  return claimants.indexOf(act) < stoodIn.length;
}

function isSameRecord(one: ExternalAct, other: ExternalAct): boolean {
  const sameLoan = one.loan === other.loan || one.loan === null || other.loan === null;
  return one.product === other.product && one.ref === other.ref && sameLoan;
}

function isAlike(one: ExternalAct, other: ExternalAct): boolean {
  const sameLoan = one.loan === other.loan || one.loan === null || other.loan === null;
  const sameCoins = one.asset === other.asset && one.amount.eq(other.amount);
  const sameEffect = one.effect === other.effect || one.effect === 'unknown' || other.effect === 'unknown';
  return sameLoan && sameCoins && sameEffect && Math.abs(one.at - other.at) <= SAME_MS;
}

/** How much it matters, and what it means: what happened, what Ballast does, what the operator can do. */
export function toldOf(act: ExternalAct): {
  readonly act: ExternalAct;
  readonly severity: Severity;
  readonly says: string;
} {
  const { kind, effect, says } = act;
  const goesOn = 'Ballast goes on from what is there now; its budgets are not charged';
  switch (kind) {
    case 'liquidation':
      return { act, severity: 'critical', says: `the venue liquidates: ${says}. ${goesOn}. Look at the account.` };
    case 'conversion': {
      const why = 'It does so at any LTV, when it runs short of a coin or a cap of its own is reached';
      const can = 'To prevent the next one, hold another coin, or owe another';
      return { act, severity: 'critical', says: `the venue converted: ${says}. ${why}. ${goesOn}. ${can}.` };
    }
    case 'topUp':
    case 'autoRepay':
      return { act, severity: 'info', says: `the venue acted by itself, as the account is set: ${says}. ${goesOn}` };
    case 'repay':
    case 'borrow':
    case 'transfer':
    case 'trade':
    case 'collateral': {
      if (says.startsWith(FORGOTTEN)) return { act, severity: 'info', says: `${says}. The quarantine charges it` };
      const severity = effect === 'debtUp' || effect === 'collateralDown' ? 'warning' : 'info';
      return { act, severity: kind === 'trade' ? 'info' : severity, says: `somebody else: ${says}. ${goesOn}` };
    }
  }
}

/** A list that cannot be read is told once, until it can be read again. */
class GapTeller {
  readonly #deps: LookDeps;
  #told: readonly string[] = [];

  constructor(deps: LookDeps) {
    this.#deps = deps;
  }

  tell(gaps: readonly Gap[]): void {
    for (const { section, reason } of gaps.filter((gap) => !this.#told.includes(gap.section))) {
      const says = `what others did in ${section} is not known completely: ${reason}. Ballast tries again, and judges by quantities alone until then.`;
      this.#deps.emit(this.#deps.setup().name, {
        type: 'alert',
        severity: 'info',
        category: 'records',
        loan: null,
        says,
      });
    }
    this.#told = gaps.map(({ section }) => section);
  }
}
