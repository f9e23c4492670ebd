/** Twenty simulated accounts with 56 loans, looked at every five seconds as in life, and the page of their server. */
import { binanceAccount, okxAccount, policyText } from './policy.ts';
import type { World } from './server.ts';

/** Each moment of the tape takes so much off the price of BTC: enough to carry a loan from target to beyond act. */
const STEP = 0.955;

/** Owe USDT against BTC, which falls when the bench says so: each moment makes each of them pay. */
export const PAYERS = ['pay1', 'pay2', 'pay3', 'pay4'];
/** Hold ETH, which stands still: their looks decide to do nothing. */
const OKX_WATCHERS = Array.from({ length: 12 }, (_, index) => `okx${String(index)}`);
const BINANCE_WATCHERS = Array.from({ length: 4 }, (_, index) => `binance${String(index)}`);
export const WATCHERS = [...OKX_WATCHERS, ...BINANCE_WATCHERS];
const LOANS_EACH = 4;

export const TWENTY: World = {
  accounts: PAYERS.length + WATCHERS.length,
  policy,
  tapes: { BTCUSDT: (moment) => (60_000 * STEP ** moment).toFixed(2), ETHUSDT: () => '3000' },
};

function policy(dataDir: string): string {
  return policyText({
    dataDir,
    accounts: [
      ...[...PAYERS, ...OKX_WATCHERS].map(okxAccount),
      ...BINANCE_WATCHERS.map((name) => binanceAccount(name)),
    ],
    holdings: [...PAYERS.map(payer), ...OKX_WATCHERS.map(okxWatcher), ...BINANCE_WATCHERS.map(binanceWatcher)],
  });
}

function payer(name: string, index: number): string {
  return `    ${name}: { uid: "1${String(index)}", wallets: { funding: [900000 USDT] }, loans: [{ ordId: "1${String(index)}", debt: [500000 USDT], collateral: [10 BTC], line: 85%, startLtv: 76% }] }`;
}

function okxWatcher(name: string, index: number): string {
  const loans = Array.from({ length: LOANS_EACH }, (_, one) => {
    const id = `2${String(index)}${String(one)}`;
    return `{ ordId: "${id}", debt: [50000 USDT], collateral: [30 ETH], line: 85%, startLtv: 60% }`;
  });
  return `    ${name}: { uid: "2${String(index)}", wallets: { funding: [90000 USDT] }, loans: [${loans.join(', ')}] }`;
}

function binanceWatcher(name: string, index: number): string {
  return `    ${name}: { uid: "3${String(index)}", wallets: { spot: [90000 USDT] }, cross: { leverage: 3x, debt: [30000 USDT], collateral: [20 ETH], startLtv: 60% } }`;
}
