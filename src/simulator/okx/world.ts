/**
 * The OKX part of a World file: accounts with their loans, and the venue's settings. Amounts are decimal text in the
 * file and exact decimals after parsing.
 */
import { z } from 'zod';
import type { Dec } from '../../core/money.ts';
import { ZERO, parse } from '../../core/money.ts';
import { BORROW_TIERS, DISCOUNTS, EMODE_PAIRS, OTHER_QUOTA, OTHER_TIERS, QUOTAS, YEARLY_RATES } from './tables.ts';
import type { BorrowTier, Bracket } from './tables.ts';

const PLAIN = /^\d+(?:\.\d+)?$/;
const decimal = z.string().regex(PLAIN, 'must be a plain decimal number in quotes').transform(parse);
const share = decimal.refine((value) => value.gt(0) && value.lte(1), 'must be above 0 and at most 1');
const coin = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must be a currency in capitals');
const amounts = z.record(coin, decimal);
const milliseconds = z.int().min(0);

const loanSchema = z
  .strictObject({
    /** The venue invents one when it is left out. */
    ordId: z.string().regex(/^\d+$/).optional(),
    debt: amounts,
    collateral: amounts,
    liqLtv: share.prefault('0.85'),
    /** Default: ten points below `liqLtv`, as in the only documented sample (okx.md §3.2). */
    callLtv: share.optional(),
    /** What redeeming and borrowing may reach. Default: twenty points below `liqLtv`. */
    initialLtv: share.optional(),
    /** Scales all collateral by one factor, so that the LTV at the first prices is this. */
    startLtv: share.optional(),
    eMode: z.boolean().default(false),
  })
  .transform((loan) => ({
    ...loan,
    callLtv: loan.callLtv ?? loan.liqLtv.minus('0.1'),
    initialLtv: loan.initialLtv ?? loan.liqLtv.minus('0.2'),
  }))
  .refine((loan) => loan.initialLtv.gt(0) && loan.initialLtv.lte(loan.callLtv) && loan.callLtv.lte(loan.liqLtv), {
    message: 'must keep 0 < initialLtv <= callLtv <= liqLtv',
  })
  .refine((loan) => Object.keys(loan.debt).every((ccy) => loan.collateral[ccy] === undefined), {
    message: 'must not hold its loan currency as collateral (okx.md §3.8, 51750)',
  });

/** One OKX account of a World file. */
export const okxAccountSchema = z.strictObject({
  /** Also the `subAcct` by which a master key names it in transfers. */
  name: z.string().min(1),
  uid: z.string().regex(/^\d+$/),
  /** UID of the master; left out, the account is a master itself. */
  mainUid: z.string().regex(/^\d+$/).optional(),
  key: z.strictObject({
    id: z.string().min(1),
    secret: z.string().min(1),
    passphrase: z.string().min(1),
    /** A demo key works only with `x-simulated-trading: 1` (okx.md §7). */
    demo: z.boolean().default(false),
  }),
  perm: z.string().default('read_only,trade'),
  /** Comma list of addresses the key is bound to; empty binds it to none. */
  ip: z.string().default(''),
  acctLv: z.enum(['1', '2', '3', '4']).default('1'),
  enableSpotBorrow: z.boolean().default(false),
  autoRepay: z.boolean().default(false),
  funding: amounts.default({}),
  trading: amounts.default({}),
  loans: z.array(loanSchema).default([]),
  /** Debts of spot-mode borrowing. Their proceeds are taken as spent. */
  spotDebt: amounts.default({}),
  /** Scales all trading coins that are not owed, so that debt / (adjEq + debt) at the first prices is this (okx.md §4.7). */
  spotStartLtv: share.optional(),
});

/** An account of a World file after parsing. */
export type OkxAccountWorld = z.output<typeof okxAccountSchema>;
/** An account as a World file may write it. */
export type OkxAccountInput = z.input<typeof okxAccountSchema>;

const upTo = decimal.nullable().transform((edge) => edge ?? undefined);
const brackets = z
  .array(z.strictObject({ upTo, rate: decimal }))
  .min(1)
  .transform((rows): readonly Bracket[] => rows);
const tiers = z
  .array(z.strictObject({ upTo, mmr: decimal, imr: decimal }))
  .min(1)
  .transform((rows): readonly BorrowTier[] => rows);

const limitsSchema = z.strictObject({
  on: z.boolean().default(true),
  /** Status that carries 50011: the documents list both (okx.md §1.5). */
  status: z.union([z.literal(429), z.literal(200)]).default(429),
  /** Stretches or shrinks every window, so that fast tests can run them at a tenth. */
  windowScale: z.number().positive().default(1),
});

