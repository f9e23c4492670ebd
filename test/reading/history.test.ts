/** What happened in an account, read back from a real journal. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { systemClock } from '../../src/clock.ts';
import { parse } from '../../src/core/money.ts';
import type { Decision } from '../../src/core/need.ts';
import { Archive } from '../../src/jobs/archive.ts';
import { EMPTY_COMMIT, Journal } from '../../src/jobs/journal.ts';
import type { Commit } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { prefixOf } from '../../src/jobs/keys.ts';
import { Operator } from '../../src/jobs/operator.ts';
import type { AccountJournal } from '../../src/reading/accounts.ts';
import { historyOf } from '../../src/reading/history.ts';
import type { HistoryAsk } from '../../src/reading/history.ts';
import { anIntent, commitWith, freshAddress } from '../jobs/fixtures.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

let server: TestRedis;
let redis: Redis;
let address: AccountAddress;
let book: Journal;
let account: AccountJournal;
beforeAll(async () => {
  server = await startTestRedis();
  redis = server.connect();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(() => {
  address = freshAddress();
  book = new Journal(redis, address);
  account = { label: 'alice', journal: book, archive: new Archive(redis, address) } as unknown as AccountJournal;
});

const LOAN = 'alice/binance.crossMargin';
const EVER: HistoryAsk = { from: 0, to: Number.POSITIVE_INFINITY, loan: null, limit: 50, everyDecision: true };

function decided(loan: string, verdict: 'nothing' | 'starved', says: string): Commit['decisions'][number] {
  const levels = { target: '0.6', act: '0.7', urgent: '0.8', line: '0.9', call: null };
  const base = { loan, at: 1, ltv: '0.5', levels, trace: [], next: [], says };
  const decision: Decision = verdict === 'starved' ? { ...base, verdict, missingUsd: '10' } : { ...base, verdict };
  return { decision, signature: says, detail: {} };
}

async function commit(given: Partial<Commit>): Promise<number> {
  const { epoch } = await book.open();
  await book.commit(epoch, 'digest', { ...EMPTY_COMMIT, ...given });
  return epoch;
}

/** Redis and the process read one clock, in whole ms, and things of different kinds that share one have no order. */
async function nextMillisecond(): Promise<number> {
  const last = Date.now();
  while (Date.now() <= last) await systemClock.sleep(1);
  return Date.now();
}

async function says(ask: Partial<HistoryAsk> = {}): Promise<readonly string[]> {
  return (await historyOf([account], { ...EVER, ...ask })).map((row) => row.says);
}

describe('history', () => {
  it('tells money calls, acts of others and of operators, modes and decisions, newest last', async () => {
    const began = Date.now();
    const epoch = await commit({
      mode: { mode: 'active', why: '' },
      decisions: [decided(LOAN, 'starved', 'no money')],
    });
    const intent = anIntent('i1', { epoch, verb: 'repay', from: 'spot', amount: '250' });
    await book.commit(epoch, 'digest', commitWith(intent));
    await book.claim(intent, 'digest', began + 3_000, began, null);
    await book.outcome(intent, 'confirmed', { settledAt: began, ltvAfter: '0.62' });
    const paused = await nextMillisecond();
    await new Operator(redis, address).pause(LOAN, { by: 'eve', why: 'holiday', at: paused, until: null });
    await book.externals.append([act(paused + 1, 'somebody repaid 7 USDT')], { begin: 0, readTo: 0 }, 0);
    await nextMillisecond();
    await nextMillisecond();
    await commit({ mode: { mode: 'halted', why: 'the key may not trade' } });
    await commit({ mode: { mode: 'halted', why: 'the key may not trade' } });
    await commit({ mode: { mode: 'active', why: '' } });
    expect(await says()).toEqual([
      'no money',
      'repaid 250 USDT from spot: LTV 80.00 % → 62.00 %',
      'eve paused it (holiday)',
      'somebody repaid 7 USDT',
      'is halted: the key may not trade',
      'is active',
    ]);
    const rows = await historyOf([account], EVER);
    expect(rows.map(({ kind }) => kind)).toEqual(['decision', 'money', 'operator', 'external', 'mode', 'mode']);
    expect(rows[1]?.money).toMatchObject({ intent: 'i1', state: 'confirmed', ltvBefore: '0.8', ltvAfter: '0.62' });
    expect(rows.every(({ at }) => at >= began - 5_000 && at <= Date.now() + 5_000)).toBe(true);
    expect(await says({ loan: 'alice/another' })).toEqual(['is halted: the key may not trade', 'is active']);
    expect(await says({ limit: 2 })).toEqual(['is halted: the key may not trade', 'is active']);
    expect(await says({ to: began - 60_000 })).toEqual([]);
  });

  it('tells a payment that is not done in words that say so', async () => {
    const fates = ['rejected', 'unknown', 'refused', 'settling'] as const;
    for (const [at, state] of fates.entries()) {
      await nextMillisecond();
      const { epoch } = await book.open();
      const intent = anIntent(`i${String(at)}`, { epoch });
      await book.commit(epoch, 'digest', commitWith(intent));
      if (state !== 'refused') await book.claim(intent, 'digest', Date.now() + 3_000, Date.now(), null);
      await book.outcome(intent, state, { note: 'because' });
      if (state === 'unknown') await book.outcome(intent, 'rejected', { note: 'proven later' });
    }
    expect(await says()).toEqual([
      'could not repay 100 USDT: the venue refused it, so nothing moved (because)',
      'could not repay 100 USDT: the venue refused it, so nothing moved (proven later)',
      'could not repay 100 USDT: it was not sent (because)',
      'is on its way: repay 100 USDT (because)',
    ]);
  });

  it('tells what shares a millisecond in the order of the journal', async () => {
    const modes = prefixOf(address) + 'modes';
    for (const [place, mode] of ['halted', 'reducing', 'active'].entries()) {
      await redis.xadd(modes, `5-${String(place)}`, 'mode', mode, 'why', '');
    }
    expect(await says()).toEqual(['is halted', 'is reducing', 'is active']);
    expect(await says({ limit: 2 })).toEqual(['is reducing', 'is active']);
  });

  it('shows the newest decisions by when they began, whenever they were closed, and needs no others', async () => {
    await commit({ decisions: [decided('long', 'nothing', 'long 1')] });
    const began: number[] = [];
    for (let at = 1; at <= 230; at += 1) {
      began.push(await nextMillisecond());
      const verdict = at === 220 ? 'starved' : 'nothing';
      await commit({ decisions: [decided('busy', verdict, `busy ${String(at)}`)] });
    }
    await nextMillisecond();
    await commit({ decisions: [decided('long', 'nothing', 'long 2')] });
    expect(await says({ limit: 3 })).toEqual(['busy 229', 'busy 230', 'long 2']);
    expect(await says({ loan: 'long' })).toEqual(['long 1', 'long 2']);
    expect(await says({ everyDecision: false })).toEqual(['busy 220']);
    expect(await says({ limit: 1_000 })).toHaveLength(232);
    expect(await says({ from: began[1] ?? 0, to: (began[3] ?? 0) - 1 })).toEqual(['busy 2', 'busy 3']);
  }, 30_000);
});

function act(at: number, words: string) {
  const amount = parse('7');
  const effect = { kind: 'repay', effect: 'debtDown', asset: 'USDT', amount, changes: [] } as const;
  return { at, product: 'binance.crossMargin' as const, loan: LOAN, ref: words, says: words, ...effect };
}
