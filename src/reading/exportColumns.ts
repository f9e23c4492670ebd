/**
 * What each file of an export holds, column by column: the one list that is written, and that docs/history.md is printed
 * from. Amounts are plain decimals as the journal has them, ratios are shares (0.62 is 62 %), empty is "not known" or "none".
 */
import { isoOf } from '../clock.ts';
import type { Charge } from '../core/need.ts';
import { format } from '../core/money.ts';
import type { Filed, ModeChange, OperatorAct } from '../jobs/archive.ts';
import type { ExternalAct } from '../exchanges/exchange.ts';
import type { AccountJournal } from './accounts.ts';
import type { DecisionRecord } from './records.ts';

export interface Column<Row> {
  readonly name: string;
  readonly means: string;
  readonly of: (row: Row) => string;
}

type Owner = Pick<AccountJournal, 'label' | 'address'>;
/** Every row belongs to an account. */
export type Owned<T> = Owner & { readonly row: T };

type Text = string | number | boolean | null | undefined;

/** Times stand twice: for people, and exactly as they are kept. */
function time<T>(name: string, means: string, at: (row: T) => number | null): readonly Column<Owned<T>>[] {
  const of = (row: Owned<T>): number | null => at(row.row);
  return [
    { name: `${name}_at`, means, of: (row) => (of(row) === null ? '' : isoOf(of(row) ?? 0)) },
    { name: `${name}_ms`, means: 'the same, ms since 1970', of: (row) => textOf(of(row)) },
  ];
}

function plain<T>(name: string, means: string, of: (row: T) => Text): Column<Owned<T>> {
  return { name, means, of: ({ row }) => textOf(of(row)) };
}

function textOf(value: Text): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function owner<T>(): readonly Column<Owned<T>>[] {
  return [
    { name: 'account', means: 'its name in the policy file', of: ({ label }) => label },
    { name: 'venue', means: '`binance` or `okx`', of: ({ address }) => address.venue },
    { name: 'uid', means: 'the number of the account at the venue', of: ({ address }) => address.uid },
    {
      name: 'mode',
      means: '`live`, `simulated` or `dryRun`: only live moves real money',
      of: ({ address }) => address.mode,
    },
  ];
}

/** States in which a charge was given back. */
const RETURNED = ['rejected', 'refused', 'voided'];

const INTENTS: readonly Column<Owned<Filed>>[] = [
  ...owner<Filed>(),
  plain('intent', 'id of the call, unique for ever', ({ intent }) => intent.id),
  plain('loan', 'the loan it is for', ({ intent }) => intent.loan),
  plain('product', 'kind of loan', ({ intent }) => intent.product),
  plain('verb', '`repay`, `transferIn`, `add`, `transferOut` or `reduce`', ({ intent }) => intent.verb),
  plain('asset', 'coin', ({ intent }) => intent.asset),
  plain('amount', 'coins, exactly as sent', ({ intent }) => intent.amount),
  plain('from', 'where the money was', ({ intent }) => intent.from),
  plain('to', 'where it went', ({ intent }) => intent.to),
  plain('full', 'meant to pay all that is owed', ({ intent }) => intent.full),
  plain('state', 'what became of it (docs/history.md)', ({ intent }) => intent.state),
  plain('tier', '`urgent`: under the wider limits', ({ intent }) => intent.tier),
  plain('rung', 'of the ladder; 0: a release', ({ intent }) => intent.rung),
  plain('episode', 'id of the incident', ({ intent }) => intent.episode),
  plain('charge_usd', 'charged to the budgets', ({ intent }) => intent.chargeUsd),
  plain('charge_returned', 'because it provably did not happen', ({ intent }) => RETURNED.includes(intent.state)),
  ...time<Filed>('planned', 'written down, before anything was sent', ({ committedAt }) => committedAt),
  ...time<Filed>('sent', 'sent; our clock', ({ intent }) => intent.sentAt),
  ...time<Filed>('valid_until', 'the venue could start executing it until then', ({ intent }) => intent.validUntil),
  ...time<Filed>('settled', 'what became of it was known', ({ intent }) => intent.settledAt),
  plain('ltv_before', 'LTV of the loan as it was decided on', ({ intent }) => intent.before.ltv),
  plain('ltv_after', 'LTV of the loan as the reads that settled it showed it', ({ ltvAfter }) => ltvAfter),
  plain('ref', "the venue's reference", ({ intent }) => intent.ref),
  plain('client_id', 'the id that the call carried, where the venue takes one', ({ intent }) => intent.clientId),
  plain('emergency', 'left beside another undecided call', ({ intent }) => intent.emergency === true),
  plain('by_word', "settled by an operator's word, not by proof", ({ intent }) => intent.byWord === true),
  plain('policy_digest', 'sha256 of what the policy file said about money', ({ intent }) => intent.policyDigest),
  plain('note', 'the last thing known, in words', ({ intent }) => intent.note),
];

