/** Builders for the core's tests: a loan, a policy, a call of `decide`, each with sensible defaults and text for numbers. */
import type {
  AccountView,
  Asset,
  CollateralView,
  DebtView,
  LoanView,
  Product,
  WalletView,
  WeightTier,
} from '../../src/core/loan.ts';
import type { Intent } from '../../src/core/intent.ts';
import { intentFrom } from '../../src/core/intents.ts';
import { NOTHING_LEARNED } from '../../src/core/learned.ts';
import { loanId } from '../../src/core/loan.ts';
import { Dec, ZERO, parse, sum } from '../../src/core/money.ts';
import type { DecideInput, Decision, Need } from '../../src/core/need.ts';
import type { Caps, Policy, Rung } from '../../src/core/policy.ts';

export const NOW = 1_700_000_000_000;
export const ACCOUNT = 'bnb';

export function dec(text: string | number): Dec {
  return new Dec(text);
}

export interface DebtSpec {
  readonly asset?: Asset;
  readonly amount: string | Dec;
  readonly interest?: string;
  readonly price?: string | Dec;
  readonly minRepay?: string;
  readonly minLeft?: string;
  readonly decimals?: number;
}

export interface CoinSpec {
  readonly asset?: Asset;
  readonly amount: string | Dec;
  readonly free?: string | Dec;
  readonly price?: string | Dec;
  readonly weight?: string;
  readonly tiers?: readonly (readonly [room: string | null, weight: string])[];
  /** Tiers in which the coins held leave; by default all at `weight`. */
  readonly leaves?: readonly (readonly [room: string | null, weight: string])[];
  readonly minAdd?: string;
  readonly decimals?: number;
}

export function debt(spec: DebtSpec): DebtView {
  const amount = dec(String(spec.amount));
  const interest = dec(spec.interest ?? '0');
  return {
    asset: spec.asset ?? 'USDT',
    amount,
    interest,
    principal: amount.minus(interest),
    price: dec(String(spec.price ?? '1')),
    minRepay: spec.minRepay === undefined ? null : parse(spec.minRepay),
    minLeft: spec.minLeft === undefined ? null : parse(spec.minLeft),
    decimals: spec.decimals ?? 8,
  };
}

export function tiers(list: readonly (readonly [room: string | null, weight: string])[]): readonly WeightTier[] {
  return list.map(([room, weight]) => ({ room: room === null ? null : parse(room), weight: parse(weight) }));
}

export function coin(spec: CoinSpec): CollateralView {
  const weight = spec.weight ?? '1';
  return {
    asset: spec.asset ?? 'BTC',
    amount: dec(String(spec.amount)),
    free: dec(String(spec.free ?? spec.amount)),
    price: dec(String(spec.price ?? '60000')),
    weight: parse(weight),
    leaveTiers: tiers(spec.leaves ?? [[null, weight]]),
    addTiers: tiers(spec.tiers ?? [[null, weight]]),
    minAdd: spec.minAdd === undefined ? null : parse(spec.minAdd),
    decimals: spec.decimals ?? 8,
  };
}

export interface LoanSpec {
  readonly product?: Product;
  readonly key?: string;
  readonly account?: string;
  readonly debts: readonly DebtView[];
  readonly coins: readonly CollateralView[];
  /** C, when it is not simply the sum of amount × price × weight. */
  readonly C?: string | Dec;
  readonly D?: string | Dec;
  readonly line?: string;
  readonly call?: string;
  readonly venueLtv?: readonly [string, string];
  readonly status?: LoanView['status'];
  readonly marginRatio?: LoanView['marginRatio'];
  /** Most coins the venue would let go. */
  readonly most?: Readonly<Record<Asset, string>>;
}

export function loan(spec: LoanSpec): LoanView {
  const product = spec.product ?? 'binance.crossMargin';
  const account = spec.account ?? ACCOUNT;
  const debtValue =
    spec.D === undefined ? sum(spec.debts.map((one) => one.amount.times(one.price))) : dec(String(spec.D));
  const weighted = sum(spec.coins.map((one) => one.amount.times(one.price).times(one.weight)));
  const collateralValue = spec.C === undefined ? weighted : dec(String(spec.C));
  return {
    id: loanId(account, product, spec.key ?? ''),
    account,
    product,
    key: spec.key ?? '',
    status: spec.status ?? 'open',
    asOf: NOW,
    debts: spec.debts,
    collateral: spec.coins,
    debtValue,
    collateralValue,
    ltv: collateralValue.isZero() ? ZERO : debtValue.div(collateralValue),
    venueLtv: spec.venueLtv === undefined ? null : { low: parse(spec.venueLtv[0]), high: parse(spec.venueLtv[1]) },
    line: parse(spec.line ?? '0.9'),
    call: spec.call === undefined ? null : parse(spec.call),
    marginRatio: spec.marginRatio ?? null,
    maxRelease: Object.fromEntries(Object.entries(spec.most ?? {}).map(([asset, most]) => [asset, parse(most)])),
    alerts: [],
    risks: [],
  };
}

export const UNLIMITED: Caps = { perAction: null, perHour: null, perDay: null, perIncident: null };

