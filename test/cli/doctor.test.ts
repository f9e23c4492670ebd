/** `ballast doctor` on whole files: against the simulated exchanges, with a Redis and channels as they should not be. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, startTestRedis, type TestRedis } from '../support/redis.ts';
import { HttpService } from '../support/services.ts';
import { externalAccounts, writePolicy, type External } from './policyFiles.ts';
import { ballast, cleanUp, temporaryFolder, type Ended } from './support.ts';
import { keyOf, startVenues, type Venues } from './venues.ts';

interface Found {
  readonly area: string;
  readonly name: string;
  readonly account: string | null;
  readonly about: string | null;
  readonly verdict: string;
  readonly says: string;
  readonly remedy: string;
  readonly does: string;
}

let venues: Venues;
let redis: TestRedis;
let redisUrl: string;
let hook: HttpService;

beforeAll(async () => {
  const port = String(await freePort());
  redisUrl = `redis://127.0.0.1:${port}`;
  [venues, redis, hook] = await Promise.all([
    startVenues(),
    startTestRedis({ fsync: true, settings: ['--port', port] }),
    HttpService.start(),
  ]);
}, 60_000);
afterAll(async () => {
  hook.stop();
  await cleanUp();
  await redis.stop();
}, 60_000);

async function told(path: string, body: object): Promise<void> {
  const answer = await fetch(`${venues.admin}${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.ok, await answer.text()).toBe(true);
}

function external(name: string, live: boolean): External {
  const account = venues.accounts.find((one) => one.name === name);
  if (account === undefined) throw new Error(`no account ${name}`);
  return { venue: account.venue, uid: account.uid, hosts: venues[account.venue], live };
}

/** Both venues under `saved` and `okx`. @param more sections of the file */
async function examine(more: string, ...flags: readonly string[]): Promise<Ended> {
  const accounts = { saved: { ...external('saved', true), env: 'A' }, okx: { ...external('okx', true), env: 'B' } };
  const text = externalAccounts(accounts, { binance: venues.binance.rest, okx: venues.okx.rest });
  const config = writePolicy(temporaryFolder(), `${text}${more}`);
  const env = { ...keyOf(venues, 'saved', 'A'), ...keyOf(venues, 'okx', 'B') };
  return ballast(['doctor', '--config', config, ...flags], { env });
}

function findings({ out, err }: Ended): readonly Found[] {
  if (out === '') throw new Error(err);
  return (JSON.parse(out) as { findings: readonly Found[] }).findings;
}

/** `area name` of what has this verdict. */
function named(all: readonly Found[], verdict: string, account?: string | null): readonly string[] {
  const mine = all.filter((one) => one.verdict === verdict && (account === undefined || one.account === account));
  return [...new Set(mine.map(({ area, name }) => `${area} ${name}`))].sort();
}

it('finds no problem in the shipped file from a fresh clone, and leaves nothing behind', async () => {
  const dataDir = join(temporaryFolder(), 'redis');
  const ended = await ballast(['doctor', '--data-dir', dataDir]);
  expect(ended.code, ended.out + ended.err).toBe(0);
  expect(ended.out).toMatch(/^the server:\n[\s\S]*ok {6}redis answers: no server runs; a start runs \S+\.\n/);
  expect(ended.out).toMatch(/account marginCoin:\n[\s\S]*WARNING levels speed of binance.crossMargin: from 85\.21 %/);
  expect(ended.out).toMatch(/\n\d+ warnings; \d+ of \d+ checks are well\.\n$/);
  expect(ended.out).not.toMatch(/PROBLEM|\? {6}|undefined|NaN/);
  // The folder was not made by looking.
  expect(existsSync(dataDir)).toBe(false);
}, 60_000);

