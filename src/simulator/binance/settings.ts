/**
 * The Binance part of a World file: accounts, and the venue's settings. Amounts are decimal text in the file and exact
 * decimals after parsing. Everything that the documents leave open is a switch with the section that leaves it open.
 */
import { z } from 'zod';
import type { Dec } from '../../core/money.ts';
import { ZERO, parse } from '../../core/money.ts';
import {
  ASSETS,
  COLLATERAL_TIERS,
  FLEXIBLE_COLLATERAL,
  FLEXIBLE_LOANABLE,
  ISOLATED_TIERS,
  OTHER_ASSET,
} from './tables.ts';
import type { AssetFacts } from './tables.ts';

const PLAIN = /^\d+(?:\.\d+)?$/;
const decimal = z.string().regex(PLAIN, 'must be a plain decimal number in quotes').transform(parse);
const share = decimal.refine((value) => value.gt(0) && value.lt(1), 'must lie between 0 and 1');
const coin = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must be a coin in capitals');
const amounts = z.record(coin, decimal);
const milliseconds = z.int().min(0);

const permissions = z.strictObject({
  read: z.boolean().default(true),
  /** "Spot & Margin Trading". */
  trade: z.boolean().default(true),
  /** "Margin Loan, Repay & Transfer". */
  margin: z.boolean().default(true),
  /** "Permits Universal Transfer". */
  transfer: z.boolean().default(true),
  withdraw: z.boolean().default(false),
  ipRestrict: z.boolean().default(false),
  /** Addresses the key works from when it is restricted. */
  ips: z.array(z.string()).default([]),
});

const margin = {
  assets: amounts.default({}),
  debts: amounts.default({}),
  /** Interest already owed. */
  interest: amounts.default({}),
  /** Scales all assets by one factor, so that the LTV at the first prices is this. */
  startLtv: share.optional(),
};

/** One Binance account of a World file. */
export const binanceAccountSchema = z.strictObject({
  name: z.string().min(1),
  uid: z.string().regex(/^\d{1,15}$/, 'must be digits'),
  key: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]+$/), secret: z.string().min(1) }),
  permissions: permissions.prefault({}),
  spot: amounts.default({}),
  funding: amounts.default({}),
  /** Coins in Simple Earn Flexible, where collateral of flexible loans sits (§7.2). */
  earn: amounts.default({}),
  /** Interest is charged in BNB with 5 % discount (§10.3). */
  bnbBurn: z.strictObject({ spot: z.boolean().default(false), interest: z.boolean().default(false) }).prefault({}),
  /** Absent: the cross account was never opened, -3003. */
  cross: z.strictObject({ leverage: z.union([z.literal(3), z.literal(5)]).default(3), ...margin }).optional(),
  isolated: z.array(z.strictObject({ symbol: coin, ...margin })).default([]),
  flexible: z
    .array(
      z.strictObject({
        loanCoin: coin,
        collateralCoin: coin,
        debt: decimal,
        collateral: decimal,
        startLtv: share.optional(),
      }),
    )
    .default([]),
});

/** An account after parsing. */
export type BinanceAccountWorld = z.output<typeof binanceAccountSchema>;
/** An account as a World file may write it. */
export type BinanceAccountInput = z.input<typeof binanceAccountSchema>;

const GATES = ['ban', 'path', 'weight', 'key', 'params', 'time', 'signature'] as const;
/** The checks before the business rules, §14. */
export type GateName = (typeof GATES)[number];

