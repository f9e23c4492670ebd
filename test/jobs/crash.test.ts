/** A process may die on every line. Whatever it left, the looks after it never send twice and end in the right state. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import type { Venue } from '../../src/exchanges/exchange.ts';
import type { Journal } from '../../src/jobs/journal.ts';
import { isUndecided } from '../../src/core/intent.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Attested } from './attested.ts';
import { Bench, PLAIN } from './bench.ts';
import type { BenchOptions } from './bench.ts';
import type { Conduct } from './fakeVenue.ts';

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

class Died extends Error {}

/** Counts every effect of a run, before and after it, and dies at one of them; from then on nothing has any effect. */
class Mortal {
  readonly #at: number;
  step = 0;
  dead = false;
  where = '';

  constructor(at: number) {
    this.#at = at;
  }

  wrap<T extends object>(target: T, names: readonly string[]): T {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, of, args);
        if (typeof name !== 'string' || !names.includes(name)) return call;
        return async (...args: unknown[]): Promise<unknown> => {
          this.#pass(`before ${name}`);
          const result = await (call(...args) as Promise<unknown>);
          this.#pass(`after ${name}`);
          return result;
        };
      },
    });
  }

  #pass(where: string): void {
    this.step += 1;
    if (this.step === this.#at) {
      this.dead = true;
      this.where = where;
    }
    if (this.dead) throw new Died(where);
  }
}

const JOURNAL = ['open', 'commit', 'claim', 'outcome', 'intent'];
const VENUE = ['observe', 'cursors', 'send', 'evidence'];

/** Lets `looksBefore` looks live, then one die at its `at`-th line. Returns null when it had fewer lines. */
async function dieAt(at: number, prepare: (b: Bench) => void, options: BenchOptions, looksBefore: number) {
  const b = bench(options);
  prepare(b);
  await b.looks(looksBefore);
  const mortal = new Mortal(at);
  const journal: Journal = mortal.wrap(b.journal, JOURNAL);
  const venue: Venue = mortal.wrap<Venue>(b.venue, VENUE);
  await b.look(b.deps({ journal, venue })).catch((error: unknown) => {
    if (!(error instanceof Died)) throw error;
  });
  return mortal.dead ? { b, where: mortal.where } : null;
}

/** Looks until nothing is undecided: at most for as long as evidence takes (validity, lag, three reads over half a minute). */
async function untilSettled(b: Bench): Promise<void> {
  for (let looks = 0; looks < 20; looks += 1) {
    await b.look();
    b.clock.pass(4_000);
    if (!(await b.journal.intents()).some(isUndecided)) return;
  }
}

async function everyDeath(
  prepare: (b: Bench) => void,
  check: (b: Bench, where: string) => Promise<void>,
  options: BenchOptions = {},
  looksBefore = 0,
): Promise<number> {
  for (let at = 1; at < 100; at += 1) {
    const died = await dieAt(at, prepare, options, looksBefore);
    if (died === null) return at - 1;
    await untilSettled(died.b);
    await died.b.untilQuiet();
    await check(died.b, `${String(at)}: ${died.where}`);
  }
  throw new Error('a look has no end');
}

async function expectRescuedOnce(b: Bench, where: string): Promise<void> {
  expect(Math.max(0, ...b.venue.sends().values()), where).toBeLessThanOrEqual(1);
  expect(b.venue.most, where).toBe(1);
  // Only the money that was needed moved, so nothing was paid twice under two names either.
  expect(b.ltv(), where).toBeCloseTo(0.62, 3);
  expect(b.venue.wallet.get('USDT')?.toNumber(), where).toBeCloseTo(50_000 - 1_800, 0);
  expect((await b.journal.open()).undecided, where).toEqual([]);
  expect(await b.charged(), where).toBeCloseTo(1_800, 0);
  expect(await b.state(), where).toMatch(/^watching\.(healthy|warned)$/);
  expect(b.alerts('stray'), where).toEqual([]);
  expect(b.alerts('halt'), where).toEqual([]);
}

const conducts: readonly (readonly [string, Conduct | null])[] = [
  ['a call that is done at once', null],
  ['a call that takes longer than the look', { do: 'accept', settleMs: 5_000 }],
  ['an answer that is lost after execution', { do: 'lose', executes: true }],
  ['an answer that is lost with the call', { do: 'lose', executes: false }],
  ['a call whose record fails', { do: 'accept', settleMs: 50, fails: true }],
  ['a rejection', { do: 'reject' }],
];

/** Hundreds of looks, each a dozen round trips to Redis: on a busy machine that is a matter of minutes, not of waiting. */
const MANY_LOOKS_MS = 180_000;

