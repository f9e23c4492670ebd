/** From a seed to a plan. */
import type { WorldInput } from '../../../src/simulator/world.ts';
import { Chance } from '../engine/chance.ts';
import { START_PRICES, binanceAccount, okxAccount } from './accounts.ts';
import type { Wealth } from './accounts.ts';
import type { AccountPlan, Plan } from './plan.ts';
import { setupOf } from './policies.ts';
import { eventsOf, processesOf } from './trouble.ts';

const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);
const MOST_LOANS = 6;
const POINT_MS = 20_000;
/** Share by which prices move to and fro when nothing happens. */
const BREATH = 0.0002;

export function planOf(seed: number): Plan {
  const chance = new Chance(seed);
  const calmMs = chance.stream('length').int(90, 240) * 1_000;
  const endMs = calmMs + 420_000;
  const { accounts, world } = worldOf(chance.stream('world'));
  const processes = processesOf(chance.stream('processes'));
  return {
    seed,
    // Sometimes a full hour with its interest lies within the run.
    startMs: START_MS - (chance.stream('hour').is(0.5) ? 100_000 : 0),
    calmMs,
    endMs,
    world,
    prices: pricesOf(chance.stream('prices'), calmMs, endMs),
    accounts,
    processes,
    events: eventsOf(chance.stream('trouble'), { accounts, processes, calmMs, symbols: symbolsOf(world) }),
    redisTrouble: chance.stream('redis').is(0.4) ? chance.stream('redisShare').between(0, 0.02) : 0,
    tripMs: chance.stream('trip').pick([
      [1, 3],
      [5, 40],
      [40, 200],
    ]),
    trusted: chance.stream('trusted').is(0.9),
    personMs: chance.stream('person').int(5_000, 60_000),
  };
}

function symbolsOf({ binance = [] }: WorldInput): readonly string[] {
  return binance.flatMap(({ isolated = [] }) => isolated.map(({ symbol }) => symbol));
}

function worldOf(chance: Chance): { readonly accounts: readonly AccountPlan[]; readonly world: WorldInput } {
  const accounts: AccountPlan[] = [];
  const binance: NonNullable<WorldInput['binance']>[number][] = [];
  const okx: NonNullable<WorldInput['okx']>[number][] = [];
  const count = chance.weighted([
    [7, 1],
    [2, 2],
    [1, 3],
  ]);
  let room = chance.int(count, MOST_LOANS);
  for (let index = 0; index < count; index += 1) {
    const name = `acc${String(index)}`;
    const uid = String(101 + index);
    const wealth: Wealth = chance.weighted([
      [7, 'rich'],
      [2, 'poor'],
      [1, 'none'],
    ]);
    const roomHere = Math.max(1, room - (count - 1 - index));
    const isBinance = chance.is(0.55);
    const made = isBinance
      ? binanceAccount(chance, name, uid, roomHere, wealth)
      : okxAccount(chance, name, uid, roomHere, wealth);
    room -= made.loans;
    if (isBinance) binance.push(made.input);
    else okx.push(made.input as (typeof okx)[number]);
    const { key } = made.input;
    const setup = setupOf(chance.stream(name), name, made.products);
    const passphrase = 'passphrase' in key ? String(key.passphrase) : '';
    accounts.push({
      setup,
      otherwise: {
        ...setupOf(chance.stream(`${name} otherwise`), name, made.products),
        mode: setup.mode,
        digest: 'd2',
      },
      uid,
      products: made.products,
      key: { id: key.id, secret: key.secret, passphrase },
    });
  }
  return {
    accounts,
    world: {
      timing: timingOf(chance),
      binance,
      binanceSettings: binanceSettings(chance),
      okx,
      okxSettings: okxSettings(chance),
    },
  };
}

function timingOf(chance: Chance): NonNullable<WorldInput['timing']> {
  return {
    settleMs: chance.pick([0, 100, 400, 3_000]),
    transferMs: chance.pick([0, 0, 200, 3_000]),
    recordLagMs: chance.pick([0, 0, 300, 1_500]),
    readLagMs: chance.pick([0, 0, 300, 1_500]),
    clockSkewMs: chance.is(0.7) ? 0 : chance.int(-800, 800),
  };
}

function binanceSettings(chance: Chance): NonNullable<WorldInput['binanceSettings']> {
  return {
    settleTail: chance.is(0.3) ? { share: 0.3, ms: 6_000 } : { share: 0, ms: 6_000 },
    switches: {
      dustCode: chance.pick([-3024, -3015] as const),
      sharedLock: chance.is(0.7),
      transfersLock: chance.is(0.3),
      replyAfterSettle: chance.is(0.2),
      poorTransfer: chance.pick([-5013, -9000, -5002] as const),
      flexibleAnswers: chance.pick(['done', 'processing'] as const),
      emptyRows: chance.pick(['list', 'absent'] as const),
      collateralTo: chance.pick(['spot', 'earn'] as const),
    },
  };
}

function okxSettings(chance: Chance): NonNullable<WorldInput['okxSettings']> {
  return {
    switches: {
      overRepay: chance.pick(['clip', 'refuse'] as const),
      spotOverRepay: chance.pick(['clip', 'refuse'] as const),
      duplicateClientId: chance.pick(['accept', 'refuse'] as const),
      unknownTransfer: chance.pick(['58129', '51000'] as const),
      debitAt: chance.pick(['settle', 'accept'] as const),
      liquidation: chance.pick(['full', 'partial'] as const),
      cashBal: chance.pick(['gross', 'net'] as const),
      parallelTransfers: chance.pick(['serve', 'refuse'] as const),
    },
  };
}

/** A walk with jumps, down to −30 % within a minute; from some time after the calm on prices hardly move. */
function pricesOf(chance: Chance, calmMs: number, endMs: number): Plan['prices'] {
  const tables: Record<string, { times: number[]; prices: string[] }> = {};
  const common = chance.pick([-0.006, -0.004, -0.002, 0.001, 0.004]);
  const wild = chance.pick([0.0015, 0.004, 0.009]);
  const jumpAt = chance.is(0.75) ? chance.int(10_000, calmMs) : Infinity;
  const jump = chance.weighted([
    [4, chance.between(-0.3, -0.08)],
    [1, chance.between(0.08, 0.25)],
  ]);
  for (const [asset, start] of Object.entries(START_PRICES)) {
    if (start === 1) continue;
    const [times, prices]: [number[], string[]] = [[], []];
    let price = start;
    let jumped = false;
    for (let at = 0; at < calmMs + 30_000 - POINT_MS; at += POINT_MS) {
      times.push(at);
      prices.push(price.toFixed(8));
      price *= 1 + common + chance.between(-wild, wild);
      if (!jumped && at + POINT_MS >= jumpAt) {
        price *= 1 + jump * chance.between(0.7, 1);
        jumped = true;
      }
    }
    // Prices breathe for ever: a breach is confirmed by another look at another price.
    for (let at = calmMs + 30_000, up = 1; at <= endMs + 60_000; at += POINT_MS, up = -up) {
      times.push(at);
      prices.push((price * (1 + up * BREATH)).toFixed(8));
    }
    tables[asset] = { times, prices };
  }
  return tables;
}
