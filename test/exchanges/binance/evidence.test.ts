import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Evidence, Intent } from '../../../src/core/intent.ts';
import { createBinance } from '../../../src/exchanges/binance/index.ts';
import type { Venue } from '../../../src/exchanges/exchange.ts';
import { DEFAULT_VENUE_TIMING } from '../../../src/exchanges/kit.ts';
import { createMeter } from '../../../src/exchanges/limits.ts';
import { FakeBinance, KEY, SIGNAL, WireRefusal, intent, type Answer } from './fake.ts';
import { CROSS_COINS, marginAccount, world } from './world.ts';

const RECORDS = 'GET /sapi/v1/margin/borrow-repay';
const TRANSFERS = 'GET /sapi/v1/asset/transfer';
const FLOW = 'GET /sapi/v1/margin/capital-flow';

const open: { stop(): void }[] = [];
const venues: Venue[] = [];
afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.close()));
  for (const fake of open.splice(0)) fake.stop();
});

/** Sent long ago: the validity and the lag margin are over. */
function old(over: Partial<Intent> = {}): Intent {
  const sentAt = Date.now() - 60_000;
  return intent({
    plannedAt: sentAt - 100,
    sentAt,
    validUntil: sentAt + 4_000,
    before: {
      debt: { USDT: '20001.4' },
      collateral: {},
      inside: { USDT: '500' },
      wallet: { USDT: '700.5' },
      ltv: '0.8',
    },
    ...over,
  });
}

function row(over: object = {}): object {
  return {
    type: 'MANUAL',
    asset: 'USDT',
    amount: '100.00001234',
    interest: '0',
    principal: '0',
    status: 'CONFIRMED',
    timestamp: Date.now() - 59_000,
    txId: 5,
    ...over,
  };
}

function moved(over: object = {}): object {
  return {
    id: 9,
    tranId: 5,
    timestamp: Date.now() - 59_000,
    asset: 'USDT',
    type: 'REPAY',
    amount: '100.00001234',
    ...over,
  };
}

interface Books {
  readonly records?: readonly object[];
  readonly flow?: readonly object[];
  readonly total?: number;
  readonly account?: Answer;
}

async function evidence(
  what: Intent,
  books: Books = {},
  answers: Record<string, Answer> = {},
): Promise<{ verdict: Evidence; fake: FakeBinance }> {
  const { records = [], flow = [], total = records.length } = books;
  const fake = await FakeBinance.start({
    ...world(),
    [RECORDS]: { rows: records, total },
    [TRANSFERS]: { rows: records, total },
    [FLOW]: flow,
    'GET /sapi/v1/margin/account': books.account ?? marginAccount(CROSS_COINS),
    ...answers,
  });
  open.push(fake);
  const venue = createBinance({
    account: 'main',
    key: KEY,
    hosts: { rest: fake.url, ws: null },
    products: ['binance.crossMargin'],
    expectUid: null,
    clock: systemClock,
    timing: DEFAULT_VENUE_TIMING,
    meter: createMeter({ clock: systemClock }),
  });
  venues.push(venue);
  return { verdict: await venue.evidence(what, SIGNAL), fake };
}

