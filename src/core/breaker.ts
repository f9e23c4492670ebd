/**
 * Breakers: which kind of call a venue is failing at, by what became of the newest ones (facts/peers.md §C.4). Pure: the
 * history of outcomes in, the state out, so that whoever reads the journal sees the same breakers, after a restart too.
 *
 * A breaker never cancels a rescue. Between `act` and `urgent` its calls wait, and rungs that need none of them are used.
 * Beyond `urgent` its rungs come last instead (ladder.ts): they are tried when nothing else reaches the aim.
 */
import { isUndecided } from './intent.ts';
import type { Intent, Verb } from './intent.ts';
import type { Product } from './loan.ts';
import type { Block } from './need.ts';

/** `transfer` moves between wallets of the venue; `collateral` is added or let go by one call of a product of its own. */
export type CallClass = 'repay' | 'transfer' | 'collateral';

export interface BreakerRules {
  /** Shortest back-off, ms. */
  readonly leastMs: number;
  /** Longest one before its jitter, ms. */
  readonly mostMs: number;
  /** A call that is not seen done for so long hangs: one of these opens the breaker, ms. */
  readonly hangMs: number;
}

/** A breaker that is not closed. */
export interface Breaker {
  readonly of: CallClass;
  /** Whose calls: those of one product have an endpoint of their own, transfers share one. `null`: of all products. */
  readonly product: Product | null;
  /** `halfOpen`: the back-off is over, and the next call of this kind is the trial. */
  readonly state: 'open' | 'halfOpen';
  /** Troubled calls in a row, and wall ms of the first trouble among them. */
  readonly failures: number;
  readonly since: number;
  /** Wall ms of the end of the back-off; `null`: not known before the newest call is settled. */
  readonly until: number | null;
}

/** Troubled calls in a row that open a breaker. */
const IN_A_ROW = 2;
/** The back-off is stretched by up to this share, so that not everybody comes back at once. */
const JITTER = 0.5;

const CLASS_OF: Readonly<Record<Verb, CallClass | null>> = {
  repay: 'repay',
  transferIn: 'transfer',
  transferOut: 'transfer',
  add: 'collateral',
  reduce: 'collateral',
  borrow: null,
};

/**
 * @param intents newest first; what was never sent says nothing about the venue
 * @param roll a number from 0 up to 1, always the same for one intent: the jitter of the back-off that follows it
 */
export function breakersOf(
  intents: readonly Intent[],
  now: number,
  rules: BreakerRules,
  roll: (intent: string) => number,
): readonly Breaker[] {
  const rows = new Map<string, { readonly of: CallClass; readonly product: Product | null; calls: Intent[] }>();
  for (const intent of intents.filter(wasSent)) {
    const of = CLASS_OF[intent.verb];
    if (of === null) continue;
    const product = of === 'transfer' ? null : intent.product;
    const row = rows.get(`${of} ${product ?? ''}`) ?? { of, product, calls: [] };
    row.calls.push(intent);
    rows.set(`${of} ${product ?? ''}`, row);
  }
  return [...rows.values()].flatMap(({ of, product, calls }) => {
    const state = stateOf(troubled(calls), now, rules, roll);
    return state === null ? [] : [{ of, product, ...state }];
  });
}

function wasSent({ sentAt, state }: Intent): boolean {
  return sentAt !== null && state !== 'planned' && state !== 'refused' && state !== 'voided';
}

/** The newest calls up to the last one that the venue answered well. One that is young and undecided says nothing yet. */
function troubled(newestFirst: readonly Intent[]): readonly Intent[] {
  const said = newestFirst.filter((call) => call.troubleAt !== null || !isUndecided(call));
  const well = said.findIndex(({ troubleAt }) => troubleAt === null);
  return well === -1 ? said : said.slice(0, well);
}

function stateOf(
  row: readonly Intent[],
  now: number,
  rules: BreakerRules,
  roll: (intent: string) => number,
): Pick<Breaker, 'state' | 'failures' | 'since' | 'until'> | null {
  const [newest] = row;
  if (newest === undefined) return null;
  const hangs = row.some((call) => (call.settledAt ?? now) - (call.sentAt ?? now) >= rules.hangMs);
  if (!hangs && row.length < IN_A_ROW) return null;
  const since = Math.min(...row.map(({ troubleAt }) => troubleAt ?? now));
  const counted = { failures: row.length, since };
  if (newest.settledAt === null) return { ...counted, state: 'open', until: null };
  // As long as the venue needed for it, at least: what hung for a minute is not tried again in a second.
  const took = Math.max(rules.leastMs, newest.settledAt - (newest.sentAt ?? newest.settledAt));
  const wait = Math.min(rules.mostMs, took * 2 ** (row.length - 1)) * (1 + JITTER * roll(newest.id));
  const until = Math.floor(newest.settledAt + wait);
  // Down, so that it is never longer than the wait. A wall clock that went back must not stretch it.
  const isOpen = now < until && until - now <= wait;
  return { ...counted, state: isOpen ? 'open' : 'halfOpen', until };
}

const NEEDS = { repay: 'repay', transfer: 'transfer', collateral: 'add' } as const;

/** What open breakers keep out of plans. */
export function blocksOf(breakers: readonly Breaker[]): readonly Block[] {
  return breakers
    .filter(({ state }) => state === 'open')
    .map((breaker) => ({
      ...{ loan: null, product: breaker.product, needs: NEEDS[breaker.of], asset: null, lastResort: true },
      why: breakerWords(breaker),
    }));
}

/** In words, without times: a decision that is made again for the same reason is the same record. */
export function breakerWords({ of, product, state, failures }: Breaker): string {
  const calls = of === 'transfer' ? 'transfers' : `${of} calls of ${product ?? 'all products'}`;
  const row = failures === 1 ? 'the last one hung' : `${String(failures)} in a row failed at the venue`;
  const next =
    state === 'halfOpen' ? 'the next one is a trial' : 'they wait, and beyond urgent they come after everything else';
  return `the breaker of ${calls} is ${state === 'open' ? 'open' : 'half open'}: ${row}; ${next}`;
}
