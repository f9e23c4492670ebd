/** Everything that goes wrong in one seed: faults of the venues, of processes, of bells, and what others do. */
import type { FaultInput } from '../../../src/simulator/faults.ts';
import type { Chance } from '../engine/chance.ts';
import type { Cut } from '../engine/machine.ts';
import { coins } from './accounts.ts';
import type { AccountPlan, Event, ProcessPlan } from './plan.ts';

type Effect = FaultInput['effect'];

/** What may happen to a request that moves money. */
function moneyEffect(chance: Chance, venue: 'binance' | 'okx', unsolved: boolean): Effect {
  const executes = chance.is(0.5);
  return chance.weighted<() => Effect>([
    [4, () => ({ kind: 'dropBefore' })],
    [6, () => ({ kind: 'dropAfter' })],
    [3, () => ({ kind: 'status', status: chance.pick([500, 502, 503, 504]), body: '', executes })],
    [1, () => ({ kind: 'html', executes })],
    [1, () => ({ kind: 'cutJson', executes })],
    [1, () => ({ kind: 'emptyBody', executes })],
    [1, () => ({ kind: 'wrongType', executes })],
    [2, () => ({ kind: 'delay', ms: chance.int(500, 12_000), after: chance.is(0.5) })],
    [1, () => ({ kind: 'rateLimit', status: chance.is(0.9) ? 429 : 418, retryAfterSec: chance.int(1, 20) })],
    [
      3,
      () => ({
        kind: 'stuckPending',
        ms: chance.int(3_000, 90_000),
        fate: fateOf(chance, venue === 'binance' || unsolved),
      }),
    ],
    [2, () => ({ kind: 'hangTransfers', ms: chance.int(3_000, 90_000), fate: fateOf(chance, true) })],
  ])();
}

/**
 * A flexible loan's call at OKX that is paid for and then fails leaves a record like one that succeeded: what would tell
 * them apart is documented nowhere, so such a call stays undecided for ever.
 */
function fateOf(chance: Chance, mayFail: boolean): 'done' | 'failed' {
  return chance.is(0.7) || !mayFail ? 'done' : 'failed';
}

/** What may happen to a read. */
function readEffect(chance: Chance): Effect {
  return chance.weighted<() => Effect>([
    [4, () => ({ kind: 'staleReads', ms: chance.int(500, 20_000) })],
    [3, () => ({ kind: 'recordLag', ms: chance.int(500, 20_000) })],
    [2, () => ({ kind: 'zeroBalances' })],
    [2, () => ({ kind: 'dropAfter' })],
    [2, () => ({ kind: 'status', status: chance.pick([500, 503]), body: '' })],
    [1, () => ({ kind: 'html' })],
    [1, () => ({ kind: 'cutJson' })],
    [1, () => ({ kind: 'emptyBody' })],
    [2, () => ({ kind: 'delay', ms: chance.int(500, 9_000), after: chance.is(0.5) })],
    [1, () => ({ kind: 'rateLimit', status: chance.is(0.9) ? 429 : 418, retryAfterSec: chance.int(1, 15) })],
  ])();
}

function fault(chance: Chance, venue: 'binance' | 'okx', at: number, unsolved: boolean): Event {
  const onMoney = chance.is(0.55);
  const method = onMoney ? ('POST' as const) : ('GET' as const);
  if (onMoney && chance.is(0.6)) {
    // So many of the next money calls, whenever they come.
    const match = { venue, method, skip: chance.int(0, 2), count: chance.int(1, 2) };
    return {
      at: Math.floor(at / 4),
      kind: 'fault',
      fault: { match, effect: moneyEffect(chance, venue, unsolved) },
      forMs: Infinity,
    };
  }
  const probability = chance.pick([0.3, 0.6, 1]);
  const match = { venue, method, probability };
  const effect = onMoney ? moneyEffect(chance, venue, unsolved) : readEffect(chance);
  return { at, kind: 'fault', fault: { match, effect }, forMs: chance.int(2_000, onMoney ? 60_000 : 25_000) };
}