describe('with the venue’s reference', () => {
  it.each([
    ['CONFIRMED', { verdict: 'happened', ref: '5', amount: '100.00001234' }],
    ['FAILED', { verdict: 'didNotHappen', byRecord: true }],
    ['PENDING', { verdict: 'pending' }],
    ['COMPLETED', { verdict: 'pending' }],
    ['SOMETHING_NEW', { verdict: 'pending' }],
  ])('a repay whose record is %s', async (status, expected) => {
    const { verdict, fake } = await evidence(intent({ ref: '5' }), { records: [row({ status })] });
    expect(verdict).toMatchObject(expected);
    expect(fake.calls(RECORDS)[0]?.params).toMatchObject({ txId: '5', type: 'REPAY', asset: 'USDT' });
  });

  it.each([
    ['CONFIRMED', 'happened'],
    ['FAILED', 'didNotHappen'],
    ['PENDING', 'pending'],
  ])('a transfer whose record is %s', async (status, expected) => {
    const records = [row({ txId: undefined, tranId: 4 }), row({ txId: undefined, tranId: 5, status })];
    const { verdict, fake } = await evidence(intent({ verb: 'transferIn', from: 'spot', to: 'inside', ref: '5' }), {
      records,
    });
    expect(verdict.verdict).toBe(expected);
    expect(fake.calls(TRANSFERS)[0]?.params).toMatchObject({ type: 'MAIN_MARGIN' });
  });

  it('cannot tell while the record is not listed, however long ago', async () => {
    expect((await evidence(old({ ref: '6' }), { records: [row()] })).verdict.verdict).toBe('cannotTell');
  });

  it('keeps a reference that no number could hold', async () => {
    const ref = '9007199254740993';
    const records = `{"rows":[{"type":"MANUAL","asset":"USDT","amount":"100","status":"CONFIRMED","timestamp":1,"txId":${ref}}],"total":1}`;
    const { verdict } = await evidence(intent({ ref }), {}, { [RECORDS]: records });
    expect(verdict).toMatchObject({ verdict: 'happened', ref });
  });
});

describe('without a reference', () => {
  const cases: [string, Intent, Books, string][] = [
    ['a marked amount with a CONFIRMED record', old(), { records: [row()] }, 'happened'],
    ['… at once, long before the validity ends', intent(), { records: [row()] }, 'happened'],
    ['… although somebody else repaid too', old(), { records: [row(), row({ txId: 6, amount: '7' })] }, 'happened'],
    ['a marked amount with a PENDING record', old(), { records: [row({ status: 'PENDING' })] }, 'pending'],
    ['a marked amount with a FAILED record', old(), { records: [row({ status: 'FAILED' })] }, 'didNotHappen'],
    ['two records with the same amount', old(), { records: [row(), row({ txId: 6 })] }, 'cannotTell'],
    ['another amount of the same kind and asset', old(), { records: [row({ amount: '7' })] }, 'cannotTell'],
    ['another asset only', old(), { records: [row({ asset: 'BTC' })] }, 'didNotHappen'],
    [
      'a record that was listed before the send',
      old({ cursors: { known: '4,5' } }),
      { records: [row()] },
      'didNotHappen',
    ],
    ['a movement in the capital flow without a record', old(), { flow: [moved()] }, 'cannotTell'],
    ['more records than were listed', old(), { total: 300 }, 'cannotTell'],
    ['no trace, validity over', old(), {}, 'didNotHappen'],
    ['no trace, validity not over', intent(), {}, 'cannotTell'],
    [
      'no trace, validity over, lag margin not',
      old({ validUntil: Date.now() - DEFAULT_VENUE_TIMING.lagMarginMs + 2_000 }),
      {},
      'cannotTell',
    ],
    ['no trace, validity unknown', old({ validUntil: null }), {}, 'cannotTell'],
    ['no trace, but the debt fell', old({ before: { ...old().before, debt: { USDT: '20101.5' } } }), {}, 'cannotTell'],
    ['no trace, debt before unknown', old({ before: { ...old().before, debt: {} } }), {}, 'cannotTell'],
    [
      'unmarked, CONFIRMED, and the flow agrees',
      old({ fingerprint: 'unmarked' }),
      { records: [row()], flow: [moved()] },
      'happened',
    ],
    ['unmarked, CONFIRMED, not in the flow', old({ fingerprint: 'unmarked' }), { records: [row()] }, 'cannotTell'],
    [
      'unmarked, CONFIRMED, flow names another transaction',
      old({ fingerprint: 'unmarked' }),
      { records: [row()], flow: [moved({ tranId: 8 })] },
      'cannotTell',
    ],
    [
      'unmarked, beside a foreign record',
      old({ fingerprint: 'unmarked' }),
      { records: [row(), row({ txId: 6, amount: '7' })], flow: [moved()] },
      'cannotTell',
    ],
    ['unmarked, PENDING', old({ fingerprint: 'unmarked' }), { records: [row({ status: 'PENDING' })] }, 'pending'],
    [
      'unmarked, FAILED, no other trace',
      old({ fingerprint: 'unmarked' }),
      { records: [row({ status: 'FAILED' })] },
      'didNotHappen',
    ],
    [
      'unmarked, FAILED, validity not over',
      intent({ fingerprint: 'unmarked' }),
      { records: [row({ status: 'FAILED' })] },
      'cannotTell',
    ],
  ];
  it.each(cases)('%s', async (_name, what, books, expected) => {
    expect((await evidence(what, books)).verdict.verdict).toBe(expected);
  });

  it('absence is never proof by record', async () => {
    expect((await evidence(old())).verdict).not.toHaveProperty('byRecord');
  });

  it('asks from a little before the send on, in the venue’s time', async () => {
    const what = old();
    const { fake } = await evidence(what, {}, { 'GET /api/v3/time': () => ({ serverTime: Date.now() + 100_000 }) });
    for (const route of [RECORDS, FLOW]) {
      const start = Number(fake.calls(route)[0]?.params['startTime']);
      expect(Math.abs(start - ((what.sentAt ?? 0) + 100_000 - DEFAULT_VENUE_TIMING.recordSkewMs))).toBeLessThan(1_000);
    }
  });

  it.each([RECORDS, FLOW, 'GET /sapi/v1/margin/account'])(
    'throws when %s could not be read: no verdict from half the witnesses',
    async (route) => {
      await expect(
        evidence(old(), {}, { [route]: (): unknown => new WireRefusal(502, '<html>') }),
      ).rejects.toMatchObject({ name: 'VenueError' });
    },
  );
});