it('names everything that is wrong with keys, clocks, Redis and channels at once', async () => {
  await told('/act', { venue: 'binance', do: 'permissions', account: 'saved', margin: false, withdraw: true });
  await told('/act', { venue: 'okx', do: 'setKey', account: 'okx', perm: 'read_only', ip: '' });
  await told('/clock', { skewMs: 7_000 });
  const client = redis.connect();
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await client.config('SET', 'appendfsync', 'everysec');
  const more = `redis: { url: "${redisUrl}" }
alerts: { to: { good: "${hook.url}/a", bad: "http://127.0.0.1:9/b" }, deadMan: "${hook.url}/ping" }
`;
  const ended = await examine(more, '--json');
  expect(ended.code, ended.err).toBe(2);
  const all = findings(ended);
  expect(named(all, 'problem', null)).toEqual(['alerts reach', 'redis eviction', 'redis persistence']);
  expect(named(all, 'problem', 'saved')).toEqual(['key permissions']);
  expect(named(all, 'problem', 'okx')).toEqual(['key permissions']);
  expect(named(all, 'warning', 'saved')).toEqual(['clock venue', 'key address']);
  expect(named(all, 'warning', 'okx')).toEqual(['clock venue', 'key address']);
  const rights = all
    .filter(({ account, name }) => account === 'saved' && name === 'permissions')
    .map(({ says }) => says);
  expect(rights).toEqual(['the key lacks “Enable Margin Loan, Repay & Transfer”', 'the key may withdraw']);
  for (const one of all.filter(({ verdict }) => verdict !== 'ok')) {
    expect(one.remedy, JSON.stringify(one)).not.toBe('');
    expect(one.does).not.toBe('');
  }
  // Nobody was told anything by being examined, and nothing stays in Redis.
  expect(hook.posts).toEqual([]);
  expect((await client.keys('*')).filter((key) => key !== 'ballast:doctor')).toEqual([]);
  expect(await client.pttl('ballast:doctor')).toBeLessThanOrEqual(10_000);
}, 60_000);

it('takes what the file accepts for a warning, and a warning for no success when it is strict', async () => {
  await told('/act', { venue: 'binance', do: 'permissions', account: 'saved', margin: true, withdraw: true });
  await told('/clock', { skewMs: 0 });
  await redis.connect().config('SET', 'maxmemory-policy', 'noeviction');
  const more = `redis: { url: "${redisUrl}", acceptWriteLoss: yes }\nalerts: { to: { good: "${hook.url}/a" } }\n`;
  const text = externalAccounts(
    { saved: { ...external('saved', false), env: 'A' } },
    { binance: venues.binance.rest, okx: venues.okx.rest },
  );
  const config = writePolicy(
    temporaryFolder(),
    `${text}${more}`.replace('    live: no\n', '    live: no\n    allowWithdraw: yes\n'),
  );
  const ended = await ballast(['doctor', '--config', config, '--strict', '--json'], {
    env: keyOf(venues, 'saved', 'A'),
  });
  expect(ended.code, ended.err).toBe(1);
  const all = findings(ended);
  expect([named(all, 'problem'), named(all, 'unknown')]).toEqual([[], []]);
  expect(named(all, 'warning')).toEqual(
    expect.arrayContaining(['file warnings', 'key permissions', 'redis persistence']),
  );
}, 60_000);

it('says what it could not examine when a venue is away', async () => {
  const away = { ...external('saved', false), hosts: { rest: 'http://127.0.0.1:9', ws: 'ws://127.0.0.1:9' }, env: 'A' };
  const text = externalAccounts({ saved: away }, { binance: venues.binance.rest, okx: venues.okx.rest });
  const folder = temporaryFolder();
  const config = writePolicy(folder, text);
  const where = ['--config', config, '--data-dir', join(folder, 'redis')];
  const ended = await ballast(['doctor', ...where, '--json'], { env: keyOf(venues, 'saved', 'A') });
  expect(ended.code, ended.err).toBe(69);
  expect(named(findings(ended), 'unknown')).toEqual(['host answers', 'key accepted']);
}, 60_000);
