/** An account whose journal cannot be trusted: no money until its date has passed and a day of records is in the budgets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import { parse } from '../../src/core/money.ts';
import type { ExternalAct, ExternalActs } from '../../src/exchanges/exchange.ts';
import { JOURNAL_ID_KEY } from '../../src/jobs/keys.ts';
import { Trust } from '../../src/jobs/safeguard.ts';
import { Witness } from '../../src/jobs/witness.ts';
import type { WitnessFile } from '../../src/jobs/witness.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
  await redis.connect().set(JOURNAL_ID_KEY, 'J');
});
afterAll(async () => {
  await redis.stop();
});

class Lines implements WitnessFile {
  text = '';
  full = false;
  read(): Promise<string> {
    return Promise.resolve(this.text);
  }
  append(line: string): Promise<void> {
    if (this.full) return Promise.reject(new Error('ENOSPC: no space left on device'));
    this.text += `\n${line}\n`;
    return Promise.resolve();
  }
}

const NO_RECORDS: ExternalActs = { acts: [], inWork: [], gaps: [] };

interface Guarded {
  readonly b: Bench;
  readonly lines: Lines;
  records: ExternalActs;
}

/** A live account; its journal is new here unless it shares lines and address with another bench. */
function guarded(): Guarded {
  const b = new Bench(redis.connect(), { setup: { mode: 'live' } });
  const lines = new Lines();
  const made: Guarded = { b, lines, records: NO_RECORDS };
  b.safeguard = {
    witness: new Witness({ file: lines, clock: b.clock, journal: 'J' }),
    trust: new Trust(redis.connect(), b.address),
    external: () => Promise.resolve(made.records),
    validityMs: 3_000,
  };
  return made;
}

const mode = ({ b }: Guarded): string | undefined => b.last('looked')?.mode;

/** Validity, lag margin and settle time of the bench. */
const QUARANTINE_MS = 3_000 + 10_000 + 60_000;

function act(b: Bench, over: Partial<ExternalAct> = {}): ExternalAct {
  const [at, amount] = [b.clock.wall() - 3_600_000, parse('1000')];
  const loan = b.venue.id('one');
  const what = { product: 'okx.flexibleLoan', loan, kind: 'repay', effect: 'debtDown', asset: 'USDT' } as const;
  return { ...what, at, amount, ref: 'r1', says: 'repayment of 1000 USDT', changes: [], ...over };
}

async function outOfQuarantine(one: Guarded): Promise<void> {
  await one.b.look();
  one.b.clock.pass(QUARANTINE_MS + 1_000);
  await one.b.look();
}

/** Out of quarantine, and what left first. */
async function firstCall(one: Guarded): Promise<Intent> {
  await outOfQuarantine(one);
  await one.b.look();
  const [sent] = one.b.venue.sent;
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}