describe('a transfer without a reference', () => {
  const transfer = (over: Partial<Intent> = {}): Intent =>
    old({ verb: 'transferIn', from: 'spot', to: 'inside', ...over });
  const listed = (over: object = {}): object => row({ txId: undefined, tranId: 5, type: 'MAIN_MARGIN', ...over });

  it.each<[string, Intent, Books, string]>([
    ['marked and confirmed', transfer(), { records: [listed()] }, 'happened'],
    ['no trace', transfer(), {}, 'didNotHappen'],
    [
      'no trace, but the balance inside rose by it',
      transfer({ before: { ...old().before, inside: { USDT: '399.9' } } }),
      {},
      'cannotTell',
    ],
    [
      'out, no trace, but the balance inside fell by it',
      transfer({ verb: 'transferOut', before: { ...old().before, inside: { USDT: '600.1' } } }),
      {},
      'cannotTell',
    ],
    ['out, no trace', transfer({ verb: 'transferOut' }), {}, 'didNotHappen'],
    [
      'listed times in seconds',
      transfer(),
      { records: [listed({ timestamp: Math.floor(Date.now() / 1000) })] },
      'happened',
    ],
    ['another amount', transfer(), { records: [listed({ amount: '5' })] }, 'cannotTell'],
    ['a negative amount in the flow', transfer(), { flow: [moved({ amount: '-100.00001234' })] }, 'cannotTell'],
  ])('%s', async (_name, what, books, expected) => {
    expect((await evidence(what, books)).verdict.verdict).toBe(expected);
  });

  it('takes a page without rows for an empty one', async () => {
    expect((await evidence(transfer(), {}, { [TRANSFERS]: { total: 0 } })).verdict.verdict).toBe('didNotHappen');
  });
});

describe('cursors', () => {
  it('hold the ids that are listed before the send', async () => {
    const fake = await FakeBinance.start({
      ...world(),
      [RECORDS]: { rows: [row({ txId: 3 }), row({ txId: 4 })], total: 2 },
    });
    open.push(fake);
    const venue = createBinance({
      account: 'main',
      key: KEY,
      hosts: { rest: fake.url, ws: null },
      products: ['binance.crossMargin'],
      expectUid: null,
      clock: systemClock,
    });
    venues.push(venue);
    expect(await venue.cursors(intent(), SIGNAL)).toEqual({ known: '3,4' });
  });
});
