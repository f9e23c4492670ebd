/** While a money call is undecided (DESIGN §5.7), and how it stops being so (§6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dec } from '../../src/core/money.ts';
import type { Policy } from '../../src/core/policy.ts';
import { rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench, PLAIN, TIMING } from './bench.ts';
import type { BenchOptions } from './bench.ts';
import type { Conduct } from './fakeVenue.ts';
import { WINDOW_MS } from './fakeVenue.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

/** Until the whole account may be asked again. */
const HOLD_MS = WINDOW_MS + TIMING.lagMarginMs;
/** Beyond urgent: LTV 0.86 of a line at 0.9. Money of two kinds. */
const URGENT: BenchOptions = { loans: { one: { debt: '8600', btc: '1' } }, wallet: { USDT: '50000', BTC: '5' } };

async function undecided(conduct: Conduct, options: BenchOptions = URGENT): Promise<Bench> {
  const b = new Bench(redis.connect(), options);
  b.venue.script.push(conduct);
  await b.look();
  expect(b.venue.sent).toHaveLength(1);
  return b;
}

const LOST: Conduct = { do: 'lose', executes: false };
const PENDING: Conduct = { do: 'lose', executes: true, settleMs: null };

describe('while a call is undecided', () => {
  it('the whole account waits until its validity and the lag of records are over, beyond urgent too', async () => {
    const b = await undecided(PENDING);
    await b.looks(10, (HOLD_MS - 1_000) / 10);
    expect(b.venue.sent).toHaveLength(1);
    expect(await b.says()).toMatch(/undecided/);
    b.clock.pass(2_000);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
  });

  it('that time passes on the venue’s clock: one of this machine that was set ahead frees nothing', async () => {
    const b = await undecided(PENDING);
    const ahead = (ms: number | null) => ([b.clock.skew, b.venue.clockAheadMs] = [ms ?? 0, ms === null ? null : -ms]);
    ahead(HOLD_MS + 60_000);
    await b.looks(3, 1_000);
    expect(b.venue.sent).toHaveLength(1);
    ahead(null);
    b.clock.pass(HOLD_MS);
    await b.look();
    expect(b.venue.sent).toHaveLength(1);
    ahead(0);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
  });

  it('after that one further call leaves beyond urgent, from money the first cannot have touched', async () => {
    const b = await undecided(PENDING);
    b.clock.pass(HOLD_MS + 1);
    await b.look();
    const [first, second] = b.venue.sent;
    expect([first?.verb, first?.asset]).toEqual(['repay', 'USDT']);
    expect([second?.verb, second?.asset]).toEqual(['add', 'BTC']);
    expect(await b.charged()).toBeGreaterThan(Number(first?.chargeUsd));
    expect(await b.state()).toBe('unresolved');
  });

  it('between act and urgent nothing leaves', async () => {
    const b = await undecided(PENDING, { ...URGENT, loans: { one: { debt: '8000', btc: '1' } } });
    b.clock.pass(HOLD_MS + 1);
    await b.looks(5);
    expect(b.venue.sent).toHaveLength(1);
  });

  it('a policy that holds sends nothing beside it', async () => {
    const b = await undecided(PENDING, { ...URGENT, policy: { ...PLAIN, whenUnsettled: 'hold' } });
    b.clock.pass(HOLD_MS + 1);
    await b.looks(5);
    expect(b.venue.sent).toHaveLength(1);
  });

  it('at most one further call is undecided, over all loans of the account', async () => {
    const loans = {
      one: { debt: '8600', btc: '1' },
      two: { debt: '8500', btc: '1' },
      three: { debt: '8400', btc: '1' },
    };
    const b = await undecided(PENDING, { ...URGENT, loans });
    b.venue.script.push(PENDING);
    b.clock.pass(HOLD_MS + 1);
    await b.looks(10, HOLD_MS);
    expect(b.venue.sent).toHaveLength(2);
    expect(b.venue.sent[1]?.asset).toBe('BTC');
  });

  it('when the first is settled and the further one is not, no other may leave', async () => {
    const b = await undecided(PENDING, { ...URGENT, wallet: { USDT: '50000', BTC: '0.02' } });
    b.venue.script.push(PENDING);
    b.clock.pass(HOLD_MS + 1);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
    const [first] = b.venue.records;
    if (first !== undefined) await b.journal.outcome(first.intent, 'rejected', { note: 'settled by the test' });
    b.clock.pass(10 * HOLD_MS);
    await b.looks(5);
    expect(b.venue.sent).toHaveLength(2);
    expect(JSON.stringify(await b.record())).toMatch(/left as an emergency and is undecided/);
  });

  it('the journal knows which call left beside another one', async () => {
    const b = await undecided(PENDING);
    b.clock.pass(HOLD_MS + 1);
    b.venue.script.push(PENDING);
    await b.look();
    const [, beside] = await b.journal.intents();
    expect((await b.journal.open()).emergencies).toEqual(new Set([beside?.id]));
  });

  it('a failing venue gets no second call', async () => {
    const b = await undecided(PENDING);
    b.venue.observeError = new Error('502');
    await b.looks(3);
    b.venue.observeError = null;
    b.clock.pass(HOLD_MS);
    await b.looks(2);
    expect(b.last('looked')?.mode).toBe('degraded');
    expect(b.venue.sent).toHaveLength(1);
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('active');
    expect(b.venue.sent).toHaveLength(2);
  });
});