const switches = z.strictObject({
  /** Order of the checks; the real order is unknown (§14, §15.1). */
  gates: z
    .array(z.enum(GATES))
    .default([...GATES])
    .refine(
      (order) => new Set(order).size === GATES.length && order.length === GATES.length,
      'must name every gate once',
    ),
  /** A parameter that the endpoint does not know: ignored, or -1104 (§2.1). */
  unknownParams: z.enum(['ignore', 'refuse']).default('ignore'),
  /** Code of a repay that would leave dust (§0.1 fact 11). */
  dustCode: z.union([z.literal(-3024), z.literal(-3015)]).default(-3024),
  /** Text of -3007 (§8.2). */
  pendingText: z.enum(['oneDot', 'twoDots', 'typo']).default('oneDot'),
  /** A pending borrow is reported by -3008 with the text of -3007, as seen in 2020 (§8.2). */
  pendingBorrowCode: z.union([z.literal(-3007), z.literal(-3008)]).default(-3007),
  /** Cross and every isolated account share one lock, or have one each (§15.4). */
  sharedLock: z.boolean().default(true),
  /** Transfers into and out of margin respect that lock (§15.4). */
  transfersLock: z.boolean().default(false),
  /** borrow-repay answers only when its record is final (§15.5). */
  replyAfterSettle: z.boolean().default(false),
  /** Code of a transfer from a wallet that has too little (§14). */
  poorTransfer: z.union([z.literal(-5013), z.literal(-9000), z.literal(-5002)]).default(-5013),
  /** Code of an isolated borrow above the maximum (§8.3). */
  isolatedOverBorrow: z.union([z.literal(-11008), z.literal(-3006)]).default(-11008),
  /** MAIN_ISOLATED_MARGIN and ISOLATED_MARGIN_MAIN: in no official list, used by libraries (§6.1). */
  directIsolated: z.boolean().default(true),
  /** Weight of maxBorrowable (§0.1 fact 8). */
  maxBorrowable: z.enum(['750uid', '50ip']).default('750uid'),
  /** Who pays for flexible repay and borrow (§0.1 fact 7) and for the adjustment history (§4.1). */
  flexibleScope: z.enum(['ip', 'uid']).default('ip'),
  ltvHistoryScope: z.enum(['ip', 'uid']).default('ip'),
  /** Where released collateral of a flexible loan goes (§7.2). */
  collateralTo: z.enum(['spot', 'earn']).default('spot'),
  /** Answer to adjust and repay of a flexible loan: done at once, or Processing first (§7.1). */
  flexibleAnswers: z.enum(['done', 'processing']).default('done'),
  /** Case of the status words (§7.2). */
  flexibleWords: z.enum(['new', 'old']).default('new'),
  /** Unit of the times in margin/transfer (§5.9). */
  transferTimes: z.enum(['ms', 's']).default('ms'),
  /** Unit of `updateTime` in available-inventory (§5.8, §11). */
  inventoryTimes: z.enum(['s', 'ms']).default('s'),
  /** Unit of the expiry that a subscription by listen token answers (§9.4, §11). */
  tokenTimes: z.enum(['us', 'ms']).default('us'),
  /** An empty asset/transfer list leaves `rows` out (§6.2). */
  emptyRows: z.enum(['list', 'absent']).default('list'),
  /** userListenToken wants a signature (§9.4). */
  listenTokenSigned: z.boolean().default(false),
});

const assetSettings = z.strictObject({
  fullName: z.string().optional(),
  isBorrowable: z.boolean().optional(),
  isMortgageable: z.boolean().optional(),
  userMinBorrow: decimal.optional(),
  userMinRepay: decimal.optional(),
  /** A repay may not leave less than this, in coins. Overrides `minLeftUsd`. */
  minLeft: decimal.optional(),
  dailyRate: decimal.optional(),
  borrowLimit: decimal.optional(),
  inventory: decimal.optional(),
});
const tier = z.strictObject({
  effectiveMultiple: z.string(),
  initialRiskRatio: decimal,
  liquidationRiskRatio: decimal,
  baseAssetMaxBorrowable: decimal,
  quoteAssetMaxBorrowable: decimal,
});
const bracket = z.strictObject({ minUsdValue: decimal, maxUsdValue: decimal.optional(), discountRate: decimal });
const coins = z.record(coin, decimal);
const loanable = z.strictObject({ hourlyRate: decimal, minUsd: decimal, maxUsd: decimal });
const collateral = z.strictObject({
  initialLtv: share,
  marginCallLtv: share,
  liquidationLtv: share,
  maxLimit: decimal,
});

