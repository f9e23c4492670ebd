/** Opens every account's venue for a command that only reads: simulated accounts on simulated exchanges of its own. */
import type { AccountConfig } from '../config/types.ts';
import type { ReportingVenue } from '../exchanges/exchange.ts';
import { EXIT, Ending } from './exit.ts';
import { startSimulated, venueOf } from './opening.ts';
import type { SimulatedOptions, VenueOptions } from './opening.ts';

export type OnlineOptions = VenueOptions &
  Pick<SimulatedOptions, 'simulatorEntry' | 'tapesDir'> & { readonly signal: AbortSignal };

/** All accounts at once; closes what it opened. @throws Ending */
export async function onVenues<T>(
  options: OnlineOptions,
  use: (account: AccountConfig, venue: ReportingVenue) => Promise<T>,
): Promise<readonly T[]> {
  const closers: (() => Promise<unknown>)[] = [];
  const gone = new AbortController();
  try {
    const onFatal = (ending: Ending): void => {
      gone.abort(ending);
    };
    const simulated = await startSimulated({ ...options, tape: null, onFatal }, closers);
    // A check has time: waits at a tenth are for tapes.
    const accounts = options.config.accounts.map((account) => ({ ...account, timing: options.config.timing }));
    const work = accounts.map(async (account) => {
      const venue = venueOf(options, account, simulated?.addresses ?? null);
      closers.push(() => venue.close());
      return use(account, venue);
    });
    return await Promise.race([Promise.all(work), aborted(AbortSignal.any([gone.signal, options.signal]))]);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Ending ? reason : STOPPED);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

const STOPPED = new Ending(EXIT.temporary, {
  happened: 'the check was stopped before it was done.',
  ballast: 'it only reads; nothing was changed.',
  operator: 'run it again.',
});
