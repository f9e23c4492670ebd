/** What an operator may get wrong: a clear message, the right exit code, and nothing started. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { externalAccount, ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, cleanUp, isComplete, temporaryFolder } from './support.ts';

const USAGE = 64;
const UNAVAILABLE = 69;
const CONFIG = 78;

const REAL_ACCOUNT = externalAccount({
  venue: 'binance',
  uid: '1',
  hosts: { rest: 'http://127.0.0.1:1', ws: 'ws://127.0.0.1:1' },
  prices: { binance: 'http://127.0.0.1:1', okx: 'http://127.0.0.1:1' },
  live: false,
});

const folder = temporaryFolder();
const config = writePolicy(folder, ONE_ACCOUNT);
afterAll(cleanUp);

/** A file in the temporary folder. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Mistake {
  readonly args: readonly string[];
  readonly code: number;
  readonly says: readonly RegExp[];
}

const MISTAKES: Readonly<Record<string, () => Mistake>> = {
  'a speed of 0': () => ({
    args: ['start', '--speed', '0'],
    code: USAGE,
    says: [/--speed/, /above 0/],
  }),
  'a speed that is no number': () => ({ args: ['start', '--speed', 'fast'], code: USAGE, says: [/`max` or a number/] }),
  'an unknown flag': () => ({ args: ['start', '--untilend'], code: USAGE, says: [/--untilend/, /--help/] }),
  'an unknown command': () => ({ args: ['strat'], code: USAGE, says: [/strat/] }),
  'a loan that is not named': () => ({ args: ['why'], code: USAGE, says: [/missing required argument 'loan'/] }),
  'a policy file that is not there': () => ({
    args: ['start', '--config', join(folder, 'absent.yaml')],
    code: CONFIG,
    says: [/absent\.yaml cannot be read/, /--config PATH/],
  }),
  'a policy file with a tab in it': () => ({
    args: ['start', '--config', file('tab.yaml', ONE_ACCOUNT.replace('    venue:', '\tvenue:'))],
    code: CONFIG,
    says: [/tab\.yaml:\d+:1: accounts\S*: the line holds a tab; use blanks/],
  }),
  'a word that the policy language does not know': () => ({
    args: ['check', '--config', file('word.yaml', ONE_ACCOUNT.replace('whenShort:', 'whenScarce:'))],
    code: CONFIG,
    says: [/word\.yaml:\d+:\d+: policies\.stable\.whenScarce: /],
  }),
  'a tape that does not exist': () => ({
    args: ['start', '--config', config, '--tape', 'june-2021', '--until-end'],
    code: CONFIG,
    says: [/june-2021/, /there are: .*may-2021/],
  }),
  'a tape file that is not there': () => ({
    args: ['start', '--config', config, '--tape', join(folder, 'BTCUSDT-absent.csv')],
    code: CONFIG,
    says: [/BTCUSDT-absent\.csv: cannot be read/],
  }),
  'a tape file that is cut in the middle of a line': () => ({
    args: ['start', '--config', config, '--tape', cutTape(), '--until-end'],
    code: CONFIG,
    says: [/BTCUSDT-cut\.csv, line 3: the file is cut off/],
  }),
  'a tape file with a broken line in it': () => ({
    args: ['start', '--config', config, '--tape', brokenTape(), '--until-end'],
    code: CONFIG,
    says: [/BTCUSDT-broken\.csv, line 3: not a number: "4 0000"/],
  }),
  'a data folder that cannot be written': () => ({
    args: ['start', '--config', config, '--data-dir', join(file('plain-file', ''), 'redis')],
    code: UNAVAILABLE,
    says: [/plain-file\/redis/, /--data-dir PATH/],
  }),
  "a Redis of one's own that is not there": () => ({
    args: ['start', '--config', file('redis.yaml', `redis: { url: "redis://127.0.0.1:1" }\n${ONE_ACCOUNT}`)],
    code: UNAVAILABLE,
    says: [/Redis could not be reached: .*ECONNREFUSED/, /check `redis` in .*redis\.yaml/],
  }),
  'a tape for real accounts only': () => ({
    args: ['start', '--until-end', '--config', file('real.yaml', REAL_ACCOUNT)],
    code: USAGE,
    says: [/--until-end plays a tape, and .*real\.yaml names no simulated exchange/],
  }),
  'a simulated account that does not exist': () => ({
    args: ['simulator', '--config', config, '--permissions', 'nobody=read'],
    code: USAGE,
    says: [/no simulated account nobody/, /saved/],
  }),
  'a permission that does not exist': () => ({
    args: ['simulator', '--config', config, '--permissions', 'saved=fly'],
    code: USAGE,
    says: [/ACCOUNT=LIST/],
  }),
  'a status of a server that does not run': () => ({
    args: ['status', '--config', config, '--data-dir', join(folder, 'nothing')],
    code: UNAVAILABLE,
    says: [/no running Ballast was found/, /ballast start/],
  }),
  'a why of a server that does not run': () => ({
    args: ['why', 'saved', '--json', '--config', config, '--data-dir', join(folder, 'nothing')],
    code: UNAVAILABLE,
    says: [/no running Ballast was found/],
  }),
};

function cutTape(): string {
  return file('BTCUSDT-cut.csv', 'timestamp_ms,price\n1700000040000,40000\n1700000100000,3');
}

function brokenTape(): string {
  return file('BTCUSDT-broken.csv', 'timestamp_ms,price\n1700000040000,40000\n1700000100000,4 0000\n1700000160000,1\n');
}

describe('a mistake of the operator', () => {
  it.each(Object.entries(MISTAKES))(
    '%s ends with its exit code and all three parts of a message',
    async (name, mistake) => {
      const { args, code, says } = mistake();
      const withFolder = args[0] === 'start' && !args.includes('--data-dir');
      const dataDir = join(folder, `redis-${name.replaceAll(' ', '-')}`);
      const ownRedis = args.some((arg) => arg.endsWith('redis.yaml'));
      const env = { TEST_KEY: 'k', TEST_SECRET: 's' };
      const run = await ballast(withFolder && !ownRedis ? [...args, '--data-dir', dataDir] : args, { env });
      expect(run.code, run.err).toBe(code);
      for (const pattern of says) expect(run.err).toMatch(pattern);
      expect(isComplete(run.err), run.err).toBe(true);
      expect(run.out).toBe('');
      if (withFolder && existsSync(dataDir)) expect(readdirSync(dataDir)).not.toContain('redis.sock');
    },
  );

  it('no command at all lists the commands and ends with 64', async () => {
    const run = await ballast([]);
    expect(run.code).toBe(USAGE);
    for (const command of ['start', 'check', 'status', 'why', 'simulator'])
      expect(run.err).toMatch(new RegExp(`^  ${command}`, 'm'));
  });
});

describe('a file that is right', () => {
  it('is explained by check, in words and as one JSON object', async () => {
    const [inWords, asJson] = await Promise.all([
      ballast(['check', '--config', config]),
      ballast(['check', '--config', config, '--json']),
    ]);
    expect(inWords).toMatchObject({ code: 0, err: '' });
    expect(inWords.out).toMatch(/acts at LTV 75\.92 %/);
    expect(asJson.code).toBe(0);
    expect(JSON.parse(asJson.out)).toMatchObject({ ok: true, plan: expect.any(Array) });
  });
});
