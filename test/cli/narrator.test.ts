/** What a watcher of the terminal reads: each thing once, in plain words. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Narrator } from '../../src/cli/narrator.ts';
import type { Mode } from '../../src/core/intent.ts';
import { levelsOf } from '../../src/core/levels.ts';
import type { LoanView } from '../../src/core/loan.ts';
import { format, parse } from '../../src/core/money.ts';
import type { Decision } from '../../src/core/need.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { coin, debt, loan, NOW, policy, rung, view } from '../core/build.ts';
import { ManualClock, repayIntent } from './fakes.ts';

const RULES = policy({
  target: '0.62',
  act: '0.75',
  urgent: '0.82',
  warn: ['0.66', '0.70'],
  ladder: [rung(1, { text: 'repay the debt coin from wallet' })],
});
const ID = 'bnb/binance.crossMargin';

/** One BTC against so much debt that the LTV is as asked for. */
function at(ltv: string): LoanView {
  return loan({ debts: [debt({ amount: String(Number(ltv) * 60_000) })], coins: [coin({ amount: '1' })] });
}

function looked(...loans: readonly LoanView[]): LookEvent {
  const seen = view(loans, []);
  return { type: 'looked', reason: 'due', view: seen, mode: 'active', states: {}, nextLookAt: NOW, inFlight: false };
}

function decided(verdict: 'nothing' | 'starved', says: string, ltv = '0.60'): LookEvent {
  const levels = { target: '0.62', act: '0.75', urgent: '0.82', line: '0.9', call: null };
  const base = {
    loan: ID,
    at: NOW,
    ltv,
    levels,
    trace: [],
    says,
    next: [
      { asset: 'BTC', price: '50000', what: 'act' },
      { asset: 'BTC', price: '90000', what: 'release' },
    ],
  };
  const decision: Decision = verdict === 'nothing' ? { ...base, verdict } : { ...base, verdict, missingUsd: '1' };
  return { type: 'decided', decision, changed: true, mode: 'simulated' };
}

function alert(category: string, says: string, severity: 'info' | 'warning' | 'critical' = 'warning'): LookEvent {
  return { type: 'alert', severity, category, loan: ID, says };
}

let clock: ManualClock;
let mode: Mode;
let narrator: Narrator;

beforeEach(() => {
  clock = new ManualClock();
  mode = 'simulated';
  narrator = new Narrator({
    clock,
    ruleOf: (_account, seen) => ({ policy: RULES, levels: levelsOf(seen, RULES) }),
    timeOf: () => '2021-05-19 12:34',
    modeOf: () => mode,
  });
});

/** Everything that is said about these events, without time and loan. */
function hear(...events: readonly LookEvent[]): string[] {
  return events
    .flatMap((event) => narrator.hear('bnb', event))
    .map((line) => line.replace(/^2021-05-19 12:34 {2}\S+ +/, ''));
}

describe('a release', () => {
  it('is introduced with its level, the price that leads there, and its limits, and told when it is done', () => {
    const release = { below: parse('0.35'), upTo: parse('0.5'), afterMs: 86_400_000, perDay: parse('5000') };
    const generous = { ...RULES, release };
    narrator = new Narrator({
      clock,
      ruleOf: (_account, seen) => ({ policy: generous, levels: levelsOf(seen, generous) }),
      timeOf: () => '2021-05-19 12:34',
      modeOf: () => mode,
    });
    expect(hear(decided('nothing', 'fine'), looked(at('0.6')))).toContain(
      '  releases collateral after 1d below LTV 35.00 % (BTC at 90000), up to 50.00 %, at most 5000 USD a day',
    );
    const leg = { verb: 'transferOut', asset: 'BTC', from: 'inside', to: 'spot', rung: 0 } as const;
    const intent = { ...repayIntent(ID, '0.4'), ...leg };
    expect(hear({ type: 'confirmed', intent, ltvBefore: '0.3', ltvAfter: '0.5' })).toEqual([
      'moved out 0.4 BTC to spot: LTV 30.00 % → 50.00 %',
    ]);
  });
});

describe('the first look', () => {
  it('is introduced once, with levels, prices and remedies', () => {
    const lines = hear(decided('nothing', 'fine'), looked(at('0.6')), looked(at('0.6')));
    expect(lines).toEqual([
      `watching ${ID}: LTV 60.00 %, owes 36000 USDT against 1 BTC`,
      '  warns at LTV 66.00 % and LTV 70.00 %',
      '  acts at LTV 75.00 % (BTC at 50000), and goes back to 62.00 %: repay the debt coin from wallet',
      '  urgent at LTV 82.00 %; the venue liquidates at LTV 90.00 %',
    ]);
  });

  it('does not say that there is no loan when none could be read, and introduces them once they can', () => {
    const blind = looked();
    if (blind.type !== 'looked') throw new Error('not a look');
    const section = { state: 'failed', reason: '502', at: NOW } as const;
    const unread = { ...blind, view: { ...blind.view, sections: { 'binance.crossMargin': section } } };
    expect(hear(unread, unread)).toEqual([
      'bnb: what loans it has could not be read yet (binance.crossMargin: 502); Ballast looks again soon',
    ]);
    expect(hear(looked(at('0.6')))[0]).toMatch(/^watching /);
  });

  it('says when an account has no loan, and when no rule names one', () => {
    expect(hear(looked())).toEqual(['watching bnb: it has no loan']);
    const silent = new Narrator({ clock, ruleOf: () => null, timeOf: () => '', modeOf: () => mode });
    expect(silent.hear('bnb', looked(at('0.6'))).join('\n')).toMatch(/no rule of the policy file names it/);
  });
});

