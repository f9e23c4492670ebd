/** A real account hears of a fall over the venue's price socket, long before its timer would have looked. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Cli, cleanUp, temporaryFolder, writeTape } from './support.ts';
import { meet, startVenues, type Venues } from './venues.ts';

let venues: Venues;
beforeAll(async () => {
  const tape = writeTape(temporaryFolder(), 'BTCUSDT', [
    [0, '40000'],
    [400, '28000'],
  ]);
  venues = await startVenues(['--tape', tape]);
}, 30_000);
afterAll(cleanUp, 30_000);

/** A server of one live account that looks by itself once in ten minutes. */
function serve(name: string, wallet: string): Cli {
  const { args, env, where } = meet(venues, name, { live: true });
  const path = where[1] ?? '';
  const policy = readFileSync(path, 'utf8').replace('lookEvery: 400ms', 'lookEvery: 10m');
  writeFileSync(path, policy.replace(/^ {4}loans:/m, `    wallets: { ${wallet}: { keep: [100 USDT] } }\n$&`));
  return new Cli(args, { env });
}

it('on both venues: prices fall minute by minute, and both loans are rescued by looks that the feed asked for', async () => {
  const servers = [serve('saved', 'spot'), serve('okx', 'funding')];
  for (const cli of servers) await cli.says(/the quarantine is over/);
  const isRescued = (cli: Cli): boolean => /repaid [\d.]+ USDT/.test(cli.out);
  const giveUpAt = systemClock.mono() + 90_000;
  for (let step = 0; step < 130 && !servers.every(isRescued) && systemClock.mono() < giveUpAt; step += 1) {
    const reply = await fetch(`${venues.admin}/advance`, { method: 'POST', body: JSON.stringify({ moments: 3 }) });
    expect(reply.status).toBe(200);
    await systemClock.sleep(200);
  }
  for (const cli of servers) {
    expect(isRescued(cli), `${cli.out}\n${cli.err}`).toBe(true);
    cli.signal('SIGTERM');
    expect((await cli.end()).code).toBe(0);
  }
}, 180_000);
