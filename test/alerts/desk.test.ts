/** The alert desk of one and of two processes on a real Redis: who is told what, how often, and what survives. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/alerts/channel.ts';
import type { DeskOptions } from '../../src/alerts/desk.ts';
import { AlertDesk } from '../../src/alerts/desk.ts';
import { lateOf } from '../../src/alerts/drill.ts';
import { AlertLedger } from '../../src/alerts/ledger.ts';
import type { Item, Message } from '../../src/alerts/message.ts';
import { ALERT_KEYS, RedisStore } from '../../src/alerts/store.ts';
import { systemClock } from '../../src/clock.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import type { Condition } from '../../src/jobs/conditions.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

let redis: TestRedis;
const desks: AlertDesk[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
}, 30_000);
afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.stop(1_000)));
  await redis.connect().flushall();
});
afterAll(() => redis.stop());

const SCOPE = 'ballast:live:{okx-1}:';
const LOAN = 'main/okx.flexibleLoan/1';

/** A channel that remembers. */
class Memory implements Channel {
  readonly messages: Message[] = [];
  failure: string | null = null;
  /** What every message waits for. */
  gate: Promise<unknown> = Promise.resolve();
  readonly route: Channel['route'];

  constructor(name = 'phone', more: Partial<Channel['route']> = {}) {
    this.route = { name, least: 'warning', topics: null, accounts: null, ...more };
  }

  async send(message: Message): Promise<string | null> {
    this.messages.push(message);
    await this.gate;
    return this.failure;
  }

  get items(): readonly Item[] {
    return this.messages.flatMap(({ items }) => items);
  }

  told(category: string): readonly string[] {
    return this.items.filter((item) => item.category === category).map(({ reason }) => reason);
  }
}

async function process(
  channels: readonly Channel[],
  more: Partial<DeskOptions> = {},
): Promise<{ readonly desk: AlertDesk; readonly errors: Error[] }> {
  const errors: Error[] = [];
  const client = redis.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve));
  const desk = new AlertDesk({
    store: new RedisStore(client, `process-${String(desks.length)}`),
    clock: systemClock,
    channels,
    rules: { steps: [1_000, 2_000], calmMs: 200, quietMs: 60_000 },
    spacingMs: 20,
    page: null,
    file: 'file:1',
    accounts: [{ name: 'main', mode: 'live', limitMs: 5_000 }],
    deadMan: null,
    drillMs: null,
    onError: (error) => errors.push(error),
    ...more,
  });
  desks.push(desk);
  await desk.start(() => true);
  desk.join('main', SCOPE);
  return { desk, errors };
}

const STARVED: Condition = {
  ...{ severity: 'critical', category: 'starved', loan: LOAN, about: '', says: 'no USDT in funding', cushion: '0.1' },
};

function look(holds: readonly Partial<Condition>[] = [], unknown: readonly string[] = []): LookEvent {
  const conditions = holds.map((one) => ({ ...STARVED, ...one }));
  return { type: 'conditions', holds: conditions, unknown, loans: [], mode: 'active', paused: false };
}

function alert(category: string, severity: 'info' | 'warning' | 'critical', says: string): LookEvent {
  return { type: 'alert', severity, category, loan: LOAN, says };
}

const soon = { timeout: 30_000, interval: 20 };

