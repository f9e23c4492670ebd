/** What somebody else does in an account of a running server: one line when it is found, and a line of `status`. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, lastLine, temporaryFolder, writeTape } from './support.ts';

const FLAT = [
  [0, '40000'],
  [10, '40000'],
] as const;

afterAll(cleanUp, 30_000);

it('a repayment by hand is printed once as somebody else’s, and listed by status', async () => {
  const folder = temporaryFolder();
  const where = ['--config', writePolicy(folder, ONE_ACCOUNT), '--data-dir', join(folder, 'redis')];
  const cli = new Cli(['start', '--speed', 'max', '--tape', writeTape(folder, 'BTCUSDT', FLAT), ...where]);
  const [, address = ''] = await cli.says(/faults and more: (\S+)/);
  await cli.says(/The tape is over/);
  for (const deed of [
    { do: 'transfer', type: 'MAIN_MARGIN', asset: 'USDT', amount: '400' },
    { do: 'repay', asset: 'USDT', amount: '400' },
  ]) {
    const body = JSON.stringify({ venue: 'binance', account: 'saved', ...deed });
    const reply = await fetch(`${address}/act`, { method: 'POST', body });
    expect(reply.ok, await reply.text()).toBe(true);
  }

  await cli.says(
    /saved\/binance\.crossMargin +note: somebody else: repayment \(MANUAL\) of 400 USDT\. Ballast goes on/,
  );
  const [status, json] = await Promise.all([ballast(['status', ...where]), ballast(['status', '--json', ...where])]);
  expect(status.out).toMatch(
    /not by Ballast: repay, \d+ s ago, saved\/binance\.crossMargin: repayment \(MANUAL\) of 400/,
  );
  expect(lastLine(json)).toMatchObject({
    externals: [{ account: 'saved', kind: 'repay', asset: 'USDT', amount: '400' }, { kind: 'transfer' }],
  });
  cli.signal('SIGINT');
  const { out } = await cli.end();
  expect(out.split('somebody else: repayment')).toHaveLength(2);
}, 120_000);
