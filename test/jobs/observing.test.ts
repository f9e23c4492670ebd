/** Blind means still (DESIGN §2.4): what a look does with reads that fail, lag, age, hang or cannot be true. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dec } from '../../src/core/money.ts';
import type { AccountView } from '../../src/core/loan.ts';
import { VenueError } from '../../src/exchanges/exchange.ts';
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

function bench(options: BenchOptions = {}): Bench {
  return new Bench(redis.connect(), options);
}

const PRODUCT = 'okx.flexibleLoan';

describe('a section that could not be read', () => {
  it('of a wallet is a source that is not there, and not an empty one', async () => {
    const b = bench();
    b.venue.failing.set('wallet.funding', '502');
    await b.looks(2);
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/wallet funding could not be read/);
    b.venue.failing.clear();
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('of a product hides its loans and never closes them, however long it fails', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.failing.set(PRODUCT, '502');
    await b.looks(5);
    expect(await b.state()).toBe('watching.healthy');
    expect(await b.says()).toMatch(/not seen.*502/);
    expect(b.alerts('blind')).toHaveLength(1);
  });

  it('does not make the account forget what it believed: numbers that come back wrong are doubted', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.failing.set(PRODUCT, '502');
    await b.looks(2);
    b.venue.failing.clear();
    b.venue.books('one').btc = new Dec('0.0001');
    await b.look();
    expect(b.alerts('implausible')).toHaveLength(1);
    expect(b.venue.sent).toEqual([]);
  });

  it('is one that is older than its age, by itself: other sections still decide', async () => {
    const b = bench();
    b.venue.aged.set('wallet.funding', TIMING.maxAgeMs + 1_000);
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/could not be read/);
    b.venue.aged.clear();
    b.venue.aged.set(PRODUCT, TIMING.maxAgeMs + 1_000);
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/too old to decide on/);
  });
});

describe('a loan', () => {
  it('is closed only when the venue lists its product without it, and that can be believed', async () => {
    const b = bench({ loans: { ...HEALTHY, two: { debt: '4000', btc: '1' } } });
    await b.look();
    b.venue.loans.delete('two');
    await b.look();
    expect(await b.state('two')).toBe('watching.healthy');
    await b.looks(3, 6_000);
    expect(await b.state('two')).toBe('closed');
    const records = (await b.journal.decisions()).length;
    await b.looks(3);
    expect((await b.journal.decisions()).length).toBe(records);
  });

  it('that nobody named is told once, and again only after it was gone', async () => {
    const b = bench({ setup: { loans: [] } });
    await b.looks(4);
    expect(b.alerts('unlisted')).toHaveLength(1);
    expect(await b.says()).toMatch(/named by no rule/);
    b.setup = { ...b.setup, loans: [{ product: PRODUCT, match: {}, policy: 'plain', priority: 1 }], mode: 'dryRun' };
    await b.look();
    b.setup = { ...b.setup, loans: [] };
    await b.looks(2);
    expect(b.alerts('unlisted')).toHaveLength(2);
  });

  it('that left the policy is retired, and watched anew when it is back', async () => {
    const b = bench({ loans: HEALTHY });
    const rules = b.setup.loans;
    await b.look();
    b.setup = { ...b.setup, loans: [] };
    await b.looks(2);
    expect(await b.state()).toBe('retired');
    b.setup = { ...b.setup, loans: rules };
    b.venue.price = new Dec('6000');
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('stray')).toEqual([]);
  });

  it('matched by two rules follows none of them, and that is told', async () => {
    const rule = { product: PRODUCT, match: {}, policy: 'plain', priority: 1 } as const;
    const b = bench({ setup: { loans: [rule, rule], unlisted: { kind: 'ignore' } } });
    await b.looks(2);
    expect(b.venue.sent).toEqual([]);
    expect(b.alerts('unlisted')).toEqual([expect.stringMatching(/matched by 2 rules/)]);
  });

  it('whose thresholds leave no room does not stop the others', async () => {
    const b = bench({ loans: { ...BREACHED, odd: { debt: '5000', btc: '1' } } });
    const { view } = b.venue;
    b.venue.view = () => {
      const seen = view.call(b.venue);
      const loans = seen.loans.map((loan) => (loan.key === 'odd' ? { ...loan, line: new Dec('0.005') } : loan));
      return { ...seen, loans };
    };
    await b.untilQuiet();
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['one']);
    expect(b.alerts('levels')).toHaveLength(1);
    expect(await b.says('odd')).toMatch(/nothing protects it/);
  });

  it('whose stored machine is damaged is left alone, told once, and does not stop the others', async () => {
    const b = bench({ loans: { one: { debt: '5000', btc: '1' }, odd: { debt: '8900', btc: '1' } } });
    const broken = { machine: 'loan', version: 99, seq: 1, state: 'x', context: {}, updatedAt: 0 };
    await redis.connect().hset(b.journal.key('loans'), b.venue.id('odd'), JSON.stringify(broken));
    b.venue.books('one').debt = new Dec('8000');
    await b.untilQuiet();
    await b.look();
    expect(b.venue.sent.map(({ key }) => key)).toEqual(['one']);
    expect(b.alerts('machine')).toHaveLength(1);
  });
});

describe('an observation', () => {
  it('that fails once is no news; three in a row degrade the account, three good ones end it, each told once', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.observeError = new Error('502');
    await b.look();
    b.venue.observeError = null;
    await b.look();
    expect(b.alerts()).toEqual([]);
    b.venue.observeError = new Error('502');
    await b.looks(6);
    expect(b.alerts('readsFailing')).toHaveLength(1);
    b.venue.observeError = null;
    await b.looks(2);
    expect(b.last('looked')?.mode).toBe('degraded');
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('active');
    expect(b.alerts('mode')).toHaveLength(1);
  });

  it('that hangs is given up at its deadline', async () => {
    const b = bench({ timing: { requestDeadlineMs: 50 } });
    b.venue.beforeObserve = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('the reads took too long'));
        });
      });
    await b.look();
    expect(b.last('blind')?.why).toMatch(/took too long/);
  });

  it('that a stop ends says nothing about the venue', async () => {
    const b = bench();
    await b.look(b.deps());
    b.venue.beforeObserve = async () => {
      b.stop.abort(new Error('the server is stopping'));
      return Promise.reject(new Error('aborted'));
    };
    const before = b.events.length;
    await b.look();
    expect(b.events).toHaveLength(before);
    expect((await b.journal.open()).health).toBe(0);
  });

  it('asked to wait is not made again before, and a failing venue is read slowly, and differs by lot', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.observeError = new VenueError('banned', '418', '418', 120_000);
    await b.look();
    expect((b.last('blind')?.nextLookAt ?? 0) - b.clock.wall()).toBeGreaterThan(119_000);
    b.venue.observeError = new Error('502');
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      await b.look();
      waits.push(Math.round(((b.last('blind')?.nextLookAt ?? 0) - b.clock.wall()) / 1_000));
    }
    expect(waits.slice(0, 2)).toEqual([4, 8]);
    for (const wait of waits.slice(2)) {
      expect(wait).toBeGreaterThanOrEqual(10);
      expect(wait).toBeLessThanOrEqual(15);
    }
    expect(new Set(waits.slice(2)).size).toBeGreaterThan(1);
  });

  it('that has lost a confirmed move again is not planned from, until it shows it', async () => {
    const b = bench();
    const before: AccountView = b.venue.view();
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed']);
    // The next reads come from a copy that lags.
    b.venue.frozen = dated(before, b.clock.wall());
    for (let i = 0; i < 3; i += 1) {
      b.venue.frozen = dated(before, b.clock.wall());
      await b.look();
      b.clock.pass(1_000);
    }
    expect(b.venue.sent).toHaveLength(1);
    expect(await b.says()).toMatch(/do not show repay 1800.* any more/);
    b.venue.frozen = null;
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('that lost an earlier move is not planned from, although a later one hides it', async () => {
    const b = bench({ product: 'binance.crossMargin', loans: { '': { debt: '8200', btc: '1', inside: '500' } } });
    const before: AccountView = b.venue.view();
    await b.look();
    await b.look();
    expect(b.venue.sent.map(({ verb }) => verb)).toEqual(['repay', 'transferIn']);
    // The loan as it was before both, the wallet as it is now.
    for (let i = 0; i < 3; i += 1) {
      b.venue.frozen = { ...dated(before, b.clock.wall()), wallets: b.venue.view().wallets };
      await b.look();
      b.clock.pass(1_000);
    }
    expect(b.venue.sent).toHaveLength(2);
    b.venue.frozen = null;
    await b.untilQuiet();
    expect(b.ltv('')).toBeCloseTo(0.62, 3);
  });

  it('that shows a call which is not settled yet has not lost the one before it', async () => {
    const b = bench({ product: 'binance.crossMargin', loans: { '': { debt: '8000', btc: '1' } } });
    await b.look();
    b.venue.beforeReply = async () => {
      b.venue.evidenceError = new Error('the record list is down');
      return Promise.resolve();
    };
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed', 'settling']);
    await b.looks(3);
    expect(b.last('blind')).toBeUndefined();
  });

  it('that cannot be true stops everything, is told once, and is believed after three that agree over ten seconds', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.books('one').btc = new Dec('0.55');
    b.venue.books('one').debt = new Dec('20000');
    await b.looks(2, 4_000);
    expect(b.venue.sent).toEqual([]);
    expect(b.alerts('implausible')).toHaveLength(1);
    await b.looks(3, 4_000);
    expect(b.venue.sent.length).toBeGreaterThan(0);
  });

  it('of a loan that reads as closed and of which nothing is known is believed when three agree, and is no alert', async () => {
    const b = bench({ loans: { one: { debt: '0', btc: '1' } } });
    await b.looks(2, 4_000);
    expect(await b.states()).toEqual({});
    expect(b.last('blind')?.why).toMatch(/^desk\/.* reads as closed, and nothing is known of it from before/);
    await b.looks(2, 4_000);
    expect(await b.state()).toBe('closed');
    expect(b.alerts('implausible')).toEqual([]);
  });

  it('of a loan that reads as closed after the journal was emptied closes nothing that owes', async () => {
    const b = bench({ loans: { ...HEALTHY, two: { debt: '5000', btc: '1' } } });
    const { debt } = b.venue.books('one');
    b.venue.books('one').debt = new Dec('0');
    await b.looks(2, 4_000);
    expect(await b.states()).toEqual({ [b.venue.id('two')]: 'watching.healthy' });
    b.venue.books('one').debt = debt;
    await b.look();
    expect(await b.state('one')).toBe('watching.healthy');
  });

  it('that cannot be true is not believed sooner or never because looks come fast', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.books('one').debt = new Dec('20000');
    await b.looks(38, 250);
    expect(b.venue.sent).toEqual([]);
    await b.looks(6, 250);
    expect(b.venue.sent.length).toBeGreaterThan(0);
  });

  it('after a fall of the price is believed at once: prices are never doubted', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.price = new Dec('6200');
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
  });
});

describe('between act and urgent', () => {
  it('a second look at another price confirms a breach, and the record says that it waits for it', async () => {
    const b = bench({ policy: { ...PLAIN, confirm: { act: 2, urgent: 1 } } });
    await b.looks(3);
    expect(b.venue.sent).toEqual([]);
    expect(await b.says()).toMatch(/one more look at another price must agree/);
    b.venue.price = new Dec('9990');
    await b.look();
    expect(b.venue.sent).toHaveLength(1);
  });

  it('nothing is sent while the venue liquidates', async () => {
    const b = bench();
    b.venue.books('one').liquidating = true;
    await b.looks(2);
    expect(b.venue.sent).toEqual([]);
    expect(await b.state()).toBe('liquidating');
  });
});

function dated(view: AccountView, asOf: number): AccountView {
  const sections = Object.fromEntries(
    Object.keys(view.sections).map((name) => [name, { state: 'fresh' as const, asOf }]),
  );
  return { ...view, asOf, sections };
}
