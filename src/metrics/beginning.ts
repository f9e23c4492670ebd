/** Counters that an alert rule watches begin at zero: a first failure would else be a new series, and no increase. */
import { CALL_RESULTS } from '../exchanges/traffic.ts';
import type { MeteredAccount } from './listening.ts';
import type { Meters } from './meters.ts';

/** Parts of the server that report errors, besides the accounts. */
const PARTS = ['redis', 'page', 'alerts', 'reload'];

export function beginAtZero(meters: Meters, accounts: readonly MeteredAccount[]): void {
  for (const { name: account } of accounts)
    for (const result of ['looked', 'acted', 'blind']) meters.count('ballast_looks_total', { account, result }, 0);
  for (const where of [...PARTS, ...accounts.map(({ name }) => name)])
    meters.count('ballast_errors_total', { where }, 0);
  for (const venue of new Set(accounts.map((account) => account.venue)))
    for (const kind of ['read', 'money'])
      for (const result of CALL_RESULTS) meters.count('ballast_venue_requests_total', { venue, kind, result }, 0);
  for (const result of ['well', 'bad', 'failed']) meters.count('ballast_dead_man_pings_total', { result }, 0);
}
