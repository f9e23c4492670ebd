/**
 * Documented OKX answers, as other projects and the venue's own pages keep them, through our readers. They live beside
 * the project and may not be copied into it; without them this suite says that it was skipped.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, type Dec } from '../../src/core/money.ts';
import { parseJson, type Json } from '../../src/exchanges/json.ts';
import { readEnvelope } from '../../src/exchanges/okx/errors.ts';
import { flexibleLoanView } from '../../src/exchanges/okx/flexibleView.ts';
import { spotBorrowView } from '../../src/exchanges/okx/spotView.ts';
import * as spotWire from '../../src/exchanges/okx/spotWire.ts';
import * as termsWire from '../../src/exchanges/okx/termsWire.ts';
import * as wire from '../../src/exchanges/okx/wire.ts';
import type { Reader } from '../../src/exchanges/parse.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/fixtures/responses/okx/', import.meta.url));
const present = existsSync(FOLDER);
const files = present ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : [];

interface Case {
  readonly file: string;
  readonly path: string;
  readonly body: Json;
}

/** Every body of a file, whichever of the two layouts it has. */
function cases(): Case[] {
  return files.flatMap((file) => {
    const whole = JSON.parse(readFileSync(FOLDER + file, 'utf8')) as {
      path?: string;
      body?: unknown;
      response_examples?: unknown[];
    };
    const bodies = whole.response_examples ?? [whole.body];
    return bodies.flatMap((body): Case[] => {
      const json = parseJson(JSON.stringify(body ?? null));
      return json === undefined || json === null
        ? []
        : [{ file, path: (whole.path ?? '').replace('/api/v5/', ''), body: json }];
    });
  });
}

/** Our reader of each endpoint's rows. */
const READERS: Readonly<Record<string, (row: Reader) => unknown>> = {
  'finance/flexible-loan/loan-info': wire.loanInfoRow,
  'finance/flexible-loan/loan-history': wire.loanHistoryRow,
  'finance/flexible-loan/max-collateral-redeem-amount': wire.maxRedeemRow,
  'finance/flexible-loan/max-loan': termsWire.maxLoanRow,
  'finance/flexible-loan/borrow-currencies': termsWire.borrowCurrencyRow,
  'finance/flexible-loan/collateral-assets': termsWire.collateralAssetsRow,
  'finance/flexible-loan/interest-accrued': termsWire.loanInterestRow,
  'account/max-loan': termsWire.spotMaxLoanRow,
  'account/interest-limits': termsWire.interestLimitsRow,
  'account/interest-rate': termsWire.interestRateRow,
  'account/interest-accrued': termsWire.spotInterestRow,
  'asset/balances': wire.fundingRow,
  'asset/bills': wire.fundingBillRow,
  'asset/transfer-state': wire.transferStateRow,
  'account/config': wire.configRow,
  'market/index-tickers': wire.indexTickerRow,
  'public/discount-rate-interest-free-quota': wire.discountRow,
  'account/balance': spotWire.balanceRow,
  'account/spot-borrow-repay-history': spotWire.borrowRepayRow,
  'account/bills': spotWire.accountBillRow,
  'account/max-withdrawal': spotWire.maxWithdrawalRow,
};

function dataOf(body: Json): readonly Json[] {
  const envelope = readEnvelope(body);
  if (!envelope.ok) throw new Error('not a good envelope');
  return envelope.data;
}

describe.runIf(present)('documented answers (skipped without ../shared/data)', () => {
  const all = cases();
  const read = all.filter(({ path }) => READERS[path] !== undefined);

  it.each(
    all
      .filter(({ body }) => typeof body === 'object' && body !== null && 'code' in body)
      .map((one) => [one.file, one] as const),
  )('%s has an envelope that we read as success', (_file, { body }) => {
    expect(readEnvelope(body).ok).toBe(true);
  });

  it.each(read.map((one) => [one.file, one] as const))('%s is read by its reader', (_file, { path, body }) => {
    const reader = READERS[path];
    if (reader === undefined) throw new Error('no reader');
    expect(wire.readRows(path, reader, dataOf(body)).length).toBeGreaterThan(0);
  });

  it('covers most of our readers', () => {
    expect(new Set(read.map(({ path }) => path)).size).toBeGreaterThanOrEqual(10);
  });

  it('makes a loan of the documented order', () => {
    const found = read.find(({ path }) => path === 'finance/flexible-loan/loan-info');
    if (found === undefined) throw new Error('no loan-info among the answers');
    const row = wire.readOne('loan-info', wire.loanInfoRow, dataOf(found.body));
    const prices = new Map<string, Dec>(row.collateral.map(({ ccy }) => [ccy, parse('1')]));
    const around = { account: 'a', asOf: 0, prices, discounts: null, addable: [], alerts: [], maxRelease: {} };
    const view = flexibleLoanView(row, around);
    expect([view.ltv.toFixed(4), view.line.toFixed(), view.call?.toFixed(), view.venueLtv?.low.toFixed()]).toEqual([
      '0.5744',
      '0.8374',
      '0.7374',
      '0.5742',
    ]);
  });

  it.each(read.filter(({ path }) => path === 'account/balance').map((one) => [one.file, one] as const))(
    '%s is an account without debt',
    (_file, { body }) => {
      const row = wire.readOne('account/balance', spotWire.balanceRow, dataOf(body));
      const around = {
        account: 'a',
        asOf: 0,
        prices: new Map<string, Dec>(),
        discounts: null,
        addable: [],
        autoRepay: false,
        maxRelease: {},
      };
      expect(spotBorrowView(row, around)).toMatchObject({ status: 'closed', marginRatio: null });
    },
  );
});

describe.skipIf(present)('documented answers', () => {
  it('are skipped: ../shared/data is not beside this checkout', () => {
    expect(files).toEqual([]);
  });
});
