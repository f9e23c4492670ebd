/**
 * A journal that was lost or taken back does not know what was sent (DESIGN §4 "Durability"). No money until
 *
 * 1. everything that the lost journal may have signed has run out and had time to show, and
 * 2. the venue's records of a day are imported: what moved is charged to the budgets, as far as it helped a loan.
 *
 * While the venue is still at work on a call that only the witness knows, or that is made like ours, both wait for it: what
 * it comes to is not in the reads yet. Lists show such a call on Binance; OKX lists nothing before it is done, so the calls
 * that the witness knows are asked for by their ids as well. A record made like ours that neither the journal nor the
 * witness of this machine explains was sent by another Ballast with another journal: then the account halts for a person.
 */
import { isoOf } from '../clock.ts';
import type { Intent } from '../core/intent.ts';
import type { AccountView } from '../core/loan.ts';
import { OUTSIDE_RUNG } from '../core/limits.ts';
import { format, parse } from '../core/money.ts';
import type { Charge } from '../core/need.ts';
import type { ExternalAct } from '../exchanges/exchange.ts';
import type { AccountContext } from '../machines/accountMachine.ts';
import { isAccountContext } from '../machines/accountMachine.ts';
import type { AccountSetup, LookDeps } from './account.ts';
import { callsOf } from './claims.ts';
import { venueNow } from './clocks.ts';
import { Draft } from './draft.ts';
import type { Opened } from './journal.ts';
import { messageOf, withDeadline } from './observing.ts';
import { gather } from './reconcile.ts';
import { reborn } from './witness.ts';

const DAY_MS = 86_400_000;

/** The journal as it was opened, or, when it cannot be trusted, as it is after the account went into quarantine. */
export async function trusted(deps: LookDeps, setup: AccountSetup, opened: Opened): Promise<Opened> {
  const { safeguard, journal, clock } = deps;
  if (safeguard === null) return opened;
  const { witness, trust, validityMs } = safeguard;
  const doubt = await witness.doubt(
    opened,
    (id) => journal.intent(id),
    () => trust.vouched(),
    await trust.journal(),
    () => journal.trimmedTo(),
  );
  const { timing } = setup;
  // A process that starts elsewhere meanwhile may believe the journal on our word: not beyond what a look lasts.
  const vouchMs = 2 * (timing.lookEveryMs + timing.lockMs + timing.stalledMs);
  if (doubt === null) {
    await trust.vouch(vouchMs);
    return opened;
  }
  const now = clock.wall();
  // A clock that is behind must not date the end before it: when it is set right, that would have come already.
  const until = Math.max(now, opened.redisNow) + validityMs + timing.lagMarginMs + timing.reflectTimeoutMs;
  const why = `${doubt}. Ballast sends nothing until ${isoOf(until)}, by when everything that was sent can be seen, and until the venue's records of a day are charged to the budgets. If another Ballast works on this account, stop one of them`;
  const draft = new Draft(deps, setup, opened, now);
  draft.tellAccount({ type: 'JOURNAL_LOST', now, why, until });
  await trust.distrust(opened.epoch, draft.account);
  deps.passing('lost');
  // What is gone comes back under another id: a witness that saw little of the account knows by it that this is not its own.
  const named = await trust.name(reborn(witness.journal, now));
  const anew = await journal.open();
  await witness.trust(anew.epoch, named);
  return anew;
}