describe('one process', () => {
  it('tells what a look found once, and that it is over once, however often looks say it', async () => {
    const phone = new Memory();
    const { desk, errors } = await process([phone]);
    const warned = { category: 'warn', severity: 'warning', about: 'level 1' } as const;
    for (let times = 0; times < 20; times += 1) desk.hear('main', look([warned]));
    await expect.poll(() => phone.told('warn'), soon).toEqual(['new']);
    // A look that could not judge it changes nothing.
    desk.hear('main', look([], [`warn/${LOAN} level 1`]));
    await systemClock.sleep(1_500);
    expect(phone.told('warn')).toEqual(['new']);
    desk.hear('main', look());
    await expect.poll(() => phone.told('warn'), soon).toEqual(['new', 'over']);
    await expect.poll(() => desk.ledger.open(), soon).toEqual([]);
    expect((await desk.ledger.left()).map(({ category }) => category)).toEqual(['warn']);
    expect(errors).toEqual([]);
  });

  it('folds what comes together into one message', async () => {
    const phone = new Memory();
    const { desk } = await process([phone], { spacingMs: 500 });
    const many = Array.from({ length: 42 }, (_, index) => ({ loan: `main/okx.flexibleLoan/${String(index)}` }));
    desk.hear('main', look(many));
    await expect
      .poll(async () => (await desk.ledger.open()).filter(({ told }) => 'phone' in told).length, soon)
      .toBe(42);
    const told = phone.messages.length;
    expect(told).toBeLessThanOrEqual(2);
    expect(phone.messages.map(({ more }) => more).join()).toMatch(/and 3\d more: 3\d × starved/);
  });

  it('reminds of a channel that was not tried for long, until it was', async () => {
    const phone = new Memory();
    const store = new RedisStore(redis.connect(), 'test');
    await store.setTried('phone', systemClock.wall() - 60_000, 'newest');
    const { desk } = await process([phone], { drillMs: 50_000 });
    await expect.poll(() => phone.told('drill'), soon).toEqual(['new']);
    expect(phone.items.find(({ category }) => category === 'drill')?.happened).toMatch(
      /^not tried: phone since 20\d\d-/,
    );
    expect((await desk.ledger.open()).map(({ severity }) => severity)).toEqual(['warning']);
    await store.setTried('phone', systemClock.wall(), 'first');
    expect(lateOf(await store.tried(), ['phone'], systemClock.wall(), 50_000)).not.toBeNull();
    await store.setTried('phone', systemClock.wall(), 'newest');
    await process([], { channels: [phone], drillMs: 50_000 });
    await expect.poll(() => phone.told('drill'), soon).toEqual(['new', 'over']);
    // A channel that is new has all its time.
    expect(lateOf(new Map(), ['mail'], systemClock.wall(), 1)).toBeNull();
  });

  it('keeps a critical event until it is acknowledged, and an acknowledgement ends its repetition', async () => {
    const phone = new Memory();
    const { desk } = await process([phone]);
    desk.hear('main', alert('expired', 'critical', 'intent 1 was given up'));
    desk.hear('main', alert('expired', 'critical', 'intent 2 was given up'));
    await expect.poll(() => phone.told('expired').filter((why) => why === 'again').length, soon).toBeGreaterThan(1);
    const ledger = AlertLedger.on(redis.connect());
    const open = await ledger.open();
    expect(open.map(({ says }) => says)).toEqual(['intent 1 was given up', 'intent 2 was given up']);
    for (const { id } of open) await ledger.acknowledge(id, { by: 'me', why: 'seen', at: 1 });
    expect(await ledger.acknowledge('4711', { by: 'me', why: 'seen', at: 1 })).toBeNull();
    await expect.poll(() => ledger.open(), soon).toEqual([]);
  });

  it('says nothing of what is good to know only, and of categories that looks repeat as conditions', async () => {
    const phone = new Memory();
    const { desk } = await process([phone]);
    desk.hear('main', alert('restart', 'info', 'a look died'));
    desk.hear('main', alert('starved', 'critical', 'said as a condition too'));
    desk.hear('main', alert('stray', 'warning', 'a surprise'));
    await expect.poll(() => phone.items.map(({ category }) => category), soon).toEqual(['stray']);
  });

  it('ends by a look what only a look can end: an account that was not watched', async () => {
    const phone = new Memory();
    const { desk } = await process([phone]);
    desk.hear('main', { type: 'alert', severity: 'critical', category: 'unreachable', loan: null, says: 'away' });
    await expect.poll(() => phone.told('unreachable'), soon).toContain('new');
    desk.hear('main', look());
    await expect.poll(() => phone.told('unreachable'), soon).toContain('over');
  });

  it('that moves real money tells that nobody would be told, until somebody would', async () => {
    const few = new Memory('few', { topics: ['coverage', 'payment'] });
    const { desk } = await process([few]);
    await expect.poll(() => few.told('noNotifier'), soon).toContain('new');
    await desk.stop(1_000);
    const more = new Memory('more');
    await process([few, more]);
    await expect.poll(() => few.told('noNotifier'), soon).toContain('over');
  });

  it('hears at once while a channel hangs', async () => {
    const phone = new Memory();
    let open = (): void => undefined;
    phone.gate = new Promise<void>((resolve) => (open = resolve));
    const { desk } = await process([phone]);
    desk.hear('main', look([{}]));
    await expect.poll(() => phone.messages.length, soon).toBe(1);
    const before = systemClock.mono();
    for (let times = 0; times < 1_000; times += 1) desk.hear('main', look([{ says: String(times) }]));
    expect(systemClock.mono() - before).toBeLessThan(200);
    open();
    await expect.poll(async () => (await desk.ledger.open())[0]?.told['phone']?.times, soon).toBe(1);
  });

  it('tells a failing channel on the other one, tries again, and says when it works', async () => {
    const [bad, good] = [new Memory('bad'), new Memory('good')];
    bad.failure = 'the service answers 500';
    const { desk } = await process([bad, good]);
    desk.hear('main', look([{}]));
    await expect.poll(() => good.told('channel'), soon).toContain('new');
    expect(bad.told('channel')).toEqual([]);
    bad.failure = null;
    await expect.poll(() => good.told('channel'), soon).toContain('over');
    await expect
      .poll(async () => Object.keys((await desk.ledger.open())[0]?.told ?? {}).sort(), soon)
      .toEqual(['bad', 'good']);
  });
});

