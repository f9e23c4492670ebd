/** Reads the loan rules of one account: product, selector, policy; tells when one loan would be matched twice. */
import type { Product, VenueName } from '../core/loan.ts';
import type { LoanRule } from '../core/policy.ts';
import type { KnownAssets } from './assets.ts';
import { checkPolicyName } from './policies.ts';
import type { Report } from './report.ts';
import type { LoanRuleShape, MatchShape } from './schema/account.ts';
import type { Path } from './tree.ts';

type ProductWord = LoanRuleShape['product'];

/** Products of a venue with the selectors that make sense for them. */
const MATCH: Readonly<Record<VenueName, Readonly<Partial<Record<ProductWord, readonly (keyof MatchShape)[]>>>>> = {
  binance: { crossMargin: [], isolatedMargin: ['symbol'], flexibleLoan: ['borrow', 'collateral'] },
  okx: { flexibleLoan: ['borrow', 'ordId'], spotBorrow: [] },
};

const PRODUCT: Readonly<Record<VenueName, Readonly<Partial<Record<ProductWord, Product>>>>> = {
  binance: {
    crossMargin: 'binance.crossMargin',
    isolatedMargin: 'binance.isolatedMargin',
    flexibleLoan: 'binance.flexibleLoan',
  },
  okx: { flexibleLoan: 'okx.flexibleLoan', spotBorrow: 'okx.spotBorrow' },
};

export interface RuleContext {
  readonly report: Report;
  readonly known: KnownAssets;
  readonly venue: VenueName;
  readonly policyNames: readonly string[];
}

export function readLoanRules(context: RuleContext, path: Path, shapes: readonly LoanRuleShape[]): readonly LoanRule[] {
  const rules = shapes.map((shape, index) => ({ index, rule: readRule(context, [...path, index], shape) }));
  const good = rules.flatMap(({ index, rule }) => (rule === undefined ? [] : [{ index, rule }]));
  for (const [position, one] of good.entries()) {
    for (const other of good.slice(0, position)) overlap(context.report, path, other, one);
  }
  return good.map(({ rule }) => rule);
}

function readRule(
  { report, known, venue, policyNames }: RuleContext,
  path: Path,
  shape: LoanRuleShape,
): LoanRule | undefined {
  checkPolicyName(report, [...path, 'policy'], shape.policy, policyNames);
  const product = PRODUCT[venue][shape.product];
  const fields = MATCH[venue][shape.product];
  if (product === undefined || fields === undefined) {
    const offered = Object.keys(MATCH[venue]).join(', ');
    report.error([...path, 'product'], `\`${shape.product}\` is not a product of ${venue}`, `write one of: ${offered}`);
    return undefined;
  }
  const match: Record<string, string> = {};
  for (const field of ['symbol', 'borrow', 'collateral', 'ordId'] as const) {
    const value = shape.match[field];
    if (value === undefined) continue;
    if (!fields.includes(field)) {
      const remedy =
        fields.length === 0
          ? 'remove it: an account has one such loan only'
          : `use ${fields.map((one) => `\`${one}\``).join(', ')}`;
      report.errorAtKey([...path, 'match'], field, `selects nothing among loans of ${product}`, remedy);
      continue;
    }
    if (value === 'any') continue;
    const coin = field === 'borrow' || field === 'collateral';
    if (coin && !known.check(value, [...path, 'match', field])) continue;
    match[field] = value;
  }
  return { product, match, policy: shape.policy, priority: shape.priority };
}

interface Indexed {
  readonly index: number;
  readonly rule: LoanRule;
}

function overlap(report: Report, path: Path, first: Indexed, second: Indexed): void {
  if (first.rule.product !== second.rule.product) return;
  const differ = Object.entries(first.rule.match).some(
    ([field, value]) => (second.rule.match[field] ?? value) !== value,
  );
  if (differ) return;
  const at = [...path, second.index];
  const position = String(first.index + 1);
  const within = contains(first.rule, second.rule) || contains(second.rule, first.rule);
  if (within) {
    const same = contains(first.rule, second.rule) && contains(second.rule, first.rule);
    const says = same
      ? `selects the same loans as rule ${position}`
      : `selects loans that rule ${position} selects as well`;
    report.error(
      at,
      says,
      'a loan follows one rule only: make the selectors differ, or use `unlisted: { use: POLICY }` for the rest',
    );
    return;
  }
  report.warn(
    at,
    `may select a loan that rule ${position} selects as well`,
    'the server refuses to act on such a loan: make the selectors differ in one field',
  );
}

/** Whether every loan of `inner` is one of `outer`, too. */
function contains(outer: LoanRule, inner: LoanRule): boolean {
  return Object.entries(outer.match).every(([field, value]) => inner.match[field] === value);
}