describe('on Binance margin', () => {
  const MARGIN: BenchOptions = {
    product: 'binance.crossMargin',
    loans: { '': { debt: '8800', btc: '1', inside: '100' } },
    wallet: { USDT: '50000', BTC: '5' },
    policy: { ...PLAIN, ladder: PLAIN.ladder.toReversed() },
  };

  it('nothing leaves beside a repayment that the venue still works on', async () => {
    const b = await undecided({ do: 'lose', executes: true, settleMs: null }, { ...MARGIN, policy: PLAIN });
    expect(b.venue.sent[0]?.verb).toBe('repay');
    b.clock.pass(100 * HOLD_MS);
    await b.looks(5);
    expect(b.venue.sent).toHaveLength(1);
    expect(JSON.stringify(await b.record(''))).toMatch(/the venue is still working on/);
  });

  it('a transfer that hangs at the venue holds back transfers only: what is inside repays, again and again', async () => {
    const loans = { '': { debt: '9000', btc: '1', inside: '300' } };
    const urgent = { ...PLAIN.limits.urgent, perAction: new Dec(100) };
    const limited = { ...MARGIN.policy, limits: { ...PLAIN.limits, urgent } } as Policy;
    const b = await undecided(PENDING, { ...MARGIN, loans, policy: limited });
    expect(b.venue.sent[0]?.verb).toBe('transferIn');
    b.clock.pass(HOLD_MS + 1);
    await b.looks(5);
    expect(b.venue.sent.map(({ verb, from }) => `${verb} from ${from}`)).toEqual([
      'transferIn from spot',
      ...Array.from({ length: b.venue.sent.length - 1 }, () => 'repay from inside'),
    ]);
    expect(b.venue.sent.length).toBeGreaterThan(2);
    expect(JSON.stringify(await b.record(''))).toMatch(/the transfer of .* is undecided/);
  });

  it('a transfer and what was repaid beside it from before it are each confirmed net of the other', async () => {
    const loans = { '': { debt: '9000', btc: '1', inside: '300' } };
    const ladder = [rung(1, { from: ['wallet'] }), rung(2, { from: ['inside'] })];
    const b = await undecided({ do: 'accept', settleMs: null }, { ...MARGIN, loans, policy: { ...PLAIN, ladder } });
    b.clock.pass(TIMING.reflectTimeoutMs + 1);
    await b.looks(2);
    expect(b.venue.sent.map(({ verb, asset, from }) => `${verb} ${asset} from ${from}`)).toEqual([
      'transferIn USDT from spot',
      'repay USDT from inside',
    ]);
    expect(b.venue.sent[1]?.amount).toMatch(/^(300|299\.99\d*)$/);
    b.venue.finish();
    b.clock.pass(TIMING.lagMarginMs + 1);
    await b.looks(2);
    const [transfer, repay] = await b.journal.intents();
    expect([transfer?.state, repay?.state]).toEqual(['confirmed', 'confirmed']);
    expect(transfer?.note).not.toMatch(/somebody else/);
  });

  it('no repayment leaves while nothing proves that the lock is free; adding may', async () => {
    const repay = { ...MARGIN, policy: PLAIN };
    const b = await undecided({ do: 'lose', executes: true, settleMs: null }, repay);
    expect(b.venue.sent[0]?.verb).toBe('repay');
    b.venue.evidenceError = new Error('the record list is down');
    b.clock.pass(HOLD_MS + 1);
    await b.look();
    expect(b.venue.sent.map(({ verb, asset }) => `${verb} ${asset}`)).toEqual(['repay USDT', 'transferIn BTC']);
  });
});

