/** Of processes with different policies one kind acts; the others change nothing of what it does. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { NotActingError, Office } from '../../src/jobs/office.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { anIntent, commitWith, freshAddress } from './fixtures.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

interface Desk {
  readonly office: Office;
  readonly journal: Journal;
  policy: string;
}

function desk(address: AccountAddress, policy: string, run: string, goneAfterMs = 60_000): Desk {
  const client = redis.connect();
  const made: { policy: string } = { policy };
  const office = new Office(client, address, { digest: () => made.policy, run, goneAfterMs });
  return Object.assign(made, { office, journal: new Journal(client, address, office) });
}

async function plan({ journal }: Desk, digest: string) {
  const { epoch } = await journal.open();
  const intent = { ...anIntent(`i${String(epoch)}`), epoch };
  await journal.commit(epoch, digest, commitWith(intent));
  return intent;
}

it('another policy neither raises the epoch nor voids a plan', async () => {
  const address = freshAddress();
  const [one, two] = [desk(address, 'A', 'r1'), desk(address, 'B', 'r2')];
  const intent = await plan(one, 'A');
  expect(await two.office.take()).toBe('A');
  await expect(two.journal.open()).rejects.toThrow(NotActingError);
  expect(await one.journal.claim(intent, 'A', systemClock.wall() + 3_000, systemClock.wall(), null)).toBeNull();
});

it('the next policy acts when the last process of the acting one has left, not before', async () => {
  const address = freshAddress();
  const [one, same, two] = [desk(address, 'A', 'r1'), desk(address, 'A', 'r3'), desk(address, 'B', 'r2')];
  expect(await one.office.take()).toBeNull();
  expect(await same.office.take()).toBeNull();
  await one.office.leave();
  expect(await two.office.take()).toBe('A');
  await same.office.leave();
  expect(await two.office.take()).toBeNull();
  await expect(one.journal.open()).rejects.toThrow(NotActingError);
});

it('a process that was silent for too long counts as gone, and its claim is refused when it comes back', async () => {
  const address = freshAddress();
  const [frozen, two] = [desk(address, 'A', 'r1', 50), desk(address, 'B', 'r2')];
  const intent = await plan(frozen, 'A');
  expect(await two.office.take()).toBe('A');
  await expect.poll(() => two.office.take()).toBeNull();
  const verdict = await frozen.journal.claim(intent, 'A', systemClock.wall() + 3_000, systemClock.wall(), null);
  expect(verdict).toBe('processes with another policy act');
});

it('a process that changes its own policy does not wait for itself, but for others', async () => {
  const address = freshAddress();
  const one = desk(address, 'A', 'r1');
  expect(await one.office.take()).toBeNull();
  one.policy = 'B';
  expect(await one.office.take()).toBeNull();
  const other = desk(address, 'B', 'r2');
  expect(await other.office.take()).toBeNull();
  one.policy = 'C';
  expect(await one.office.take()).toBe('B');
});

it('when each of several processes changes to the new policy, the last one makes it act at once', async () => {
  const address = freshAddress();
  const [one, two] = [desk(address, 'A', 'r1'), desk(address, 'A', 'r2')];
  expect(await one.office.take()).toBeNull();
  expect(await two.office.take()).toBeNull();
  one.policy = 'B';
  expect(await one.office.take()).toBe('A');
  two.policy = 'B';
  // Nobody waits for the post that the first one had under the old policy.
  expect(await two.office.take()).toBeNull();
  expect(await one.office.take()).toBeNull();
});

it('a process that changed its policy leaves nothing behind of either', async () => {
  const address = freshAddress();
  const one = desk(address, 'A', 'r1');
  expect(await one.office.take()).toBeNull();
  one.policy = 'B';
  await one.office.leave();
  expect(await desk(address, 'C', 'r2').office.take()).toBeNull();
});