const DECISIONS: readonly Column<Owned<DecisionRecord>>[] = [
  ...owner<DecisionRecord>(),
  plain('loan', 'the loan it is about', ({ decision }) => decision.loan),
  plain('verdict', '`nothing`, `wait`, `act`, `starved` or `capped`', ({ decision }) => decision.verdict),
  plain('says', 'in words', ({ decision }) => decision.says),
  plain('rules', 'the rules that fired', ({ decision }) =>
    decision.trace.flatMap(({ rule, fired }) => (fired ? [rule] : [])).join('; '),
  ),
  plain('ltv', 'LTV when it was last made; 0: not seen', ({ decision }) => decision.ltv),
  plain('target', 'level it goes back to', ({ decision }) => decision.levels.target),
  plain('act', 'level from which it acts', ({ decision }) => decision.levels.act),
  plain('urgent', 'level from which it acts at once', ({ decision }) => decision.levels.urgent),
  plain('line', 'LTV at which the venue liquidates', ({ decision }) => decision.levels.line),
  ...time<DecisionRecord>('first', 'first made', ({ firstAt, decision }) => firstAt ?? decision.at),
  ...time<DecisionRecord>('last', 'last made', ({ lastAt, decision }) => lastAt ?? decision.at),
  plain('looks', 'how often in a row', ({ count }) => count),
  plain('account_mode', 'mode of the account', ({ mode }) => mode),
  plain('policy_digest', 'sha256 of what the policy file said about money', ({ digest }) => digest),
];

const EXTERNALS: readonly Column<Owned<ExternalAct>>[] = [
  ...owner<ExternalAct>(),
  plain('loan', 'empty: the venue does not say', ({ loan }) => loan),
  plain('product', 'kind of loan', ({ product }) => product),
  plain(
    'kind',
    '`repay`, `borrow`, `transfer`, `topUp`, `autoRepay`, `trade`, `conversion`, `liquidation`, `collateral`',
    ({ kind }) => kind,
  ),
  plain('effect', 'what it did to the loan', ({ effect }) => effect),
  plain('asset', 'coin', ({ asset }) => asset),
  plain('amount', 'coins, never negative', ({ amount }) => format(amount)),
  ...time<ExternalAct>('happened', 'as the venue dates it', ({ at }) => at),
  plain('ref', "the venue's id, or one made of kind, coin, time and amount", ({ ref }) => ref),
  plain('says', "in words, with the venue's own name for it", ({ says }) => says),
];

const OPERATORS: readonly Column<Owned<OperatorAct>>[] = [
  ...owner<OperatorAct>(),
  plain('loan', 'empty: the whole account', ({ loan }) => loan),
  plain('act', '`pause`, `resume`, `acknowledge`, `resolve INTENT`', ({ act }) => act),
  plain('by', 'who', ({ by }) => by),
  plain('why', 'the reason given', ({ why }) => why),
  ...time<OperatorAct>('done', 'when', ({ at }) => at),
  ...time<OperatorAct>('until', 'end of a pause that ends by itself', ({ until }) => until ?? null),
];

const MODES: readonly Column<Owned<ModeChange>>[] = [
  ...owner<ModeChange>(),
  plain('account_mode', '`active`, `reducing`, `degraded`, `quarantine` or `halted`', ({ mode }) => mode),
  ...time<ModeChange>('since', 'from then on', ({ at }) => at),
  plain('why', 'its causes, in words', ({ why }) => why),
];

const CHARGES: readonly Column<Owned<Charge>>[] = [
  ...owner<Charge>(),
  plain('intent', 'the call; `external-…`: what was found when the journal was new', ({ intent }) => intent),
  plain('loan', 'the loan', ({ loan }) => loan),
  plain('asset', 'coin', ({ asset }) => asset),
  plain('amount', 'coins', ({ amount }) => amount),
  plain('usd', 'counted by the budgets', ({ usd }) => usd),
  plain('tier', '`normal` or `urgent`', ({ tier }) => tier),
  plain('rung', 'of the ladder; 0: a release', ({ rung }) => rung),
  plain('episode', 'id of the incident', ({ episode }) => episode),
  ...time<Charge>('charged', 'when', ({ at }) => at),
];

/** By file, without `.csv`. */
export const EXPORTED = {
  intents: INTENTS,
  decisions: DECISIONS,
  externals: EXTERNALS,
  operators: OPERATORS,
  modes: MODES,
  charges: CHARGES,
} as const;