export function rung(number: number, spec: Partial<Rung>): Rung {
  return {
    number,
    do: 'repay',
    with: 'debt',
    from: ['inside'],
    atMost: null,
    notWhen: null,
    text: `rung ${number}`,
    ...spec,
  };
}

export const LADDER: readonly Rung[] = [
  rung(1, { do: 'repay', with: 'debt', from: ['inside'] }),
  rung(2, { do: 'repay', with: 'debt', from: ['wallet'] }),
  rung(3, { do: 'add', with: ['USDT', 'BTC', 'BNB', 'ETH'], from: ['wallet'] }),
];

export interface PolicySpec extends Partial<Omit<Policy, 'bands' | 'limits'>> {
  readonly target?: string;
  readonly act?: string;
  readonly urgent?: string;
  readonly scale?: 'ltv' | 'cushion';
  readonly warn?: readonly string[];
  readonly caps?: Partial<Caps>;
  readonly urgentCaps?: Partial<Caps>;
  readonly fuse?: number;
}

export function policy(spec: PolicySpec = {}): Policy {
  const {
    target = '0.62',
    act = '0.75',
    urgent = '0.82',
    scale = 'ltv',
    warn = [],
    caps,
    urgentCaps,
    fuse = 12,
    ...rest
  } = spec;
  return {
    name: 'plain',
    bands: {
      scale,
      warn: warn.map(parse),
      target: parse(target),
      act: parse(act),
      urgent: parse(urgent),
      minMarginRatio: null,
    },
    confirm: { act: 2, urgent: 1 },
    ladder: LADDER,
    limits: {
      ...UNLIMITED,
      ...caps,
      urgent: { ...UNLIMITED, ...urgentCaps },
      actions: { count: fuse, perMs: 3_600_000 },
    },
    coolDownMs: 60_000,
    whenShort: 'partial',
    whenUnsettled: 'otherMoney',
    whenDislocated: 'aimUrgent',
    dust: 'leave',
    release: null,
    ...rest,
  };
}

export function wallet(name: string, free: Readonly<Record<Asset, string | Dec>>): WalletView {
  return {
    name,
    free: Object.fromEntries(Object.entries(free).map(([asset, coins]) => [asset, dec(String(coins))])),
    asOf: NOW,
  };
}

export function view(
  loans: readonly LoanView[],
  wallets: readonly WalletView[],
  prices: Readonly<Record<Asset, string>> = {},
): AccountView {
  return {
    account: ACCOUNT,
    uid: '1',
    asOf: NOW,
    sections: Object.fromEntries(loans.map((one) => [one.product, { state: 'fresh' as const, asOf: NOW }])),
    loans,
    wallets,
    prices: Object.fromEntries(Object.entries(prices).map(([asset, price]) => [asset, dec(price)])),
  };
}

export function need(of: LoanView, spec: Partial<Need> = {}): Need {
  return {
    loan: of.id,
    episode: `e-${of.id}`,
    aim: 'target',
    urgency: 'act',
    emergency: false,
    remainder: null,
    clear: null,
    ...spec,
  };
}

export interface InputSpec extends Partial<Omit<DecideInput, 'policies' | 'view' | 'learned'>> {
  readonly loans: readonly LoanView[];
  readonly wallet?: WalletView;
  readonly policy?: Policy | ((of: LoanView) => Policy);
  readonly learned?: Partial<DecideInput['learned']>;
}

/** A call of `decide`: every loan in need of `target`, one wallet with nothing kept in it, no tails unless asked for. */
export function input(spec: InputSpec): DecideInput {
  const { loans, policy: given = policy(), learned, wallet: one, ...rest } = spec;
  const policyFor = typeof given === 'function' ? given : (): Policy => given;
  const wallets = one === undefined ? [] : [one];
  return {
    now: NOW,
    view: view(loans, wallets),
    mode: 'active',
    sendMode: 'live',
    needs: loans.map((each) => need(each)),
    policies: Object.fromEntries(loans.map((each) => [each.id, policyFor(each)])),
    priorities: {},
    wallets: wallets.map((each) => ({ name: each.name, keep: {} })),
    groups: {},
    charges: [],
    reserved: [],
    undecided: [],
    recent: [],
    recentAmounts: [],
    fruitless: {},
    dislocated: [],
    attested: [],
    blocked: [],
    learned: { ...NOTHING_LEARNED, decimals: { USDT: 8, BTC: 8, BNB: 8, ETH: 8 }, ...learned },
    epoch: 7,
    ...rest,
  };
}

export type Act = Extract<Decision, { verdict: 'act' }>;

/** The decision, which must be an acting one. */
export function acting(decision: Decision | undefined): Act {
  if (decision?.verdict !== 'act') throw new Error(`expected an act, got ${JSON.stringify(decision, null, 1)}`);
  return decision;
}

/** The call of a decision, done: the newest that is known when the rest of its plan is decided. */
export function landed(decision: Act, on: LoanView, more: Partial<Intent> = {}): Intent {
  const facts = { view: view([on], []), episode: 'e', mode: 'live', policyDigest: 'p', maxAgeMs: 1_000 } as const;
  const made = intentFrom(decision, { ...facts, id: 'a-1-1', epoch: 1, plannedAt: NOW });
  return { ...made, state: 'confirmed', sentAt: NOW, settledAt: NOW, ...more };
}
