/** Everything that goes wrong in one seed: faults of the venues, of processes, of bells, and what others do. */
import type { FaultInput } from '../../../src/simulator/faults.ts';
import type { Chance } from '../engine/chance.ts';
import type { Cut } from '../engine/machine.ts';
import { coins } from './accounts.ts';
import type { AccountPlan, Event, ProcessPlan } from './plan.ts';

type Effect = FaultInput['effect'];

/**
 * OKX lists nothing before it is done, so how long that takes is a matter of trust: longer than evidence waits for after a
 * lost answer (docs/evidence.md), no reading could know.
 */
const MOST_PENDING_MS = { binance: 90_000, okx: 45_000 } as const;

/** What may happen to a request that moves money. */
function moneyEffect(chance: Chance, venue: 'binance' | 'okx'): Effect {
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
        ms: chance.int(3_000, MOST_PENDING_MS[venue]),
        fate: fateOf(chance),
      }),
    ],
    [2, () => ({ kind: 'hangTransfers', ms: chance.int(3_000, 90_000), fate: fateOf(chance) })],
  ])();
}

function fateOf(chance: Chance): 'done' | 'failed' {
  return chance.is(0.7) ? 'done' : 'failed';
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

function fault(chance: Chance, venue: 'binance' | 'okx', at: number): Event {
  const onMoney = chance.is(0.55);
  const method = onMoney ? ('POST' as const) : ('GET' as const);
  if (onMoney && chance.is(0.6)) {
    // So many of the next money calls, whenever they come.
    const match = { venue, method, skip: chance.int(0, 2), count: chance.int(1, 2) };
    return {
      at: Math.floor(at / 4),
      kind: 'fault',
      fault: { match, effect: moneyEffect(chance, venue) },
      forMs: Infinity,
    };
  }
  const probability = chance.pick([0.3, 0.6, 1]);
  const match = { venue, method, probability };
  const effect = onMoney ? moneyEffect(chance, venue) : readEffect(chance);
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
  readonly processes: readonly ProcessPlan[];
  readonly calmMs: number;
  readonly symbols: readonly string[];
}

/** Adds events of one kind to a plan. */
type Adding = (chanceOfAny: number, most: number, run: () => Event) => void;

export function eventsOf(chance: Chance, options: TroubleOptions): readonly Event[] {
  const { accounts, calmMs, symbols } = options;
  const events: Event[] = [];
  const moment = (): number => chance.int(0, calmMs - 1);
  const times: Adding = (chanceOfAny, most, run) => {
    if (!chance.is(chanceOfAny)) return;
    for (let left = chance.int(chanceOfAny === 1 ? 0 : 1, most); left > 0; left -= 1) events.push(run());
  };
  const account = (): number => chance.int(0, accounts.length - 1);
  const venues = [...new Set(accounts.map(({ setup }) => setup.venue))];
  times(1, 9, () => fault(chance, chance.pick(venues), moment()));
  times(0.3, 3, () => deed(chance, chance.pick(accounts), moment(), symbols));
  times(1, 3, () => ({ at: moment(), kind: 'bell', account: account(), times: chance.int(1, 5) }));
  times(1, 3, () => ({ at: moment(), kind: 'bellsLost', account: account() }));
  times(0.1, 1, () => ({ at: moment(), kind: 'unreachable', forMs: chance.int(1_000, 30_000) }));
  times(0.15, 2, () => ({ at: moment(), kind: 'redisGone', forMs: chance.int(200, 20_000) }));
  times(0.1, 1, () => ({ at: moment(), kind: 'skew', byMs: chance.int(-1_500, 1_500) }));
  times(0.25, 2, () => ({ at: moment(), kind: 'rewind', byMs: chance.is(0.2) ? null : chance.int(50, 60_000) }));
  times(0.1, 1, () => dislocation(chance, chance.pick(venues), moment()));
  clocks(chance, times, moment, options);
  operators(chance, times, moment, account);
  return events.sort((a, b) => a.at - b.at);
}

/** The venue's own index of one coin is off by a tenth to two fifths. */
function dislocation(chance: Chance, venue: 'binance' | 'okx', at: number): Event {
  const share = chance.between(0.1, 0.4) * (chance.is(0.75) ? -1 : 1);
  const effect = {
    kind: 'dislocate' as const,
    asset: chance.pick(['BTC', 'ETH', 'SOL']),
    factor: (1 + share).toFixed(4),
  };
  return { at, kind: 'fault', fault: { match: { venue }, effect }, forMs: chance.int(20_000, 180_000) };
}

function clocks(chance: Chance, times: Adding, moment: () => number, { processes }: TroubleOptions): void {
  const jump = (): number => chance.int(1_000, chance.pick([9_000, 90_000, 3 * 3_600_000])) * (chance.is(0.5) ? 1 : -1);
  const forMs = (): number => chance.int(2_000, 120_000);
  const hosts = [...new Set(processes.map(({ host }) => host))];
  times(0.12, 2, () => ({ at: moment(), kind: 'clock', host: chance.pick(hosts), byMs: jump(), forMs: forMs() }));
  times(0.06, 1, () => ({ at: moment(), kind: 'redisClock', byMs: -Math.abs(jump()), forMs: forMs() }));
}

/** What people do to the server, and to the key that it works with. */
function operators(chance: Chance, times: Adding, moment: () => number, account: () => number): void {
  times(0.12, 2, () => ({
    at: moment(),
    kind: 'pause',
    account: account(),
    loan: chance.is(0.4),
    forMs: chance.is(0.3) ? null : chance.int(5_000, 40_000),
  }));
  times(0.12, 2, () => ({ at: moment(), kind: 'resume', account: account() }));
  times(0.1, 2, () => ({ at: moment(), kind: 'reload', eachMs: chance.pick([0, 500, 30_000]) }));
  times(0.08, 1, () => ({
    at: moment(),
    kind: 'key',
    account: account(),
    loses: chance.is(0.3) ? 'all' : 'trade',
    forMs: chance.int(2_000, 60_000),
  }));
}

/** Calls of a process at which it ends or stops for a while. Most of what leaves a process is reads. */
export function processesOf(chance: Chance): readonly ProcessPlan[] {
  const count = chance.weighted([
    [5, 1],
    [4, 2],
    [1, 3],
  ]);
  const sharesDisk = chance.is(0.7);
  const isSplit = chance.is(0.2);
  return Array.from({ length: count }, (_none, index) => ({
    startMs: index === 0 ? 0 : chance.int(0, 5_000),
    host: sharesDisk ? 0 : index,
    skewMs: chance.is(0.5) ? 0 : chance.int(-400, 400),
    otherwise: isSplit && index > 0,
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
      ? { kind: 'crash', restartMs: chance.int(200, 25_000), wholeMachine: chance.is(0.15) }
      : {
          kind: chance.is(0.7) ? 'freeze' : 'suspend',
          ms: chance.pick([300, 700, 3_000, 9_000, 17_000, 30_000, 60_000]),
        },
  };
}
