/** A server that is told to stop in the middle of a crash, with money calls in flight at venues that outlive it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { LogEntry } from '../../src/simulator/requestLog.ts';
import { intentsOf } from './journal.ts';
import { externalAccounts, writePolicy } from './policyFiles.ts';
import { Cli, cleanUp, temporaryFolder, writeTape } from './support.ts';
import { keyOf, startVenues, type Venues } from './venues.ts';

let venues: Venues;
beforeAll(async () => {
  const tape = writeTape(temporaryFolder(), 'BTCUSDT', [
    [0, '40000'],
    [10, '31500'],
    [40, '31500'],
    [50, '42700'],
  ]);
  venues = await startVenues(['--tape', tape]);
}, 30_000);
afterAll(cleanUp, 30_000);

interface Server {
  readonly cli: Cli;
  readonly dataDir: string;
}

/** Money calls are answered late here, machines may be busy, and there is money to be moved. */
const able = (policy: string): string =>
  policy
    .replace('requestDeadline: 700ms', 'requestDeadline: 6s')
    .replace('lock: 2s', 'lock: 9s')
    .replaceAll('venue: binance', 'venue: binance\n    wallets: { spot: { keep: [0.01 BTC] } }')
    .replaceAll('venue: okx', 'venue: okx\n    wallets: { funding: { keep: [0.01 BTC] } }');

/** A server that moves the money of these accounts, past the quarantine of its new journal. */
async function serve(names: readonly string[]): Promise<Server> {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const known = venues.accounts.filter(({ name }) => names.includes(name));
  const accounts = Object.fromEntries(
    known.map(({ name, venue, uid }) => [
      name,
      { venue, uid, hosts: venues[venue], live: true, env: name.toUpperCase() },
    ]),
  );
  const policy = externalAccounts(accounts, { binance: venues.binance.rest, okx: venues.okx.rest });
  const config = writePolicy(folder, able(policy));
  const env = Object.assign({}, ...names.map((name) => keyOf(venues, name, name.toUpperCase()))) as Record<
    string,
    string
  >;
  const cli = new Cli(['start', '--config', config, '--data-dir', dataDir], { env });
  for (const name of names) await cli.says(new RegExp(`${name}.*the quarantine is over`));
  return { cli, dataDir };
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const reply = await fetch(
    `${venues.admin}${path}`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  );
  return (await reply.json()) as T;
}

/** Money calls that the venues have seen, from this one on. */
async function calls(since: number): Promise<readonly LogEntry[]> {
  const { entries } = await ask<{ readonly entries: readonly LogEntry[] }>(`/log?since=${String(since)}`);
  return entries.filter(({ isMoney }) => isMoney);
}

async function newest(): Promise<number> {
  const { entries } = await ask<{ readonly entries: readonly LogEntry[] }>('/log?since=0');
  return entries.at(-1)?.id ?? 0;
}

/** Every money call is carried out at once and answered late. */
async function answerLate(ms: number): Promise<void> {
  const late = { kind: 'delay', ms, after: true };
  const paths = ['/sapi/v1/margin/borrow-repay', '/sapi/v1/asset/transfer', '/api/v5/finance/flexible-loan/repay'];
  await ask(
    '/faults',
    paths.map((path) => ({ match: { method: 'POST', path }, effect: late })),
  );
}

async function untilSent(since: number, count: number): Promise<void> {
  await expect
    .poll(async () => (await calls(since)).length, { timeout: 30_000, interval: 5 })
    .toBeGreaterThanOrEqual(count);
}

const says = ({ query, body }: LogEntry, { amount }: Intent): boolean => `${query} ${body}`.includes(amount);
const LEFT = ['sending', 'settling', 'confirmed', 'rejected', 'unknown', 'expired'];

it('claims nothing after the signal, lets what is in flight finish, and has every call that a venue saw in its journal', async () => {
  const { cli, dataDir } = await serve(['saved', 'okx']);
  const since = await newest();
  await answerLate(400);
  await ask('/run', { speed: 300 });
  await untilSent(since, 2);
  cli.signal('SIGTERM');
  await cli.says(/SIGTERM: nothing new is sent/);
  const signalled = systemClock.wall();
  const ended = await cli.end();
  await ask('/hold', {});
  expect(ended.code, ended.err).toBe(0);
  expect(systemClock.wall() - signalled).toBeLessThan(10_000);

  const seen = await calls(since);
  const intents = await intentsOf(dataDir);
  const left = intents.filter(({ state }) => LEFT.includes(state));
  // Both ways: nothing was sent that is not written down, and nothing is written down as sent that was not.
  expect(seen.filter((call) => left.filter((intent) => says(call, intent)).length !== 1)).toEqual([]);
  expect(left).toHaveLength(seen.length);
  expect(left.filter(({ state }) => state === 'sending')).toEqual([]);
  expect(left.filter(({ sentAt }) => (sentAt ?? Infinity) > signalled)).toEqual([]);
  // Every plan that did not leave says so.
  expect(intents.filter(({ state }) => state === 'planned')).toEqual([]);
}, 120_000);

it('is hurried by a second signal, and what was in flight then stays in the journal as perhaps sent', async () => {
  const { cli, dataDir } = await serve(['coin']);
  const since = await newest();
  await answerLate(5_000);
  await ask('/advance', { toMs: (await ask<{ tape: { endMs: number } }>('/state')).tape.endMs });
  await untilSent(since, 1);
  const from = systemClock.mono();
  const again = async (): Promise<boolean> => {
    cli.signal('SIGTERM');
    return Promise.resolve(cli.child.exitCode !== null);
  };
  // One signal may arrive twice, as behind npm: what follows at once is the same one.
  await expect.poll(again, { timeout: 10_000, interval: 200 }).toBe(true);
  const ended = await cli.end();
  expect(ended.code, ended.err).toBe(75);
  expect(systemClock.mono() - from).toBeGreaterThan(900);
  expect(systemClock.mono() - from).toBeLessThan(4_000);

  const [call, ...others] = await calls(since);
  const intents = await intentsOf(dataDir);
  expect(others).toEqual([]);
  expect(intents.filter((intent) => call !== undefined && says(call, intent)).map(({ state }) => state)).toEqual([
    'sending',
  ]);
}, 120_000);