describe('a journal that is new for its account', () => {
  it('sends nothing before its date has passed, looks all the same, then rescues', async () => {
    const one = guarded();
    await one.b.look();
    expect(mode(one)).toBe('quarantine');
    expect(one.b.alerts('journalLost')[0]).toMatch(/new here.*Ballast sends nothing until .*stop one of them/);
    one.b.clock.pass(QUARANTINE_MS - 2_000);
    await one.b.look();
    expect(mode(one)).toBe('quarantine');
    one.b.clock.pass(3_000);
    await one.b.look();
    expect(one.b.venue.sent).toEqual([]);
    expect(one.b.rings).toContain('the records of a day are imported');
    await one.b.look();
    expect(one.b.venue.sent).toHaveLength(1);
    expect(one.b.alerts('journalLost')).toHaveLength(1);
    expect(one.b.alerts('quarantine')).toEqual([
      'the quarantine is over; 0 payments of the last 24 h were charged to the budgets',
    ]);
  });

  it('charges what others put into a loan, and nothing else', async () => {
    const one = guarded();
    const { b } = one;
    one.records = {
      acts: [
        act(b),
        act(b, { ref: 'r2', kind: 'borrow', effect: 'debtUp' }),
        act(b, { ref: 'r3', kind: 'transfer', effect: 'unknown', loan: null }),
      ],
      inWork: [],
      gaps: [],
    };
    await outOfQuarantine(one);
    const { charges } = await b.journal.open();
    expect(charges.map(({ intent, usd }) => [intent, usd])).toEqual([['external-r1', '1000']]);
  });

  it('spends less by what others put into the loan', async () => {
    const one = guarded();
    const { b } = one;
    const [policy] = Object.values(b.setup.policies);
    if (policy === undefined) throw new Error('no policy');
    const limits = {
      ...policy.limits,
      perHour: parse('1000'),
      urgent: { ...policy.limits.urgent, perHour: parse('1000') },
    };
    b.setup = { ...b.setup, policies: { [policy.name]: { ...policy, limits } } };
    one.records = { acts: [act(b, { at: b.clock.wall(), amount: parse('900') })], inWork: [], gaps: [] };
    await outOfQuarantine(one);
    await b.looks(2);
    const usd = b.venue.sent.reduce((sum, { chargeUsd }) => sum.plus(chargeUsd), parse('0'));
    expect(usd.gt(0)).toBe(true);
    expect(usd.lte(100)).toBe(true);
  });

  it.each([
    ['a gap', { ...NO_RECORDS, gaps: [{ section: 'history', reason: '502' }] }],
    ['an error', null],
  ])('stays in quarantine while the records have %s, and says so once', async (_name, records) => {
    const one = guarded();
    if (records === null && one.b.safeguard !== null) {
      one.b.safeguard = { ...one.b.safeguard, external: () => Promise.reject(new Error('502')) };
    } else if (records !== null) one.records = records;
    await outOfQuarantine(one);
    await one.b.looks(3);
    expect(mode(one)).toBe('quarantine');
    expect(one.b.venue.sent).toEqual([]);
    expect(one.b.alerts('quarantine')).toHaveLength(1);
  });

  it('lasts while the venue is still at work on a call made like ours, however long, and says so once', async () => {
    const one = guarded();
    const open = { at: one.b.clock.wall(), says: 'repayment (MANUAL) of 870.13 USDT', intent: null };
    one.records = { ...NO_RECORDS, inWork: [open] };
    await outOfQuarantine(one);
    await one.b.looks(5, 600_000);
    expect([mode(one), one.b.venue.sent]).toEqual(['quarantine', []]);
    expect(one.b.alerts('quarantine')).toEqual([
      expect.stringMatching(/still at work on .*870\.13 USDT.*goes on until/),
    ]);
    one.records = NO_RECORDS;
    await one.b.looks(2);
    expect(mode(one)).toBe('active');
    expect(one.b.venue.sent).toHaveLength(1);
  });

  it('halts when a record is made like ours and nobody here knows it', async () => {
    const one = guarded();
    one.records = { ...NO_RECORDS, acts: [act(one.b, { likeOurs: true })] };
    await outOfQuarantine(one);
    await one.b.looks(3);
    expect(mode(one)).toBe('halted');
    expect(one.b.venue.sent).toEqual([]);
    expect(one.b.alerts('halt')[0]).toMatch(/no journal here knows it.*then acknowledge/);
  });
});

describe('a journal that was taken back', () => {
  it('numbers its calls anew, so that no id is used for a second call', async () => {
    const one = guarded();
    await outOfQuarantine(one);
    await one.b.look();
    const [before] = one.b.venue.sent;
    // An hour ago: the account's keys are gone, the id of the journal is not.
    const client = redis.connect();
    await client.del(...(await client.keys(`${one.b.journal.prefix}*`)));
    one.b.venue.price = one.b.venue.price.times('0.8');
    // The same looks as after the first start, so that numbers alone would come round again.
    await outOfQuarantine(one);
    expect(one.b.alerts('journalLost')).toHaveLength(2);
    await one.b.looks(2);
    const ids = one.b.venue.sent.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    // What this machine sent under the lost journal is charged as it was.
    const { charges } = await one.b.journal.open();
    expect(charges.find(({ intent }) => intent === before?.id)?.usd).toBe(before?.chargeUsd);
  });
});

