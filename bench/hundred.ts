/** A hundred simulated accounts with five hundred loans: ninety on OKX, ten on Binance, each with limits of its own. */
import { binanceAccount, okxAccount, policyText } from './policy.ts';
import type { World } from './server.ts';

/** Its first loan owes against BTC, which only this account holds. */
export const ALONE = 'okx0';
/** Moments at which BTC falls, each by enough to make {@link ALONE} pay; at the one after them ETH falls, which all hold. */
export const FALLS = 40;
const STEP = 0.955;
const CRASH = 0.9;

const OKX = Array.from({ length: 90 }, (_, index) => `okx${String(index)}`);
const BINANCE = Array.from({ length: 10 }, (_, index) => `binance${String(index)}`);
const LOANS_EACH = 5;
const PAIRS = ['BNBUSDT', 'SOLUSDT', 'ETHUSDT'];
/** These have one more, which makes five hundred. */
const MORE = 10;

export const HUNDRED: World = {
  accounts: OKX.length + BINANCE.length,
  policy,
  tapes: {
    BTCUSDT: (moment) => (60_000 * STEP ** Math.min(moment, FALLS)).toFixed(2),
    ETHUSDT: (moment) => (moment > FALLS ? 3000 * CRASH : 3000).toFixed(0),
    BNBUSDT: () => '600',
    SOLUSDT: () => '150',
  },
};

const FAR = `  far:
    extends: close
    bands: { warn: [cushion 5%], target: cushion 6%, act: cushion 4%, urgent: cushion 3% }
`;

function policy(dataDir: string): string {
  const pairs = '{ product: isolatedMargin, match: { symbol: any }, policy: far }';
  return policyText({
    dataDir,
    accounts: [...OKX.map(okxAccount), ...BINANCE.map((name) => binanceAccount(name, pairs))],
    holdings: [...OKX.map(okxHoldings), ...BINANCE.map(binanceHoldings)],
    more: FAR,
  });
}

function okxHoldings(name: string, index: number): string {
  const loans = Array.from({ length: index < MORE ? LOANS_EACH + 1 : LOANS_EACH }, (_, one) => {
    const id = `4${String(index).padStart(2, '0')}${String(one)}`;
    const isAlone = name === ALONE && one === 0;
    const [coins, startLtv] = isAlone ? ['10 BTC', '76%'] : ['30 ETH', one === 0 ? '74%' : '60%'];
    const debt = isAlone ? '500000 USDT' : '50000 USDT';
    return `{ ordId: "${id}", debt: [${debt}], collateral: [${coins}], line: 85%, startLtv: ${startLtv} }`;
  });
  return `    ${name}: { uid: "4${String(index).padStart(3, '0')}", wallets: { funding: [900000 USDT] }, loans: [${loans.join(', ')}] }`;
}

function binanceHoldings(name: string, index: number): string {
  const pairs = PAIRS.map((symbol) => {
    const coin = symbol.replace('USDT', '');
    return `{ symbol: ${symbol}, debt: [5000 USDT], collateral: [10 ${coin}], startLtv: 60% }`;
  });
  return `    ${name}: { uid: "5${String(index).padStart(3, '0')}", wallets: { spot: [90000 USDT] }, cross: { leverage: 3x, debt: [30000 USDT], collateral: [20 ETH], startLtv: 78% }, isolated: [${pairs.join(', ')}] }`;
}