/** What a look in quarantine reads besides; `null`: nothing, and the quarantine goes on. */
export async function imported(
  deps: LookDeps,
  setup: AccountSetup,
  opened: Opened,
  draft: Draft,
  view: AccountView,
  signal: AbortSignal,
): Promise<readonly Charge[] | null> {
  const { safeguard, clock, journal } = deps;
  const now = clock.wall();
  const quarantine = quarantineOf(draft);
  if (safeguard === null || quarantine === null || quarantine.imported) return null;
  if (Math.min(now, venueNow(deps) ?? now) < quarantine.until) {
    draft.lookBy = Math.min(draft.lookBy, quarantine.until);
    return null;
  }
  const since = now - DAY_MS;
  const sent = safeguard.witness.claimsSince(since);
  const { known, forgotten } = callsOf(await journal.intents(), sent);
  // Nothing is sent meanwhile, so what was sent before the records are read is all there is.
  const ours = (): Promise<readonly Intent[]> => Promise.resolve([...known, ...forgotten]);
  const read = await safeguard.external(since, ours, withDeadline(clock, signal, setup)).catch(messageOf);
  const failed = typeof read === 'string' ? read : read.gaps.map(({ section, reason }) => `${section}: ${reason}`)[0];
  if (typeof read === 'string' || failed !== undefined) {
    const says = `${setup.name}: the venue's records of a day cannot be read whole, so the quarantine goes on: ${failed ?? ''}. Ballast tries again at every look.`;
    draft.lasting('critical', 'quarantine', null, says);
    return null;
  }
  const lost = new Set(forgotten.map(({ id }) => id));
  const listed = read.inWork.find(({ intent }) => intent === null || lost.has(intent));
  const open = listed ?? (await unfinished(deps, setup, forgotten, signal));
  if (open !== undefined) {
    const says = `${setup.name}: the venue is still at work on a call that the journal does not know, ${open.says} at ${isoOf(open.at)}, so the quarantine goes on until that is done or has failed. Ballast asks again at every look. If it lasts, ask the venue.`;
    draft.lasting('critical', 'quarantine', null, says);
    return null;
  }
  draft.searched('quarantine');
  deps.passing('imported');
  const strange = read.acts.find(({ likeOurs }) => likeOurs === true);
  if (strange !== undefined) {
    const why = `${setup.name}: ${strange.says} at ${isoOf(strange.at)} is made like a call of Ballast, and no journal here knows it. Ballast sends nothing. See that no other Ballast works on this account, then acknowledge`;
    draft.tellAccount({ type: 'HALT', now, why });
  }
  draft.tellAccount({ type: 'RECORDS_IMPORTED', now });
  const charged = [
    ...forgotten.map((one) => chargeOfIntent(one, safeguard.validityMs)),
    ...read.acts.flatMap((act) => chargeOfAct(act, view)),
  ];
  const inTime = new Set(opened.charges.map(({ intent }) => intent));
  const charges = charged.filter(({ intent }) => !inTime.has(intent));
  const says = `the quarantine is over; ${String(charges.length)} payments of the last 24 h were charged to the budgets`;
  draft.alert('info', 'quarantine', null, says);
  return charges;
}

/** A call whose own record is not final, or cannot be read: what it comes to is not known. */
async function unfinished(
  deps: LookDeps,
  setup: AccountSetup,
  forgotten: readonly Intent[],
  signal: AbortSignal,
): Promise<{ readonly at: number; readonly says: string } | undefined> {
  const gathered = await gather(deps, setup, forgotten, signal);
  const open = gathered.find(({ evidence }) => evidence === null || evidence.verdict === 'pending');
  if (open === undefined) return undefined;
  const { intent, evidence } = open;
  const why = evidence?.why ?? 'its record cannot be read';
  return { at: intent.sentAt ?? intent.plannedAt, says: `${intent.verb} of ${intent.amount} ${intent.asset} (${why})` };
}

function quarantineOf({ account }: Draft): AccountContext['quarantine'] {
  return isAccountContext(account.context) ? account.context.quarantine : null;
}

/** Dated by the venue's clock: the machine that sent it may have had a wrong one, and budgets count by hours. */
function chargeOfIntent(one: Intent, validityMs: number): Charge {
  const { id, loan, episode, rung, asset, amount, chargeUsd, tier, validUntil, sentAt, plannedAt } = one;
  const at = validUntil === null ? (sentAt ?? plannedAt) : validUntil - validityMs;
  return { intent: id, at, loan, episode, rung, asset, amount, usd: chargeUsd, tier };
}

/** No episode and no rung asked for it. */
const NO_PLAN = { episode: '', rung: OUTSIDE_RUNG, tier: 'normal' } as const;

/** Money that somebody put into a loan: what the policy's limits are about. */
function chargeOfAct(act: ExternalAct, view: AccountView): readonly Charge[] {
  const { kind, effect, product, asset, ref } = act;
  const helped = kind === 'repay' || (effect === 'collateralUp' && kind !== 'conversion' && kind !== 'liquidation');
  const loans = view.loans.filter((one) => one.product === product);
  const loan = act.loan ?? loans[0]?.id;
  if (!helped || loan === undefined) return [];
  const coins = loans.flatMap((one) => [...one.debts, ...one.collateral]);
  const price = coins.find((coin) => coin.asset === asset)?.price ?? parse('0');
  const [amount, usd] = [format(act.amount), format(act.amount.times(price))];
  return [{ intent: `external-${ref}`, at: act.at, loan, ...NO_PLAN, asset, amount, usd }];
}
