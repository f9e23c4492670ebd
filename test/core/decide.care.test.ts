/** What decides when something is odd: money in flight, prices in dispute, dust, a venue that disagrees; and what is recorded. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decide.ts';
import type { Intent } from '../../src/core/intent.ts';
import { intentFrom } from '../../src/core/intents.ts';
import type { DecideInput } from '../../src/core/need.ts';
import { parse } from '../../src/core/money.ts';
import { NOW, coin, dec, debt, input, landed, loan, need, rung, view, wallet } from './build.ts';
import type { InputSpec } from './build.ts';
import { CROSS, SPOT, act, fired, one } from './cross.ts';

function undecided(more: Partial<Intent> = {}): Intent {
  const made = intentFrom(act(), {
    id: 'a-1-1',
    view: view([CROSS], [SPOT]),
    episode: 'e',
    mode: 'live',
    epoch: 1,
    policyDigest: 'p',
    plannedAt: NOW,
    maxAgeMs: 1000,
  });
  return { ...made, state: 'unknown', ...more };
}

describe('an undecided intent', () => {
  it('makes the account wait', () => {
    const decision = one({ undecided: [undecided()] });
    expect([decision.verdict, decision.says]).toEqual(['wait', 'a-1-1 is undecided: the account waits']);
  });

  it('beyond urgent leaves other money free, never the money it may have touched', () => {
    const needs = [need(CROSS, { urgency: 'urgent', emergency: true })];
    const decision = act({ undecided: [undecided()], needs });
    expect(decision.leg).toMatchObject({ verb: 'transferIn', asset: 'BTC' });
    expect(fired(decision, 'rung 2')).toContain('an undecided intent may have touched USDT in spot');
  });

  it('is alone under `hold`, and one emergency call is the most', () => {
    const needs = [need(CROSS, { urgency: 'urgent', emergency: true })];
    expect(one({ undecided: [undecided()], needs }, { whenUnsettled: 'hold' }).verdict).toBe('wait');
    expect(one({ undecided: [undecided(), undecided({ id: 'a-1-2' })], needs }).verdict).toBe('wait');
    expect(one({ undecided: [undecided()], needs: [need(CROSS, { emergency: true })] }).verdict).toBe('wait');
  });

  it('that brings coins in leaves those alone that were inside before it, and what it brings counts for nothing yet', () => {
    const inside = (free: string) =>
      loan({
        debts: [debt({ amount: '40000' })],
        coins: [coin({ amount: '0.75' }), coin({ asset: 'USDT', amount: free, free, price: '1' })],
      });
    const before = { debt: {}, collateral: {}, inside: { USDT: '500' }, wallet: {}, ltv: '0.8' };
    const incoming = undecided({
      verb: 'transferIn',
      asset: 'USDT',
      amount: '900',
      from: 'spot',
      to: 'inside',
      before,
    });
    const repays = (free: string, more: Partial<Intent> = {}): string => {
      const needs = [need(inside(free), { urgency: 'urgent', emergency: true })];
      return act({ loans: [inside(free)], undecided: [{ ...incoming, ...more }], needs }).leg.amount;
    };
    expect(repays('500')).toBe('500');
    expect(repays('1400')).toBe('500');
    expect(repays('200')).toBe('200');
    const taking = { verb: 'repay', from: 'inside', to: 'loan' } as const;
    expect(repays('500', taking)).not.toBe('500');
  });

  it('that brings coins in does not count for what we paid with from inside meanwhile', () => {
    const at = (free: string) =>
      loan({
        debts: [debt({ amount: '40000' })],
        coins: [coin({ amount: '0.75' }), coin({ asset: 'USDT', amount: free, free, price: '1' })],
      });
    const before = { debt: {}, collateral: {}, inside: { USDT: '500' }, wallet: {}, ltv: '0.8' };
    const into = { verb: 'transferIn', asset: 'USDT', amount: '900', from: 'spot', to: 'inside', before } as const;
    const incoming = undecided({ ...into, epoch: 5 });
    const paid = undecided({ id: 'a-6-1', epoch: 6, state: 'confirmed', from: 'inside', to: 'loan', amount: '300' });
    const amount = (recent: readonly Intent[]): string => {
      // The 900 may be among these, or somebody else brought them.
      const needs = [need(at('1100'), { urgency: 'urgent', emergency: true })];
      return act({ loans: [at('1100')], undecided: [incoming], recent, needs }).leg.amount;
    };
    expect(amount([incoming])).toBe('500');
    expect(amount([{ ...paid, asset: 'USDT', verb: 'repay' }, incoming])).toBe('200');
    expect(amount([{ ...paid, asset: 'USDT', verb: 'repay', state: 'rejected' }, incoming])).toBe('500');
    expect(amount([incoming, { ...paid, asset: 'USDT', verb: 'repay', epoch: 4 }])).toBe('500');
  });

  it('that releases collateral is counted as gone until it is seen gone', () => {
    const needs = [need(CROSS, { urgency: 'urgent', emergency: true })];
    const before = { debt: {}, collateral: { BTC: '1' }, inside: {}, wallet: {}, ltv: '0.8' };
    const release = undecided({ verb: 'transferOut', asset: 'BTC', amount: '0.1', from: 'inside', to: 'spot', before });
    const decision = act({ undecided: [release], needs });
    // 0.1 BTC may still leave: C 45 000, so 12 100 are needed instead of 9 000
    expect(decision.leg).toMatchObject({ verb: 'transferIn', asset: 'USDT', amount: '12100' });
    const seen = { ...before, collateral: { BTC: '1.1' } };
    expect(act({ undecided: [{ ...release, before: seen }], needs }).leg.amount).toBe('9000');
  });
});

describe('the repayment that a transfer feeds', () => {
  const at = (free: string) =>
    loan({
      coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: free, price: '1' })],
      debts: [debt({ amount: '42000' })],
    });
  const KEPT = [
    { name: 'spot', keep: {} },
    { name: 'crossInside', keep: { USDT: dec(1_000) } },
  ];
  const RULES = { ladder: [rung(1, { from: ['inside'] }), rung(2, { from: ['wallet'] })] };

  function feeds(inside: string, now: string, more: readonly Partial<Intent>[] = []) {
    const first = act({ loans: [at(inside)], wallets: KEPT }, { ...RULES, ladder: RULES.ladder.slice(1) });
    expect(first.leg.verb).toBe('transferIn');
    const transfer = landed(first, at(inside));
    const recent = [...more.map((one) => ({ ...transfer, verb: 'repay' as const, ...one })), transfer];
    const needs = [need(at(now), { remainder: first.remainder })];
    const decision = act({ loans: [at(now)], wallets: KEPT, needs, recent }, RULES);
    return { brought: first.leg.amount, leg: decision.leg, charged: decision.chargeUsd };
  }

  it('uses all that was brought, whatever is to be kept of the rest', () => {
    const { brought, leg, charged } = feeds('400', parse('400').plus('11000').toFixed());
    expect([leg.verb, leg.from, charged]).toEqual(['repay', 'inside', '0']);
    expect(parse(leg.amount).lte(brought)).toBe(true);
    expect(parse(leg.amount).gt('9000')).toBe(true);
  });

  it('leaves what is kept when what was brought is gone, and charges what it pays with instead', () => {
    const gone = feeds('400', '400');
    expect(gone.leg.verb).toBe('transferIn');
    const above = feeds('1700', '1700');
    expect([above.leg.verb, above.leg.amount, above.charged]).toEqual(['repay', '700', '700']);
    const half = feeds('1700', '2000');
    expect([half.leg.amount, half.charged]).toEqual(['300', '0']);
  });

  it('tells what was brought from what was inside, also when that was paid with meanwhile', () => {
    const paid = { epoch: 2, from: 'inside', to: 'loan', amount: '700' } as const;
    expect(feeds('1700', '1600', [paid]).leg.amount).toBe('600');
    // Never below what is kept, even where the order of things is not known.
    expect(feeds('1700', '1600', [{ ...paid, amount: '1700' }]).leg.amount).toBe('600');
    expect(feeds('1700', '2000', [{ ...paid, state: 'rejected' }]).leg.amount).toBe('300');
  });
});

describe('a dislocated price', () => {
  const LADDER = [rung(1, { do: 'add', with: ['BTC', 'USDT'], from: ['wallet'] })];

  it('is never fed, and the aim shrinks to urgent', () => {
    const decision = act(
      { dislocated: ['BTC'], needs: [need(CROSS, { urgency: 'urgent' })] },
      { urgent: '0.78', ladder: LADDER },
    );
    expect(decision.leg.asset).toBe('USDT');
    expect(parse(decision.ltvAfter).toFixed(4)).toBe('0.7799');
    expect(fired(decision, 'rung 1 add BTC')).toContain("sources of BTC's price disagree");
  });

  it('asks nothing of a loan that is below urgent already', () => {
    expect(one({ dislocated: ['BTC'] }).verdict).toBe('nothing');
    expect(one({ dislocated: ['BTC'] }, { whenDislocated: 'aimTarget' }).verdict).toBe('act');
    expect(one({ dislocated: ['BTC'] }, { whenDislocated: 'hold' }).verdict).toBe('wait');
  });

  it('closes rungs that say so, and taints wrappers of the coin but not the coin of a wrapper', () => {
    const groups = { WBTC: { wraps: 'BTC', stable: null } };
    const closed = [rung(1, { from: ['wallet'], notWhen: 'dislocated' })];
    const spec = { dislocated: ['BTC'], groups };
    expect(one(spec, { whenDislocated: 'aimTarget', ladder: closed }).verdict).toBe('starved');
    const wrapped = loan({ coins: [coin({ asset: 'WBTC', amount: '1', price: '50000' })], debts: CROSS.debts });
    expect(one({ ...spec, loans: [wrapped] }, { whenDislocated: 'hold' }).verdict).toBe('wait');
    expect(one({ dislocated: ['WBTC'], groups }, { whenDislocated: 'hold' }).verdict).toBe('act');
  });
});

describe('dust and minima', () => {
  const flexible = (amount: string, minLeft: string, minRepay?: string) =>
    loan({
      product: 'binance.flexibleLoan',
      key: 'USDT-BNB',
      coins: [coin({ asset: 'BNB', amount: '1', price: '180', free: '0' })],
      debts: [debt({ amount, minLeft, ...(minRepay === undefined ? {} : { minRepay }) })],
    });
  const RULES = { target: '0.45', act: '0.5', urgent: '0.85' };

  it('leaves the minimum and lets other rungs finish, when the policy would rather not clear', () => {
    const spot = wallet('spot', { USDT: '200', BNB: '5' });
    const leave = act({ loans: [flexible('130', '100')], wallet: spot }, RULES);
    expect(leave.leg).toMatchObject({ verb: 'repay', amount: '30', full: false });
    expect(leave.remainder?.legs[0]?.verb).toBe('add');
    expect(leave.partial).toBe(false);
    const clear = act({ loans: [flexible('130', '100')], wallet: spot }, { ...RULES, dust: 'clear' });
    expect(clear.leg).toMatchObject({ amount: '130', full: true });
  });

  it('leaves the minimum and names the rest when money does not suffice to clear', () => {
    const decision = act({ loans: [flexible('130', '100')], wallet: wallet('spot', { USDT: '120' }) }, RULES);
    expect(decision.leg.amount).toBe('30');
    expect(decision.short).toEqual({ by: 'money', what: 'the smallest debt the venue lets stand', missingUsd: '19' });
  });

  it('uses what refusals taught where the venue says nothing, or less', () => {
    const silent = loan({ coins: [coin({ amount: '1', price: '1000' })], debts: [debt({ amount: '628' })] });
    const learned = { minRepay: { 'binance.crossMargin/USDT': '10' }, decimals: { USDT: 2 } };
    const decision = act({ loans: [silent], learned });
    expect(decision.leg.amount).toBe('10');
    const taught = { minLeft: { 'binance.flexibleLoan/USDT': '100' } };
    const short = wallet('spot', { USDT: '120' });
    const dusty = act({ loans: [flexible('130', '0')], wallet: short, learned: taught }, RULES);
    expect(dusty.leg.amount).toBe('30');
    const elsewhere = { minLeft: { 'binance.crossMargin/USDT': '100' } };
    expect(act({ loans: [flexible('130', '0')], wallet: short, learned: elsewhere }, RULES).leg.amount).toBe('49');
  });

  it('takes interest along when a transfer is to clear the debt', () => {
    const small = loan({
      coins: [coin({ amount: '1', price: '180' }), coin({ asset: 'USDT', amount: '0', price: '1' })],
      debts: [debt({ amount: '130', minLeft: '100' })],
    });
    const rules = { ...RULES, target: '0.4' };
    const first = act({ loans: [small] }, { ...rules, dust: 'clear' });
    expect(first.leg).toMatchObject({ verb: 'transferIn', amount: '130.013', full: false });
    const ticked = loan({
      coins: [coin({ amount: '1', price: '180' }), coin({ asset: 'USDT', amount: '130.013', price: '1' })],
      debts: [debt({ amount: '130.0009', minLeft: '100' })],
    });
    const second = act(
      { loans: [ticked], needs: [need(ticked, { remainder: first.remainder })], recent: [landed(first, small)] },
      { ...rules, dust: 'leave' },
    );
    expect(second.leg).toMatchObject({ verb: 'repay', amount: '130.0009', full: true });
  });
});

describe('which number is trusted', () => {
  it('sizes by quantities while the venue agrees within rounding', () => {
    const agrees = { ...CROSS, venueLtv: { low: dec('0.795'), high: dec('0.81') } };
    expect(act({ loans: [agrees] }).leg.amount).toBe('9000');
  });

  it('sizes by the venue when it clearly says worse', () => {
    const worse = { ...CROSS, venueLtv: { low: dec('0.84'), high: dec('0.85') } };
    const decision = act({ loans: [worse] });
    // C is believed to be 40 000 / 0.84
    expect(parse(decision.leg.amount).toFixed(2)).toBe('10476.19');
    expect(fired(decision, 'basis')).toContain('the worse one is used');
    expect(decision.ltv).toBe('0.85');
  });

  it('does not let the venue talk it out of a need', () => {
    const better = { ...CROSS, venueLtv: { low: dec('0.5'), high: dec('0.51') } };
    expect(act({ loans: [better] }).leg.amount).toBe('9000');
  });
});

describe('fingerprints', () => {
  const FREE: Partial<InputSpec> = { learned: { decimals: {} } };

  it('mark the amount upwards and are unique', () => {
    const first = act(FREE);
    expect(first.fingerprint).toBe('marked');
    const over = parse(first.leg.amount).minus('9000');
    expect(over.gte(0) && over.lte('0.0003')).toBe(true);
    const again = act({ ...FREE, recentAmounts: [parse(first.leg.amount).toFixed(12)] });
    expect(again.leg.amount).not.toBe(first.leg.amount);
    expect(act(FREE).leg.amount).toBe(first.leg.amount);
    expect(act({ ...FREE, epoch: 8 }).leg.amount).not.toBe(first.leg.amount);
  });

  it('fit the repayment into what its transfer brought, marked as well', () => {
    const first = act(FREE);
    const moved = loan({
      coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: first.leg.amount, price: '1' })],
      debts: CROSS.debts,
    });
    const needs = [need(moved, { remainder: first.remainder })];
    const second = act({ ...FREE, loans: [moved], needs, recent: [landed(first, CROSS)] });
    expect(second.fingerprint).toBe('marked');
    expect(second.leg.amount).not.toBe(first.leg.amount);
    expect(parse(second.leg.amount).gte('9000')).toBe(true);
    expect(parse(second.ltvAfter).lte('0.62')).toBe(true);
  });

  it('mark downwards a transfer of all there is, so that no two of them are alike', () => {
    const all = { ...FREE, wallet: wallet('spot', { USDT: '3467.16238467' }) };
    const [first, second] = [act(all), act({ ...all, epoch: 8 })];
    expect([first.leg.verb, first.fingerprint, second.fingerprint]).toEqual(['transferIn', 'marked', 'marked']);
    expect(second.leg.amount).not.toBe(first.leg.amount);
    for (const { leg } of [first, second]) {
      const left = parse('3467.16238467').minus(leg.amount);
      expect(left.gt(0) && left.lt('0.0002')).toBe(true);
    }
  });

  it('leave alone what a client id identifies in its record, what pays everything, and what the venue refused', () => {
    const coins = [coin({ amount: '1', price: '50000', free: '0' })];
    const okx = loan({ product: 'okx.flexibleLoan', key: '1', coins, debts: CROSS.debts });
    const spot = loan({ product: 'okx.spotBorrow', key: '', coins, debts: CROSS.debts });
    const funding = wallet('funding', { USDT: '50000', BTC: '5' });
    const addBtc = { ladder: [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })] };
    const adds = act({ ...FREE, loans: [spot], wallet: funding }, addBtc);
    expect([adds.leg.verb, adds.fingerprint]).toEqual(['transferIn', 'unmarked']);
    // No record of a flexible loan shows the client id.
    for (const policy of [{}, addBtc]) {
      expect(act({ ...FREE, loans: [okx], wallet: funding }, policy).fingerprint).toBe('marked');
    }
    expect(act().fingerprint).toBe('unmarked');
  });
});

describe('records', () => {
  it('say the next prices at which something happens', () => {
    const groups = { USDT: { wraps: null, stable: 'USD' } };
    const decision = one({ groups });
    // 40 000 USDT against 1 BTC: urgent at 82 %, line at 90 %
    expect(decision.next).toEqual([
      { asset: 'BTC', price: '48780.488', what: 'urgent' },
      { asset: 'BTC', price: '44444.444', what: 'line' },
    ]);
  });

  it('are the same for the same input', () => {
    const given: DecideInput = input({ loans: [CROSS], wallet: SPOT });
    expect(JSON.stringify(decide(given))).toBe(JSON.stringify(decide(given)));
  });
});
