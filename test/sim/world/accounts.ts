/** Accounts, loans and wallets of one seed. */
import type { Product } from '../../../src/core/loan.ts';
import type { BinanceAccountInput } from '../../../src/simulator/binance/settings.ts';
import type { OkxAccountInput } from '../../../src/simulator/okx/index.ts';
import type { Chance } from '../engine/chance.ts';

/** USD per coin at the start. */
export const START_PRICES: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 2_500, SOL: 150, USDT: 1, USDC: 1 };
const COINS = ['BTC', 'ETH', 'SOL'] as const;

export type Wealth = 'rich' | 'poor' | 'none';

export interface Made<T> {
  readonly input: T;
  readonly products: readonly Product[];
  readonly loans: number;
}

interface Pair {
  readonly debt: string;
  readonly collateral: string;
}

/** Mostly stable debt against a coin; sometimes the coin itself is owed (DESIGN §5.3). */
function pair(chance: Chance): Pair {
  const coin = chance.pick(COINS);
  if (chance.is(0.7)) return { debt: 'USDT', collateral: coin };
  if (chance.is(0.6)) return { debt: coin, collateral: 'USDT' };
  return { debt: coin, collateral: chance.pick(COINS.filter((other) => other !== coin)) };
}

/** Coins worth about so many USD. */
export function coins(chance: Chance, asset: string, least: number, most: number): string {
  const price = START_PRICES[asset] ?? 1;
  return chance.amount(least / price, most / price, 8);
}

/** LTV at the start: mostly between target and act, sometimes beyond. */
function startLtv(chance: Chance, line: number): string {
  const cushion = chance.weighted([
    [4, chance.between(0.19, 0.3)],
    [4, chance.between(0.11, 0.19)],
    [2, chance.between(0.03, 0.1)],
  ]);
  return (line * (1 - cushion)).toFixed(4);
}

function wallet(chance: Chance, pairs: readonly Pair[], wealth: Wealth): Record<string, string> {
  const amounts: Record<string, string> = {};
  if (wealth === 'none') return amounts;
  const [least, most] = wealth === 'rich' ? [60_000, 200_000] : [50, 8_000];
  for (const { debt, collateral } of pairs) {
    amounts[debt] ??= coins(chance, debt, least, most);
    if (chance.is(0.5)) amounts[collateral] ??= coins(chance, collateral, least / 2, most / 2);
  }
  return amounts;
}

function margin(chance: Chance, { debt, collateral }: Pair, line: number) {
  const usd = chance.between(5_000, 60_000);
  const debts = { [debt]: coins(chance, debt, usd, usd) };
  const assets: Record<string, string> = { [collateral]: coins(chance, collateral, usd * 1.3, usd * 1.3) };
  if (chance.is(0.6)) assets[debt] = coins(chance, debt, usd * 0.01, usd * 0.2);
  return { assets, debts, startLtv: startLtv(chance, line) };
}

export function binanceAccount(
  chance: Chance,
  name: string,
  uid: string,
  room: number,
  wealth: Wealth,
): Made<BinanceAccountInput> {
  const products: Product[] = [];
  const pairs: Pair[] = [];
  let loans = 0;
  let parts: Partial<BinanceAccountInput> = {};
  const wanted = chance.some(
    ['cross', 'isolated', 'flexible'] as const,
    chance.weighted([
      [6, 1],
      [3, 2],
      [1, 3],
    ]),
  );
  for (const kind of wanted) {
    const count = kind === 'cross' ? 1 : Math.min(chance.int(1, 2), room - loans);
    if (room - loans < 1) break;
    loans += count;
    if (kind === 'cross') {
      const one = pair(chance);
      pairs.push(one);
      products.push('binance.crossMargin');
      parts = { ...parts, cross: { leverage: chance.pick([3, 5] as const), ...margin(chance, one, 0.909) } };
    } else if (kind === 'isolated') {
      const symbols = chance.some(COINS, count);
      const list = symbols.map((base) => {
        const one = chance.is(0.7) ? { debt: 'USDT', collateral: base } : { debt: base, collateral: 'USDT' };
        pairs.push(one);
        return { symbol: `${base}USDT`, ...margin(chance, one, 0.86) };
      });
      products.push('binance.isolatedMargin');
      parts = { ...parts, isolated: list };
    } else {
      const list = chance.some(COINS, count).map((coin) => {
        const one = chance.is(0.75) ? { debt: 'USDT', collateral: coin } : { debt: coin, collateral: 'USDT' };
        pairs.push(one);
        const usd = chance.between(5_000, 60_000);
        const line = one.collateral === 'SOL' ? 0.83 : 0.91;
        return {
          loanCoin: one.debt,
          collateralCoin: one.collateral,
          debt: coins(chance, one.debt, usd, usd),
          collateral: coins(chance, one.collateral, usd * 1.4, usd * 1.4),
          startLtv: startLtv(chance, line),
        };
      });
      products.push('binance.flexibleLoan');
      parts = { ...parts, flexible: list };
    }
  }
  const key = { id: `key${name}`, secret: `secretOf${name}${uid}` };
  return { input: { name, uid, key, spot: wallet(chance, pairs, wealth), ...parts }, products, loans };
}

export function okxAccount(
  chance: Chance,
  name: string,
  uid: string,
  room: number,
  wealth: Wealth,
): Made<OkxAccountInput> {
  const products: Product[] = [];
  const pairs: Pair[] = [];
  const kind = chance.weighted([
    [5, 'flexible'],
    [4, 'spot'],
    [room > 1 ? 2 : 0, 'both'],
  ] as const);
  let parts: Partial<OkxAccountInput> = {};
  let loans = 0;
  if (kind !== 'spot') {
    const count = Math.min(chance.int(1, 2), kind === 'both' ? room - 1 : room);
    loans += count;
    const list = Array.from({ length: count }, (_none, index) => {
      const one = pair(chance);
      pairs.push(one);
      const usd = chance.between(5_000, 60_000);
      const liqLtv = chance.pick(['0.8', '0.85', '0.9']);
      return {
        ordId: `68023481901234${uid}${String(index)}`,
        debt: { [one.debt]: coins(chance, one.debt, usd, usd) },
        collateral: { [one.collateral]: coins(chance, one.collateral, usd * 1.4, usd * 1.4) },
        liqLtv,
        callLtv: (Number(liqLtv) - 0.03).toFixed(2),
        startLtv: startLtv(chance, Number(liqLtv)),
      };
    });
    products.push('okx.flexibleLoan');
    parts = { ...parts, loans: list };
  }
  if (kind !== 'flexible') {
    loans += 1;
    const one = pair(chance);
    pairs.push(one);
    const usd = chance.between(5_000, 60_000);
    const trading: Record<string, string> = { [one.collateral]: coins(chance, one.collateral, usd * 1.5, usd * 1.5) };
    if (chance.is(0.4)) trading[one.debt] = coins(chance, one.debt, usd * 0.01, usd * 0.1);
    products.push('okx.spotBorrow');
    parts = {
      ...parts,
      enableSpotBorrow: true,
      trading,
      spotDebt: { [one.debt]: coins(chance, one.debt, usd, usd) },
      spotStartLtv: startLtv(chance, 0.93),
    };
  }
  const key = { id: `key${name}`, secret: `secretOf${name}${uid}`, passphrase: `wordsOf${name}${uid}` };
  return { input: { name, uid, key, funding: wallet(chance, pairs, wealth), ...parts }, products, loans };
}
