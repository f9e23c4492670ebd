/** What a look does about a venue in trouble (docs/playbook.md), on a real journal with a venue that does as it is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VenueError } from '../../src/exchanges/exchange.ts';
import type { Finding } from '../../src/exchanges/exchange.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { policy, rung } from '../core/build.ts';
import { Bench, HEALTHY, PLAIN, TIMING } from './bench.ts';
import type { BenchOptions } from './bench.ts';
import type { Conduct } from './fakeVenue.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const bench = (options: BenchOptions = {}): Bench => new Bench(redis.connect(), options);
const LOST: Conduct = { do: 'lose', executes: false };
const UNAVAILABLE: Conduct = { do: 'reject', effect: 'unavailable' };
const sent = (b: Bench): string[] => b.venue.sent.map(({ verb, asset, from }) => `${verb} ${asset} from ${from}`);

/** Cross margin with the wallet first: a repayment from there needs a transfer, one from inside does not. */
const MARGIN: BenchOptions = {
  product: 'binance.crossMargin',
  loans: { '': { debt: '8000', btc: '1', inside: '200' } },
  wallet: { USDT: '50000', BTC: '5' },
  policy: policy({
    confirm: { act: 1, urgent: 1 },
    coolDownMs: 0,
    ladder: [rung(1, { from: ['wallet'] }), rung(2, { from: ['inside'] })],
  }),
};
const AT_URGENT: BenchOptions = { ...MARGIN, loans: { '': { debt: '8800', btc: '1', inside: '200' } } };

