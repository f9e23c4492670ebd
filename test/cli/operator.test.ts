/** What an operator does from a second terminal: pause, resume, acknowledge. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { Registry } from '../../src/jobs/registry.ts';
import { prefixOf } from '../../src/jobs/keys.ts';
import { ballast, Cli, cleanUp, isComplete, lastLine, type Ended } from './support.ts';
import { meet, startVenues, type Meeting, type Venues } from './venues.ts';

let venues: Venues;
beforeAll(async () => {
  venues = await startVenues();
}, 30_000);
afterAll(cleanUp, 30_000);

const LOAN = 'real/binance.crossMargin';

async function serve(): Promise<Meeting & { readonly cli: Cli; ask(...words: string[]): Promise<Ended> }> {
  const meeting = meet(venues, 'saved', { live: true });
  const { args, env, where } = meeting;
  const cli = new Cli(args, { env });
  await cli.says(/watching real\/binance\.crossMargin/);
  // A new journal begins with a quarantine.
  await cli.says(/the quarantine is over/);
  return { ...meeting, cli, ask: (...words) => ballast([...words, ...where], { env }) };
}

async function stateOf(ask: (...words: string[]) => Promise<Ended>): Promise<string | undefined> {
  const { loans } = lastLine<{ loans: readonly { state: string }[] }>(await ask('status', '--json'));
  return loans[0]?.state;
}

it('a paused account or loan is said everywhere, with who and until when, and resumed by the command that is told', async () => {
  const { cli, ask } = await serve();
  const paused = await ask('pause', 'real', '--why', 'the books are being closed', '--for', '2h');
  expect(paused.code, paused.err).toBe(0);
  expect(paused.out).toMatch(/^real is paused until \d{4}-.* UTC\. It is watched, and nothing new is sent for it\.$/m);
  await cli.says(/real +WARNING: real is paused by .* on .* until \d{4}-.*: the books are being closed/);
  await expect.poll(() => stateOf(ask)).toBe('paused');
  expect((await ask('why', 'crossMargin')).out).toMatch(/it is paused by .*: the books are being closed/);

  expect((await ask('pause', 'crossMargin', '--why', 'this one longer')).code).toBe(0);
  const status = (await ask('status')).out;
  expect(status).toMatch(/real is paused by .*the books/);
  expect(status).toMatch(/real\/binance\.crossMargin is paused by .* until \d{4}-.* UTC: this one longer/);
  const commands = [...status.matchAll(/`ballast (resume) (\S+)`/g)].map(([, verb = '', what = '']) => [verb, what]);
  expect(commands).toEqual([
    ['resume', 'real'],
    ['resume', LOAN],
  ]);

  const resumed = await ask(...(commands[1] ?? []));
  expect(resumed.out).toMatch(/^real\/binance\.crossMargin is no longer paused\.\nreal is paused by/);
  const all = await ask('resume', 'all');
  expect(all.out).toBe('real is no longer paused.\n');
  await cli.says(/real is no longer paused/);
  await expect.poll(() => stateOf(ask)).toMatch(/^watching/);
  expect((await ask('resume', 'real')).out).toBe('real was not paused.\n');
}, 120_000);

it('a halted account is said loudly also after a restart, and the command that is told lifts it', async () => {
  const { cli, dataDir, args, env, ask } = await serve();
  const early = await ask('acknowledge', 'real', '--why', 'just so');
  expect(early.code).toBe(64);
  expect(early.err).toMatch(/nothing of account real waits for a person/);
  expect(isComplete(early.err), early.err).toBe(true);

  const redis = new Redis(embeddedSocket(dataDir));
  const [row] = await new Registry(redis).accounts();
  await redis.set(`${row === undefined ? '' : prefixOf(row.address)}halt`, 'intent 7 is rejected and then confirmed');
  redis.disconnect();
  await cli.says(/real +ALERT: intent 7 is rejected and then confirmed/);
  cli.signal('SIGTERM');
  expect((await cli.end()).code).toBe(0);

  const again = new Cli(args, { env });
  await again.says(/ALERT: real is HALTED since \d{4}-.*intent 7 is rejected and then confirmed/);
  const [, account = ''] = await again.says(/`ballast acknowledge (\S+) --why "…"`/);
  await again.says(/watching real/);
  const lifted = await ask('acknowledge', account, '--why', 'the venue says it was done');
  expect(lifted.code, lifted.err).toBe(0);
  expect(lifted.out).toBe('real is active again.\n');
  await again.says(/acknowledged it \(the venue says it was done\): real is active now/);
  expect((await ask('status')).out).not.toMatch(/HALTED/);
}, 120_000);

it('a target that does not exist, a missing reason and a strange duration end with 64 and change nothing', async () => {
  const { ask } = await serve();
  const mistakes = [
    [['pause', 'nobody', '--why', 'x'], /no loan is called nobody/],
    [['acknowledge', 'nobody', '--why', 'x'], /no account is called nobody/],
    [['pause', 'all'], /--why/],
    [['pause', 'all', '--why', 'x', '--for', 'ever'], /a duration is a number/],
  ] as const;
  for (const [words, says] of mistakes) {
    const ended = await ask(...words);
    expect(ended.code, words.join(' ')).toBe(64);
    expect(ended.err).toMatch(says);
    expect(isComplete(ended.err), ended.err).toBe(true);
  }
  expect(lastLine(await ask('status', '--json'))).toMatchObject({ accounts: [{ held: [] }] });
}, 120_000);
