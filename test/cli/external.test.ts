/** The simulated exchanges as a venue of their own, and a server that meets them like real ones. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, isComplete, temporaryFolder, type Ended } from './support.ts';
import { meet, startVenues, type Venues } from './venues.ts';

let simulator: Cli;
let venues: Venues;

beforeAll(async () => {
  venues = await startVenues(['--permissions', 'poor=read']);
  simulator = venues.cli;
}, 30_000);
afterAll(cleanUp, 30_000);

/** Everything that a run left on the screen or on the disk. */
function traces(run: Ended, dataDir: string): string {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return [run.out, run.err, ...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))].join(
    '\n',
  );
}

describe('ballast simulator', () => {
  it('prints addresses, and made-up keys for every account of the policy file', () => {
    expect(venues).toMatchObject({
      binance: { rest: expect.stringMatching(/^http:\/\/127/), ws: expect.stringMatching(/^ws:\/\/127/) },
      admin: expect.stringMatching(/^http:\/\/127/),
    });
    expect(venues.accounts.map(({ name, venue }) => `${name} ${venue}`)).toEqual([
      'saved binance',
      'coin binance',
      'poor binance',
      'okx okx',
    ]);
  });

  it('ends on Ctrl-C with 0, and takes the ports it is given', async () => {
    const config = writePolicy(temporaryFolder(), FOUR_ACCOUNTS);
    const first = new Cli(['simulator', '--config', config, '--speed', '60']);
    const [, port = ''] = await first.says(/"binance":\{"rest":"http:\/\/127\.0\.0\.1:(\d+)"/);
    const taken = await ballast(['simulator', '--config', config, '--binance-port', port]);
    expect(taken.code).toBe(69);
    expect(isComplete(taken.err), taken.err).toBe(true);
    first.signal('SIGINT');
    expect((await first.end()).code).toBe(0);
  });
});

describe('a key that will not do', () => {
  it.each(['saved', 'okx'])(
    'account %s with a wrong secret: exit 77, and no secret in what is said or kept',
    async (name) => {
      const wrong = 'n0t-the-right-secret-at-all';
      const { args, env, dataDir } = meet(venues, name, { secret: wrong });
      const run = await ballast(args, { env });
      expect(run.code, run.err).toBe(77);
      expect(run.err).toMatch(/account real: .*(signature|sign)/i);
      expect(isComplete(run.err), run.err).toBe(true);
      expect(traces(run, dataDir)).not.toContain(wrong);
    },
  );

  it('a key that may only read, on a live account: exit 77, with the boxes to tick', async () => {
    const { args, env } = meet(venues, 'poor', { live: true });
    const run = await ballast(args, { env });
    expect(run.code, run.err).toBe(77);
    expect(run.err).toMatch(/the key lacks “Enable Spot & Margin Trading”/);
    expect(run.err).toMatch(/You can: .*Tick “Enable Margin Loan, Repay & Transfer”/);
    expect(isComplete(run.err), run.err).toBe(true);
  });

  it('an account of somebody else: exit 77, with both UIDs', async () => {
    const { args, env } = meet(venues, 'saved');
    const other = venues.accounts.find(({ name }) => name === 'coin')?.key;
    const run = await ballast(args, { env: { ...env, TEST_KEY: other?.id ?? '', TEST_SECRET: other?.secret ?? '' } });
    expect(run.code, run.err).toBe(77);
    expect(run.err).toMatch(/UID 102.*expects 101/);
  });

  it('a secret that is not set: exit 78, with the name of the variable', async () => {
    const { args } = meet(venues, 'saved');
    const run = await ballast(args, { env: {} });
    expect(run.code).toBe(78);
    expect(run.err).toMatch(/TEST_SECRET/);
  });
});

describe('a price that only one venue believes', () => {
  it.each(['saved', 'okx'] as const)(
    'is found for account %s by reading the other one, and said when it comes and goes',
    async (name) => {
      const { args, env } = meet(venues, name);
      const [venue, other] = name === 'okx' ? ['okx', 'binance'] : ['binance', 'okx'];
      const faults = (method: string, body?: object): Promise<Response> =>
        fetch(`${venues.admin}/faults`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const cli = new Cli(args, { env });
      await cli.says(/watching real\//);
      await faults('POST', { match: { venue }, effect: { kind: 'dislocate', asset: 'BTC', factor: '0.9' } });
      await cli.says(
        new RegExp(`WARNING: BTC: the venue's price is -10\\.0 % off ${other} BTC-USDT\\. .*nothing is released`),
      );
      await faults('DELETE');
      await cli.says(/note: BTC: .*no longer in dispute/);
      cli.signal('SIGINT');
      const run = await cli.end();
      expect(run.code, run.err).toBe(0);
      expect(run.out.match(/WARNING: BTC/g)).toHaveLength(1);
    },
    120_000,
  );
});

describe('an exchange that stops answering', () => {
  it('is waited for: the server is blind and still, says it once, and goes on when it is back', async () => {
    const { args, env, dataDir } = meet(venues, 'saved');
    const cli = new Cli(args, { env });
    await cli.says(/watching real\/binance\.crossMargin/);
    simulator.signal('SIGSTOP');
    await cli.says(/real +WARNING: blind, so it stays still/);
    await cli.says(/(WARNING|ALERT): 3 looks in a row failed/);
    simulator.signal('SIGCONT');
    await cli.says(/real +sees again after \d+ s/);
    cli.signal('SIGINT');
    const run = await cli.end();
    expect(run.code, run.err).toBe(0);
    expect(run.out.match(/blind, so it stays still/g)).toHaveLength(1);
    expect(run.out.match(/looks in a row failed/g)).toHaveLength(1);
    expect(run.out.match(/sees again after/g)).toHaveLength(1);
    const secret = env['TEST_SECRET'] ?? '';
    expect(secret.length).toBeGreaterThan(10);
    expect(traces(run, dataDir)).not.toContain(secret);
  }, 120_000);

  it('at the start can be given up with Ctrl-C, which ends with 0 and leaves nothing behind', async () => {
    const { args, env, dataDir } = meet(venues, 'saved', { patient: true });
    simulator.signal('SIGSTOP');
    const cli = new Cli(args, { env });
    while (!existsSync(join(dataDir, 'redis.sock'))) await systemClock.sleep(20);
    cli.signal('SIGINT');
    const run = await cli.end();
    simulator.signal('SIGCONT');
    expect(run.code, run.err).toBe(0);
    expect(existsSync(join(dataDir, 'redis.sock'))).toBe(false);
  }, 120_000);

  it('at the start: exit 69', async () => {
    const { args, env } = meet(venues, 'saved');
    simulator.signal('SIGSTOP');
    const run = await ballast(args, { env });
    simulator.signal('SIGCONT');
    expect(run.code, run.err).toBe(69);
    expect(isComplete(run.err), run.err).toBe(true);
  }, 120_000);
});
