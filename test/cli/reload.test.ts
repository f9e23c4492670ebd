/** A running server takes another policy file over, between looks: whole, or not at all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertLedger } from '../../src/alerts/ledger.ts';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Operator } from '../../src/jobs/operator.ts';
import { Registry } from '../../src/jobs/registry.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, isComplete, lastLine, temporaryFolder, writeTape, type Ended } from './support.ts';
import { meet, startVenues, type Meeting, type Venues } from './venues.ts';

let venues: Venues;
beforeAll(async () => {
  const tape = writeTape(temporaryFolder(), 'BTCUSDT', [
    [0, '40000'],
    [1, '34000'],
    [2, '33900'],
    [600, '33900'],
  ]);
  venues = await startVenues(['--tape', tape]);
}, 30_000);
afterAll(cleanUp, 30_000);

const CAP = 'perAction: 15000 USD';

interface Served extends Meeting {
  readonly cli: Cli;
  ask(...words: string[]): Promise<Ended>;
  /** Puts one piece of the file in the place of another. */
  edit(from: string, to: string): void;
  file(): string;
}

function standingBy(meeting: Meeting): Served {
  const [, path = ''] = meeting.where;
  const file = (): string => readFileSync(path, 'utf8');
  const edit = (from: string, to: string): void => {
    expect(file()).toContain(from);
    writeFileSync(path, file().replace(from, to));
  };
  const { args, env, where } = meeting;
  const ask = (...words: string[]): Promise<Ended> => ballast([...words, ...where], { env });
  return { ...meeting, cli: new Cli(args, { env }), ask, edit, file };
}

async function serve(name: string): Promise<Served> {
  const meeting = meet(venues, name, { live: true });
  const [, path = ''] = meeting.where;
  const wallets = 'wallets: { spot: { keep: [100 USDT] } }';
  const text = readFileSync(path, 'utf8')
    .replace(/^ {2}coin:[^]*/m, '')
    .replace('    loans:', `    ${wallets}\n    loans:`);
  writeFileSync(path, text);
  const served = standingBy(meeting);
  await served.cli.says(/the quarantine is over/);
  return served;
}

async function withJournal<T>(
  { dataDir }: Meeting,
  use: (redis: Redis, address: AccountAddress) => Promise<T>,
): Promise<T> {
  const redis = new Redis(embeddedSocket(dataDir));
  try {
    const [row] = await new Registry(redis).accounts();
    if (row === undefined) throw new Error('no account is registered');
    return await use(redis, row.address);
  } finally {
    redis.disconnect();
  }
}

/** The policy of the newest decision about the loan. */
function digestOf(served: Meeting): Promise<string> {
  return withJournal(served, async (redis, address) => {
    const record = await new Journal(redis, address).why('real/binance.crossMargin');
    return (JSON.parse(record ?? '{}') as { digest: string }).digest;
  });
}

it('`ballast reload` takes over what tightens, asks about what loosens, and leaves a wrong file alone', async () => {
  const served = await serve('poor');
  const { cli, ask, edit, file } = served;
  const good = file();
  const first = await digestOf(served);
  const same = await ask('reload');
  expect(same.out).toMatch(/^Nothing differs: process \d+ on \S+ acts by this file already\.$/m);

  edit(CAP, 'perAction: 14000 USD');
  expect((await ask('status')).out).toMatch(/real: policy \w{8} acts, and the file at hand says another one \(\w{8}\)/);
  const tighter = await ask('reload', '--why', 'smaller steps');
  expect(tighter.code, tighter.err).toBe(0);
  expect(tighter.out).toMatch(
    /1 change, none of them loosens; policy \w{8} -> \w{8}\n {2}tightens +policy stable: at most/,
  );
  expect(tighter.out).toMatch(/taken over, from the next look of each account on/);
  await cli.says(/reload: .* \(smaller steps\): [^]*15000 USD -> 14000 USD[^]*from the next look of each account on/);
  await expect.poll(() => digestOf(served)).not.toBe(first);
  const second = await digestOf(served);

  edit('14000 USD', '15000 USD');
  const refused = await ask('reload');
  expect(refused.code).toBe(64);
  expect(refused.out).toMatch(/LOOSENS +policy stable: at most per action: 14000 USD -> 15000 USD/);
  expect(isComplete(refused.err), refused.err).toBe(true);
  expect(await digestOf(served)).toBe(second);

  const confirmed = await ask('reload', '--yes', '--json', '--why', 'it was enough before');
  expect(lastLine(confirmed)).toMatchObject({ from: second, to: first, changes: [{ effect: 'loosens' }] });
  await expect.poll(() => digestOf(served)).toBe(first);
  const acts = await withJournal(served, (redis, address) => new Operator(redis, address).acts());
  expect(acts).toMatchObject([
    { act: 'reload', why: 'smaller steps', from: first, to: second },
    { act: 'reload', why: 'it was enough before', from: second, to: first },
  ]);
  const alerts = await withJournal(served, (redis) => AlertLedger.on(redis).open());
  const loosened = alerts.filter(({ category }) => category === 'reloaded');
  expect(loosened.map(({ says }) => says)).toEqual([
    expect.stringMatching(/it was enough before.*14000 USD -> 15000 USD/),
  ]);

  edit('lookEvery: 400ms', 'lookEvery: 500ms');
  const restart = await ask('reload', '--yes');
  expect(restart.code).toBe(78);
  expect(restart.err).toMatch(/1 of 1 change can only be taken over by a restart/);

  writeFileSync(served.where[1] ?? '', good.replace(CAP, 'perAction: many'));
  cli.signal('SIGHUP');
  await cli.says(
    /SIGHUP: the policy file is wrong:[^]*perAction[^]*Ballast: it goes on by the file[^]*You can: correct/,
  );
  expect(await digestOf(served)).toBe(first);
}, 120_000);

