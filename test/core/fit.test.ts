/** From what a formula wants to what a call may carry, and back from the record alone. */
import { describe, expect, it } from 'vitest';
import { fitAdd, fitRelease, fitRepay } from '../../src/core/fit.ts';
import type { Bound, RepayRules, Wanted } from '../../src/core/fit.ts';
import { SizingError, recompute, sizingOf } from '../../src/core/sizingRecord.ts';
import { addCollateral, releaseCollateral, repayOutside, tiersAfter, valueAdded } from '../../src/core/sizing.ts';
import { dec, tiers } from './build.ts';

const D = dec(200);

function wanted(C: string, t = '0.5'): Wanted {
  const inputs = { D, C: dec(C), t: dec(t), p: dec(1) };
  return { formula: 'repayOutside', inputs, tiers: null, unbounded: repayOutside(inputs, inputs.t, inputs.p) };
}

function rules(more: Partial<RepayRules> = {}): RepayRules {
  return { debt: D, decimals: 2, minRepay: null, minLeft: null, dust: 'leave', begun: null, ...more };
}

const bound = (name: string, coins: string, cause: Bound['cause'] = 'money'): Bound => ({
  name,
  coins: dec(coins),
  cause,
});

describe('a repayment', () => {
  it('rounds up, within debt and every bound', () => {
    const fit = fitRepay(wanted('333.333'), rules(), [bound('wallet spot', '1000')]);
    expect(fit.ok && fit.sized.amount.toFixed()).toBe('33.34');
    const cut = fitRepay(wanted('300'), rules(), [bound('wallet spot', '20.119'), bound('perDay', '10.009', 'limit')]);
    expect(cut.ok && [cut.sized.amount.toFixed(), cut.cut?.name, cut.direction]).toEqual(['10', 'perDay', 'down']);
    const all = fitRepay(wanted('0'), rules(), []);
    expect(all.ok && [all.sized.amount.toFixed(), all.full]).toEqual(['200', true]);
  });

  it('leaves a mark no room to make dust', () => {
    const fit = fitRepay(wanted('200'), rules({ minLeft: dec(100) }), [bound('wallet spot', '1000')]);
    expect(fit.ok && [fit.sized.amount.toFixed(), fit.most.toFixed()]).toEqual(['100', '100']);
  });

  it('is refused when bounds push it below the minimum', () => {
    const fit = fitRepay(wanted('300'), rules({ minRepay: dec(25) }), [bound('wallet spot', '20')]);
    expect(fit).toEqual({ ok: false, why: 'wallet spot leaves 20, the smallest repayment is 25', cause: 'money' });
    const dust = fitRepay(wanted('300'), rules({ minLeft: dec(190), minRepay: dec(25) }), []);
    expect(dust.ok).toBe(false);
  });

  it('below the minimum pays everything when the whole debt is that small', () => {
    const small = fitRepay(wanted('300'), rules({ debt: dec(20), minRepay: dec(25) }), [bound('wallet spot', '99')]);
    expect(small.ok && [small.sized.amount.toFixed(), small.full]).toEqual(['20', true]);
  });
});

describe('an addition', () => {
  const stand = { D: dec(860_000), C: dec(800_000) };
  const list = tiers([
    ['0.5', '0.98'],
    ['5', '0.975'],
    [null, '0'],
  ]);

  it('stops where coins count for nothing', () => {
    const added = addCollateral(stand, dec('0.65'), dec(60_000), list);
    expect([added.coins.toFixed(), added.closes]).toEqual(['5.5', false]);
    expect(valueAdded(dec('5.5'), dec(60_000), list).toFixed()).toBe('321900');
    expect(tiersAfter(dec('1'), list)).toEqual(
      tiers([
        ['4.5', '0.975'],
        [null, '0'],
      ]),
    );
    expect(addCollateral(stand, dec('0.65'), dec(60_000), []).closes).toBe(false);
    expect(addCollateral({ D: dec(1), C: dec(10) }, dec('0.65'), dec(60_000), list)).toMatchObject({ closes: true });
  });

  it('is raised to the minimum or refused', () => {
    const inputs = { ...stand, t: dec('0.65'), p: dec(60_000) };
    const want: Wanted = { formula: 'addCollateral', inputs, tiers: list, unbounded: dec('0.001') };
    const raised = fitAdd(want, { decimals: 8, minAdd: dec('0.01') }, [bound('wallet funding', '1')]);
    expect(raised.ok && raised.sized.amount.toFixed()).toBe('0.01');
    expect(fitAdd(want, { decimals: 8, minAdd: dec('0.01') }, [bound('wallet funding', '0.005')]).ok).toBe(false);
  });
});