describe('two processes', () => {
  it('tell each message once, whoever looked', async () => {
    const [one, two] = [new Memory(), new Memory()];
    const [first, second] = [await process([one]), await process([two])];
    const count = (category: string): readonly string[] => [...one.told(category), ...two.told(category)];
    for (let times = 0; times < 10; times += 1) {
      first.desk.hear('main', look([{}]));
      second.desk.hear('main', look([{}]));
    }
    await expect.poll(() => count('starved').length, soon).toBeGreaterThan(2);
    const id = (await first.desk.ledger.open())[0]?.id ?? '';
    await second.desk.ledger.acknowledge(id, { by: 'me', why: 'seen', at: 1 });
    second.desk.hear('main', look());
    first.desk.hear('main', look());
    await expect.poll(() => count('starved').filter((why) => why === 'over'), soon).toEqual(['over']);
    await systemClock.sleep(1_500);
    expect(count('starved').filter((why) => why === 'new')).toEqual(['new']);
    expect(count('starved').filter((why) => why === 'over')).toEqual(['over']);
    expect([...first.errors, ...second.errors]).toEqual([]);
  });

  it('of which one dies: the other goes on where it stopped, and does not begin anew', async () => {
    const [one, two] = [new Memory(), new Memory()];
    const first = await process([one]);
    first.desk.hear('main', look([{}]));
    await expect.poll(() => one.told('starved'), soon).toContain('new');
    await first.desk.stop(1_000);
    await process([two]);
    await expect.poll(() => two.told('starved'), soon).toContain('again');
    expect(two.told('starved')).not.toContain('new');
  });

  it('of which one died while it told: the other tells it when the claim has ended', async () => {
    const [one, two] = [new Memory(), new Memory()];
    one.gate = new Promise(() => undefined);
    const first = await process([one]);
    first.desk.hear('main', look([{}]));
    await expect.poll(() => one.messages.length, soon).toBe(1);
    await process([two]);
    await systemClock.sleep(1_500);
    expect(two.messages).toEqual([]);
    await redis.connect().del(`${ALERT_KEYS.claim}phone`);
    await expect.poll(() => two.told('starved'), soon).toContain('new');
  });

  it('that serve other accounts do not tell each other’s alerts', async () => {
    const [mine, theirs] = [new Memory(), new Memory()];
    const { desk } = await process([mine]);
    const others = await process([theirs], { file: 'file:2', accounts: [] });
    others.desk.join('main', 'ballast:live:{okx-2}:');
    desk.hear('main', look([{}]));
    await expect.poll(() => mine.told('starved'), soon).toContain('new');
    await systemClock.sleep(1_500);
    expect(theirs.messages).toEqual([]);
  });
});

it('without Redis it tells from memory, tells that Redis is away, and gives back what it told when it is there again', async () => {
  const phone = new Memory();
  const { desk } = await process([phone]);
  desk.hear('main', look([{}]));
  await expect.poll(() => phone.told('starved'), soon).toContain('new');
  redis.freeze();
  try {
    desk.hear('main', look([{}, { category: 'capped' }]));
    await expect.poll(() => phone.told('capped'), soon).toContain('new');
    await expect.poll(() => phone.told('journal'), soon).toContain('new');
  } finally {
    redis.thaw();
  }
  await expect.poll(() => phone.told('journal'), soon).toContain('over');
  const open = await AlertLedger.on(redis.connect()).open();
  expect(open.map(({ category }) => category)).toEqual(expect.arrayContaining(['starved', 'capped']));
  expect(phone.told('starved').filter((why) => why === 'new')).toHaveLength(1);
  expect(phone.told('capped').filter((why) => why === 'new')).toHaveLength(1);
}, 60_000);

it('alerts of a simulated world that is gone leave, and nobody is told of them', async () => {
  const phone = new Memory();
  const { desk } = await process([phone]);
  desk.hear('main', look([{}]));
  await expect.poll(() => phone.told('starved'), soon).toContain('new');
  await desk.stop(1_000);
  const next = await process([new Memory()]);
  await next.desk.start((scope) => scope !== SCOPE);
  expect((await next.desk.ledger.open()).filter(({ scope }) => scope === SCOPE)).toEqual([]);
});

it('alerts of a scope that nobody watches any more leave, and those of others stay', async () => {
  const phone = new Memory();
  const { desk } = await process([phone]);
  desk.join('rehearsed', 'ballast:dryRun:{okx-1}:');
  desk.hear('main', look([{}]));
  desk.hear('rehearsed', look([{ category: 'capped' }]));
  // What nobody acknowledges is told again on a slow machine.
  for (const category of ['starved', 'capped']) await expect.poll(() => phone.told(category), soon).toContain('new');
  desk.leave('ballast:dryRun:{okx-1}:');
  await expect.poll(async () => (await desk.ledger.open()).map(({ category }) => category), soon).toEqual(['starved']);
  expect(phone.told('capped')).not.toContain('over');
});

it('that the journal is short of room is told, told again when it gets worse, and over when there is room', async () => {
  const phone = new Memory('room');
  const { desk } = await process([phone], { file: 'file:room' });
  desk.storage('400 MiB are left on the disk of the journal', 'warning');
  await expect.poll(() => phone.told('storage'), soon).toContain('new');
  desk.storage('100 MiB are left on the disk of the journal', 'critical');
  await expect.poll(() => phone.told('storage').length, soon).toBeGreaterThan(1);
  desk.storage(null, 'warning');
  await expect.poll(() => phone.told('storage'), soon).toContain('over');
});
