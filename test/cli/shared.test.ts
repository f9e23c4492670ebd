/** Two servers with policy files of their own on one Redis: both stay visible, also where they use one name. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, startTestRedis, type TestRedis } from '../support/redis.ts';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, lastLine, temporaryFolder, writeTape } from './support.ts';

let redis: TestRedis;
let url: string;
beforeAll(async () => {
  const port = String(await freePort());
  redis = await startTestRedis({ settings: ['--port', port] });
  url = `redis://127.0.0.1:${port}`;
}, 30_000);
afterAll(async () => {
  await cleanUp();
  await redis.stop();
}, 30_000);

/** A server whose one account is called `saved` and has this UID. @returns its policy file */
async function serve(uid: string): Promise<string> {
  const folder = temporaryFolder();
  const policy = ONE_ACCOUNT.replace('uid: "101"', `uid: "${uid}"`);
  const config = writePolicy(folder, `${policy}\nredis: { url: "${url}" }\n`);
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [600, '40100'],
  ]);
  const cli = new Cli(['start', '--speed', '10', '--tape', tape, '--config', config]);
  await cli.says(/watching saved/);
  return config;
}

interface Status {
  readonly accounts: readonly { readonly account: string }[];
  readonly loans: readonly { readonly account: string }[];
}

it('two servers that call different accounts by one name are both seen, and each is told apart', async () => {
  const first = await serve('101');
  const second = await serve('201');
  for (const [config, own, other] of [
    [first, '101', '201'],
    [second, '201', '101'],
  ] as const) {
    const { accounts, loans } = lastLine<Status>(await ballast(['status', '--json', '--config', config]));
    expect(accounts.map(({ account }) => account)).toEqual([
      expect.stringMatching(new RegExp(`^saved \\(binance ${own} simulated`)),
      expect.stringMatching(new RegExp(`^saved \\(binance ${other} simulated`)),
    ]);
    expect(loans).toHaveLength(2);
    // Both have a loan of this name; the one of the file that was given is meant.
    const why = await ballast(['why', 'saved/binance.crossMargin', '--config', config]);
    expect(why.code, why.err).toBe(0);
  }
}, 120_000);
