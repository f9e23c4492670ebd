/**
 * Borrowing as a typed call (nothing in a policy reaches it): the whole contract of `contract.ts`, played by the three
 * Binance products against the simulated Binance.
 */
import { describe, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { ZERO } from '../../../src/core/money.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import { DEFAULT_VENUE_TIMING } from '../../../src/exchanges/kit.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { startSimulator } from '../../../src/simulator/start.ts';
import { SHORT, deckOf, type Cards } from '../contract.ts';

const KEY = { id: 'simKey', secret: 'simSecret' };

function cardsOf(cards: Omit<Cards, 'account' | 'open' | 'figure' | 'direction'>): Cards {
  return {
    ...cards,
    account: 'main',
    figure: (loan) => loan.debts.find((debt) => debt.asset === 'USDT')?.amount ?? ZERO,
    direction: 'rises',
    open: async () => {
      const simulator = await startSimulator({
        world: {
          binance: [
            {
              name: 'main',
              uid: '354937868',
              key: KEY,
              spot: { USDT: '50000', BTC: '5' },
              isolated: [{ symbol: 'ETHUSDT', assets: { ETH: '10' }, debts: { USDT: '8000' }, startLtv: '0.4' }],
              flexible: [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '20000', collateral: '1', startLtv: '0.4' }],
              cross: { assets: { BTC: '2' }, debts: { USDT: '30000' }, startLtv: '0.4' },
            },
          ],
          binanceSettings: { settleMs: 60 },
        },
        tape: 'calm-2023',
        seed: 7,
      });
      const venue = createBinance({
        account: 'main',
        key: { id: { reveal: () => KEY.id }, secret: { reveal: () => KEY.secret } },
        hosts: simulator.binance,
        products: [cards.product],
        expectUid: '354937868',
        clock: systemClock,
        recvWindowMs: SHORT.recvWindowMs,
        timing: { ...DEFAULT_VENUE_TIMING, ...SHORT, readDeadlineMs: 2_000, moneyDeadlineMs: 2_000 },
        meter: createMeter({ clock: systemClock }),
        tagIntents: true,
      });
      return { simulator, venue };
    },
  };
}

const LEG = { verb: 'borrow', asset: 'USDT', amount: '1000.00001234', from: 'loan', full: false } as const;

describe('borrowing on cross margin', () => {
  const cards = cardsOf({
    product: 'binance.crossMargin',
    key: '',
    leg: { ...LEG, to: 'inside' },
    path: '/sapi/v1/margin/borrow-repay',
    readPath: '/sapi/v1/margin/account',
    settles: true,
    tooMuch: { amount: '900000', effect: 'unavailable' },
  });
  it.concurrent.each(deckOf(cards))('$title', ({ play }) => play());
});

describe('borrowing on an isolated pair', () => {
  const cards = cardsOf({
    product: 'binance.isolatedMargin',
    key: 'ETHUSDT',
    leg: { ...LEG, to: 'inside' },
    path: '/sapi/v1/margin/borrow-repay',
    readPath: '/sapi/v1/margin/isolated/account',
    settles: true,
    tooMuch: { amount: '60000', effect: 'unavailable' },
  });
  it.concurrent.each(deckOf(cards))('$title', ({ play }) => play());
});

describe('borrowing on a flexible loan', () => {
  const cards = cardsOf({
    product: 'binance.flexibleLoan',
    key: 'USDT-BTC',
    leg: { ...LEG, to: 'spot' },
    path: '/sapi/v2/loan/flexible/borrow',
    readPath: '/sapi/v2/loan/flexible/ongoing/orders',
    settles: false,
    tooMuch: { amount: '500000', effect: 'funds' },
  });
  it.concurrent.each(deckOf(cards))('$title', ({ play }) => play());
});
