import { describe, expect, it } from 'vitest';
import { okxAccountSchema } from '../../src/simulator/okx/index.ts';
import { Bench, accountInput } from './okxSupport.ts';

describe('prices', () => {
  it('come from the index, in any quote', () => {
    const bench = new Bench();
    const px = (query: string): unknown => bench.get(`/api/v5/market/index-tickers?${query}`).data[0]?.['idxPx'];
    expect([px('instId=BTC-USD'), px('instId=BTC-USDT'), px('instId=ETH-BTC')]).toEqual(['50000', '50000', '0.05']);
    expect(bench.get('/api/v5/market/index-tickers?quoteCcy=USD').data).toHaveLength(5);
    expect(bench.get('/api/v5/market/index-tickers?instId=NOPE-USD').code).toBe('51000');
    expect(bench.get('/api/v5/market/index-tickers').code).toBe('50014');
  });

  it('follow the tape', () => {
    const bench = new Bench();
    bench.tick(1000, { BTC: '41000.5', USDT: '0.99' });
    expect(bench.get('/api/v5/market/index-tickers?instId=BTC-USDT').data[0]?.['idxPx']).toBe('41414.646464646465');
    expect(bench.get('/api/v5/public/mark-price?instType=SWAP&instId=BTC-USDT-SWAP').data).toMatchObject([
      { instType: 'SWAP', instId: 'BTC-USDT-SWAP', markPx: '41414.646464646465' },
    ]);
    expect(bench.get('/api/v5/market/tickers?instType=SPOT').data.map((row) => row['instId'])).toContain('ETH-USDT');
  });
});

describe('tables', () => {
  it('discount brackets leave the last upper edge empty', () => {
    const [row] = new Bench().get('/api/v5/public/discount-rate-interest-free-quota?ccy=BTC').data;
    expect(row).toMatchObject({
      ccy: 'BTC',
      minDiscountRate: '0',
      details: [
        { tier: '1', minAmt: '0', maxAmt: '20', discountRate: '0.98', liqPenaltyRate: '0.02' },
        { tier: '2', minAmt: '20', maxAmt: '25', discountRate: '0.975' },
        { tier: '3', minAmt: '25', maxAmt: '', discountRate: '0.97' },
      ],
    });
  });

  it('a world overrides brackets of one currency and keeps the others', () => {
    const discounts = {
      BTC: [
        { upTo: '1', rate: '0.9' },
        { upTo: null, rate: '0' },
      ],
    };
    const bench = new Bench(
      [accountInput({ loans: [{ debt: { USDT: '1000' }, collateral: { BTC: '2', ETH: '1' } }] })],
      { limits: { on: false }, discounts },
    );
    expect(bench.loan()['collateralNotionalUsd']).toBe('47450');
  });

  it('position tiers give the margin rates of a debt', () => {
    const rows = new Bench().get('/api/v5/public/position-tiers?instType=MARGIN&tdMode=cross&ccy=USDT').data;
    expect(rows[0]).toMatchObject({ tier: '1', minSz: '0', maxSz: '500000', mmr: '0.03', imr: '0.1', maxLever: '10' });
    expect(rows).toHaveLength(3);
  });

  it('quota, status and time answer', () => {
    const bench = new Bench();
    expect(bench.get('/api/v5/public/interest-rate-loan-quota').data[0]).toMatchObject({
      basic: expect.arrayContaining([{ ccy: 'BTC', quota: '175', rate: '0.00005479' }]),
    });
    expect(bench.get('/api/v5/system/status')).toMatchObject({ code: '0', data: [] });
    expect(bench.get('/api/v5/asset/currencies?ccy=BTC').data).toMatchObject([{ ccy: 'BTC', canDep: true }]);
  });
});

describe('a world', () => {
  it('is strict and says what is wrong', () => {
    const wrong = (extra: object): string =>
      okxAccountSchema.safeParse({ ...accountInput(), ...extra }).error?.message ?? '';
    expect(wrong({ more: 1 })).toContain('more');
    expect(wrong({ funding: { USDT: 5 } })).toContain('expected string');
    expect(wrong({ funding: { USDT: '1e3' } })).toContain('plain decimal');
    expect(wrong({ loans: [{ debt: { BTC: '1' }, collateral: { BTC: '2' } }] })).toContain('51750');
    expect(wrong({ loans: [{ debt: { BTC: '1' }, collateral: {}, liqLtv: '0.5', callLtv: '0.6' }] })).toContain(
      'initialLtv',
    );
  });

  it('refuses keys, uids and orders that are not unique, and coins without a price', () => {
    expect(() => new Bench([accountInput(), accountInput()])).toThrow('share the key');
    expect(() => new Bench([accountInput({ funding: { SHIB: '1' } })])).toThrow('SHIB');
    const loan = { ordId: '1', debt: { USDT: '1' }, collateral: { BTC: '1' } };
    expect(() => new Bench([accountInput({ loans: [loan, loan] })])).toThrow('share an ordId');
  });
});