describe('a run that dies on any line', { timeout: MANY_LOOKS_MS }, () => {
  it.each(conducts)('during %s never sends twice and the loan is rescued once', async (_name, conduct) => {
    const lines = await everyDeath(
      (b) => (conduct === null ? undefined : b.venue.script.push(conduct)),
      expectRescuedOnce,
    );
    expect(lines).toBeGreaterThan(8);
  });

  it.each(conducts.slice(1, 4))('during the look that reconciles %s: the same', async (_name, conduct) => {
    const lines = await everyDeath((b) => conduct && b.venue.script.push(conduct), expectRescuedOnce, {}, 1);
    expect(lines).toBeGreaterThan(4);
  });

  it('after its commit leaves a plan that nobody carries out, not even when the need is gone meanwhile', async () => {
    const b = bench();
    b.passing = (point) => {
      if (point === 'committed') throw new Died(point);
    };
    await expect(b.look()).rejects.toBeInstanceOf(Died);
    expect(await b.intentStates()).toEqual(['planned']);
    b.passing = () => undefined;
    b.venue.price = b.venue.price.times(2);
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['voided']);
    expect(await b.charged()).toBe(0);
  });

  it('with two legs: transfer and repayment leave once each', async () => {
    const options = { product: 'binance.crossMargin', loans: { '': { debt: '8000', btc: '1' } } } as const;
    await everyDeath(
      () => undefined,
      async (b, where) => {
        expect(Math.max(...b.venue.sends().values()), where).toBe(1);
        expect(b.ltv(''), where).toBeLessThan(0.63);
        // What moved in and what was repaid are the same money, and not twice that.
        expect(b.venue.wallet.get('USDT')?.toNumber(), where).toBeGreaterThan(50_000 - 1_850);
        expect((await b.journal.open()).undecided, where).toEqual([]);
        expect(b.alerts('stray'), where).toEqual([]);
      },
      options,
    );
  });
});

describe('a run that dies on any line of a release', () => {
  // At LTV 30 %, seen for two seconds: the third look lets 0.4 BTC go.
  const release = { below: parse('0.35'), upTo: parse('0.5'), afterMs: 2_000, perDay: parse('100000') };
  const options = { loans: { one: { debt: '3000', btc: '1' } }, policy: { ...PLAIN, release } };

  it.each(conducts)('during %s lets collateral go once', async (_name, conduct) => {
    const lines = await everyDeath(
      (b) => {
        b.reference = new Attested(b);
        if (conduct !== null) b.venue.script.push(conduct);
      },
      async (b, where) => {
        // The second try of one that was lost with the call may be lost, too.
        await b.looks(12, 4_000);
        expect(Math.max(0, ...b.venue.sends().values()), where).toBeLessThanOrEqual(1);
        expect(b.ltv(), where).toBeCloseTo(0.5, 3);
        expect(b.venue.wallet.get('BTC')?.toNumber(), where).toBeCloseTo(0.4, 3);
        expect((await b.journal.open()).undecided, where).toEqual([]);
        expect((await b.journal.open()).fruitless, where).toEqual({});
        expect(await b.charged(), where).toBeCloseTo(4_000, 0);
        expect(await b.state(), where).toBe('watching.healthy');
        expect([...b.alerts('stray'), ...b.alerts('halt')], where).toEqual([]);
      },
      options,
      2,
    );
    expect(lines).toBeGreaterThan(8);
  });
});

describe('many looks at the same time', () => {
  it('send each intent at most once, one call at a time, and rescue the loan once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const b = bench();
      const benches = Array.from({ length: 8 }, () => b.look());
      await Promise.all(benches);
      await b.looks(3);
      await b.untilQuiet();
      expect(Math.max(...b.venue.sends().values())).toBe(1);
      expect(b.venue.most).toBe(1);
      expect(b.ltv()).toBeCloseTo(0.62, 3);
      expect(await b.charged()).toBeCloseTo(1_800, 0);
    }
  });

  it('never let a second call leave while the first one is on its way', async () => {
    const b = bench({ loans: { one: { debt: '8000', btc: '1' }, two: { debt: '8100', btc: '1' } } });
    let answer = (): void => undefined;
    b.venue.script.push({ do: 'accept', settleMs: null });
    b.venue.beforeReply = () => new Promise((resolve) => (answer = resolve));
    const first = b.look();
    await expect.poll(() => b.venue.sent.length).toBe(1);
    await b.looks(5);
    expect(b.venue.sent).toHaveLength(1);
    b.venue.beforeReply = () => Promise.resolve();
    answer();
    await first;
    b.venue.finish();
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(2);
    expect(b.venue.most).toBe(1);
    expect(b.alerts('halt')).toEqual([]);
  });
});

