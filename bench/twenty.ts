/** Twenty payments of one Binance account, one after another: what Ballast adds to the venue's own time, its waits included. */
import { systemClock } from '../src/clock.ts';
import { line, title } from './figures.ts';
import { openBench } from './server.ts';
import type { World } from './server.ts';

const ACCOUNT = 'many';
const ACTIONS = 20;
const SETTLE_MS = 100;
const GIVE_UP_MS = 60_000;

/** At the second moment its loan is far beyond `act`, and each payment brings it back by a twentieth at most. */
const WORLD: World = {
  accounts: 1,
  policy,
  tapes: { ETHUSDT: (moment) => (moment === 0 ? '3000' : '2700') },
};

export async function measureTwenty(redisProgram: string): Promise<void> {
  const bench = await openBench(redisProgram, WORLD);
  try {
    title(`${String(ACTIONS)} payments of one Binance account that takes ${String(SETTLE_MS)} ms for each`);
    const done: number[] = [];
    let first = Number.NaN;
    bench.listen((_, event) => {
      if (event.type === 'sent' && Number.isNaN(first)) first = systemClock.mono();
      if (event.type === 'confirmed') done.push(systemClock.mono());
    });
    await bench.moment();
    const giveUpAt = systemClock.mono() + GIVE_UP_MS;
    while (done.length < ACTIONS && systemClock.mono() < giveUpAt) await systemClock.sleep(5);
    const counts = (await bench.app.simulated?.state())?.counts;
    const took = (done[ACTIONS - 1] ?? Number.NaN) - first;
    const due = ACTIONS * SETTLE_MS;
    const over = `${((100 * (took - due)) / due).toFixed(0)} % over the ${String(due)} ms of the venue`;
    line('from the first sent to the last confirmed', `${took.toFixed(0)} ms, ${over} (reach: 25 %)`);
    line('calls while an earlier one was pending (-3007)', String(counts?.pendingConflicts ?? 'not known'));
  } finally {
    await bench.close();
  }
}

function policy(dataDir: string): string {
  return `version: 1
mode: dry-run
redis: { dataDir: ${JSON.stringify(dataDir)} }
server: off
accounts:
  ${ACCOUNT}:
    venue: simulatedBinance
    wallets: { spot: { keep: [] } }
    loans: [{ product: crossMargin, policy: small }]
policies:
  small:
    bands: { warn: [cushion 10%], target: cushion 12%, act: cushion 8%, urgent: cushion 4% }
    confirm: { act: 1 look, urgent: 1 look }
    ladder: [{ do: repay, with: debt, from: wallet }]
    limits:
      perAction: 100 USD
      perHour: unlimited
      perDay: unlimited
      urgent: { perAction: 100 USD, perDay: unlimited }
      actions: 1000 per hour
    coolDown: 10ms
    whenShort: partial
    whenUnsettled: hold
    whenDislocated: aim urgent
    dust: leave
    release: off
simulation:
  tape: calm-2023
  settle: ${String(SETTLE_MS)}ms
  accounts:
    ${ACCOUNT}: { uid: "600", wallets: { spot: [90000 USDT] }, cross: { leverage: 3x, debt: [30000 USDT], collateral: [20 ETH], startLtv: 78% } }
`;
}
