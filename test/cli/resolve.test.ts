/** What is undecided, and what an operator says about it, from a second terminal and without a server. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { loseAnswer, openJournal } from './journal.ts';
import { ballast, Cli, cleanUp, isComplete, lastLine, type Ended } from './support.ts';
import { meet, startVenues, type Meeting, type Venues } from './venues.ts';

let venues: Venues;
beforeAll(async () => {
  venues = await startVenues();
}, 30_000);
afterAll(cleanUp, 30_000);

const LOAN = 'real/binance.crossMargin';
const MINUTE_MS = 60_000;

interface Scene extends Meeting {
  readonly cli: Cli;
  ask(...words: string[]): Promise<Ended>;
}

async function serve(): Promise<Scene> {
  const meeting = meet(venues, 'saved', { live: true });
  const { args, env, where } = meeting;
  const cli = new Cli(args, { env });
  await cli.says(/watching real\/binance\.crossMargin/);
  await cli.says(/the quarantine is over/);
  return { ...meeting, cli, ask: (...words) => ballast([...words, ...where], { env }) };
}

it('what is undecided is shown with what proves it and what waits, and an operator settles it by name', async () => {
  const { dataDir, cli, ask } = await serve();
  const redis = new Redis(embeddedSocket(dataDir));
  await loseAnswer(redis, LOAN, 'abc-42-7', MINUTE_MS);
  await loseAnswer(redis, LOAN, 'abc-42-8', -2 * MINUTE_MS);
  const status = await ask('status');
  expect(status.out).toMatch(/in flight: repay 100 USDT for real\/binance\.crossMargin, unknown for/);
  expect(status.out).toMatch(
    /intent abc-42-7\n +proof: its record in margin\/borrow-repay REPAY or margin\/capital-flow/,
  );
  expect(status.out).toMatch(/held: 100 USD of the budgets; USDT of inside counts nowhere/);
  expect(status.out).toMatch(/nothing else leaves: abc-42-\d and abc-42-\d are undecided: two is the most/);
  const json = lastLine<{ inFlight: readonly object[] }>(await ask('status', '--json'));
  expect(json.inFlight).toMatchObject([
    { intent: 'abc-42-7', account: 'real', state: 'unknown', evidence: { mark: { by: 'nothing' } }, held: {} },
    { intent: 'abc-42-8' },
  ]);

  const mistakes = [
    [['resolve', 'nothing', '--happened', '--why', 'x'], 64, /no undecided intent is called nothing/],
    [['resolve', 'abc', '--happened', '--why', 'x'], 64, /part of the names of several undecided intents/],
    [['resolve', '42-8', '--why', 'x'], 64, /it was not said what became of it/],
    [['resolve', '42-8', '--happened', '--did-not-happen', '--why', 'x'], 64, /cannot be used with/],
    [['resolve', '42-8', '--happened'], 64, /--why/],
    [
      ['resolve', '42-8', '--did-not-happen', '--why', 'x'],
      75,
      /may still execute intent abc-42-8, or show it, until \d{4}-/,
    ],
  ] as const;
  for (const [words, code, says] of mistakes) {
    const ended = await ask(...words);
    expect([ended.code, ended.err], words.join(' ')).toEqual([code, expect.stringMatching(says)]);
    expect(isComplete(ended.err), ended.err).toBe(true);
  }

  const settled = await ask('resolve', '42-7', '--did-not-happen', '--why', 'not in the history');
  expect(settled.code, settled.err).toBe(0);
  expect(settled.out).toMatch(
    /^abc-42-7 \(repay 100 USDT for .*\) is rejected: .* says that it did not happen: not in/,
  );
  await cli.says(/settled by the word of an operator, not by proof/);
  const again = await ask('resolve', '42-7', '--happened', '--why', 'x');
  expect([again.code, again.err]).toEqual([64, expect.stringMatching(/is settled already: rejected since \d{4}-/)]);
  redis.disconnect();
}, 120_000);

it('a word that is said while no server runs is taken by the first look of the next one', async () => {
  const { dataDir, cli, ask, args, env } = await serve();
  cli.signal('SIGTERM');
  expect((await cli.end()).code).toBe(0);
  const left = await openJournal(dataDir);
  await loseAnswer(left.redis, LOAN, 'abc-42-9', MINUTE_MS);
  await left.close();

  const said = await ask('resolve', 'abc-42-9', '--did-not-happen', '--why', 'support says so');
  expect(said.code, said.err).toBe(0);
  expect(said.out).toMatch(/it is written down that it did not happen\. No server runs; the first look/);
  const next = new Cli(args, { env });
  await next.says(/intent abc-42-9 is settled by the word of an operator, not by proof: .*support says so/);
}, 120_000);

it('without a journal there is nothing to say, and none is made', async () => {
  const { where, env } = meet(venues, 'saved', { live: true });
  const ended = await ballast(['resolve', 'x', '--happened', '--why', 'x', ...where], { env });
  expect([ended.code, ended.err]).toEqual([69, expect.stringMatching(/no running Ballast was found/)]);
});