describe('a journal that was taken back to just before a claim', () => {
  it('charges the call that it now holds as a plan, and does not take its record for a stranger’s', async () => {
    const one = guarded();
    const sent = await firstCall(one);
    const client = redis.connect();
    await client.hset(`${one.b.journal.prefix}intent:${sent.id}`, 'state', 'planned');
    await client.sadd(`${one.b.journal.prefix}open`, sent.id);
    const asked: string[] = [];
    if (one.b.safeguard !== null)
      one.b.safeguard = {
        ...one.b.safeguard,
        external: async (_since, ours) => {
          asked.push(...(await ours()).filter(({ id }) => id === sent.id).map(({ state }) => state));
          return one.records;
        },
      };
    await outOfQuarantine(one);
    expect((await one.b.journal.intent(sent.id))?.state).toBe('voided');
    expect(asked).toEqual(['sending']);
    const { charges } = await one.b.journal.open();
    expect(charges.filter(({ intent }) => intent === sent.id)).toHaveLength(1);
  });

  it('charges it for the moment of the venue’s clock at which it was signed, whatever this machine’s clock said', async () => {
    const one = guarded();
    await outOfQuarantine(one);
    const behind = 3 * 3_600_000;
    one.b.clock.skew = -behind;
    one.b.venue.clockAheadMs = behind;
    await one.b.look();
    const [sent] = one.b.venue.sent;
    const at = one.b.clock.wall() + behind;
    const client = redis.connect();
    await client.del(...(await client.keys(`${one.b.journal.prefix}*`)));
    one.b.clock.skew = 0;
    one.b.venue.clockAheadMs = 0;
    await outOfQuarantine(one);
    const { charges } = await one.b.journal.open();
    expect(charges.map((charge) => [charge.intent, Math.abs(charge.at - at) < 10_000])).toEqual([[sent?.id, true]]);
  });

  it.each([
    ['waits for the venue when the journal lost it', 'planned', 'quarantine'],
    ['does not wait when the journal still follows it', 'unknown', 'active'],
  ] as const)('%s, although only the witness may know', async (_what, state, after) => {
    const one = guarded();
    const sent = await firstCall(one);
    const client = redis.connect();
    await client.hset(`${one.b.journal.prefix}intent:${sent.id}`, 'state', state);
    await client.set(`${one.b.journal.prefix}epoch`, '1');
    one.records = { ...NO_RECORDS, inWork: [{ at: one.b.clock.wall(), says: 'repayment', intent: sent.id }] };
    await outOfQuarantine(one);
    await one.b.look();
    expect(mode(one)).toBe(after);
  });

  it.each([
    ['the same amount that only the witness knows', '0', 'unknown'],
    ['another amount', '0.01', 'confirmed'],
  ] as const)('a record proves nothing beside another call of %s', async (_what, off, after) => {
    const one = guarded();
    const sent = await firstCall(one);
    const prefix = `${one.b.journal.prefix}intent:${sent.id}`;
    const client = redis.connect();
    await client.hset(prefix, 'state', 'unknown', 'ref', '');
    await client.sadd(`${one.b.journal.prefix}open`, sent.id);
    const amount = parse(sent.amount).plus(off).toFixed();
    await one.b.safeguard?.witness.claimed({ ...sent, id: 'forgotten', amount, state: 'sending', ref: null });
    await client.set(`${one.b.journal.prefix}epoch`, '1');
    one.b.venue.evidence = ({ amount: its }) =>
      Promise.resolve({ verdict: 'happened', ref: 'r9', amount: its, why: 'record r9 is done' });
    await one.b.look();
    const held = await one.b.journal.intent(sent.id);
    expect(held?.state).toBe(after);
    if (after === 'unknown') expect(held?.note).toMatch(/r9.*but intent forgotten was of the same amount/);
  });

  it('an act that a call known to the witness did is not told as somebody else’s', async () => {
    const one = guarded();
    await one.b.readRecords();
    const sent = await firstCall(one);
    const client = redis.connect();
    await client.del(...(await client.keys(`${one.b.journal.prefix}intent:*`)), `${one.b.journal.prefix}index`);
    const at = one.b.clock.wall();
    one.b.venue.acts.push(act(one.b, { at, amount: parse(sent.amount) }), act(one.b, { at, ref: 'r2' }));
    await one.b.readRecords();
    const told = one.b.events.flatMap((event) => (event.type === 'external' ? [event.says] : []));
    expect(told).toEqual([
      'a call of Ballast that the journal forgot: repayment of 1000 USDT. The quarantine charges it',
      expect.stringMatching(/^somebody else: repayment of 1000 USDT/),
    ]);
  });

  it.each([
    ['is still at work on', 'pending', 'quarantine'],
    ['has done', 'happened', 'active'],
    ['never got', 'didNotHappen', 'active'],
    ['cannot be asked about', null, 'quarantine'],
  ] as const)(
    'asks for each call that only the witness knows by its id: one that the venue %s',
    async (_what, verdict, after) => {
      const one = guarded();
      const sent = await firstCall(one);
      const client = redis.connect();
      await client.del(...(await client.keys(`${one.b.journal.prefix}*`)));
      const why = 'asset/transfer-state says so';
      one.b.venue.evidence = () => {
        if (verdict === null) return Promise.reject(new Error('no answer'));
        const { amount } = sent;
        return Promise.resolve(verdict === 'happened' ? { verdict, ref: null, amount, why } : { verdict, why });
      };
      await outOfQuarantine(one);
      await one.b.looks(2, 600_000);
      expect(mode(one)).toBe(after);
      const told = one.b.alerts('quarantine').filter((says) => says.includes('still at work'));
      expect(told.map((says) => says.includes(sent.asset))).toEqual(after === 'quarantine' ? [true] : []);
    },
  );

  it('goes into quarantine when Redis was emptied under a process that only watched until now', async () => {
    const one = guarded();
    const client = redis.connect();
    one.lines.text = JSON.stringify({ kind: 'trust', journal: 'J', epoch: 0, at: one.b.clock.wall() });
    await client.del(JOURNAL_ID_KEY);
    await one.b.look();
    expect(mode(one)).toBe('quarantine');
    expect(one.b.alerts('journalLost')[0]).toMatch(/Redis has been emptied/);
    expect(await client.get(JOURNAL_ID_KEY)).toMatch(/^J~\d+$/);
    // One that never acted for its account knows no look of the old journal that the new one has not reached.
    const other = guarded();
    other.lines.text = one.lines.text.split('\n')[0] ?? '';
    await other.b.look();
    expect(mode(other)).toBe('quarantine');
    expect(other.b.alerts('journalLost')[0]).toMatch(/another one than the one this machine wrote to/);
    await client.set(JOURNAL_ID_KEY, 'J');
  });

  it('goes into quarantine, and does not halt, when an outcome met no intent', async () => {
    const one = guarded();
    await outOfQuarantine(one);
    await one.b.look();
    const client = redis.connect();
    await client.set(`${one.b.journal.prefix}halt`, 'intent x is missing and then confirmed');
    await client.set(`${one.b.journal.prefix}epoch`, '1');
    await one.b.look();
    expect(mode(one)).toBe('quarantine');
    await client.set(`${one.b.journal.prefix}halt`, 'intent x is confirmed and then rejected');
    await client.set(`${one.b.journal.prefix}epoch`, '1');
    await one.b.look();
    expect(mode(one)).toBe('halted');
  });
});

describe('a witness that cannot be written', () => {
  it('lets nothing leave, says so, and goes on as soon as it can', async () => {
    const one = guarded();
    await outOfQuarantine(one);
    one.lines.full = true;
    await one.b.look();
    expect(one.b.venue.sent).toEqual([]);
    expect(await one.b.intentStates()).toEqual(['refused']);
    expect(one.b.alerts('witness')[0]).toMatch(/ENOSPC.*nothing is sent/);
    one.lines.full = false;
    one.b.clock.pass(10_000);
    await one.b.looks(2);
    expect(one.b.venue.sent).toHaveLength(1);
  });
});