describe('an open breaker of transfers', () => {
  async function opened(options: BenchOptions): Promise<Bench> {
    const b = bench(options);
    b.venue.script.push(UNAVAILABLE, UNAVAILABLE);
    await b.look();
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    expect(sent(b)).toEqual(['transferIn USDT from spot', 'transferIn USDT from spot']);
    return b;
  }

  it('makes the plan use the rung that needs none, and says why', async () => {
    const b = await opened(MARGIN);
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    expect(sent(b).at(-1)).toBe('repay USDT from inside');
    await b.look();
    const record = JSON.stringify(await b.record(''));
    expect(record).toMatch(/"rule":"breaker","fired":true,"says":"the breaker of transfers is open: 2 in a row failed/);
    expect(await b.says('')).toMatch(/no money|inside|breaker/);
  });

  it('survives the process: the journal alone holds it', async () => {
    const b = await opened(MARGIN);
    const again = bench({ ...MARGIN, address: b.address });
    again.clock.pass(b.clock.passed + TIMING.lookEveryMs);
    await again.look();
    expect(sent(again)).toEqual(['repay USDT from inside']);
  });

  it('lets one trial pass after its back-off, and is closed by a good one', async () => {
    const b = await opened({ ...MARGIN, loans: { '': { debt: '8000', btc: '1' } } });
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    expect(b.venue.sent).toHaveLength(2);
    b.clock.pass(2 * 1.5 * TIMING.lagMarginMs);
    await b.untilQuiet();
    expect(sent(b).slice(2)).toEqual(['transferIn USDT from spot', 'repay USDT from inside']);
    expect(JSON.stringify(await b.record(''))).not.toMatch(/breaker/);
  });

  it('holds no rescue beyond urgent: what needs no transfer goes first, then the transfer after all', async () => {
    const b = await opened(AT_URGENT);
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    await b.look();
    expect(sent(b).slice(2)).toEqual(['repay USDT from inside', 'transferIn USDT from spot']);
  });
});

describe('an open breaker of repayments', () => {
  const ADD: BenchOptions = { wallet: { USDT: '50000', BTC: '5' }, policy: { ...PLAIN, ladder: PLAIN.ladder } };

  it('does not stop collateral from going in', async () => {
    const b = bench(ADD);
    b.venue.script.push(UNAVAILABLE, UNAVAILABLE);
    await b.look();
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    expect(sent(b)).toEqual(['repay USDT from funding', 'repay USDT from funding']);
    b.clock.pass(TIMING.lookEveryMs);
    await b.look();
    expect(sent(b).at(-1)).toBe('add BTC from funding');
    expect(b.ltv()).toBeLessThan(0.63);
  });

  it('opens by two lost answers, each proven before the next one left, and never two of them at once', async () => {
    const b = bench(ADD);
    b.venue.script.push(LOST, LOST);
    await b.looks(80, 2_000);
    expect(sent(b)).toEqual(['repay USDT from funding', 'repay USDT from funding', 'add BTC from funding']);
    expect((await b.intentStates()).slice(0, 2)).toEqual(['rejected', 'rejected']);
    expect(b.venue.most).toBe(1);
  });
});

describe('money that does not arrive', () => {
  it('is told with the id that the venue gave it, counted in neither place, not sent again, and welcome when it is late', async () => {
    const b = bench({ ...MARGIN, loans: { '': { debt: '8000', btc: '1' } } });
    b.venue.script.push({ do: 'accept', settleMs: null });
    await b.look();
    b.clock.pass(TIMING.giveUpMs);
    await b.looks(20, 60_000);
    expect(sent(b)).toEqual(['transferIn USDT from spot']);
    expect(await b.intentStates()).toEqual(['unknown']);
    expect(b.alerts('stuck')).toEqual([
      expect.stringMatching(/^transferIn of [\d.]+ USDT .* The venue's id for it is r1\./),
    ]);
    b.venue.finish();
    await b.untilQuiet();
    expect(sent(b)).toEqual(['transferIn USDT from spot', 'repay USDT from inside']);
    expect(b.ltv('')).toBeLessThan(0.63);
  });
});

describe('a loan that nothing can leave for', () => {
  it('is shouted about after 1, 5, 15 and 30 minutes, with what stands in the way and how far its line is', async () => {
    const b = bench({ loans: { one: { debt: '8000', btc: '1' } } });
    b.venue.script.push({ do: 'accept', settleMs: null });
    await b.looks(2, 0);
    const said: number[] = [];
    for (let minute = 1; minute <= 31; minute += 1) {
      b.clock.pass(60_000);
      await b.look();
      if (b.alerts('cannotAct').length > said.length) said.push(minute);
    }
    expect(said).toEqual([1, 5, 15, 30]);
    expect(b.alerts('cannotAct')[0]).toMatch(/^cannot act for 1 min: .*is not proven yet.* Its line is −11\.11 % away/);
    b.venue.finish();
    await b.looks(3);
    b.clock.pass(60_000);
    await b.look();
    expect((await b.journal.open()).told.size).toBe(0);
  });

  it('is shouted about while the venue shows nothing, too', async () => {
    const b = bench({ loans: { one: { debt: '8000', btc: '1' } }, wallet: {} });
    await b.look();
    b.venue.observeError = new VenueError('unavailable', '503 Service Unavailable');
    await b.looks(3, 45_000);
    expect(b.alerts('cannotAct')).toEqual([
      expect.stringMatching(/503 Service Unavailable\. Its line is −11\.11 % away/),
    ]);
  });

  it('is none of anybody’s business where nothing is sent anyway, or while it is well', async () => {
    const dry = bench({ wallet: {}, setup: { mode: 'dryRun' } });
    const well = bench({ loans: HEALTHY });
    for (const b of [dry, well]) {
      await b.looks(10, 60_000);
      expect(b.alerts('cannotAct')).toEqual([]);
    }
  });
});

describe('clocks', () => {
  it.each<[string, (b: Bench) => void, RegExp]>([
    ['of this machine that jumps', (b) => void (b.clock.skew = 3_600_000), /that of Redis are -3600\.\d s apart/],
    [
      'of the venue that is far from ours',
      (b) => void (b.venue.clockAheadMs = 61_000),
      /the venue's are 61\.0 s apart/,
    ],
  ])('%s mean reducing and one alert, until all of them agree for three looks', async (_name, part, says) => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    expect(b.last('looked')?.mode).toBe('active');
    part(b);
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('reducing');
    expect(b.alerts('clockJumped')).toEqual([expect.stringMatching(says)]);
    b.clock.skew = 0;
    b.venue.clockAheadMs = 0;
    await b.looks(6);
    expect(b.last('looked')?.mode).toBe('active');
  });

  it('may be as far apart as the file says', async () => {
    const b = bench({ loans: HEALTHY });
    b.setup = { ...b.setup, timing: { ...b.setup.timing, clockJumpMs: 62_000 } };
    b.venue.clockAheadMs = 61_000;
    await b.looks(3);
    expect(b.last('looked')?.mode).toBe('active');
    expect(b.alerts('clockJumped')).toEqual([]);
  });

  it('that the venue refuses after it was asked again are told', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.observeError = new VenueError('clock', 'account: -1021', '-1021');
    await b.look();
    expect(b.alerts('clockJumped')).toEqual([expect.stringMatching(/-1021.*it still refuses the time/)]);
  });
});

