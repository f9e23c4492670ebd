import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { BREACHED, Bench, HEALTHY, PLAIN } from './bench.ts';
import type { BenchOptions } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

function bench(options: BenchOptions = {}): Bench {
  return new Bench(redis.connect(), options);
}

describe('a look', () => {
  it('brings a breached loan back to target with one call', async () => {
    const b = bench();
    await b.untilQuiet();
    expect(b.venue.sent.map(({ verb, amount }) => [verb, Number(amount).toFixed(0)])).toEqual([['repay', '1800']]);
    expect(b.ltv()).toBeCloseTo(0.62, 4);
    expect(await b.state()).toMatch(/^watching\.(healthy|warned)$/);
    expect(await b.intentStates()).toEqual(['confirmed']);
    expect(b.alerts()).toEqual([]);
  });

  it('sees the confirmed transfer before it plans the repayment that it feeds', async () => {
    const b = bench({ product: 'binance.crossMargin', loans: { '': { debt: '8000', btc: '1' } } });
    const insideAtSend: string[] = [];
    b.venue.beforeReply = async (intent) => {
      insideAtSend.push(`${intent.verb} ${intent.before.inside['USDT'] ?? '0'}`);
      return Promise.resolve();
    };
    await b.untilQuiet();
    expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['transferIn', 'repay']);
    expect(insideAtSend[1]).not.toBe('repay 0');
    expect(b.ltv('')).toBeLessThan(0.63);
    expect(await b.intentStates()).toEqual(['confirmed', 'confirmed']);
  });

  it('serves two loans of one account nearest to its line first, one call at a time', async () => {
    const b = bench({ loans: { mild: { debt: '7600', btc: '1' }, grave: { debt: '8900', btc: '1' } } });
    await b.untilQuiet();
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['grave', 'mild']);
    expect(b.venue.most).toBe(1);
    expect([b.ltv('mild'), b.ltv('grave')].every((ltv) => ltv < 0.63)).toBe(true);
  });

  it('in dry-run writes no intent, sends nothing and says what it would do', async () => {
    const b = bench({ setup: { mode: 'dryRun' } });
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(await b.journal.intents()).toEqual([]);
    expect(await b.state()).toBe('watching.breached');
    expect(await b.says()).toMatch(/^not sent \(dry-run\): repay 1800/);
    expect(await b.charged()).toBe(0);
  });

  it('sends nothing and keeps its records when the cursors of the venue cannot be read', async () => {
    const b = bench();
    b.venue.cursorsError = new Error('the record list is down');
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/not sent.*the record list is down.*repay 1800/);
    b.venue.cursorsError = null;
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('is not sent under a policy that was reloaded since it was planned', async () => {
    const b = bench();
    b.extend = () => {
      b.setup = { ...b.setup, digest: 'd2' };
      return Promise.resolve(true);
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
    expect(await b.charged()).toBe(0);
  });

  it('learns a minimum from a refusal and tries again at once', async () => {
    const b = bench();
    b.venue.script.push({ do: 'reject', effect: 'tooSmall' });
    await b.look();
    expect(b.rings).toEqual(['the venue taught a limit']);
    const [refused] = b.venue.sent;
    const twice = parse(refused?.amount ?? '0')
      .times(2)
      .toFixed();
    expect((await b.journal.open()).learned.minRepay['okx.flexibleLoan/USDT']).toBe(twice);
    expect(await b.charged()).toBe(0);
  });

  it('charges budgets in the commit, and gives back only what is proven not to have happened', async () => {
    for (const [conduct, charged] of [
      [{ do: 'reject' }, 0],
      [{ do: 'refuse' }, 0],
      [{ do: 'accept' }, 1_800],
      [{ do: 'lose', executes: false }, 1_800],
      [{ do: 'accept', settleMs: null }, 1_800],
    ] as const) {
      const b = bench();
      let atSend = Number.NaN;
      b.venue.beforeReply = async () => {
        atSend = (await redis.connect().zcard(b.journal.key('charges'))) * 1_800;
      };
      b.venue.script.push(conduct);
      await b.look();
      if (conduct.do !== 'refuse') expect(atSend, JSON.stringify(conduct)).toBe(1_800);
      expect(await b.charged(), JSON.stringify(conduct)).toBeCloseTo(charged, 0);
    }
  });

  it('never exceeds a cap by asking again', async () => {
    const limits = { ...PLAIN.limits, perDay: parse('1000') };
    const b = bench({ policy: { ...PLAIN, limits } });
    await b.looks(6);
    expect(b.venue.sent.reduce((total, { amount }) => total + Number(amount), 0)).toBeLessThanOrEqual(1_000);
    expect(await b.state()).toBe('capped');
    expect(b.alerts('capped')).toHaveLength(1);
  });
});

describe('the records of looks', () => {
  it('are one per loan and look; the same decision again extends the last one', async () => {
    const b = bench({ loans: { ...HEALTHY, two: { debt: '4000', btc: '1' } } });
    await b.looks(4);
    const records = (await b.journal.decisions()).map(({ loan, json }) => ({ loan, ...(JSON.parse(json) as Span) }));
    expect(records.map(({ loan, count }) => [loan, count]).sort()).toEqual([
      [b.venue.id('one'), 4],
      [b.venue.id('two'), 4],
    ]);
    const [record] = records;
    expect(record).toMatchObject({ digest: 'd1', mode: 'active', sends: 'simulated', epoch: 4 });
    expect(record?.lastAt).toBeGreaterThanOrEqual(record?.firstAt ?? Infinity);
  });

  it('keep what a different decision closes, with how long it held', async () => {
    const b = bench({ loans: HEALTHY });
    await b.looks(3);
    b.venue.books('one').debt = b.venue.books('one').debt.plus(3_000);
    await b.look();
    const records = (await b.journal.decisions()).map(({ json }) => JSON.parse(json) as Span);
    expect(records.map(({ count, decision }) => [count, decision.verdict])).toEqual([
      [3, 'nothing'],
      [1, 'act'],
    ]);
  });

  it('are written also by a look that saw nothing, for every loan', async () => {
    const b = bench({ loans: { ...BREACHED, two: { debt: '4000', btc: '1' } }, setup: { mode: 'dryRun' } });
    await b.look();
    b.venue.observeError = new Error('maintenance');
    await b.looks(2);
    for (const key of ['one', 'two']) {
      expect(await b.record(key)).toMatchObject({ count: 2, decision: { verdict: 'wait' } });
      expect(await b.says(key)).toMatch(/not seen.*maintenance/);
    }
  });

  it('say which decisions are new', async () => {
    const b = bench({ loans: HEALTHY });
    await b.looks(2);
    expect(b.events.flatMap((event) => (event.type === 'decided' ? [event.changed] : []))).toEqual([true, false]);
  });
});

interface Span {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  readonly decision: { readonly verdict: string };
}