/** Settings of the simulated Binance. Everything has a default. */
export const binanceSettingsSchema = z.strictObject({
  /** Wire time from the acceptance of a borrow or repay to its effect, ms (§0.1 fact 2). */
  settleMs: milliseconds.default(100),
  /** A share of the settlements takes this long instead, ms (§14). */
  settleTail: z.strictObject({ share: z.number().min(0).max(1), ms: milliseconds }).default({ share: 0, ms: 6000 }),
  /** Wire time that a transfer stays pending, ms. 0: done within the call (§6.1). */
  transferMs: milliseconds.default(0),
  /** Wire time that a flexible-loan call takes when `flexibleAnswers` is `processing`, ms. */
  flexibleMs: milliseconds.default(1000),
  /** Wire time until a new record is listed, ms. */
  recordLagMs: milliseconds.default(0),
  /** Wire time until reads show a change, ms. */
  readLagMs: milliseconds.default(0),
  /** Wire time that an account stays locked by its liquidation, ms (§10.5). */
  liquidationMs: milliseconds.default(1000),
  /** Share of what a liquidation sells that is lost as fee (§10.5: "fees charged"). */
  liquidationFee: share.prefault('0.02'),
  /** A repay may not leave a debt worth less than this, in USD; the real minimum is not published (§15.2). */
  minLeftUsd: decimal.prefault('0.1'),
  /** Smallest amounts that the venue takes and does not publish, in coins. A repay below its minimum may clear the debt. */
  minimums: z
    .strictObject({
      transfer: coins.default({}),
      marginRepay: coins.default({}),
      flexibleRepay: coins.default({}),
      flexibleAdd: coins.default({}),
    })
    .prefault({}),
  limits: z
    .strictObject({
      on: z.boolean().default(true),
      banAfter: z.int().min(1).default(10),
      windowScale: z.number().positive().default(1),
    })
    .prefault({}),
  switches: switches.prefault({}),
  /** Known margin assets; what is given here is laid over the built-in table. */
  assets: z
    .record(coin, assetSettings)
    .default({})
    .transform((own) => {
      const known = Object.entries(own).map(([name, given]) => [name, overlaid(name, given)] as const);
      return { ...ASSETS, ...Object.fromEntries(known) };
    }),
  /** Isolated tiers by symbol, `*` for all others (§5.8). */
  isolatedTiers: z
    .record(z.string(), z.array(tier).min(1))
    .default({})
    .transform((own) => ({ ...ISOLATED_TIERS, ...own })),
  /** Collateral ratios by asset, `*` for all others; marginal per USD slice (§5.8). */
  collateralTiers: z
    .record(z.string(), z.array(bracket).min(1))
    .default({})
    .transform((own) => ({ ...COLLATERAL_TIERS, ...own })),
  flexibleLoanable: z
    .record(coin, loanable)
    .default({})
    .transform((own) => ({ ...FLEXIBLE_LOANABLE, ...own })),
  flexibleCollateral: z
    .record(coin, collateral)
    .default({})
    .transform((own) => ({ ...FLEXIBLE_COLLATERAL, ...own })),
});

/** Settings after parsing. */
export type BinanceSettings = z.output<typeof binanceSettingsSchema>;
/** Settings as a World file may write them. */
export type BinanceSettingsInput = z.input<typeof binanceSettingsSchema>;

/** An unpublished minimum, in coins; zero when none is set. */
export function minimumOf(settings: BinanceSettings, kind: keyof BinanceSettings['minimums'], asset: string): Dec {
  const table = settings.minimums[kind];
  return (Object.hasOwn(table, asset) ? table[asset] : undefined) ?? ZERO;
}

function overlaid(name: string, given: z.output<typeof assetSettings>): AssetFacts {
  const base = ASSETS[name] ?? { ...OTHER_ASSET, fullName: name };
  return {
    fullName: given.fullName ?? base.fullName,
    isBorrowable: given.isBorrowable ?? base.isBorrowable,
    isMortgageable: given.isMortgageable ?? base.isMortgageable,
    userMinBorrow: given.userMinBorrow ?? base.userMinBorrow,
    userMinRepay: given.userMinRepay ?? base.userMinRepay,
    minLeft: given.minLeft ?? base.minLeft,
    dailyRate: given.dailyRate ?? base.dailyRate,
    borrowLimit: given.borrowLimit ?? base.borrowLimit,
    inventory: given.inventory ?? base.inventory,
  };
}