/** What the documents leave open, each a switch; and how fast the venue works. */
const switchesSchema = z.strictObject({
  /** Flexible-loan repay above the debt (okx.md §12.4). */
  overRepay: z.enum(['clip', 'refuse']).default('clip'),
  /** Spot-mode repay above the debt: the actual amount is echoed, or 59309 (okx.md §4.2). */
  spotOverRepay: z.enum(['clip', 'refuse']).default('clip'),
  /** A second transfer with a known clientId (okx.md §5). */
  duplicateClientId: z.enum(['accept', 'refuse']).default('accept'),
  /** transfer-state for an id that never arrived (okx.md §5). */
  unknownTransfer: z.enum(['58129', '51000']).default('58129'),
  /** What flexible-loan/collateral-assets lists: the newer or the older description (okx.md §3.6). */
  collateralAssets: z.enum(['order', 'funding']).default('order'),
  /** Code of a reduce above the maximum (okx.md §3.8). */
  overRedeem: z.enum(['51756', '51758']).default('51758'),
  /** Whether a refused borrow or repay uses up its clOrdId (okx.md §12.5). */
  dedupeRemembersRefused: z.boolean().default(false),
  /** When the paying side of an accepted move is debited. */
  debitAt: z.enum(['settle', 'accept']).default('settle'),
  /** What happens at liqLTV: all collateral is gone, or as much as brings the loan back to its margin call. */
  liquidation: z.enum(['full', 'partial']).default('full'),
  /** An unknown key (okx.md §1.5 lists both). */
  unknownKey: z.enum(['50119', '50111']).default('50111'),
  /** Flexible loan with a demo key: refused with 50038 as inferred in okx.md §7, or served. */
  demoFlexibleLoan: z.enum(['refuse', 'serve']).default('refuse'),
  /** `cashBal` of a coin that is owed: with the borrowed coins or without them (okx.md §4.7). */
  cashBal: z.enum(['gross', 'net']).default('gross'),
  /** loan-info names its orders, or answers in the shape from before April 2026 (okx.md §0.1.1, §3.3). */
  loanInfoOrdId: z.enum(['present', 'absent']).default('present'),
  /** Fields that do not apply are empty text, or left out (okx.md §4.6, §9.13). */
  notApplicable: z.enum(['empty', 'absent']).default('empty'),
  /** Who shares the limit of the manual borrow and repay: all accounts of a master, or nobody (okx.md §0.1.5). */
  manualLimitBy: z.enum(['masterUid', 'uid']).default('masterUid'),
  /** A transfer while another one of that currency is pending: served, or 58124. */
  parallelTransfers: z.enum(['serve', 'refuse']).default('serve'),
});

/** Settings of the simulated OKX. Everything has a default. */
export const okxSettingsSchema = z.strictObject({
  /** Wire time from the acceptance of a flexible-loan move to its effect, ms. The real value is not documented (okx.md §3.4). */
  settleMs: milliseconds.default(100),
  /** Wire time that a transfer stays pending, ms. 0: done within the call (okx.md §5). */
  transferMs: milliseconds.default(0),
  /** Wire time from the end of a loan to the arrival of its collateral, ms (okx.md §12.4). */
  releaseMs: milliseconds.default(0),
  /** Wire time until a new record can be read, ms. */
  recordLagMs: milliseconds.default(0),
  /** Wire time until account reads show a change of balances and loans, ms. */
  readLagMs: milliseconds.default(0),
  /** How long clOrdId is remembered, ms (okx.md §3.7). */
  dedupeMs: milliseconds.default(60_000),
  /** How far a request's timestamp may be away, ms (okx.md §1.2). */
  clockWindowMs: milliseconds.default(30_000),
  limits: limitsSchema.prefault({}),
  switches: switchesSchema.prefault({}),
  discounts: z
    .record(coin, brackets)
    .default({})
    .transform((own) => ({ ...DISCOUNTS, ...own })),
  apr: amounts.default({}).transform((own) => ({ ...YEARLY_RATES, ...own })),
  quotas: amounts.default({}).transform((own) => ({ ...QUOTAS, ...own })),
  tiers: z
    .record(coin, tiers)
    .default({})
    .transform((own) => ({ ...BORROW_TIERS, ...own })),
  emodePairs: z.array(z.strictObject({ collateralCcy: coin, borrowCcy: coin })).default([...EMODE_PAIRS]),
  /** Smallest amounts, in coins. Repay below its minimum is allowed when it clears the debt. */
  minimums: z
    .strictObject({
      collateral: amounts.default({}),
      borrow: amounts.default({}),
      repay: amounts.default({}),
      transfer: amounts.default({}),
    })
    .prefault({}),
  /** Decimals an amount may carry; more is 51000 (no endpoint lists them, okx.md §12.7). */
  decimals: z.int().min(0).max(18).default(8),
  /** Spot mode: share of the debt that joins the maintenance margin as liquidation fee (okx.md §4.7). */
  liquidationFee: decimal.prefault('0.005'),
  /** Share of a forced sale that is lost. */
  liquidationPenalty: decimal.prefault('0.02'),
  /** Spot mode: hours between accrual and deduction; 1 adds interest to the debt at each accrual (okx.md §4.5). */
  deductEveryHours: z.int().min(1).default(1),
});

/** Settings after parsing. */
export type OkxSettings = z.output<typeof okxSettingsSchema>;
/** Settings as a World file may write them. */
export type OkxSettingsInput = z.input<typeof okxSettingsSchema>;

/** Discount brackets of a currency; undefined when it is no collateral. */
export function bracketsOf(settings: OkxSettings, ccy: string): readonly Bracket[] | undefined {
  return own(settings.discounts, ccy);
}

/** Yearly rate of a currency; undefined when it cannot be borrowed. */
export function yearlyRate(settings: OkxSettings, ccy: string): Dec | undefined {
  return own(settings.apr, ccy);
}

/** What a master account may borrow of a currency, in coins. */
export function quotaOf(settings: OkxSettings, ccy: string): Dec {
  return own(settings.quotas, ccy) ?? OTHER_QUOTA;
}

/** Borrow tiers of a currency. */
export function tiersOf(settings: OkxSettings, ccy: string): readonly BorrowTier[] {
  return own(settings.tiers, ccy) ?? OTHER_TIERS;
}

/** Smallest amount of a kind, in coins; zero when none is set. */
export function minimumOf(settings: OkxSettings, kind: keyof OkxSettings['minimums'], ccy: string): Dec {
  return own(settings.minimums[kind], ccy) ?? ZERO;
}

/** Currencies come from requests: `constructor` must not find anything in a table. */
function own<T>(table: Readonly<Record<string, T>>, ccy: string): T | undefined {
  return Object.hasOwn(table, ccy) ? table[ccy] : undefined;
}