describe('an accepted call', () => {
  it('that takes longer than the look is settled by later looks, which do not stop', async () => {
    const b = await undecided({ do: 'accept', settleMs: 8_000 });
    expect(await b.intentStates()).toEqual(['settling']);
    expect(await b.state()).toBe('acting.settling');
    const before = b.venue.looks;
    await b.looks(8);
    expect(b.venue.looks).toBeGreaterThanOrEqual(before + 8);
    expect(await b.intentStates()).toEqual(['confirmed']);
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('unresolved')).toEqual([]);
  });

  it('keeps the other loans of its account waiting until it is settled', async () => {
    const b = new Bench(redis.connect(), {
      loans: { grave: { debt: '8000', btc: '1' }, mild: { debt: '7600', btc: '1' } },
    });
    b.venue.script.push({ do: 'accept', settleMs: 5_000 });
    await b.looks(2, 500);
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['grave']);
    await b.looks(8, 1_000);
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['grave', 'mild']);
    expect(b.venue.most).toBe(1);
  });

  it('that the reads do not show in time becomes unresolved and alerts once', async () => {
    const b = await undecided({ do: 'accept', settleMs: null });
    await b.looks(80, 1_000);
    expect(await b.intentStates()).toEqual(['unknown', 'confirmed']);
    expect(await b.state()).toBe('unresolved');
    expect(b.alerts('unresolved')).toHaveLength(1);
  });

  it('is confirmed by record AND reads: a final record that no read shows is never planned upon', async () => {
    const b = new Bench(redis.connect(), { loans: { one: { debt: '8000', btc: '1' } } });
    const { view } = b.venue;
    b.venue.frozen = view.call(b.venue);
    const stale = b.venue.frozen;
    b.venue.beforeObserve = async () => {
      // Always fresh by its date, always the numbers of before.
      b.venue.frozen = { ...stale, asOf: b.clock.wall(), sections: fresh(stale.sections, b.clock.wall()) };
      return Promise.resolve();
    };
    await b.look();
    await b.looks(200, 5_000);
    expect(b.venue.sent).toHaveLength(1);
    expect(await b.intentStates()).toEqual(['unknown']);
    b.venue.beforeObserve = () => Promise.resolve();
    b.venue.frozen = null;
    await b.untilQuiet();
    expect(await b.intentStates()).toEqual(['confirmed']);
    expect(b.venue.sent).toHaveLength(1);
  });

  it('that the loan shows and its wallet does not is settled when no read lags that long, and looks go on at once', async () => {
    const b = new Bench(redis.connect());
    // A call that failed before gives its money back late: the wallet holds again what it held when this one was planned.
    b.venue.beforeObserve = () => Promise.resolve(void b.venue.wallet.set('USDT', new Dec('50000')));
    await b.look();
    await b.looks(12, 5_000);
    expect(await b.intentStates()).toEqual(['settling']);
    await b.looks(3, 5_000);
    expect(await b.intentStates()).toEqual(['confirmed']);
    expect(b.last('blind')).toBeUndefined();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('hidden by what somebody else did is settled by its record after the give-up time', async () => {
    const b = await undecided({ do: 'accept' }, { ...URGENT, loans: { one: { debt: '8000', btc: '1' } } });
    expect(await b.intentStates()).toEqual(['confirmed']);
    const other = new Bench(redis.connect(), { loans: { one: { debt: '8000', btc: '1' } } });
    other.venue.beforeReply = async () => {
      // At the same moment the owner borrows ten per cent.
      other.venue.books('one').debt = other.venue.books('one').debt.plus(800);
      return Promise.resolve();
    };
    await other.look();
    expect(await other.intentStates()).toEqual(['settling']);
    await other.looks(100, 2_000);
    expect(await other.intentStates()).toEqual(['unknown']);
    other.venue.beforeReply = () => Promise.resolve();
    other.clock.pass(TIMING.giveUpMs);
    await other.looks(4);
    expect((await other.intentStates())[0]).toBe('confirmed');
  });

  it('whose record fails is proven not to have happened at once, and decided again', async () => {
    const b = await undecided({ do: 'accept', settleMs: 50, fails: true });
    expect(await b.intentStates()).toEqual(['rejected']);
    expect(await b.charged()).toBe(0);
    await b.looks(2, 2_000);
    expect(b.venue.sent).toHaveLength(2);
  });
});

