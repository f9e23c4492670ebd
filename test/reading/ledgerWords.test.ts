/** What the terminal says of a call in flight. */
import { describe, expect, it } from 'vitest';
import { ledgerWords } from '../../src/reading/ledgerWords.ts';
import type { Intent } from '../../src/core/intent.ts';
import { ledgerOf } from '../../src/jobs/ledger.ts';
import { anIntent } from '../jobs/fixtures.ts';

const SENT = 1_000_000;
const timing = { lagMarginMs: 15_000, giveUpMs: 600_000, evidenceSpreadMs: 30_000 };

function words(over: Partial<Intent>): string {
  const intent = anIntent('i1', { state: 'unknown', sentAt: SENT, validUntil: SENT + 3_000, ...over });
  const now = SENT + 5_000;
  return ledgerOf({ undecided: [intent], mode: 'active', now, timing })
    .flatMap((row) => ledgerWords(row, now))
    .join('\n');
}

describe('what no record proves', () => {
  const SETTLES = /no record proves that it did not happen after that, by 3 reads over 30 s/;

  it('is that it did not happen, where the answer was lost', () => {
    expect(words({ product: 'okx.flexibleLoan', from: 'funding', ref: null })).toMatch(SETTLES);
  });

  it('is nothing where the venue said that it accepted: that waits to be given up', () => {
    const said = words({ product: 'okx.flexibleLoan', from: 'funding', ref: 'accepted' });
    expect(said).not.toMatch(SETTLES);
    expect(said).toMatch(/no record proves nothing: the venue said that it accepted/);
    expect(said).toMatch(/without proof it is given up to a person at 00:26:40 UTC/);
  });
});
