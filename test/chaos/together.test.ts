/** Two processes look after one account, and something happens to one of them. */
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ALL, note, sampleOf } from './plan.ts';
import { until } from './process.ts';
import type { Server } from './process.ts';
import { closeAll, pair } from './pair.ts';
import type { Pair } from './pair.ts';
import type { Kind } from './worlds.ts';

afterAll(closeAll, 60_000);

/** An ordinary take-over: the lock runs out, the next check finds it (DESIGN §4: 15 s and 5 s, at a tenth), and a look is made. */
const TAKE_OVER_MS = 2_000;
/** What a busy machine adds to it: processes that get their turn late. */
const LATE_MS = 8_000;

/** The newest finished look of a process, wall ms. */
function lookedAt(server: Server): number {
  const looked = server.told.filter(({ event }) => event?.type === 'looked' || event?.type === 'acted');
  return looked.at(-1)?.at ?? 0;
}

/** From then until another process finished a look. */
async function takenOver(by: Server, since: number): Promise<number> {
  await until('the other process looks', () => lookedAt(by) > since);
  const looked = by.told.find(
    ({ event, at = 0 }) => at > since && (event?.type === 'looked' || event?.type === 'acted'),
  );
  return (looked?.at ?? 0) - since;
}

interface Blow {
  readonly name: string;
  readonly kind: Kind;
  /** Lets the first process come to harm in the middle of a rescue, then makes it well again if it can be. */
  readonly strike: (pair: Pair) => Promise<{ readonly since: number; readonly heal: () => Promise<void> }>;
}

const now = (): number => systemClock.wall();

/** Frozen at a point; thawed when the other process has taken over, long after the lock was lost. */
function frozenAt(at: 'committed' | 'claimed' | 'witnessed' | 'sending' | 'answered', kind: Kind): Blow {
  return {
    name: `frozen at ${at} for longer than its lock`,
    kind,
    strike: async ({ one, other, scene }) => {
      // Whichever process gets the look is the one that freezes: the other one is told to leave it to it.
      other.signal('SIGSTOP');
      await one.order({ at, do: 'SIGSTOP' });
      await scene.venues.fall();
      await until('it freezes', () => one.frozen);
      const since = now();
      other.signal('SIGCONT');
      return {
        since,
        heal: async () => {
          await until('its lock and its signature are long over', () => now() - since > 4_500);
          one.signal('SIGCONT');
        },
      };
    },
  };
}

const KILLED: Blow = {
  name: 'killed in the middle of a look',
  kind: 'okx',
  strike: async ({ one, other, scene }) => {
    other.signal('SIGSTOP');
    await one.order({ at: 'committed', do: 'SIGKILL' });
    await scene.venues.fall();
    await one.killed();
    const since = now();
    other.signal('SIGCONT');
    return { since, heal: () => Promise.resolve() };
  },
};

const BLOWS: readonly Blow[] = [
  KILLED,
  frozenAt('claimed', 'okx'),
  frozenAt('answered', 'binance'),
  frozenAt('sending', 'okx'),
  frozenAt('witnessed', 'binance'),
  ...(['cut', 'silence'] as const).map((how): Blow => ({
    name: how === 'cut' ? 'cut off from Redis' : 'behind a connection to Redis that is silent without closing',
    kind: how === 'cut' ? 'binance' : 'okx',
    strike: async ({ one, other, scene, wire }) => {
      other.signal('SIGSTOP');
      await one.order({ at: 'claimed', do: 'SIGSTOP' });
      await scene.venues.fall();
      await until('it stands right after its claim', () => one.frozen);
      wire[how]();
      one.signal('SIGCONT');
      const since = now();
      other.signal('SIGCONT');
      return {
        since,
        heal: async () => {
          await until('its lock is long over', () => now() - since > 4_500);
          wire.heal();
        },
      };
    },
  })),
];

describe.concurrent('one of two processes', () => {
  it.each(sampleOf(BLOWS, 1).map((blow) => [blow.name, blow.kind, blow] as const))(
    '%s (%s): the other one goes on, and nothing is sent twice',
    { timeout: 300_000 },
    async (name, kind, { strike }) => {
      const both = await pair(kind);
      const { since, heal } = await strike(both);
      const takeOverMs = await takenOver(both.other, since);
      await heal();
      await both.scene.rescued(both.other);
      // Once more, with whatever woke up: it neither acts on what it remembers nor keeps the other one from acting.
      await both.scene.venues.fall();
      await both.scene.rescued(both.other);
      const { doubleSends } = await both.scene.judge(name);
      note({ survived: name, kind, doubleSends, takeOverMs });
      expect(takeOverMs).toBeLessThan(TAKE_OVER_MS + LATE_MS);
      expect(both.other.alerts('halt')).toEqual([]);
    },
  );
});

it.each(ALL ? [KILLED] : [])(
  'a process that is $name is followed by the other one after lock and check at their full length',
  { timeout: 300_000 },
  async ({ name, kind, strike }) => {
    const both = await pair(kind, 'full');
    const { since } = await strike(both);
    const takeOverMs = await takenOver(both.other, since);
    await both.scene.rescued(both.other);
    const { doubleSends } = await both.scene.judge(name);
    note({ survived: `${name}, full waits`, kind, doubleSends, takeOverMs, full: true });
    expect(takeOverMs).toBeLessThan(10 * TAKE_OVER_MS + LATE_MS);
  },
);

