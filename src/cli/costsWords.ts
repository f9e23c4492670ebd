/** `ballast costs` for a person. Pure. */
import type { AccountCosts, BufferLine, InterestLine } from './costs.ts';
import { coins, duration, percent } from '../core/words.ts';

/** Said with every figure of the buffer, so that nobody has to guess what it is (docs/costs.md). */
export const FORMULA =
  'buffer = permitted coins above `keep` + collateral beyond what `act` needs (C − debt/act); its cost = what the same value would save as repaid debt: value × yearly rate / 12';

export function costsWords(accounts: readonly AccountCosts[], days: number): string[] {
  const lines = accounts.flatMap((one) => [...accountWords(one, days)]);
  return accounts.some(({ buffer }) => buffer !== null) ? [...lines, `(${FORMULA})`] : lines;
}

function accountWords(one: AccountCosts, days: number): readonly string[] {
  const { account, readMs, failed, since, lines, totalUsd, unpriced, derived, gaps, buffer } = one;
  const read = readMs === null ? 'interest was not read yet' : `read ${duration(readMs)} ago`;
  const last = days === 1 ? 'today' : `the last ${String(days)} days`;
  const without = unpriced.length === 0 ? '' : `, without ${unpriced.join(', ')}: no price was seen`;
  return [
    `account ${account}, ${last}${since === null ? '' : `, known since ${since}`} (UTC): ${read}`,
    ...(failed === null ? [] : [`  the newest read failed: ${failed}`]),
    ...lines.flatMap(interestWords),
    `  interest in total: ${totalUsd} USD at the last seen prices${without}`,
    ...derived.map(
      ({ loan, since: from }) =>
        `  ${loan}: the venue lists no interest; it is what the debt grew beyond our own payments, counted since ${from}`,
    ),
    ...gaps.map((gap) => `  not known: ${gap}`),
    ...(buffer === null ? [] : bufferWords(buffer)),
  ];
}

function interestWords({
  loan,
  product,
  asset,
  coins: total,
  usd,
  ratePerYear,
  days,
}: InterestLine): readonly string[] {
  const rate = ratePerYear === null ? '' : `, ${percent(ratePerYear)} a year`;
  const value = usd === null ? '' : ` (${coins(usd)} USD)`;
  return [
    `  ${loan ?? `${product}, the venue does not say which loan`}: ${coins(total)} ${asset}${value}${rate}`,
    ...days.map(({ day, coins: paid }) => `    ${day}  ${coins(paid)} ${asset}`),
  ];
}

function bufferWords({ loans, idleUsd, idlePerMonthUsd, perMonthUsd, missing }: BufferLine): readonly string[] {
  return [
    `  the buffer costs ${perMonthUsd} USD a month${missing.length === 0 ? '' : `, without ${missing.join(', ')}`}:`,
    `    ${idleUsd} USD idle in wallets: ${idlePerMonthUsd} USD a month`,
    ...loans.map(
      ({ loan, collateralUsd, perMonthUsd: one }) =>
        `    ${collateralUsd} USD of collateral beyond act in ${loan}: ${one === null ? 'no rate known' : `${one} USD a month`}`,
    ),
  ];
}
