/** Which remedies a product has (the one table that configuration and ladder read). */
import { describe, expect, it } from 'vitest';
import { PRODUCTS } from '../../src/core/loan.ts';
import { PRODUCT_FACTS, legalRung, routeOf } from '../../src/core/products.ts';
import { MODES, modeAllows, modeProtects } from '../../src/core/modes.ts';

const verbs = (
  product: (typeof PRODUCTS)[number],
  action: 'repay' | 'add' | 'sell',
  from: 'inside' | 'wallet' | 'treasury',
) => routeOf(product, action, from)?.map((step) => `${step.verb} ${step.from}>${step.to}`) ?? null;

describe('products', () => {
  it('build their remedies from these calls', () => {
    expect(verbs('binance.crossMargin', 'repay', 'inside')).toEqual(['repay inside>loan']);
    expect(verbs('binance.crossMargin', 'repay', 'wallet')).toEqual(['transferIn spot>inside', 'repay inside>loan']);
    expect(verbs('binance.isolatedMargin', 'add', 'wallet')).toEqual(['transferIn spot>inside']);
    expect(verbs('binance.flexibleLoan', 'repay', 'wallet')).toEqual(['repay spot>loan']);
    expect(verbs('binance.flexibleLoan', 'add', 'wallet')).toEqual(['add spot>loan']);
    expect(verbs('okx.flexibleLoan', 'repay', 'wallet')).toEqual(['repay funding>loan']);
    expect(verbs('okx.spotBorrow', 'repay', 'wallet')).toEqual(['transferIn funding>inside', 'repay inside>loan']);
  });

  it('release by one call', () => {
    const release = PRODUCTS.map((product) => PRODUCT_FACTS[product].release.map((step) => step.verb).join());
    expect(release).toEqual(['transferOut', 'transferOut', 'reduce', 'reduce', 'transferOut']);
  });

  it('refuse what can never work, with a reason and a remedy', () => {
    const legal = PRODUCTS.map((product) => legalRung(product, 'repay', 'inside').ok);
    expect(legal).toEqual([true, true, false, false, true]);
    for (const product of PRODUCTS) {
      expect(legalRung(product, 'repay', 'wallet').ok).toBe(true);
      expect(legalRung(product, 'add', 'wallet').ok).toBe(true);
      for (const refused of [
        legalRung(product, 'sell', 'wallet'),
        legalRung(product, 'repay', 'treasury'),
        legalRung(product, 'add', 'inside'),
      ]) {
        expect(refused.ok).toBe(false);
        if (!refused.ok) expect([refused.why.length > 10, refused.remedy.length > 10]).toEqual([true, true]);
      }
    }
    expect(verbs('binance.crossMargin', 'sell', 'wallet')).toBeNull();
  });

  it('name where each call is recognised by a client id', () => {
    const byId = PRODUCTS.flatMap((product) => {
      const { repay, add, release } = PRODUCT_FACTS[product];
      return [...(repay.wallet ?? []), ...(add.wallet ?? []), ...release]
        .filter((step) => step.identified === 'clientId')
        .map((step) => `${product} ${step.verb}`);
    });
    expect([...new Set(byId)]).toEqual(['okx.spotBorrow transferIn', 'okx.spotBorrow transferOut']);
  });
});

describe('modes', () => {
  it('allow releases only when active, and nothing in quarantine or halted', () => {
    expect(MODES.filter((mode) => modeAllows(mode, 'reduce'))).toEqual(['active']);
    expect(MODES.filter(modeProtects)).toEqual(['active', 'reducing', 'degraded']);
    expect(MODES.some((mode) => modeAllows(mode, 'borrow'))).toBe(false);
  });
});