describe('a lost answer', () => {
  it('without effect is proven by three reads over half a minute, however often it is read, and decided again', async () => {
    const b = await undecided(LOST, { ...URGENT, wallet: { USDT: '50000' } });
    b.clock.pass(HOLD_MS + 1);
    // A slow machine's own seconds count as well: the half minute is not approached too closely.
    await b.looks(100, 200);
    expect(await b.intentStates()).toEqual(['unknown']);
    await b.looks(52, 200);
    expect((await b.intentStates())[0]).toBe('rejected');
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(2);
    expect(b.ltv()).toBeCloseTo(0.62, 3);
    expect(await b.charged()).toBeCloseTo(2_400, 0);
  });

  it('is given up after a long time with stable reads: charged, alerted, and the next look is truth', async () => {
    const b = await undecided(LOST, { ...URGENT, loans: { one: { debt: '8000', btc: '1' } } });
    b.venue.evidence = () => Promise.resolve({ verdict: 'cannotTell', why: 'a foreign record' });
    b.clock.pass(TIMING.giveUpMs);
    await b.looks(2);
    expect(await b.intentStates()).toEqual(['unknown']);
    await b.looks(3);
    expect((await b.intentStates())[0]).toBe('expired');
    expect(b.alerts('expired')).toHaveLength(1);
    expect(await b.charged()).toBeGreaterThanOrEqual(1_800);
  });

  it('is never given up while its evidence cannot be read, nor while it is pending', async () => {
    const outage = await undecided(LOST, { ...URGENT, loans: { one: { debt: '8000', btc: '1' } } });
    outage.venue.evidenceError = new Error('502');
    await outage.looks(30, TIMING.giveUpMs / 10);
    expect(await outage.intentStates()).toEqual(['unknown']);
    const pending = await undecided(PENDING, { ...URGENT, loans: { one: { debt: '8000', btc: '1' } } });
    await pending.looks(30, TIMING.giveUpMs / 10);
    expect(await pending.intentStates()).toEqual(['unknown']);
  });
});

describe('the fuse', () => {
  it('counts a send without effect once, whatever became known of it and when', async () => {
    const b = await undecided(LOST, { ...URGENT, wallet: { USDT: '50000' } });
    await b.looks(60, 1_000);
    const times = (await b.journal.open()).fruitless;
    expect((await b.intentStates())[0]).toBe('rejected');
    // The second call had its effect, which ends the row.
    expect(times).toEqual({});
  });

  it('blows after so many sends in a row without effect, and is whole again when its window has passed', async () => {
    const limits = { ...PLAIN.limits, actions: { count: 3, perMs: 3_600_000 } };
    const b = new Bench(redis.connect(), { policy: { ...PLAIN, limits } });
    for (let i = 0; i < 10; i += 1) b.venue.script.push({ do: 'reject' });
    await b.looks(20, 10_000);
    expect(b.venue.sent).toHaveLength(3);
    expect(await b.state()).toBe('capped');
    b.venue.script.length = 0;
    b.clock.pass(3_600_000);
    await b.looks(2);
    expect(b.venue.sent).toHaveLength(4);
    expect(b.ltv()).toBeCloseTo(0.62, 3);
  });

  it('does not count "not now": a busy venue cannot blow it', async () => {
    const limits = { ...PLAIN.limits, actions: { count: 3, perMs: 3_600_000 } };
    const b = new Bench(redis.connect(), { policy: { ...PLAIN, limits } });
    for (let i = 0; i < 8; i += 1)
      b.venue.script.push({ do: 'reject', effect: i % 2 === 0 ? 'pending' : 'rateLimited' });
    await b.looks(20, 10_000);
    expect(b.venue.sent).toHaveLength(9);
    expect(b.ltv()).toBeCloseTo(0.62, 3);
  });
});

describe('a loan whose calls fail', () => {
  it('lets another loan in need go first once, so that it does not keep help from all', async () => {
    const b = new Bench(redis.connect(), {
      loans: { grave: { debt: '8900', btc: '1' }, mild: { debt: '7600', btc: '1' } },
    });
    b.venue.script.push({ do: 'reject', effect: 'unavailable' });
    await b.looks(4, 6_000);
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['grave', 'mild', 'grave']);
  });

  it('keeps the distance between two calls, also when the first brought a lesson and the second follows at once', async () => {
    // Longer than two looks take on a busy machine, so that only a wait can bring it about.
    const spacingMs = 4_000;
    const b = new Bench(redis.connect(), { timing: { spacingMs } });
    b.venue.script.push({ do: 'reject', effect: 'precision' });
    await b.look();
    await b.look();
    const [first, second] = (await b.journal.intents()).map(({ sentAt }) => sentAt ?? 0);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(spacingMs);
  });

  it('waits longer with every refusal, and never less than the venue asked for, whoever rings', async () => {
    const b = new Bench(redis.connect());
    b.venue.script.push({ do: 'reject', effect: 'rateLimited', retryAfterMs: 20_000 });
    await b.look();
    expect(b.rings).toEqual([]);
    await b.looks(19, 1_000);
    expect(b.venue.sent).toHaveLength(1);
    expect(await b.says()).toMatch(/not sent \(the last call was turned down/);
    b.clock.pass(2_000);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
  });
});

function fresh<T extends object>(sections: Readonly<Record<string, T>>, asOf: number): Record<string, never> {
  const entries = Object.keys(sections).map((name) => [name, { state: 'fresh', asOf }]);
  return Object.fromEntries(entries) as Record<string, never>;
}