it('SIGHUP takes over what tightens and nothing that loosens, and the policy that acts stays the one that acts', async () => {
  const one = await serve('saved');
  const first = await digestOf(one);
  // Another process for the same account, with a file of its own that says the same.
  const path = writePolicy(temporaryFolder(), one.file());
  const where = ['--config', path, ...one.where.slice(2)];
  const two = standingBy({ ...one, args: ['start', ...where], where });
  await two.cli.says(/watching real/);

  one.edit(CAP, 'perAction: 16000 USD');
  one.cli.signal('SIGHUP');
  await one.cli.says(/SIGHUP: 1 change, 1 of them loosens, and nobody has confirmed that\./);
  one.edit('perAction: 16000 USD', 'perAction: 14000 USD');

  const apart = await one.ask('reload');
  expect(apart.code).toBe(78);
  expect(apart.err).toContain(`reads ${path}`);
  expect(await digestOf(one)).toBe(first);

  // The one that changes its policy observes from now on, as long as another acts by the old one.
  one.cli.signal('SIGHUP');
  await one.cli.says(/reload: policy \w{8} -> \w{8}, from the next look of each account on/);
  await one.cli.says(/this one \(\w+\) only observes/);
  expect(await digestOf(two)).toBe(first);
  // It acts when the other one has changed as well, without waiting for anything to run out.
  two.edit(CAP, 'perAction: 14000 USD');
  const both = await two.ask('reload', '--why', 'the same for all');
  expect(both.code, both.err).toBe(0);
  await expect.poll(() => digestOf(two), { timeout: 10_000 }).not.toBe(first);
  await one.cli.says(/nobody with another policy is left; this process acts now/);

  // A process that comes with the old file observes, and sends nothing when money has to move.
  const old = standingBy({ ...one, ...oldFile(one) });
  await old.cli.says(/only observes/);
  const second = await digestOf(one);
  const advance = (): Promise<unknown> => fetch(`${venues.admin}/advance`, { method: 'POST', body: '{}' });
  const eitherSays = (pattern: RegExp): Promise<unknown> =>
    Promise.race([one.cli.says(pattern), two.cli.says(pattern)]);
  await advance();
  await eitherSays(/one more look at another price must agree/);
  await advance();
  await eitherSays(/repaid [\d.]+ USDT/);
  const intents = await withJournal(one, (redis, address) => new Journal(redis, address).intents());
  expect(intents.length).toBeGreaterThan(0);
  expect(new Set(intents.map(({ policyDigest }) => policyDigest))).toEqual(new Set([second]));
  expect(old.cli.out).not.toMatch(/repaid/);
}, 120_000);

/** The policy as it was before it was tightened. */
function oldFile(served: Served): Pick<Meeting, 'args' | 'where'> {
  const text = served.file().replace('perAction: 14000 USD', CAP);
  const where = ['--config', writePolicy(temporaryFolder(), text), ...served.where.slice(2)];
  return { args: ['start', ...where], where };
}
