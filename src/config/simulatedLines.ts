/**
 * At which LTV the simulated exchanges call and liquidate, for loans whose line the file does not write: their own tables
 * decide (src/simulator). The configuration does not share their code, so the figures are repeated here and compared by a test.
 */
import type { Asset } from '../core/loan.ts';
import { Dec, ONE, max } from '../core/money.ts';
import type { Holdings } from './types.ts';

export interface Line {
  readonly line: Dec;
  /** `null`: the venue does not say. */
  readonly call: Dec | null;
}

/** Margin level 1.1. */
export const CROSS_LINE: Dec = ONE.div('1.1');

/** Margin levels 1.3 and 1.16 call an account of 3x and 5x. */
export function crossLine(leverage: 3 | 5): Line {
  return { line: CROSS_LINE, call: ONE.div(leverage === 5 ? '1.16' : '1.3') };
}

interface Tier {
  /** Most coins owed of the pair's first and second coin. */
  readonly base: number;
  readonly quote: number;
  /** Assets / debts of the liquidation. */
  readonly ratio: string;
}

const OTHER_PAIR: readonly [Tier, ...Tier[]] = [
  { base: 10_000_000, quote: 10_000_000, ratio: '1.18' },
  { base: 10_000, quote: 500_000, ratio: '1.15' },
];
/** Widest tier first. */
const PAIRS: Readonly<Record<string, readonly [Tier, ...Tier[]]>> = {
  BTCUSDT: [
    { base: 270, quote: 10_000_000, ratio: '1.18' },
    { base: 45, quote: 1_000_000, ratio: '1.15' },
    { base: 9, quote: 70_000, ratio: '1.05' },
  ],
};

/** @param symbol the pair, first coin first */
export function isolatedLine(symbol: string, debt: Holdings): Line {
  const tiers = PAIRS[symbol] ?? OTHER_PAIR;
  const holds = (tier: Tier): boolean =>
    Object.entries(debt).every(([asset, amount]) => amount.lte(symbol.startsWith(asset) ? tier.base : tier.quote));
  const { ratio } = tiers.findLast(holds) ?? tiers[0];
  return { line: ONE.div(ratio), call: null };
}

const MAJOR: Line = { line: new Dec('0.91'), call: new Dec('0.85') };
const MINOR: Line = { line: new Dec('0.83'), call: new Dec('0.75') };
const FLEXIBLE: Readonly<Record<Asset, Line>> = {
  BTC: MAJOR,
  ETH: MAJOR,
  USDT: MAJOR,
  USDC: MAJOR,
  BNB: MINOR,
  SOL: MINOR,
  DOGE: MINOR,
};

/** `undefined` for a coin that the simulated Binance takes for no flexible loan. */
export function flexibleLine(collateralCoin: Asset): Line | undefined {
  return Object.hasOwn(FLEXIBLE, collateralCoin) ? FLEXIBLE[collateralCoin] : undefined;
}

export const FLEXIBLE_COINS: readonly Asset[] = Object.keys(FLEXIBLE);

/** Coins owed up to which maintenance margin is 3 % and 4 % of the debt; beyond them 5 %. */
const OTHER_EDGES: readonly [number, number] = [500_000, 1_500_000];
const EDGES: Readonly<Record<Asset, readonly [number, number]>> = { BTC: [50, 100], ETH: [500, 1500] };
const LIQUIDATION_FEE = '0.005';
/** OKX warns at this margin ratio and liquidates at 1. */
const WARNED_AT = 3;

function maintenance(asset: Asset, amount: Dec): Dec {
  const [first, second] = EDGES[asset] ?? OTHER_EDGES;
  return new Dec(amount.lte(first) ? '0.03' : amount.lte(second) ? '0.04' : '0.05');
}

/** Of several debt coins the one with the most margin counts, so that the line is never told too high. */
export function spotLine(debt: Holdings): Line {
  const rates = Object.entries(debt).map(([asset, amount]) => maintenance(asset, amount));
  const m = rates.reduce((most, rate) => max(most, rate), new Dec(0)).plus(LIQUIDATION_FEE);
  return { line: ONE.div(m.plus(1)), call: ONE.div(m.times(WARNED_AT).plus(1)) };
}