/** Longest pause between two finished looks of either process, in the time that all of them were told in. */
function longestPause(...servers: readonly Server[]): number {
  const times = servers
    .flatMap(({ told }) => told)
    .flatMap(({ event, at }) => (at !== undefined && (event?.type === 'looked' || event?.type === 'acted') ? [at] : []))
    .sort((one, two) => one - two);
  return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}

/** A lane counts as silent after twice its interval, and not before a take-over (DESIGN §4). */
const SILENT_MS = 2_000;

async function rollingRestart(): Promise<void> {
  const { scene, one, other } = await pair('okx');
  await scene.venues.fall();
  expect(await one.end('SIGTERM')).toBe(0);
  const third = await scene.start();
  await scene.rescued(third);
  await scene.venues.fall();
  expect(await other.end('SIGTERM')).toBe(0);
  const fourth = await scene.start();
  await scene.rescued(fourth);
  const { doubleSends } = await scene.judge('a rolling restart');
  const pauseMs = longestPause(one, other, third, fourth);
  note({ survived: `rolling restart, longest pause between looks ${String(pauseMs)} ms`, kind: 'okx', doubleSends });
  expect(pauseMs).toBeLessThan(SILENT_MS + LATE_MS);
  expect([one, other, third, fourth].flatMap((server) => server.alerts('silent'))).toEqual([]);
}

async function newcomer(): Promise<void> {
  const { scene, one, other } = await pair('okx');
  const otherPolicy = scene.writePolicy('other', { target: 0.6 });
  const newcomer = await scene.start(otherPolicy);
  await until('it says that it only observes', () => newcomer.alerts('observer').length > 0);
  expect(newcomer.alerts('observer')[0]).toMatch(/processes with another policy \([0-9a-f]{8}\) act.*only observes/);
  const epochs = async (): Promise<number> => Number(await scene.redis().get(scene.journal().key('epoch')));
  await scene.venues.fall();
  await scene.rescued(other);
  await scene.judge('under the policy that acts');
  // It saw the fall and decided as well; nothing of that is in the journal of those that act.
  await until('it looks', () => newcomer.last('looked') !== undefined);
  const digests = new Set((await scene.intents()).map(({ policyDigest }) => policyDigest));
  expect(digests.size).toBe(1);
  expect((await scene.intents()).filter(({ state }) => state === 'voided')).toEqual([]);
  const before = await epochs();

  // One that acts is still there: the newcomer goes on observing.
  expect(await one.end('SIGTERM')).toBe(0);
  await until('the other one goes on', async () => (await epochs()) > before + 2);
  expect(newcomer.last('sent')).toBeUndefined();
  expect(await other.end('SIGTERM')).toBe(0);
  await until('the newcomer acts', () => newcomer.alerts('observer').length > 1);
  await scene.venues.fall();
  await until('its policy holds', async () => Math.abs((await scene.venues.ltv()) - 0.6) < 0.01);
  const { counts } = await scene.venues.state();
  expect(counts.doubleSends).toBe(0);
  note({ survived: 'a process with another policy', kind: 'okx', doubleSends: counts.doubleSends });
}

async function frozenMeanwhile(): Promise<void> {
  const { scene, one, other } = await pair('okx');
  other.signal('SIGKILL');
  await one.order({ at: 'signed', do: 'SIGSTOP' });
  await scene.venues.fall();
  await until('it freezes before its claim', () => one.frozen);
  const newcomer = await scene.start(scene.writePolicy('other', { target: 0.6 }));
  await until('the newcomer acts', async () => Math.abs((await scene.venues.ltv()) - 0.6) < 0.01);
  one.signal('SIGCONT');
  await until('the one that woke up observes', () => one.alerts('observer').length > 0);
  await scene.venues.fall();
  await until('the newcomer rescues', async () => Math.abs((await scene.venues.ltv()) - 0.6) < 0.01);
  const sent = (await scene.intents()).filter(({ state }) => state !== 'voided' && state !== 'refused');
  expect(new Set(sent.map(({ policyDigest }) => policyDigest)).size).toBe(1);
  const { counts } = await scene.venues.state();
  expect(counts.doubleSends).toBe(0);
  expect(newcomer.alerts('halt')).toEqual([]);
  note({ survived: 'frozen while another policy took over', kind: 'okx', doubleSends: counts.doubleSends });
}

const STORIES: readonly (readonly [string, () => Promise<void>])[] = [
  ['a rolling restart of both, one after the other, keeps the account looked at and its loan upright', rollingRestart],
  ['one with another policy only observes, says so, and acts when the last of the others has stopped', newcomer],
  ['one that was frozen until another policy acts neither claims nor opens a look when it wakes up', frozenMeanwhile],
];

describe.concurrent('of two processes', () => {
  it.each(sampleOf(STORIES, 1))('%s', { timeout: 300_000 }, async (_name, story) => story());
});
