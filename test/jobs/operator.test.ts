/** What operators do to an account: pauses and acknowledgements, through whole looks on a real journal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { BREACHED, Bench, PLAIN } from './bench.ts';
import type { BenchOptions } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const ann = { by: 'ann', why: 'lunch', at: Date.now() };
const FOR_EVER = { ...ann, until: null };
const TWO = { one: { debt: '8000', btc: '1' }, two: { debt: '8000', btc: '1' } };

function bench(options: BenchOptions = {}): Bench {
  return new Bench(redis.connect(), options);
}

describe('a paused account', () => {
  it('sends nothing, says so once, and goes on when the pause has ended by itself', async () => {
    const b = bench();
    await b.operator.pause(null, { ...ann, until: Date.now() + 300 });
    await b.looks(3, 0);
    expect(b.venue.sent).toEqual([]);
    expect(await b.state()).toBe('paused');
    expect(await b.says()).toMatch(/it is paused by ann until \d{4}-.*: lunch/);
    expect(b.alerts('paused')).toEqual([expect.stringMatching(/^desk is paused by ann .*lunch\. It is watched/)]);
    await expect.poll(async () => (await b.journal.open()).paused).toBeNull();
    await b.untilQuiet();
    expect(b.venue.sent).toHaveLength(1);
    expect(b.alerts('paused').at(-1)).toMatch(/^desk is no longer paused/);
  });

  it('that the journal met before its loans is still: the first look plans nothing either', async () => {
    const b = bench();
    await b.operator.pause(null, FOR_EVER);
    await b.look();
    expect(await b.says()).toMatch(/not sent \(paused by ann: lunch\)/);
    expect(b.venue.sent).toEqual([]);
  });

  it('is looked at again when its pause ends, not one interval later', async () => {
    const b = bench({ timing: { lookEveryMs: 60_000 } });
    await b.look();
    const until = b.clock.wall() + 5_000;
    await b.operator.pause(null, { ...ann, until });
    await b.look();
    expect(await b.journal.nextLookAt()).toBe(until);
  });

  it('still settles what it had in flight', async () => {
    const b = bench();
    b.venue.script.push({ do: 'accept', settleMs: null });
    await b.look();
    expect(await b.intentStates()).toEqual(['settling']);
    await b.operator.pause(null, FOR_EVER);
    await b.look();
    expect(await b.state()).toBe('paused');
    b.venue.finish();
    b.clock.pass(1_000);
    await b.look();
    expect(await b.intentStates()).toEqual(['confirmed']);
    await b.operator.resume(null, ann);
    await b.untilQuiet();
    expect(await b.state()).toMatch(/^watching\.(healthy|warned)$/);
    expect(b.venue.sent).toHaveLength(1);
  });

  it('is denied the claim also when the pause comes between plan and send', async () => {
    const b = bench();
    b.extend = async () => {
      await b.operator.pause(null, FOR_EVER);
      return true;
    };
    await b.look();
    expect(b.venue.sent).toEqual([]);
    expect(await b.intentStates()).toEqual(['refused']);
    expect(await b.charged()).toBe(0);
  });
});

describe('a paused loan', () => {
  it('is left alone while the other loan of its account is rescued, until it is resumed', async () => {
    const b = bench({ loans: TWO, policy: { ...PLAIN, coolDownMs: 0 } });
    await b.operator.pause(null, FOR_EVER);
    await b.look();
    await b.operator.resume(null, ann);
    await b.operator.pause(b.venue.id('one'), FOR_EVER);
    await b.looks(3);
    expect(new Set(b.venue.sent.map(({ loan }) => loan))).toEqual(new Set([b.venue.id('two')]));
    expect(await b.state('one')).toBe('paused');
    expect(await b.operator.resume(b.venue.id('one'), ann)).toBe(true);
    await b.looks(3);
    expect(new Set(b.venue.sent.map(({ loan }) => loan))).toEqual(new Set([b.venue.id('one'), b.venue.id('two')]));
    expect(await b.operator.resume(b.venue.id('one'), ann)).toBe(false);
    expect(b.alerts('stray')).toEqual([]);
  });
});

describe('a halted account', () => {
  /** Halted by a refusal that says so. */
  async function halted(): Promise<Bench> {
    const b = bench({ loans: BREACHED });
    b.venue.script.push({ do: 'reject', effect: 'halt' });
    await b.look();
    await b.look();
    expect((await b.operator.standing()).mode).toBe('halted');
    expect(b.venue.sent).toHaveLength(1);
    return b;
  }

  async function seen({ operator }: Bench): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries((await operator.standing()).causes.map(({ kind, why }) => [kind, why]));
  }

  it('goes on after somebody acknowledged why, and not before', async () => {
    const b = await halted();
    b.clock.pass(60_000);
    await b.looks(2);
    expect(b.venue.sent).toHaveLength(1);
    await b.operator.acknowledge({ ...ann, causes: await seen(b) });
    expect((await b.operator.standing()).acknowledging).toBe(true);
    await b.untilQuiet();
    expect(await b.operator.standing()).toMatchObject({ mode: 'active', causes: [], acknowledging: false });
    expect(b.venue.sent).toHaveLength(2);
    expect(b.alerts('acknowledged')).toEqual(['ann acknowledged it (lunch): desk is active now']);
    expect((await b.operator.acts()).map(({ act, by, why }) => [act, by, why])).toEqual([
      ['acknowledge', 'ann', 'lunch'],
    ]);
  });

  it('stays so when the reason is another one than the operator saw', async () => {
    const b = await halted();
    await b.operator.acknowledge({ ...ann, causes: { halt: 'something of last week' } });
    b.clock.pass(60_000);
    await b.looks(2);
    expect((await b.operator.standing()).mode).toBe('halted');
    expect(b.alerts('acknowledged')).toEqual([expect.stringMatching(/not the reason any more, so desk stays halted/)]);
    expect(b.venue.sent).toHaveLength(1);
  });

  it.each([
    ['its host is out of reach', [{ check: 'host', level: 'fail', says: 'no answer:', remedy: 'Wait.', exit: 69 }]],
    ['an examination fails', new Error('ECONNREFUSED')],
  ] as const)('stays so for its own reason when %s at an acknowledgement', async (_why, findings) => {
    const b = await halted();
    const { halt = '' } = await seen(b);
    b.venue.findings = findings;
    for (let time = 0; time < 2; time += 1) {
      await b.operator.acknowledge({ ...ann, causes: await seen(b) });
      await b.look();
      const after = (await seen(b))['halt'] ?? '';
      expect(after.startsWith(halt)).toBe(true);
      expect(after.split('its key could not be examined: ')).toHaveLength(2);
    }
    expect(b.alerts('acknowledged').at(-1)).toMatch(/stays halted: its key could not be examined: .*Acknowledge again/);
    expect(b.venue.sent).toHaveLength(1);
    b.venue.findings = [];
    await b.operator.acknowledge({ ...ann, causes: await seen(b) });
    await b.look();
    expect((await b.operator.standing()).mode).toBe('active');
  });

  it('takes what an examination finds wrong for its reason', async () => {
    const b = await halted();
    const unsure = { check: 'host', level: 'fail', says: 'no answer:', remedy: 'Wait.', exit: 69 } as const;
    b.venue.findings = [
      unsure,
      { check: 'key', level: 'fail', says: 'It may not borrow.', remedy: 'Let it.', exit: 77 },
    ];
    await b.operator.acknowledge({ ...ann, causes: await seen(b) });
    await b.look();
    expect((await seen(b))['halt']).toMatch(/^host: .*key: It may not borrow/);
  });

  it('is halted for the operator also while only the journal knows of a contradiction', async () => {
    const b = bench();
    await redis.connect().set(b.journal.key('halt'), 'intent x is rejected and then confirmed');
    expect(await b.operator.standing()).toMatchObject({
      mode: 'halted',
      causes: [{ kind: 'halt', why: 'intent x is rejected and then confirmed' }],
    });
    await b.operator.acknowledge({ ...ann, causes: await seen(b) });
    await b.untilQuiet();
    expect((await b.operator.standing()).mode).toBe('active');
    expect(b.venue.sent).toHaveLength(1);
  });
});