describe('a release', () => {
  it('rounds down and keeps within what the venue lets go', () => {
    const stand = { D: dec(30_000), C: dec(100_000) };
    const leaving = tiers([[null, '1']]);
    const unbounded = releaseCollateral(stand, dec('0.49'), dec(2500), leaving);
    const want: Wanted = {
      formula: 'releaseCollateral',
      inputs: { ...stand, t: dec('0.49'), p: dec(2500) },
      tiers: leaving,
      unbounded,
    };
    const fit = fitRelease(want, 4, [bound('maxRelease', '15.5')]);
    expect(fit.ok && fit.sized.amount.toFixed()).toBe('15.5');
    expect(fit.ok && recompute(sizingOf(fit.sized))).toBe('15.5');
    expect(fitRelease({ ...want, unbounded: dec(-1) }, 4, []).ok).toBe(false);
    expect(fitRelease(want, 4, [bound('maxRelease', '15.5')], dec('15.5')).ok).toBe(true);
    expect(fitRelease(want, 4, [bound('maxRelease', '15.5')], dec('15.5001'))).toMatchObject({
      ok: false,
      why: 'maxRelease leaves 15.5, the smallest release is 15.5001',
    });
  });

  it('takes the last tier first and no more than is held', () => {
    const stand = { D: dec(0), C: dec(90_000) };
    expect(
      releaseCollateral(
        stand,
        dec('0.5'),
        dec(2500),
        tiers([
          ['20', '0.8'],
          ['20', '1'],
        ]),
      ).toFixed(),
    ).toBe('40');
    expect(
      releaseCollateral(
        { D: dec(40_000), C: dec(90_000) },
        dec('0.5'),
        dec(2500),
        tiers([
          ['20', '0'],
          ['20', '1'],
        ]),
      ).toFixed(),
    ).toBe('24');
  });
});

describe('a sizing record', () => {
  const fit = fitRepay(wanted('333.333'), rules(), [bound('wallet spot', '20')]);
  const record = fit.ok ? sizingOf(fit.sized, dec('-0.01')) : null;

  it('says how the amount came about', () => {
    expect(record).toEqual({
      formula: 'repayOutside',
      inputs: { D: '200', C: '333.333', t: '0.5', p: '1', decimals: '2', 'wallet spot': '20' },
      unbounded: '33.3335',
      bounds: [
        { by: 'roundUp', to: '33.34' },
        { by: 'atMost wallet spot', to: '20' },
      ],
      tail: '-0.01',
      amount: '19.99',
    });
    expect(record === null ? '' : recompute(record)).toBe('19.99');
  });

  it('that was tampered with does not compute', () => {
    if (record === null) throw new Error('no record');
    const wrong = [
      { ...record, unbounded: '34' },
      { ...record, formula: 'guess' },
      { ...record, inputs: { ...record.inputs, D: '201' } },
      { ...record, inputs: { D: '200' } },
      { ...record, bounds: [{ by: 'roundUp', to: '40' }] },
      { ...record, bounds: [{ by: 'wish', to: '40' }] },
    ];
    for (const one of wrong) expect(() => recompute(one)).toThrow(SizingError);
  });
});
