/** Examines one account at its venue. Reads only: what `check --online` reads, and how long the venue takes. */
import type { AccountConfig, Config } from '../../config/types.ts';
import type { AccountView } from '../../core/loan.ts';
import type { Offers, ReportingVenue } from '../../exchanges/exchange.ts';
import { VenueError } from '../../exchanges/exchange.ts';
import { followed } from '../../jobs/needing.ts';
import type { DoctorFinding, Judged } from './finding.ts';
import { found, judged, ok } from './finding.ts';
import { judgeMinimum } from './minimum.ts';
import { judgeSpeed } from './speed.ts';
import { judgeExamination, judgeRisks, judgeTopUp, judgeTrips } from './venue.ts';

const TRIPS = 5;
/** Reports of an account are many requests, and polling waits for its share of the limits. */
const DEADLINES = 20;

export async function examineAccount(
  config: Config,
  account: AccountConfig,
  venue: ReportingVenue,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINES * account.timing.requestDeadlineMs)]);
  const tell = (findings: readonly Judged[]): readonly DoctorFinding[] => found(account.name, findings);
  const examined = judgeExamination(account, await venue.examine(deadline));
  const away = examined.filter(({ check, verdict }) => check === 'host' && verdict === 'unknown');
  if (away.length > 0)
    return tell([...away, judged('key', 'unknown', 'not examined, because the venue does not answer', AGAIN)]);
  const trips = await tripsTo(venue, account);
  const rest = examined.filter(({ check }) => check !== 'host');
  const isRefused = rest.some(({ verdict }) => verdict === 'problem' || verdict === 'unknown');
  if (isRefused)
    return tell([trips, ...rest, judged('seen', 'unknown', 'not read, because of what is wrong above', AGAIN)]);
  const view = await asked(venue.observe(deadline));
  if (typeof view === 'string') return tell([trips, ...rest, judged('seen', 'unknown', view, AGAIN)]);
  const offers = await asked(venue.offers(deadline));
  return [
    ...tell([trips, ...rest, ...judgeSeen(view)]),
    ...loansOf(config, account, view, typeof offers === 'string' ? null : offers),
  ];
}

const AGAIN = 'Mend that, or wait for the venue, and ask again.';

/** @returns why not, when the venue does not answer */
async function asked<T extends object>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: unknown) => {
    if (error instanceof VenueError || (error instanceof DOMException && error.name === 'TimeoutError'))
      return error.message;
    throw error;
  });
}

async function tripsTo(venue: ReportingVenue, { timing }: AccountConfig): Promise<Judged> {
  const trips: number[] = [];
  for (let trip = 0; trip < TRIPS; trip += 1) {
    const ms = await asked(venue.roundTripMs().then((value) => ({ value })));
    if (typeof ms === 'string')
      return judged('host', 'unknown', ms, 'See whether it is the venue that answers at this host.');
    trips.push(ms.value);
  }
  return judgeTrips(trips, timing.requestDeadlineMs);
}

/** Whether everything could be read. */
export function judgeSeen(view: AccountView): readonly Judged[] {
  const failed = Object.entries(view.sections).flatMap(([section, state]) =>
    state.state === 'failed'
      ? [{ ...judged('seen', 'unknown', `cannot be read: ${state.reason}`, AGAIN), about: section }]
      : [],
  );
  if (failed.length > 0) return failed;
  return [
    ok(
      'seen',
      view.loans.length === 0
        ? 'no loan is there now'
        : `${String(view.loans.length)} loan${view.loans.length === 1 ? '' : 's'} and every wallet can be read`,
    ),
  ];
}

function loansOf(
  config: Config,
  account: AccountConfig,
  view: AccountView,
  offers: Offers | null,
): readonly DoctorFinding[] {
  const setup = { loans: account.loans, unlisted: account.unlisted, policies: config.policies };
  const all = view.loans
    .filter(({ status }) => status !== 'closed')
    .flatMap((loan): readonly Judged[] => {
      const follows = followed(setup, loan);
      const about = loan.id.slice(account.name.length + 1);
      const of = (findings: readonly Judged[]): readonly Judged[] => findings.map((one) => ({ ...one, about }));
      if ('none' in follows) {
        if (follows.none === 'unlisted' && account.unlisted.kind === 'ignore') return [];
        const remedy =
          follows.none === 'levels'
            ? 'Choose levels that fit this loan, e.g. as cushions.'
            : 'Name it once under `loans`, or write `unlisted`.';
        return of([judged('seen', 'warning', follows.why, remedy)]);
      }
      const { policy, levels } = follows;
      const offered = offers?.products.find(({ product }) => product === loan.product) ?? null;
      return of([
        judgeSpeed(loan, policy, levels, config.groups, config.timing),
        ...judgeMinimum(loan, policy, levels, offered),
        ...judgeTopUp(loan, policy, levels),
        ...judgeRisks(loan),
      ]);
    });
  return found(account.name, all);
}