describe('a definition of the venue', () => {
  const causes = async (b: Bench): Promise<Record<string, string>> =>
    Object.fromEntries((await b.operator.standing()).causes.map(({ kind, why }) => [kind, why]));
  const ack = async (b: Bench) => b.operator.acknowledge({ by: 'ann', why: 'read it', at: 1, causes: await causes(b) });

  it('whose line moved without us is told, and lets nothing go until somebody acknowledges it', async () => {
    const b = bench({ loans: HEALTHY });
    await b.look();
    b.venue.line = '0.86';
    await b.looks(5, 4_000);
    expect(b.last('looked')?.mode).toBe('reducing');
    expect(b.alerts('definitionChanged')).toEqual([expect.stringMatching(/line 90\.00 % → 86\.00 %/)]);
    await ack(b);
    await b.looks(2);
    expect(b.last('looked')?.mode).toBe('active');
    expect(b.alerts('definitionChanged')).toHaveLength(1);
  });

  it('whose LTV drifts away from its own numbers for several looks is told once, and not again after it is acknowledged', async () => {
    const b = bench({ loans: HEALTHY });
    b.venue.venueLtv = ['0.55', '0.55'];
    await b.looks(3, 1_000);
    expect(b.last('looked')?.mode).toBe('active');
    await b.looks(4, TIMING.lookEveryMs * 2);
    expect(b.last('looked')?.mode).toBe('reducing');
    expect(b.alerts('definitionChanged')).toEqual([expect.stringMatching(/says LTV 55\.00 %.*say 50\.00 %/)]);
    await ack(b);
    await b.looks(6, TIMING.lookEveryMs * 2);
    expect(b.last('looked')?.mode).toBe('active');
    expect(b.alerts('definitionChanged')).toHaveLength(1);
  });
});

describe('a key that the venue refuses', () => {
  const FAIL: Finding = { check: 'key', level: 'fail', says: 'It may not borrow.', remedy: 'Let it.', exit: 77 };
  const standing = async (b: Bench) => (await b.operator.standing()).mode;

  async function halted(): Promise<Bench> {
    const b = bench();
    b.venue.observeError = new VenueError('permission', 'margin/account: -2015', '-2015');
    await b.looks(2);
    expect(await standing(b)).not.toBe('halted');
    await b.look();
    expect(await standing(b)).toBe('halted');
    expect(b.alerts('halt')).toEqual([expect.stringMatching(/-2015.*expired, lost a right, or is bound to another/)]);
    b.venue.observeError = null;
    return b;
  }
  const acknowledged = async (b: Bench): Promise<void> => {
    const causes = Object.fromEntries((await b.operator.standing()).causes.map(({ kind, why }) => [kind, why]));
    await b.operator.acknowledge({ by: 'ann', why: 'mended', at: 1, causes });
    await b.looks(4, TIMING.lookEveryMs);
  };

  it('halts the account, and an acknowledgement lifts that only once an examination finds nothing', async () => {
    const b = await halted();
    b.venue.findings = [FAIL];
    await acknowledged(b);
    expect([await standing(b), b.venue.sent.length]).toEqual(['halted', 0]);
    expect(b.alerts('acknowledged').at(-1)).toMatch(/stays halted: key: It may not borrow\. Let it\./);
    b.venue.findings = new Error('connect ECONNREFUSED');
    await acknowledged(b);
    expect(await standing(b)).toBe('halted');
    b.venue.findings = [];
    await acknowledged(b);
    expect([await standing(b), b.venue.sent.length]).toEqual(['active', 1]);
  });
});