/** Somebody who may act on the account as well. Amounts that do not fit are refused by the venue, which is fine. */
function deed(chance: Chance, { setup: { name, venue } }: AccountPlan, at: number, symbols: readonly string[]): Event {
  const asset = chance.pick(['USDT', 'BTC', 'ETH', 'SOL']);
  const amount = coins(chance, asset, 20, 4_000);
  const symbol = chance.is(0.5) ? '' : chance.pick(['', ...symbols]);
  const make =
    venue === 'binance'
      ? chance.weighted<() => object>([
          [3, () => ({ do: 'foreignBorrow', symbol, ms: chance.int(500, 20_000) })],
          [2, () => ({ do: 'repay', symbol, asset, amount })],
          [1, () => ({ do: 'borrow', symbol, asset, amount })],
          [2, () => ({ do: 'transfer', type: 'MAIN_MARGIN', asset, amount })],
          [1, () => ({ do: 'transfer', type: 'MARGIN_MAIN', asset, amount })],
          [1, () => ({ do: 'autoTopUp', asset, amount })],
          [2, () => ({ do: 'deposit', asset, amount })],
          [1, () => ({ do: 'deposit', asset, amount: `-${amount}` })],
          [1, () => ({ do: 'thresholds', symbol, liquidation: chance.amount(1.08, 1.14, 3) })],
        ])()
      : chance.weighted<() => object>([
          [2, () => ({ do: 'repay', ccy: asset, amt: amount })],
          [1, () => ({ do: 'borrow', ccy: asset, amt: amount })],
          [2, () => ({ do: 'addCollateral', ccy: asset, amt: amount })],
          [1, () => ({ do: 'removeCollateral', ccy: asset, amt: amount })],
          [1, () => ({ do: 'spotRepay', ccy: asset, amt: amount })],
          [2, () => ({ do: 'deposit', ccy: asset, amt: amount, wallet: chance.pick(['funding', 'trading']) })],
          [1, () => ({ do: 'withdraw', ccy: asset, amt: amount })],
          [1, () => ({ do: 'thresholds', liqLtv: chance.amount(0.78, 0.88, 2) })],
        ])();
  return { at, kind: 'deed', venue, deed: { ...(make as { do: string }), account: name } as { do: string } };
}

export interface TroubleOptions {
  readonly accounts: readonly AccountPlan[];
  readonly calmMs: number;
  readonly symbols: readonly string[];
  readonly rewinds: boolean;
  readonly unsolved: boolean;
}

export function eventsOf(chance: Chance, options: TroubleOptions): readonly Event[] {
  const { accounts, calmMs, symbols, rewinds, unsolved } = options;
  const events: Event[] = [];
  const moment = (): number => chance.int(0, calmMs - 1);
  const times = (most: number, run: () => Event): void => {
    for (let left = chance.int(0, most); left > 0; left -= 1) events.push(run());
  };
  const account = (): number => chance.int(0, accounts.length - 1);
  const venues = [...new Set(accounts.map(({ setup }) => setup.venue))];
  times(9, () => fault(chance, chance.pick(venues), moment(), unsolved));
  if (chance.is(0.4)) times(3, () => deed(chance, chance.pick(accounts), moment(), symbols));
  times(3, () => ({ at: moment(), kind: 'bell', account: account(), times: chance.int(1, 5) }));
  times(3, () => ({ at: moment(), kind: 'bellsLost', account: account() }));
  if (chance.is(0.2)) times(1, () => ({ at: moment(), kind: 'unreachable', forMs: chance.int(1_000, 30_000) }));
  if (chance.is(0.25)) times(2, () => ({ at: moment(), kind: 'redisGone', forMs: chance.int(200, 20_000) }));
  if (chance.is(0.1))
    times(1, () => ({ at: moment(), kind: 'pause', account: account(), forMs: chance.int(5_000, 40_000) }));
  if (chance.is(0.1)) times(1, () => ({ at: moment(), kind: 'skew', byMs: chance.int(-1_500, 1_500) }));
  if (rewinds) times(2, () => ({ at: moment(), kind: 'rewind', byMs: chance.int(50, 60_000) }));
  return events.sort((a, b) => a.at - b.at);
}

/** Calls of a process at which it ends or stops for a while. Most of what leaves a process is reads. */
export function processesOf(chance: Chance): readonly ProcessPlan[] {
  const count = chance.weighted([
    [5, 1],
    [4, 2],
    [1, 3],
  ]);
  return Array.from({ length: count }, (_none, index) => ({
    startMs: index === 0 ? 0 : chance.int(0, 5_000),
    skewMs: chance.is(0.5) ? 0 : chance.int(-400, 400),
    cuts: Array.from(
      {
        length: chance.weighted([
          [3, 0],
          [3, 1],
          [2, 2],
          [1, 3],
        ]),
      },
      () => cut(chance),
    ),
  }));
}

/** @returns one that comes soon or late */
export function cut(chance: Chance): Cut {
  return {
    ...chance.weighted<Pick<Cut, 'of' | 'nth'>>([
      [3, { of: 'any', nth: Math.ceil(chance.next() ** 2 * 400) }],
      [3, { of: 'send', nth: chance.int(1, 3) }],
      [3, { of: 'redis.eval', nth: Math.ceil(chance.next() ** 2 * 60) }],
    ]),
    when: chance.is(0.5) ? 'before' : 'after',
    what: chance.is(0.6)
      ? { kind: 'crash', restartMs: chance.int(200, 25_000) }
      : {
          kind: chance.is(0.7) ? 'freeze' : 'suspend',
          ms: chance.pick([300, 700, 3_000, 9_000, 17_000, 30_000, 60_000]),
        },
  };
}