describe('a warning level', () => {
  beforeEach(() => {
    hear(looked(at('0.6')));
  });

  it('is told once while the price dances on it', () => {
    const dance = ['0.661', '0.659', '0.662', '0.65', '0.668'].map((ltv) => looked(at(ltv)));
    expect(hear(...dance)).toEqual(['warning: LTV 66.10 % has reached 66.00 %; acts at 75.00 %']);
  });

  it('is told again after the loan was back at its target, which is told too', () => {
    const walk = ['0.67', '0.61', '0.60', '0.67'].map((ltv) => looked(at(ltv)));
    expect(hear(...walk)).toEqual([
      'warning: LTV 67.00 % has reached 66.00 %; acts at 75.00 %',
      'calm again: LTV 61.00 %',
      'warning: LTV 67.00 % has reached 66.00 %; acts at 75.00 %',
    ]);
  });

  it('is told for the higher level alone when two are passed at once', () => {
    expect(hear(looked(at('0.71')))).toEqual(['warning: LTV 71.00 % has reached 70.00 %; acts at 75.00 %']);
  });

  it('gives way to what was decided when the loan is past its act level already', () => {
    expect(hear(decided('nothing', 'one more look must agree'), looked(at('0.76')))).toEqual([
      'warning: one more look must agree',
    ]);
  });

  it('that the machine raises is not told a second time', () => {
    expect(hear(alert('warn', 'LTV 66.1 % is at or above the warning level 66 %'))).toEqual([]);
  });
});

describe('a blind account', () => {
  const blind: LookEvent = { type: 'blind', why: 'account: timed out', nextLookAt: NOW };
  const third = alert('blind', '3 looks in a row failed: account: timed out');

  it('is told once, alerted once, and told when it sees again', () => {
    const first = hear(blind, alert('readsFailing', 'account: timed out'), blind, third, third, blind);
    expect(first).toEqual([
      'WARNING: blind, so it stays still: account: timed out. It goes on looking, and sends nothing until it sees again.',
      'WARNING: 3 looks in a row failed: account: timed out',
    ]);
    clock.pass(12_000);
    const seen = hear(alert('blind', 'seen again after 9 failed looks', 'info'), looked(at('0.6')));
    expect(seen[0]).toBe('sees again after 12 s and goes on');
    expect(hear(blind)).toHaveLength(1);
  });
});

describe('an alert that every look repeats', () => {
  it('is told once in a quarter of an hour', () => {
    const unlisted = alert('unlisted', 'x is named by no rule');
    expect(hear(unlisted, unlisted)).toEqual(['WARNING: x is named by no rule']);
    clock.pass(16 * 60_000);
    expect(hear(unlisted, unlisted)).toEqual(['WARNING: x is named by no rule']);
  });

  it('is not confused with one that comes once per cause', () => {
    expect(
      hear(alert('distance', 'only 7 % of cushion left', 'critical'), alert('starved', 'no money', 'critical')),
    ).toEqual(['ALERT: only 7 % of cushion left', 'ALERT: no money']);
  });
});

describe('an action', () => {
  const sent = repayIntent(ID, '3541.37686722');

  it('is one line with the LTV before and after, and arms the warnings anew', () => {
    hear(looked(at('0.6')), looked(at('0.67')));
    const done: LookEvent = { type: 'confirmed', intent: sent, ltvBefore: '0.7627', ltvAfter: '0.62' };
    expect(
      hear({ type: 'sent', intent: sent }, { type: 'outcome', intent: sent, state: 'settling', note: '' }, done),
    ).toEqual(['repaid 3541.38 USDT from spot: LTV 76.27 % → 62.00 %']);
    expect(hear(looked(at('0.67')))).toHaveLength(1);
  });

  it('is told before it is sent where real money moves', () => {
    mode = 'live';
    expect(hear({ type: 'sent', intent: sent })).toEqual(['sends: repay 3541.38 USDT from spot']);
  });

  it.each([
    ['rejected', /could not repay 3541\.38 USDT from spot: the venue refused it, so nothing moved \(why\)/],
    ['refused', /it was not sent \(why\)/],
    ['unknown', /waits for proof and nothing is sent twice \(why\)/],
    ['expired', /counts as spent \(why\)/],
  ] as const)('that ends %s says what that means', (state, words) => {
    expect(hear({ type: 'outcome', intent: sent, state, note: 'why' })[0]).toMatch(words);
  });

  it('that is only decided is told once where nothing is sent', () => {
    mode = 'dryRun';
    const acts: LookEvent = {
      type: 'decided',
      mode: 'simulated',
      changed: true,
      decision: {
        loan: ID,
        at: NOW,
        ltv: '0.76',
        levels: { target: '0.62', act: '0.75', urgent: '0.82', line: '0.9', call: null },
        trace: [],
        says: 'repay 3541 USDT',
        next: [],
        verdict: 'act',
        leg: sent,
        rung: 1,
        remainder: null,
        reserves: [],
        partial: false,
        tier: 'normal',
        chargeUsd: '3541',
        fingerprint: 'marked',
        sizing: { formula: '', inputs: {}, unbounded: '1', bounds: [], tail: '0', amount: '1' },
        ltvAfter: format(at('0.62').ltv),
      },
    };
    expect(hear(acts, acts, acts)).toEqual(['not sent: repay 3541 USDT']);
    expect(hear(decided('nothing', 'fine'), acts)).toEqual(['not sent: repay 3541 USDT']);
  });
});
