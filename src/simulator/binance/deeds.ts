/**
 * What happens to Binance accounts without a request of the client: the owner on the web page, another program, or the
 * venue itself (binance.md §10.6). Reached by admin `POST /act` and by the fault effects `actBefore` and `actAfter`.
 */
import { z } from 'zod';
import { parse } from '../../core/money.ts';
import type { Account } from './account.ts';
import type { BinanceBooks } from './books.ts';
import { forceOrder, foreignLock } from './borrowRepay.ts';
import { seizeLoan } from './flexibleLoan.ts';
import { withWallet } from './holdings.ts';
import { seize } from './liquidation.ts';
import { placeTransfer } from './transfers.ts';

const decimal = z
  .string()
  .regex(/^-?\d+(?:\.\d+)?$/, 'must be a plain decimal number in quotes')
  .transform(parse);
const coin = z.string().min(1);
/** Name or UID. */
const account = z.string().min(1);
/** Empty for cross. */
const symbol = z.string().default('');

const deeds = z.discriminatedUnion('do', [
  /** Another borrow of the account runs: for `ms` every borrow and repay gets -3007, and it is not the client's fault. */
  z.strictObject({ do: z.literal('foreignBorrow'), account, symbol, ms: z.int().min(1) }),
  /** The owner repays or borrows by hand; `rowType` AUTO, BNB_AUTO_REPAY… when the venue does it. */
  z.strictObject({
    do: z.enum(['repay', 'borrow']),
    account,
    symbol,
    asset: coin,
    amount: decimal,
    rowType: z.string().default('MANUAL'),
  }),
  z.strictObject({
    do: z.literal('transfer'),
    account,
    type: z.string(),
    asset: coin,
    amount: decimal,
    fromSymbol: symbol,
    toSymbol: symbol,
    note: z.string().optional(),
  }),
  /** Binance tops margin up from spot at a margin call. */
  z.strictObject({ do: z.literal('autoTopUp'), account, asset: coin, amount: decimal }),
  /** Coins come from outside; a negative amount leaves. */
  z.strictObject({
    do: z.literal('deposit'),
    account,
    wallet: z.enum(['spot', 'funding', 'earn']).default('spot'),
    asset: coin,
    amount: decimal,
  }),
  /** New bars of cross or an isolated pair as margin levels, or a new liquidation LTV of a flexible pair. */
  z.strictObject({
    do: z.literal('thresholds'),
    account,
    symbol,
    pair: z
      .string()
      .regex(/^[A-Z0-9]+\/[A-Z0-9]+$/)
      .optional(),
    initial: decimal.optional(),
    call: decimal.optional(),
    liquidation: decimal.optional(),
    stop: decimal.optional(),
  }),
  /** The venue liquidates now, whatever the level, and sells until the level is `stop`: by default almost everything owed. */
  z.strictObject({
    do: z.literal('liquidate'),
    account,
    symbol,
    pair: z.string().optional(),
    stop: decimal.prefault('1000'),
  }),
  /** The key loses or gains permissions. */
  z.strictObject({
    do: z.literal('permissions'),
    account,
    read: z.boolean().optional(),
    trade: z.boolean().optional(),
    margin: z.boolean().optional(),
    transfer: z.boolean().optional(),
    withdraw: z.boolean().optional(),
  }),
  /** Everything that was accepted with `settleMs: null` ends now. */
  z.strictObject({ do: z.literal('release'), account: account.optional() }),
]);
type Deed = z.output<typeof deeds>;

/** Does one deed. @throws ZodError for a deed that does not exist, WireError or Error when it cannot be done */
export function doDeed(books: BinanceBooks, given: unknown): unknown {
  const deed = deeds.parse(given);
  if (deed.do === 'release') return { released: books.desk.release() };
  const found = books.accounts().find((one) => one.uid === deed.account || one.name === deed.account);
  if (found === undefined) throw new Error(`no Binance account has the name or UID ${deed.account}`);
  return carryOut(books, found, deed) ?? {};
}

function carryOut(books: BinanceBooks, account: Account, deed: Exclude<Deed, { do: 'release' }>): unknown {
  const { desk } = books;
  switch (deed.do) {
    case 'foreignBorrow':
      return foreignLock(desk, account, deed.symbol, deed.ms);
    case 'repay':
    case 'borrow': {
      const type = deed.do === 'repay' ? 'REPAY' : 'BORROW';
      const { asset, amount, rowType } = deed;
      return { tranId: forceOrder(desk, account, { type, asset, symbol: deed.symbol, amount, rowType }).toString() };
    }
    case 'transfer': {
      const { type, asset, amount, fromSymbol, toSymbol, note } = deed;
      return {
        tranId: placeTransfer(desk, account, {
          type,
          asset,
          amount,
          fromSymbol,
          toSymbol,
          note,
          settleMs: 0,
        }).toString(),
      };
    }
    case 'autoTopUp': {
      const order = {
        type: 'MAIN_MARGIN',
        asset: deed.asset,
        amount: deed.amount,
        fromSymbol: '',
        toSymbol: '',
        note: 'AUTO',
        settleMs: 0,
      };
      return { tranId: placeTransfer(desk, account, order).toString() };
    }
    case 'deposit':
      return desk.put(account, withWallet(account.holdings, deed.wallet, deed.asset, deed.amount), 'transfer');
    case 'thresholds':
      return changeThresholds(account, deed);
    case 'liquidate':
      return liquidateNow(books, account, deed);
    case 'permissions':
      return changePermissions(account, deed);
  }
}

function changeThresholds(account: Account, deed: Extract<Deed, { do: 'thresholds' }>): void {
  const { pair, initial, call, liquidation, stop } = deed;
  if (pair !== undefined) {
    if (liquidation !== undefined) account.ownFlexLines.set(pair, liquidation);
    return;
  }
  const given = {
    ...(initial && { initial }),
    ...(call && { call }),
    ...(liquidation && { liquidation }),
    ...(stop && { stop }),
  };
  account.ownBars.set(deed.symbol, { ...account.ownBars.get(deed.symbol), ...given });
}

function liquidateNow(books: BinanceBooks, account: Account, deed: Extract<Deed, { do: 'liquidate' }>): void {
  const { pair } = deed;
  if (pair === undefined) {
    seize(books.desk, account, deed.symbol, deed.stop);
    return;
  }
  const loan = account.holdings.flexible.get(pair);
  if (loan === undefined) throw new Error(`there is no loan ${pair}`);
  seizeLoan(books.desk, account, pair, loan);
}

function changePermissions(account: Account, deed: Extract<Deed, { do: 'permissions' }>): void {
  const now = account.permissions;
  account.permissions = {
    ...now,
    read: deed.read ?? now.read,
    trade: deed.trade ?? now.trade,
    margin: deed.margin ?? now.margin,
    transfer: deed.transfer ?? now.transfer,
    withdraw: deed.withdraw ?? now.withdraw,
  };
}
