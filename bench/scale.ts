/** A hundred accounts with five hundred loans: how long the first payment takes, and the last of a hundred. */
import { systemClock } from '../src/clock.ts';
import { line, ms, quantile, title } from './figures.ts';
import { ALONE, FALLS, HUNDRED } from './hundred.ts';
import { openBench } from './server.ts';
import type { Bench } from './server.ts';

const GIVE_UP_MS = 20_000;
/** Between two falls: the payment of the one before has settled. */
const CALM_MS = 300;

/** @param syncMs what one synced write takes on this disk */
export async function measureScale(redisProgram: string, syncMs: number): Promise<void> {
  const bench = await openBench(redisProgram, HUNDRED);
  try {
    title('A server with 100 accounts and 500 loans, simulated exchanges beside it');
    line('start to the first look of every account', ms(bench.startedMs));
    const alone: number[] = [];
    // The tape stands at its first moment, and the first fall is for warming up.
    for (let fall = 0; fall < FALLS; fall += 1) {
      const sent = await sends(bench, [ALONE]);
      if (fall > 0) alone.push(...sent);
    }
    const [half, slow] = [0.5, 0.99].map((share) => ms(quantile(alone, share)));
    const reach = 10 + 6 * syncMs;
    line(
      'price → payment on its way, one account',
      `p50 ${half ?? ''}, p99 ${slow ?? ''} (reach: ${ms(reach)}, 4 × that)`,
    );
    const all = await sends(
      bench,
      bench.app.runners.map(({ name }) => name),
    );
    const words = `the last after ${ms(Math.max(...all))}, half within ${ms(quantile(all, 0.5))}`;
    line('one price → payments of 100 accounts', `${String(all.length)} payments, ${words} (reach: 1.5 s)`);
  } finally {
    await bench.close();
  }
}

/** Moves the tape on. @returns ms from then to the first payment of each of these that paid */
async function sends(bench: Bench, accounts: readonly string[]): Promise<readonly number[]> {
  const at = new Map<string, number>();
  const stop = bench.listen((account, event) => {
    if (event.type === 'sent' && !at.has(account)) at.set(account, systemClock.mono());
  });
  const from = await bench.moment();
  while (at.size < accounts.length && systemClock.mono() - from < GIVE_UP_MS) await systemClock.sleep(1);
  stop();
  await systemClock.sleep(CALM_MS);
  return accounts.flatMap((account) => {
    const paidAt = at.get(account);
    return paidAt === undefined ? [] : [paidAt - from];
  });
}