describe('facts that arrive late', () => {
  it('a frozen run that wakes up after its claim refuses, and that is no contradiction', async () => {
    const b = bench();
    const frozen: Journal = new Proxy(b.journal, {
      get: (of, name) => {
        if (name !== 'claim') {
          const value: unknown = Reflect.get(of, name, of);
          return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, of, args) : value;
        }
        return async (...args: Parameters<Journal['claim']>) => {
          const verdict = await of.claim(...args);
          // Another process looks while this one sleeps, and finds a call that may have left.
          b.clock.pass(20_000);
          await b.look();
          return verdict;
        };
      },
    });
    await b.look(b.deps({ journal: frozen }));
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
    expect(await b.charged()).toBe(0);
    await b.looks(3);
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('halt')).toEqual([]);
  });

  it('an outcome that contradicts a settled verdict halts the account, also when its look may not commit any more', async () => {
    const b = bench();
    b.venue.beforeReply = async (intent) => {
      // Another run settled it by evidence as not having happened; then the venue's answer arrives: accepted.
      await b.journal.outcome(intent, 'rejected', { note: 'no trace' });
      await b.journal.open();
    };
    await b.look();
    b.venue.beforeReply = () => Promise.resolve();
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('halted');
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('halt')).toHaveLength(2);
    expect((await b.journal.open()).halt).toBeNull();
  });

  it('no claim leaves while a contradiction waits for the account', async () => {
    const b = bench();
    b.extend = async () => {
      await redis.connect().set(b.journal.key('halt'), 'two verdicts');
      return true;
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    await b.look();
    expect(b.last('looked')?.mode).toBe('halted');
  });
});

describe('after the claim', () => {
  const woken: readonly (readonly [string, (b: Bench) => void])[] = [
    ['the claim took long by the monotonic clock', (b) => b.clock.pass(1_500)],
    ['the wall clock jumped on', (b) => (b.clock.skew += 5_000)],
    ['the wall clock went back', (b) => (b.clock.skew -= 5_000)],
  ];
  it.each(woken)('nothing is sent when %s', async (_name, wake) => {
    const b = bench();
    const claim = b.journal.claim.bind(b.journal);
    b.journal.claim = async (...args) => {
      const verdict = await claim(...args);
      wake(b);
      return verdict;
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
    expect(await b.charged()).toBe(0);
  });

  it('nothing is sent when the lease would not outlast the request', async () => {
    const b = bench({ timing: { lockMs: 9_000, requestDeadlineMs: 8_000 } });
    b.extend = () => {
      b.clock.pass(1_500);
      return Promise.resolve(true);
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect((await b.journal.intents()).map(({ note }) => note)).toEqual(['the lease would not outlast the request']);
  });

  it('the journal knows until when the very request that leaves is valid', async () => {
    const b = bench();
    const validities: number[] = [];
    const sign = b.venue.sign.bind(b.venue);
    b.venue.sign = (intent) => {
      const request = sign(intent);
      validities.push(request.validUntil);
      return request;
    };
    let written: number | null = null;
    b.venue.beforeReply = async ({ id }) => {
      written = (await b.journal.intent(id))?.validUntil ?? null;
    };
    await b.look();
    expect(b.venue.sent).toHaveLength(1);
    expect(validities).toEqual([written]);
  });

  it('nothing is sent when the claim fails, and the intent is refused as soon as the journal can be written', async () => {
    const b = bench();
    const claim = b.journal.claim.bind(b.journal);
    b.journal.claim = async (...args) => {
      await claim(...args);
      throw new Error('connection lost');
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
  });

  it.each([
    ['the lane was taken over', (b: Bench) => (b.extend = () => Promise.resolve(false))],
    ['the server is stopping', (b: Bench) => (b.mayClaim = false)],
    [
      'the account was switched to dry-run',
      (b: Bench) => (b.extend = async () => ((b.setup = { ...b.setup, mode: 'dryRun' }), Promise.resolve(true))),
    ],
  ])('nothing is claimed when %s meanwhile', async (_name, change) => {
    const b = bench();
    change(b);
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
  });

  it('a plan is as old as the reads behind it, not as its own making', async () => {
    const b = bench();
    b.venue.aged.set('okx.flexibleLoan', 7_900);
    b.extend = async () => {
      b.clock.pass(500);
      return Promise.resolve(true);
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect((await b.journal.intents())[0]?.note).toMatch(/the reads behind the plan are/);
    expect((await b.journal.intents())[0]?.maxAgeMs).toBeLessThan(200);
  });

  it('a send that throws is unknown, never a refusal', async () => {
    const b = bench();
    b.venue.script.push({ do: 'throw' });
    await b.look();
    expect(await b.intentStates()).toEqual(['unknown']);
    expect(await b.state()).toBe('unresolved');
  });

  it('a stop during the send lets it finish, records it and ends the look', async () => {
    const b = bench();
    b.venue.script.push({ do: 'accept', settleMs: null });
    b.venue.beforeReply = async () => {
      b.mayClaim = false;
      b.stop.abort(new Error('the server is stopping'));
      return Promise.resolve();
    };
    await b.look();
    expect(await b.intentStates()).toEqual(['settling']);
    expect(await b.state()).toBe('acting.settling');
  });
});
