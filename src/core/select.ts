/** Which policy follows which loan: selectors of the policy file (DESIGN §6 "Loans nobody named are never silent"). */
import type { LoanView } from './loan.ts';
import type { LoanRule } from './policy.ts';

/** Match fields and what they are compared with. `any` matches everything. */
const FIELDS: Readonly<Record<string, (loan: LoanView) => readonly string[]>> = {
  borrow: (loan) => loan.debts.map((debt) => debt.asset),
  collateral: (loan) => loan.collateral.map((held) => held.asset),
  symbol: (loan) => [loan.key],
  ordId: (loan) => [loan.key],
  pair: (loan) => [loan.key],
};

export function matches(rule: LoanRule, loan: LoanView): boolean {
  if (rule.product !== loan.product) return false;
  return Object.entries(rule.match).every(([field, wanted]) => {
    const read = FIELDS[field];
    if (read === undefined || wanted === 'any') return true;
    const values = read(loan);
    return values.length > 0 && values.every((value) => value === wanted);
  });
}

/** Every rule that names the loan; two are a mistake in the file that the caller reports. */
export function rulesFor(loan: LoanView, rules: readonly LoanRule[]): readonly LoanRule[] {
  return rules.filter((rule) => matches(rule, loan));
}
