/** The ledger of the undecided: rows by the same rules that looks follow. */
import { describe, expect, it } from 'vitest';
import type { Intent, Verb } from '../../src/core/intent.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import { ACCEPTED_FACTOR, PROOFS, SETTLE_FACTOR } from '../../src/core/proof.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type { LedgerFacts } from '../../src/jobs/ledger.ts';
import { ledgerOf } from '../../src/jobs/ledger.ts';
import { freedomOf } from '../../src/jobs/undecided.ts';
import { anIntent } from './fixtures.ts';

const SENT = 1_000_000;
const timing = { lagMarginMs: 10_000, giveUpMs: 600_000, evidenceSpreadMs: 30_000 };

function intent(over: Partial<Intent> = {}): Intent {
  return anIntent('i1', {
    product: 'okx.flexibleLoan',
    loan: 'alice/okx.flexibleLoan/1',
    from: 'funding',
    state: 'unknown',
    sentAt: SENT,
    validUntil: SENT + 3_000,
    note: 'reset',
    ...over,
  });
}

function facts(undecided: readonly Intent[], over: Partial<LedgerFacts> = {}): LedgerFacts {
  return { undecided, mode: 'active', now: SENT + 5_000, timing, ...over };
}

function reads(...verdicts: readonly string[]): Intent['reads'] {
  return verdicts.map((verdict, at) => ({ at: SENT + at, verdict }));
}

describe('a row', () => {
  it('says what it was, since when, what proves it, what is held and until when', () => {
    const [row] = ledgerOf(facts([intent({ reads: reads('cannotTell', 'didNotHappen', 'didNotHappen') })]));
    expect(row).toEqual({
      intent: 'i1',
      loan: 'alice/okx.flexibleLoan/1',
      product: 'okx.flexibleLoan',
      verb: 'repay',
      asset: 'USDT',
      amount: '100',
      from: 'funding',
      to: 'loan',
      full: false,
      state: 'unknown',
      since: SENT,
      note: 'reset',
      ref: null,
      evidence: {
        records: ['loan-history repaid', 'asset/bills 218'],
        words: { done: null, failed: null, pending: null },
        mark: { by: 'nothing', value: '100' },
        still: 'the order in loan-info, and the funding account',
        executableUntil: SENT + 3_000,
        mayAppearUntil: SENT + 3_000 + SETTLE_FACTOR * timing.lagMarginMs,
        lastRead: { at: SENT + 2, verdict: 'didNotHappen' },
        absent: 2,
        absenceProves: true,
        absentNeeded: 3,
        absentOverMs: 30_000,
      },
      held: {
        chargeUsd: '100',
        coins: [{ place: 'funding', asset: 'USDT' }],
        waits: 'i1 is undecided and the venue may still execute it',
        blocked: [],
        exceptionFrom: SENT + 13_000,
      },
      givenUpAt: SENT + 600_000,
      word: null,
    });
  });

  it('names the mark that the record is recognised by', () => {
    const mark = (over: Partial<Intent>): unknown => ledgerOf(facts([intent(over)]))[0]?.evidence.mark;
    expect(mark({ fingerprint: 'marked', amount: '100.0123' })).toEqual({ by: 'amount', value: '100.0123' });
    expect(mark({ product: 'binance.crossMargin', ref: '77' })).toEqual({ by: 'reference', value: '77' });
    expect(mark({ product: 'okx.spotBorrow', verb: 'transferIn' })).toEqual({ by: 'clientId', value: 'c1' });
  });

  it('waits longer for what the venue only took', () => {
    const until = (ref: string | null): unknown => ledgerOf(facts([intent({ ref })]))[0]?.evidence.mayAppearUntil;
    expect(until('accepted')).toBe(SENT + 3_000 + ACCEPTED_FACTOR * timing.lagMarginMs);
    expect(until(null)).toBe(SENT + 3_000 + SETTLE_FACTOR * timing.lagMarginMs);
  });

  it('takes no silence for a refusal of what the venue said that it took, but where it is asked by our own id', () => {
    const proves = (over: Partial<Intent>): unknown => ledgerOf(facts([intent(over)]))[0]?.evidence.absenceProves;
    for (const [product, verbs] of Object.entries(PROOFS))
      for (const verb of Object.keys(verbs)) {
        const call = { product, verb } as Pick<Intent, 'product' | 'verb'>;
        const byName = product === 'okx.spotBorrow' && verb.startsWith('transfer');
        expect([proves({ ...call, ref: null }), proves({ ...call, ref: 'r' })], verb).toEqual([true, byName]);
      }
  });

  it('is not given up while the venue says that it pends or is done', () => {
    const givenUp = (verdict: string): unknown => ledgerOf(facts([intent({ reads: reads(verdict) })]))[0]?.givenUpAt;
    expect([givenUp('pending'), givenUp('happened')]).toEqual([null, null]);
    expect(givenUp('cannotTell')).toBe(SENT + 600_000);
  });

  it('carries the word that an operator said', () => {
    const word = { says: 'happened', by: 'ann', why: 'seen', at: SENT } as const;
    expect(ledgerOf(facts([intent({ word })]))[0]?.word).toEqual(word);
  });
});

describe('what waits', () => {
  it('is the whole account until the hold narrows, then all but other money', () => {
    const after = ledgerOf(facts([intent()], { now: SENT + 13_001 }))[0]?.held;
    expect(after).toMatchObject({ waits: null, exceptionFrom: SENT + 13_000 });
  });

  it.each([
    ['two are undecided', facts([intent(), anIntent('i2', { state: 'unknown', sentAt: SENT, validUntil: SENT })])],
    ['it left as an emergency itself', facts([intent({ emergency: true })])],
    ['the venue is failing', facts([intent()], { mode: 'degraded' })],
    ['Binance still works on it', facts([intent({ product: 'binance.crossMargin', reads: reads('pending') })])],
    ['nobody knows how long it is valid', facts([intent({ validUntil: null })])],
  ])('has no exception when %s', (_why, given) => {
    for (const now of [SENT + 5_000, SENT + 900_000]) {
      const [row] = ledgerOf({ ...given, now });
      expect(row?.held.exceptionFrom).toBeNull();
      expect(row?.held.waits).not.toBeNull();
    }
  });

  it('is what a look would say at the same moment', () => {
    for (const now of [SENT, SENT + 13_000, SENT + 13_001, SENT + 700_000]) {
      const given = facts([intent({ product: 'binance.crossMargin', verb: 'transferIn' })], { now });
      const evidence = new Map<string, never>();
      const free = freedomOf({ ...given, emergencies: new Set(), evidence });
      expect(ledgerOf(given)[0]?.held).toMatchObject(
        free.kind === 'held' ? { waits: free.why } : { waits: null, blocked: free.kind === 'free' ? [] : free.blocked },
      );
    }
  });
});

it('every call that a policy can reach has a proof', () => {
  for (const product of PRODUCTS) {
    const { repay, add, release } = PRODUCT_FACTS[product];
    const steps = [...Object.values(repay), ...Object.values(add), release].flat();
    const verbs = new Set<Verb>(steps.map(({ verb }) => verb));
    expect(new Set(Object.keys(PROOFS[product])), product).toEqual(verbs);
  }
});
