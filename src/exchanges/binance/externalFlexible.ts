/** What moved in flexible loans, by the four histories of the venue (binance.md §7.1, §7.2). Their rows have no ids. */
import { loanId, type Asset } from '../../core/loan.ts';
import type { Dec } from '../../core/money.ts';
import { changesOf, type ForeignRecord } from '../explain.ts';
import type { Reader } from '../parse.ts';
import type { Endpoint } from './endpoints.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Asking } from './external.ts';
import { readAll, windows } from './pages.ts';

const PRODUCT = 'binance.flexibleLoan';
/** The histories take 180 days at a time. */
const WINDOW_DAYS = 180;
/** Words for "done"; a row that failed or is in work moved nothing yet (§7.2: words and case changed over time). */
const DONE = new Set(['REPAID', 'SUCCESS', 'SUCCEEDS', 'LIQUIDATED', 'LIQUIDATING']);
const FAILED = 'FAILED';

interface Row extends Omit<ForeignRecord, 'product' | 'loan' | 'ref' | 'changes'> {
  /** What it did to the loan, and to spot where the money came from or went to; by coin, signed. */
  readonly moves: readonly (Parameters<typeof changesOf>[2] & { readonly coin: Asset })[];
}

export async function flexibleRecords(
  sinceMs: number,
  untilMs: number,
  asking: Asking,
): Promise<readonly ForeignRecord[]> {
  const spans = windows(sinceMs, untilMs, WINDOW_DAYS);
  const lists: readonly (readonly [string, Endpoint, (row: Reader) => Row | null])[] = [
    ['borrowings', ENDPOINTS.flexibleBorrows, borrowed],
    ['repayments', ENDPOINTS.flexibleRepays, repaid],
    ['collateral', ENDPOINTS.flexibleAdjusts, adjusted],
    ['liquidations', ENDPOINTS.flexibleLiquidations, seized],
  ];
  const found = await Promise.all(
    lists.map(([name, endpoint, rowOf]) =>
      asking.gaps.attempt(`${PRODUCT} ${name}`, async () => {
        const request = { endpoint, params: {}, sizeName: 'limit', spans } as const;
        const listed = await readAll(asking.client, request, asking.signal, (row) => recordOf(row, rowOf, asking));
        if (!listed.complete) asking.gaps.note(`${PRODUCT} ${name}`, 'more rows than can be read');
        return listed.rows.filter((record) => record !== null);
      }),
    ),
  );
  return found.flatMap((records) => records ?? []);
}

function recordOf(row: Reader, rowOf: (row: Reader) => Row | null, { client }: Asking): ForeignRecord | null {
  const made = rowOf(row);
  if (made === null) return null;
  const { moves, ...record } = made;
  const key = `${row.text('loanCoin')}-${row.text('collateralCoin')}`;
  const ref = `${made.kind}:${key}:${String(made.at)}:${made.amount.toFixed()}`;
  const loan = loanId(client.account, PRODUCT, key);
  const changes = moves.flatMap(({ coin, ...by }) => changesOf(loan, coin, by));
  return { ...record, product: PRODUCT, loan, changes, ref };
}

function isDone(row: Reader, name: string): boolean {
  return DONE.has(row.text(name).toUpperCase());
}

function borrowed(row: Reader): Row | null {
  if (!isDone(row, 'status')) return null;
  const [asset, amount] = [row.text('loanCoin'), row.amount('initialLoanAmount')];
  return {
    at: row.time('borrowTime'),
    kind: 'borrow',
    effect: 'debtUp',
    asset,
    amount,
    moves: [{ coin: asset, debt: amount, wallets: { spot: amount } }],
    says: `borrowing of ${coins(amount, asset)}`,
    verbs: ['borrow'],
  };
}

function repaid(row: Reader): Row | null {
  const isOpen = !isDone(row, 'repayStatus');
  if (isOpen && row.text('repayStatus').toUpperCase() === FAILED) return null;
  const [asset, amount] = [row.text('loanCoin'), row.amount('repayAmount')];
  return {
    ...(isOpen ? { open: true } : {}),
    at: row.time('repayTime'),
    kind: 'repay',
    effect: 'debtDown',
    asset,
    amount,
    moves: [{ coin: asset, debt: amount.negated(), wallets: { spot: amount.negated() } }],
    says: `repayment of ${coins(amount, asset)}`,
    verbs: ['repay'],
  };
}

function adjusted(row: Reader): Row {
  const adds = row.text('direction').toUpperCase() === 'ADDITIONAL';
  const [asset, amount] = [row.text('collateralCoin'), row.amount('collateralAmount')];
  const change = adds ? amount : amount.negated();
  return {
    at: row.time('adjustTime'),
    kind: 'collateral',
    effect: adds ? 'collateralUp' : 'collateralDown',
    asset,
    amount,
    moves: [{ coin: asset, collateral: change, wallets: { spot: change.negated() } }],
    says: `collateral ${adds ? 'added' : 'removed'}: ${coins(amount, asset)}`,
    verbs: [adds ? 'add' : 'reduce'],
  };
}

function seized(row: Reader): Row | null {
  if (!isDone(row, 'status')) return null;
  const [asset, amount] = [row.text('collateralCoin'), row.amount('liquidationCollateralAmount')];
  const [paid, owed] = [row.amount('liquidationDebt'), row.text('loanCoin')];
  return {
    at: row.time('liquidationStartingTime'),
    kind: 'liquidation',
    effect: 'collateralDown',
    asset,
    amount,
    moves: [
      { coin: asset, collateral: amount.negated() },
      { coin: owed, debt: paid.negated() },
    ],
    says: `liquidation of ${coins(amount, asset)} against ${coins(paid, owed)}`,
    verbs: [],
  };
}

function coins(amount: Dec, asset: string): string {
  return `${amount.toFixed()} ${asset}`;
}
