/** The contract of `contract.ts`, played by the Binance products against the simulated Binance. */
import { describe, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Product } from '../../../src/core/loan.ts';
import { ZERO } from '../../../src/core/money.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import { DEFAULT_VENUE_TIMING } from '../../../src/exchanges/kit.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { startSimulator } from '../../../src/simulator/start.ts';
import type { WorldInput } from '../../../src/simulator/world.ts';
import { SHORT, deckOf, type Cards, type Subject } from '../contract.ts';

const KEY = { id: 'simKey', secret: 'simSecret' };

const WORLD: WorldInput = {
  binance: [
    {
      name: 'main',
      uid: '354937868',
      key: KEY,
      permissions: { ipRestrict: true, ips: ['127.0.0.1'] },
      spot: { USDT: '50000', BTC: '2' },
      isolated: [{ symbol: 'ETHUSDT', assets: { ETH: '10', USDT: '3000' }, debts: { USDT: '8000' }, startLtv: '0.7' }],
      flexible: [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '20000', collateral: '1', startLtv: '0.6' }],
      cross: { assets: { BTC: '2', USDT: '9000' }, debts: { USDT: '30000' }, startLtv: '0.7' },
    },
  ],
  binanceSettings: { settleMs: 60 },
};

function opener(products: readonly Product[], world: WorldInput = WORLD): () => Promise<Subject> {
  return async () => {
    const simulator = await startSimulator({ world, tape: 'calm-2023', seed: 7 });
    const venue = createBinance({
      account: 'main',
      key: { id: { reveal: () => KEY.id }, secret: { reveal: () => KEY.secret } },
      hosts: simulator.binance,
      products,
      expectUid: '354937868',
      clock: systemClock,
      recvWindowMs: SHORT.recvWindowMs,
      timing: { ...DEFAULT_VENUE_TIMING, ...SHORT, readDeadlineMs: 2_000, moneyDeadlineMs: 2_000 },
      meter: createMeter({ clock: systemClock }),
      tagIntents: true,
    });
    return { simulator, venue };
  };
}

const CROSS: Omit<Cards, 'leg' | 'path' | 'figure' | 'direction' | 'tooMuch'> = {
  product: 'binance.crossMargin',
  key: '',
  account: 'main',
  open: opener(['binance.crossMargin']),
  readPath: '/sapi/v1/margin/account',
  settles: true,
};

describe('cross margin, repay', () => {
  it.each(
    deckOf({
      ...CROSS,
      leg: { verb: 'repay', asset: 'USDT', amount: '1000.00001234', from: 'inside', to: 'loan', full: false },
      path: '/sapi/v1/margin/borrow-repay',
      figure: (loan) => loan.debts.find((debt) => debt.asset === 'USDT')?.amount ?? ZERO,
      direction: 'falls',
      tooMuch: { amount: '90000', effect: 'exceedsDebt' },
    }),
  )('$title', ({ play }) => play());
});

describe('cross margin, transfer in', () => {
  it.each(
    deckOf({
      ...CROSS,
      leg: { verb: 'transferIn', asset: 'USDT', amount: '1000.00001234', from: 'spot', to: 'inside', full: false },
      path: '/sapi/v1/asset/transfer',
      figure: (loan) => loan.collateral.find((held) => held.asset === 'USDT')?.amount ?? ZERO,
      direction: 'rises',
      tooMuch: { amount: '90000', effect: 'funds' },
    }),
  )('$title', ({ play }) => play());
});

const ISOLATED: Omit<Cards, 'leg' | 'path' | 'figure' | 'direction' | 'tooMuch'> = {
  product: 'binance.isolatedMargin',
  key: 'ETHUSDT',
  account: 'main',
  open: opener(['binance.isolatedMargin']),
  readPath: '/sapi/v1/margin/isolated/account',
  settles: true,
};

describe('isolated margin, repay', () => {
  it.each(
    deckOf({
      ...ISOLATED,
      leg: { verb: 'repay', asset: 'USDT', amount: '500.00001234', from: 'inside', to: 'loan', full: false },
      path: '/sapi/v1/margin/borrow-repay',
      figure: (loan) => loan.debts.find((debt) => debt.asset === 'USDT')?.amount ?? ZERO,
      direction: 'falls',
      tooMuch: { amount: '90000', effect: 'exceedsDebt' },
    }),
  )('$title', ({ play }) => play());
});

describe('isolated margin, transfer in', () => {
  it.each(
    deckOf({
      ...ISOLATED,
      leg: { verb: 'transferIn', asset: 'USDT', amount: '500.00001234', from: 'spot', to: 'inside', full: false },
      path: '/sapi/v1/asset/transfer',
      figure: (loan) => loan.collateral.find((held) => held.asset === 'USDT')?.amount ?? ZERO,
      direction: 'rises',
      tooMuch: { amount: '90000', effect: 'funds' },
    }),
  )('$title', ({ play }) => play());
});

const FLEXIBLE: Omit<Cards, 'leg' | 'path' | 'figure' | 'direction' | 'tooMuch'> = {
  product: 'binance.flexibleLoan',
  key: 'USDT-BTC',
  account: 'main',
  open: opener(['binance.flexibleLoan']),
  readPath: '/sapi/v2/loan/flexible/ongoing/orders',
  settles: false,
};

describe('flexible loan, repay', () => {
  it.each(
    deckOf({
      ...FLEXIBLE,
      leg: { verb: 'repay', asset: 'USDT', amount: '1000.00001234', from: 'spot', to: 'loan', full: false },
      path: '/sapi/v2/loan/flexible/repay',
      figure: (loan) => loan.debts[0]?.amount ?? ZERO,
      direction: 'falls',
      tooMuch: { amount: '90000', effect: 'exceedsDebt' },
    }),
  )('$title', ({ play }) => play());
});

describe('flexible loan, add collateral', () => {
  it.each(
    deckOf({
      ...FLEXIBLE,
      leg: { verb: 'add', asset: 'BTC', amount: '0.10001234', from: 'spot', to: 'loan', full: false },
      path: '/sapi/v2/loan/flexible/adjust/ltv',
      figure: (loan) => loan.collateral[0]?.amount ?? ZERO,
      direction: 'rises',
      tooMuch: { amount: '50', effect: 'funds' },
    }),
  )('$title', ({ play }) => play());
});
