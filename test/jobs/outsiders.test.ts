/** Others move the same loans: what a doubt holds, what ends it, what is told, and that nothing is paid twice for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dec } from '../../src/core/money.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { BREACHED, Bench, HEALTHY, PLAIN, TIMING } from './bench.ts';
import type { BenchOptions } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

/** The journal begins, and with it what is told of others. */
async function bench(options: BenchOptions = {}): Promise<Bench> {
  const b = new Bench(redis.connect(), options);
  await b.readRecords();
  return b;
}

type Told = Extract<LookEvent, { readonly type: 'external' }>;
const told = (b: Bench): Told[] => b.events.filter((event): event is Told => event.type === 'external');

const TWO = { one: { debt: '5000', btc: '1' }, two: { debt: '5000', btc: '1' } };

describe('a doubt', () => {
  it('holds one loan, and the account’s other loan is rescued in the same look', async () => {
    const b = await bench({ loans: TWO });
    await b.look();
    b.venue.books('one').btc = new Dec('0.01');
    b.venue.books('two').debt = new Dec('8000');
    await b.look();
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['two']);
    expect(await b.says('one')).toMatch(/not seen.*vanished from 1 to 0.01 without a record/);
    expect(b.alerts('implausible')).toHaveLength(1);
    expect(b.last('blind')).toBeUndefined();
  });

  it('outlives the send of another loan, and ends when three reads agree', async () => {
    const b = await bench({ loans: TWO });
    await b.look();
    b.venue.books('one').debt = new Dec('20000');
    b.venue.books('two').debt = new Dec('8000');
    await b.looks(2, 5_000);
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['two']);
    // The read before the send counts.
    await b.look();
    expect(new Set(b.venue.sent.map(({ key }) => key))).toEqual(new Set(['one', 'two']));
  });

  it('of a wallet is a source that is not there; loans with another source go on', async () => {
    const b = await bench({ wallet: { USDT: '50000', BTC: '1' }, loans: HEALTHY });
    await b.look();
    b.venue.wallet.set('BTC', new Dec(0));
    b.venue.books('one').debt = new Dec('8000');
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/wallet funding BTC went from 1 to 0 without a record/);
    await b.looks(3, 6_000);
    expect(b.venue.sent).toHaveLength(1);
  });

  it('of a loan never closes it, and does not settle a call of it', async () => {
    const b = await bench({ loans: { ...BREACHED, two: { debt: '5000', btc: '1' } } });
    b.venue.script.push({ do: 'accept', settleMs: 5_000 });
    await b.look();
    expect(await b.intentStates()).toEqual(['settling']);
    const books = b.venue.books('one');
    b.venue.loans.delete('one');
    await b.looks(2);
    expect(await b.intentStates()).toEqual(['settling']);
    expect(await b.state()).toMatch(/^acting/);
    b.venue.loans.set('one', books);
    b.clock.pass(5_000);
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed']);
  });

  it('asks for the venue’s records at once, and not more often than a few times before reads could agree', async () => {
    const b = await bench({ loans: HEALTHY });
    await b.look();
    expect(b.asked).toEqual([]);
    b.venue.somebody('liquidation', 'one', { btc: '-0.99' });
    await b.look();
    expect(b.asked).toEqual([TIMING.plausibleAfterMs / 5]);
  });

  it('ends with a record that explains it, without waiting for three reads', async () => {
    const b = await bench({ loans: TWO });
    await b.look();
    b.venue.somebody('liquidation', 'one', { debt: '-4900', btc: '-0.97' });
    await b.look();
    expect(await b.says('one')).toMatch(/without a record/);
    await b.readRecords();
    expect(b.rings).toContain('somebody else acted');
    await b.look();
    expect(await b.says('one')).toMatch(/LTV 33.33 %/);
    expect(await b.state('one')).toBe('watching.healthy');
  });

  it('does not end with a record that merely exists', async () => {
    const b = await bench({ loans: TWO });
    await b.look();
    b.venue.somebody('repay', 'one', { debt: '-1000' });
    b.venue.somebody('repay', 'one', { debt: '-3900', unlisted: true });
    await b.readRecords();
    await b.look();
    expect(await b.says('one')).toMatch(/debt USDT vanished from 5000 to 100 without a record/);
  });

  it('of a loan that is gone ends with the record of its liquidation: it is closed, the others are not', async () => {
    const b = await bench({ loans: TWO });
    await b.look();
    b.venue.somebody('liquidation', 'one', { debt: '-5000', btc: '-1' });
    b.venue.loans.delete('one');
    await b.look();
    expect(await b.state('one')).toBe('watching.healthy');
    await b.readRecords();
    await b.look();
    expect(await b.state('one')).toBe('closed');
    expect(await b.state('two')).toBe('watching.healthy');
  });
});

