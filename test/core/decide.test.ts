/** What decides, rule by rule: when nothing may leave, which rung is used, how far money and limits go. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { AccountMode, Charge } from '../../src/core/need.ts';
import { parse } from '../../src/core/money.ts';
import { NOW, coin, dec, debt, input, landed, loan, need, policy, rung, view, wallet } from './build.ts';
import type { InputSpec } from './build.ts';
import { CROSS, SPOT, act, fired, one } from './cross.ts';

function charge(usd: string, more: Partial<Charge> = {}): Charge {
  return {
    intent: 'i',
    at: NOW - 1000,
    loan: CROSS.id,
    episode: 'other',
    rung: 2,
    asset: 'USDT',
    amount: usd,
    usd,
    tier: 'normal',
    ...more,
  };
}

describe('a loan in need', () => {
  it('gets the call of the first rung that can give something', () => {
    const decision = act();
    expect(decision.leg).toEqual({
      verb: 'transferIn',
      asset: 'USDT',
      amount: '9000',
      from: 'spot',
      to: 'inside',
      full: false,
    });
    expect(decision.rung).toBe(2);
    expect(decision.remainder).toEqual({ rung: 2, legs: [{ verb: 'repay', asset: 'USDT', atMost: '9000' }] });
    expect(decision.chargeUsd).toBe('9000');
    expect(decision.partial).toBe(false);
    expect(decision.short).toBeUndefined();
    expect(decision.ltvAfter).toBe('0.62');
    expect(decision.says).toBe('move in 9000 USDT from spot, then repay with it: LTV 80.00 % → 62.00 %');
    expect(fired(decision, 'rung 1')).toContain('no USDT inside');
  });

  it('is sized to just below urgent when that is the aim', () => {
    const needs = [need(CROSS, { aim: 'urgent', urgency: 'urgent' })];
    const decision = act({ needs }, { urgent: '0.78' });
    expect(parse(decision.ltvAfter).toFixed(4)).toBe('0.7799');
    expect(decision.tier).toBe('urgent');
  });

  it('is left alone when it is at its aim already, and what was begun is dropped', () => {
    const remainder = { rung: 2, legs: [{ verb: 'repay' as const, asset: 'USDT', atMost: '10' }] };
    const decision = one({ needs: [need(CROSS, { remainder })] }, { target: '0.81', act: '0.85', urgent: '0.88' });
    expect(decision.verdict).toBe('nothing');
    expect(decision.says).toContain('reached; the rest of the plan is dropped');
  });

  it('waits without eyes, without a policy, and while the venue acts', () => {
    const unseen = one({ loans: [CROSS], view: view([], [SPOT]) } as Partial<InputSpec>);
    expect([unseen.verdict, unseen.says]).toEqual(['wait', 'this look did not see the loan: no decision without eyes']);
    const orphan = decide({ ...input({ loans: [CROSS], wallet: SPOT }), policies: {} });
    expect(orphan[0]?.verdict).toBe('wait');
    expect(one({ loans: [{ ...CROSS, status: 'liquidating' }] }).verdict).toBe('wait');
    expect(one({ loans: [{ ...CROSS, status: 'closed' }] }).verdict).toBe('nothing');
    const absurd = one({ loans: [{ ...CROSS, call: dec('0.005') }] });
    expect([absurd.verdict, absurd.says]).toEqual(['wait', 'no level fits under line 0.9 and call 0.005']);
  });

  const modes: readonly (readonly [AccountMode, string])[] = [
    ['active', 'act'],
    ['reducing', 'act'],
    ['degraded', 'act'],
    ['quarantine', 'wait'],
    ['halted', 'wait'],
  ];
  it.each(modes)('in mode %s: %s', (mode, verdict) => {
    expect(one({ mode }).verdict).toBe(verdict);
  });

  it('is served before those further from their line, idle ones between them', () => {
    const near = { ...CROSS, id: 'bnb/near', ltv: dec('0.88'), debtValue: dec('44000') };
    const idle = { ...CROSS, id: 'bnb/idle', status: 'liquidating' as const, ltv: dec('0.85') };
    const decisions = decide(input({ loans: [CROSS, idle, near], wallet: SPOT }));
    expect(decisions.map((each) => each.loan)).toEqual(['bnb/near', 'bnb/idle', CROSS.id]);
  });
});

describe('money', () => {
  it('stays above what the operator keeps', () => {
    const wallets = [{ name: 'spot', keep: { USDT: dec('45000') } }];
    const decision = act({ wallets }, { ladder: [rung(1, { from: ['wallet'] })] });
    expect(decision.leg.amount).toBe('5000');
    expect(decision.partial).toBe(true);
    expect(decision.short).toEqual({ by: 'money', what: 'wallet spot', missingUsd: '4000' });
    expect(decision.says).toContain('4000.00 USD still missing (wallet spot)');
  });

  it('of a wallet that nobody named, or nobody could read, is not used', () => {
    const ladder = [rung(1, { from: ['wallet'] })];
    const unnamed = one({ wallets: [] }, { ladder });
    expect([unnamed.verdict, fired(unnamed, 'rung 1')]).toEqual([
      'starved',
      'skipped: the policy names no wallet spot',
    ]);
    const unread = one({ view: view([CROSS], []) } as Partial<InputSpec>, { ladder });
    expect(fired(unread, 'rung 1')).toBe('skipped: wallet spot could not be read');
  });

  it('inside is kept too where the operator says so', () => {
    const held = loan({
      coins: [CROSS.collateral[0] ?? coin({ amount: '1' }), coin({ asset: 'USDT', amount: '700', price: '1' })],
      debts: CROSS.debts,
    });
    const wallets = [{ name: 'crossInside', keep: { USDT: dec('500') } }];
    const decision = act({ loans: [held], wallets }, { ladder: [rung(1, {})] });
    expect(decision.leg.amount).toBe('200');
  });

  it('starves with the missing amount in USD', () => {
    const decision = one({ wallet: wallet('spot', {}) });
    expect(decision.verdict).toBe('starved');
    expect(decision.verdict === 'starved' && decision.missingUsd).toBe('9000');
    const nextRungs = decision.trace.filter((line) => line.rule.startsWith('rung'));
    expect(nextRungs.map((line) => line.rule)).toEqual([
      'rung 1 repay USDT from inside',
      'rung 2 repay USDT from wallet',
      'rung 3 add USDT from wallet',
      'rung 3 add BTC from wallet',
      'rung 3 add BNB from wallet',
      'rung 3 add ETH from wallet',
    ]);
  });

  it('is not put into a loan that it cannot save when the policy says skip', () => {
    const needs = [need(CROSS, { urgency: 'urgent' })];
    const spot = wallet('spot', { USDT: '100' });
    expect(act({ needs, wallet: spot }, { urgent: '0.7', act: '0.65' }).partial).toBe(true);
    const skipped = one({ needs, wallet: spot }, { urgent: '0.7', act: '0.65', whenShort: 'skip' });
    expect(skipped.verdict).toBe('starved');
    expect(skipped.says).toContain('whenShort: skip');
  });
});

describe('limits', () => {
  const LADDER = [rung(1, { from: ['wallet'] }), rung(2, { do: 'add', with: ['BTC'], from: ['wallet'] })];

  it('cut one action and say so', () => {
    const decision = act({}, { caps: { perAction: dec('2500') }, ladder: LADDER });
    expect(decision.leg.amount).toBe('2500');
    expect(decision.short).toEqual({ by: 'limit', what: 'perAction', missingUsd: '6500' });
    expect(decision.remainder?.legs).toEqual([{ verb: 'repay', asset: 'USDT', atMost: '2500' }]);
  });

  it('of a day forbid money that is there: capped, not starved', () => {
    const spent = [charge('39000')];
    const decision = one({ charges: spent }, { caps: { perDay: dec('39000') }, ladder: LADDER });
    expect(decision.verdict).toBe('capped');
    expect(decision.verdict === 'capped' && decision.missingUsd).toBe('9000');
    expect(decision.says).toContain('perDay is used up');
  });

  it('beyond urgent are wider, and still count what was spent before', () => {
    const caps = { caps: { perDay: dec('1000') }, urgentCaps: { perDay: dec('3000') }, ladder: LADDER };
    const urgent = [need(CROSS, { urgency: 'urgent' })];
    expect(act({ charges: [charge('600')] }, caps).leg.amount).toBe('400');
    expect(act({ charges: [charge('600')], needs: urgent }, caps).leg.amount).toBe('2400');
  });

  it('of a rung count in its own asset', () => {
    const atMost = { amount: { value: dec('2000'), asset: 'USDT' }, perMs: 86_400_000 };
    const ladder = [rung(1, { from: ['wallet'], atMost })];
    expect(act({ charges: [charge('500', { rung: 1 })] }, { ladder }).leg.amount).toBe('1500');
    expect(act({ charges: [charge('500', { rung: 1, at: NOW - 86_400_000 })] }, { ladder }).leg.amount).toBe('2000');
  });

  it('let a repayment pass that its own transfer already paid for', () => {
    const inside = loan({
      coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: '9000', price: '1' })],
      debts: CROSS.debts,
    });
    const transfer = act();
    const { remainder } = transfer;
    const recent = [landed(transfer, CROSS)];
    const used = { needs: [need(inside, { remainder })], loans: [inside], charges: [charge('9000')], recent };
    const decision = act(used, { caps: { perDay: dec('9000'), perAction: dec('100') } });
    expect(decision.leg).toMatchObject({ verb: 'repay', amount: '9000', from: 'inside' });
    expect(decision.chargeUsd).toBe('0');
  });

  it('blow the fuse after calls without effect, even beyond urgent', () => {
    const needs = [need(CROSS, { urgency: 'urgent' })];
    const decision = one({ needs, fruitless: { [CROSS.id]: [NOW, NOW, NOW] } }, { fuse: 3 });
    expect(decision.verdict).toBe('capped');
    expect(decision.says).toContain('the fuse is blown');
    expect(one({ needs, fruitless: { [CROSS.id]: [NOW, NOW] } }, { fuse: 3 }).verdict).toBe('act');
  });

  it('refuse when one action may not even carry the smallest amount', () => {
    const fussy = loan({ coins: CROSS.collateral, debts: [debt({ amount: '40000', minRepay: '50' })] });
    const decision = one({ loans: [fussy] }, { caps: { perAction: dec('20') }, ladder: LADDER.slice(0, 1) });
    expect(decision.verdict).toBe('capped');
  });

  it('are shared by loans of one policy and not by others', () => {
    const other = { ...CROSS, id: 'bnb/other' };
    const spent = [charge('900', { loan: other.id })];
    const caps = { caps: { perDay: dec('1000') }, ladder: LADDER };
    const same = act({
      charges: spent,
      policies: { [CROSS.id]: policy(caps), [other.id]: policy(caps) },
    } as Partial<InputSpec>);
    expect(same.leg.amount).toBe('100');
    const apart = { [CROSS.id]: policy(caps), [other.id]: policy({ ...caps, name: 'apart' }) };
    expect(act({ charges: spent, policies: apart } as Partial<InputSpec>).leg.amount).toBe('1000');
    const gone = { [CROSS.id]: policy(caps) };
    expect(act({ charges: spent, policies: gone } as Partial<InputSpec>).leg.amount).toBe('100');
  });
});

describe('rungs', () => {
  it('are skipped and named while what they need is blocked', () => {
    const HARD = { product: null, lastResort: false };
    const blocked = [{ loan: null, needs: 'transfer' as const, ...HARD, asset: null, why: 'a transfer hangs' }];
    const decision = one({ blocked });
    expect(decision.verdict).toBe('starved');
    expect(fired(decision, 'rung 2')).toBe('skipped: a transfer hangs');
    const other = [{ loan: 'bnb/other', needs: 'transfer' as const, ...HARD, asset: null, why: 'not mine' }];
    expect(one({ blocked: other }).verdict).toBe('act');
    const usdt = [{ loan: null, needs: 'repay' as const, ...HARD, asset: 'USDT', why: 'repay breaker open' }];
    expect(act({ blocked: usdt }).rung).toBe(3);
    // Collateral goes into margin by a transfer: what stands against calls that add says nothing about it.
    const adds = [{ ...HARD, loan: null, needs: 'add' as const, asset: null, why: 'adding fails' }];
    expect(act({ blocked: [...usdt, ...adds] }).rung).toBe(3);
  });

  it('that the product does not have are refused with a remedy', () => {
    const ladder = [
      rung(1, { from: ['treasury'] }),
      rung(2, { do: 'sell', with: ['BTC'] }),
      rung(3, { from: ['wallet'] }),
    ];
    const decision = act({}, { ladder });
    expect(decision.rung).toBe(3);
    expect(fired(decision, 'rung 1')).toContain('treasury');
    expect(fired(decision, 'rung 2')).toContain('does not offer');
  });

  it('that cannot count are skipped: weight zero, foreign coins, no debt of the asset', () => {
    const coins = [coin({ amount: '1', price: '50000', tiers: [[null, '0']] })];
    const worthless = loan({ coins, debts: CROSS.debts });
    const ladder = [
      rung(1, { with: ['USDC'], from: ['wallet'] }),
      rung(2, { do: 'add', with: ['BTC', 'DOGE'], from: ['wallet'] }),
    ];
    const decision = one({ loans: [worthless] }, { ladder });
    expect(fired(decision, 'rung 1')).toContain('owes no USDC');
    expect(fired(decision, 'BTC')).toContain('count for nothing');
    expect(fired(decision, 'DOGE')).toContain('takes no DOGE');
  });

  it('finish what was begun before they start anything new', () => {
    const remainder = { rung: 3, legs: [{ verb: 'transferIn' as const, asset: 'BTC', atMost: '0.05' }] };
    const decision = act({ needs: [need(CROSS, { remainder })] });
    expect(decision.leg).toMatchObject({ verb: 'transferIn', asset: 'BTC', amount: '0.05' });
    expect(decision.trace.some((line) => line.rule === 'continue rung 3 add BTC from wallet')).toBe(true);
  });

  it('that the policy no longer has are forgotten, aloud', () => {
    const remainder = { rung: 9, legs: [{ verb: 'repay' as const, asset: 'USDT', atMost: '5' }] };
    const decision = act({ needs: [need(CROSS, { remainder })] });
    expect(decision.rung).toBe(2);
    expect(fired(decision, 'remainder')).toContain('planned afresh');
  });

  it('pay the larger debt first when they say `debt`', () => {
    const two = loan({
      coins: CROSS.collateral,
      debts: [debt({ amount: '10000' }), debt({ asset: 'ETH', amount: '12', price: '2500' })],
    });
    const spot = wallet('spot', { USDT: '50000', ETH: '100' });
    expect(act({ loans: [two], wallet: spot }).leg).toMatchObject({ asset: 'ETH', amount: '3.6' });
  });
});
