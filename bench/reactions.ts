/** How long a lane takes: from a bell to a committed decision, and from a price to a payment that is on its way. */
import { systemClock } from '../src/clock.ts';
import type { LookEvent } from '../src/jobs/account.ts';
import type { Bench } from './server.ts';
import { PAYERS, WATCHERS } from './world.ts';

const GIVE_UP_MS = 5_000;
/** Between a payment and the next move of the price: everything has settled. */
const CALM_MS = 150;

let bells = 0;

/** Rings accounts that have nothing to do, one after another, for so long. @returns ms of each bell */
export async function bellsFor(bench: Bench, forMs: number): Promise<number[]> {
  const until = systemClock.mono() + forMs;
  const samples: number[] = [];
  while (systemClock.mono() < until) {
    bells += 1;
    const account = WATCHERS[bells % WATCHERS.length] ?? '';
    const reason = `bell ${String(bells)}`;
    const heard = awaitEvent(bench, account, (event) => event.type === 'looked' && event.reason === reason);
    const from = systemClock.mono();
    await bench.runner(account).ring(reason);
    const at = await heard;
    // A timer's bell may have taken the place of this one in the queue.
    if (at !== null) samples.push(at - from);
  }
  return samples;
}

/** Moves the price so often; each time every payer pays. @returns ms from the price to each payment's send */
export async function paymentsAfter(bench: Bench, moves: number): Promise<number[]> {
  const samples: number[] = [];
  for (let move = 0; move < moves; move += 1) {
    const sent = PAYERS.map((account) => awaitEvent(bench, account, (event) => event.type === 'sent'));
    const settled = PAYERS.map((account) => awaitEvent(bench, account, (event) => event.type === 'confirmed'));
    const from = await bench.moment();
    for (const at of await Promise.all(sent)) if (at !== null) samples.push(at - from);
    await Promise.all(settled);
    await systemClock.sleep(CALM_MS);
  }
  return samples;
}

/** Monotonic ms of the first such event; `null`: it did not come. */
function awaitEvent(bench: Bench, account: string, is: (event: LookEvent) => boolean): Promise<number | null> {
  return new Promise((resolve) => {
    const end = (at: number | null): void => {
      stop();
      cancel();
      resolve(at);
    };
    const stop = bench.listen((name, event) => {
      if (name === account && is(event)) end(systemClock.mono());
    });
    const cancel = systemClock.later(GIVE_UP_MS, () => {
      end(null);
    });
  });
}