describe('what others did', () => {
  it('is told once, with how much it matters, over restarts and searches that overlap', async () => {
    const b = await bench({ loans: TWO });
    b.venue.somebody('repay', 'one', { debt: '-100' });
    b.venue.somebody('liquidation', 'two', { btc: '-0.1' });
    await b.readRecords();
    await b.readRecords();
    b.clock.pass(60_000);
    await b.readRecords();
    expect(told(b).map(({ severity, act }) => `${severity} ${act.kind}`)).toEqual([
      'info repay',
      'critical liquidation',
    ]);
    expect(await b.journal.externals.newest(10)).toHaveLength(2);
  });

  it('before the journal began is nobody’s business', async () => {
    const b = new Bench(redis.connect(), { loans: HEALTHY });
    b.venue.somebody('repay', 'one', { debt: '-100' });
    b.clock.pass(1_000);
    await b.readRecords();
    expect(told(b)).toEqual([]);
    expect(b.venue.asked[0]).toBeGreaterThan(b.venue.acts[0]?.at ?? Infinity);
  });

  it('is searched from where the last complete search ended, with an overlap, and again where a list failed', async () => {
    const b = await bench({ loans: HEALTHY });
    const overlap = TIMING.giveUpMs + TIMING.lagMarginMs;
    b.clock.pass(7_200_000);
    await b.readRecords();
    const [, second = 0] = b.venue.asked;
    expect(b.clock.wall() - second).toBeGreaterThan(7_200_000 - 1_000);
    b.clock.pass(3_600_000);
    b.venue.gaps = [{ section: 'bills', reason: '502' }];
    await b.readRecords();
    await b.readRecords();
    b.venue.gaps = [];
    await b.readRecords();
    await b.readRecords();
    const [, , third = 0, fourth = 0, fifth = 0, sixth = 0] = b.venue.asked;
    expect(third - (second + 7_200_000 - overlap)).toBeLessThan(1_000);
    expect([fourth, fifth]).toEqual([third, third]);
    expect(b.clock.wall() - sixth).toBeLessThan(overlap + 1_000);
    expect(b.alerts('records')).toEqual([expect.stringMatching(/bills is not known completely: 502/)]);
  });

  it('is one act, although its record comes under another reference once its own list is read', async () => {
    const b = await bench({ loans: HEALTHY });
    b.venue.somebody('repay', 'one', { debt: '-100' });
    await b.readRecords();
    const [act] = b.venue.acts;
    if (act === undefined) throw new Error('no act');
    b.venue.acts.splice(0, 1, { ...act, ref: 'another', at: act.at + 900 });
    await b.readRecords();
    expect(told(b)).toHaveLength(1);
    // Two equal ones, both listed, are two.
    b.venue.acts.push({ ...act, ref: 'third', at: act.at + 2_000 });
    await b.readRecords();
    expect(told(b)).toHaveLength(2);
  });

  it('never uses up our budgets', async () => {
    const b = await bench();
    b.venue.somebody('repay', 'one', { debt: '-500' });
    await b.readRecords();
    await b.look();
    const [intent] = await b.journal.intents();
    expect(await b.charged()).toBeCloseTo(Number(intent?.chargeUsd), 6);
    expect(Number(intent?.amount)).toBeCloseTo(1300, 0);
  });
});

