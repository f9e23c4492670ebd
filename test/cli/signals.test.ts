/** An unattended server outlives its terminal: hang-ups and closed pipes take its words away, never its watch. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, lastLine, temporaryFolder, writeTape } from './support.ts';

afterAll(cleanUp, 30_000);

interface Status {
  readonly accounts: readonly { readonly lookedMs: number | null }[];
}

/** A server of one simulated account whose tape lasts for as long as the test. */
function serve(): { readonly cli: Cli; readonly where: readonly string[] } {
  const folder = temporaryFolder();
  const where = ['--config', writePolicy(folder, ONE_ACCOUNT), '--data-dir', join(folder, 'redis')];
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [600, '40100'],
  ]);
  return { cli: new Cli(['start', '--speed', '10', '--tape', tape, ...where]), where };
}

/** Resolves when a look ended after this moment. */
async function looksAgain(where: readonly string[]): Promise<void> {
  const from = performance.now();
  await expect
    .poll(
      async () => {
        const { accounts } = lastLine<Status>(await ballast(['status', '--json', ...where]));
        return accounts.every(({ lookedMs }) => lookedMs !== null && lookedMs < performance.now() - from);
      },
      { timeout: 30_000 },
    )
    .toBe(true);
}

it('SIGHUP has the file read again, and the server goes on looking', async () => {
  const { cli, where } = serve();
  await cli.says(/watching saved/);
  cli.signal('SIGHUP');
  await cli.says(/SIGHUP: the policy file says what it said before; policy \w{8} stays\./);
  await looksAgain(where);
  cli.signal('SIGTERM');
  const ended = await cli.end();
  expect(ended.code, ended.err).toBe(0);
  expect(ended.out.match(/SIGHUP/g)).toHaveLength(1);
}, 120_000);

it('when whoever read its words is gone, as with `| head`, it goes on looking and ends as asked', async () => {
  const { cli, where } = serve();
  await cli.says(/watching saved/);
  cli.child.stdout?.destroy();
  cli.child.stderr?.destroy();
  // Something to say, into a pipe that nobody reads any more.
  cli.signal('SIGHUP');
  await looksAgain(where);
  cli.signal('SIGTERM');
  expect((await cli.end()).code).toBe(0);
}, 120_000);
