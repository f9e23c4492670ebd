/** Through the whole server: a loan of a product that no rule of the file names. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { Cli, cleanUp, temporaryFolder, writeTape } from './support.ts';

afterAll(cleanUp, 30_000);

const FLEXIBLE = '      flexible: [{ debt: [5000 USDT], collateral: [0.2 BTC], startLtv: 60% }]\n';

/** The account of the file has a flexible loan as well; the rules are those given. */
function serve(rules: string): Cli {
  const folder = temporaryFolder();
  const policy = ONE_ACCOUNT.replace(/^ {4}loans: .*$/m, rules) + FLEXIBLE;
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [600, '40100'],
  ]);
  const where = ['--config', writePolicy(folder, policy), '--data-dir', join(folder, 'redis')];
  return new Cli(['start', '--speed', '10', '--tape', tape, ...where]);
}

it('is said to be unwatched, with the rule that is missing; also where a policy for unlisted loans is all there is', async () => {
  const named = serve('    loans: [{ product: crossMargin, policy: stable }]');
  await named.says(
    /WARNING: saved\/binance\.flexibleLoan\/USDT-BTC is not watched .*Add `\{ product: flexibleLoan, policy: POLICY \}`/,
  );
  const used = serve('    unlisted: { use: stable }\n    loans: []');
  await used.says(
    /ALERT: saved\/binance\.crossMargin is not watched .*Add `\{ product: crossMargin, policy: stable \}`/,
  );
  await used.says(/ALERT: saved\/binance\.flexibleLoan\/USDT-BTC is not watched/);
  for (const cli of [named, used]) {
    cli.signal('SIGTERM');
    expect((await cli.end()).code).toBe(0);
  }
}, 120_000);