describe('a need that somebody else closes', () => {
  it('ends its episode, says so, and is not paid a second time', async () => {
    const b = await bench({ wallet: {} });
    await b.look();
    expect(await b.state()).toBe('starved');
    b.venue.somebody('repay', 'one', { debt: '-2000' });
    b.venue.wallet.set('USDT', new Dec('50000'));
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(b.alerts('helped')).toEqual([expect.stringMatching(/need is over: somebody else repaid 2000 USDT/)]);
    expect(await b.state()).toBe('watching.healthy');
    expect(b.asked).toEqual([TIMING.recordsEveryMs / 6]);
  });

  it('between a transfer and its repayment leaves the repayment undone', async () => {
    const b = await bench({ product: 'binance.crossMargin', loans: { '': { debt: '8000', btc: '1' } } });
    await b.look();
    expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['transferIn']);
    b.venue.somebody('repay', '', { debt: '-3000' });
    await b.looks(3);
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('helped')).toHaveLength(1);
  });

  it('in part is paid for the rest only', async () => {
    const b = await bench({ wallet: {} });
    await b.look();
    b.venue.somebody('topUp', 'one', { btc: '0.1' });
    b.venue.wallet.set('USDT', new Dec('50000'));
    await b.untilQuiet();
    expect(b.venue.sent.map(({ amount }) => Number(amount))).toEqual([expect.closeTo(1180, 0)]);
    expect(b.ltv()).toBeCloseTo(0.62, 3);
  });
});

describe('our own call', () => {
  it('is confirmed although somebody else borrowed as much again', async () => {
    const b = await bench();
    b.venue.script.push({ do: 'accept', settleMs: 3_000 });
    await b.look();
    const paid = b.venue.sent[0]?.amount ?? '0';
    b.venue.somebody('borrow', 'one', { debt: paid });
    b.clock.pass(20_000);
    await b.look();
    expect(await b.intentStates()).toEqual(['settling']);
    await b.readRecords();
    await b.look();
    expect((await b.intentStates())[0]).toBe('confirmed');
  });

  it('is not confirmed by an act that undid it: the venue that gave coins back lists that as one', async () => {
    const add = { ...PLAIN, ladder: [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })] };
    const b = await bench({ policy: add, wallet: { BTC: '5' } });
    b.venue.script.push({ do: 'accept', settleMs: 3_000 });
    await b.look();
    const added = b.venue.sent[0]?.amount ?? '0';
    b.venue.somebody('collateral', 'one', { btc: `-${added}` });
    b.clock.pass(20_000);
    await b.readRecords();
    await b.looks(2);
    expect(await b.intentStates()).toEqual(['settling']);
  });

  it('is not confirmed by a repayment of somebody else that looks like it', async () => {
    const b = await bench();
    b.venue.script.push({ do: 'accept', settleMs: null });
    await b.look();
    b.venue.somebody('repay', 'one', { debt: `-${b.venue.sent[0]?.amount ?? '0'}` });
    const before = b.venue.view();
    b.venue.finish();
    const lagging = (): void => {
      b.venue.frozen = { ...before, asOf: b.clock.wall(), wallets: b.venue.view().wallets };
    };
    await b.readRecords();
    for (let i = 0; i < 3; i += 1) {
      b.clock.pass(12_000);
      lagging();
      await b.look();
    }
    expect(await b.intentStates()).toEqual(['settling']);
    b.venue.frozen = null;
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed']);
  });

  it('that failed because somebody else moved the loan does not count for the fuse', async () => {
    const b = await bench();
    for (let i = 0; i < 12; i += 1) {
      b.venue.script.push({ do: 'reject', effect: 'exceedsDebt' });
      b.venue.somebody('repay', 'one', { debt: '-1' });
      await b.readRecords();
      await b.look();
      b.clock.pass(6_000);
    }
    expect(await b.state()).not.toBe('capped');
    await b.untilQuiet();
    expect(await b.intentStates()).toContain('confirmed');
  });

  it('is not missed where somebody else took its effect back: the reads do not lag', async () => {
    const b = await bench();
    await b.look();
    b.venue.somebody('borrow', 'one', { debt: b.venue.sent[0]?.amount ?? '0' });
    b.clock.pass(2_000);
    await b.look();
    expect(await b.says()).toMatch(/the reads do not show repay 1800/);
    await b.readRecords();
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
  });
});
