/** Reads the simulated exchanges: the tape, its speed, and what each simulated account holds. */
import type { KnownAssets } from './assets.ts';
import { venueOf } from './accounts.ts';
import { holdings } from './holdings.ts';
import { readPart } from './issues.ts';
import type { Report } from './report.ts';
import { SECTIONS } from './schema.ts';
import { VENUES } from './schema/account.ts';
import type { SimulatedAccountShape } from './schema/simulation.ts';
import { nodeAt } from './tree.ts';
import { readCross, readFlexible, readIsolated, readOrders, readSpot } from './simulatedLoans.ts';
import type { SimulatedAccount, SimulationConfig } from './types.ts';

const SIMULATED_WALLETS = { binance: ['spot', 'funding'], okx: ['funding', 'trading'] } as const;

type LoanKey = 'cross' | 'isolated' | 'flexible' | 'loans' | 'spotBorrow';
/** Which loans belong to which venue, and how a person would say so. */
const LOANS: readonly (readonly [key: LoanKey, venue: 'binance' | 'okx', says: string])[] = [
  ['cross', 'binance', 'is a loan of Binance'],
  ['isolated', 'binance', 'are loans of Binance'],
  ['flexible', 'binance', 'are loans of Binance'],
  ['loans', 'okx', 'are loans of OKX'],
  ['spotBorrow', 'okx', 'is a loan of OKX'],
];
const INSTEAD = {
  binance: 'write `cross`, `isolated` or `flexible` for Binance',
  okx: 'write `loans` or `spotBorrow` for OKX',
} as const;

export interface SimulationOverrides {
  readonly tape?: string | undefined;
  readonly speed?: number | 'max' | undefined;
}

export function readSimulation(
  report: Report,
  known: KnownAssets,
  overrides: SimulationOverrides,
): SimulationConfig | null {
  const names = simulatedNames(report);
  const shape = readPart(report, SECTIONS.simulation, ['simulation']);
  if (shape === undefined) {
    if (names.size > 0 && !report.has(['simulation'])) {
      report.error(
        ['simulation'],
        `is missing, but ${[...names.keys()].join(', ')} run on it`,
        'add it, e.g. from the shipped config.yaml',
      );
    }
    return null;
  }
  for (const name of names.keys()) {
    if (!Object.hasOwn(shape.accounts, name)) {
      report.error(
        ['simulation', 'accounts'],
        `says nothing about account \`${name}\``,
        `add \`${name}\` with its uid and holdings`,
      );
    }
  }
  const accounts = Object.entries(shape.accounts).flatMap(([name, account]) => {
    const venue = names.get(name);
    if (venue !== undefined) return [readAccount(report, known, name, venue, account)];
    report.errorAtKey(
      ['simulation', 'accounts'],
      name,
      'is not a simulated account',
      'add it under `accounts` with `venue: simulatedBinance` or `simulatedOkx`, or remove it',
    );
    return [];
  });
  const { tape, speed, settle, waits } = shape;
  return { tape: overrides.tape ?? tape, speed: overrides.speed ?? speed, settleMs: settle, waits, accounts };
}

/** Simulated accounts of the file with their venue, read from the text so that a broken account counts too. */
function simulatedNames(report: Report): ReadonlyMap<string, 'binance' | 'okx'> {
  const names = new Map<string, 'binance' | 'okx'>();
  const accounts = nodeAt(report.tree, ['accounts']);
  if (accounts?.kind !== 'map') return names;
  for (const name of accounts.entries.keys()) {
    const node = nodeAt(report.tree, ['accounts', name, 'venue']);
    const word = node?.kind === 'text' ? VENUES.find((venue) => venue === node.text) : undefined;
    if (word === undefined) continue;
    const { venue, simulated } = venueOf(word);
    if (simulated) names.set(name, venue);
  }
  return names;
}

function readAccount(
  report: Report,
  known: KnownAssets,
  name: string,
  venue: 'binance' | 'okx',
  shape: SimulatedAccountShape,
): SimulatedAccount {
  const path = ['simulation', 'accounts', name];
  const offered: readonly string[] = SIMULATED_WALLETS[venue];
  const wallets = Object.entries(shape.wallets).map(([wallet, amounts]) => {
    const at = [...path, 'wallets', wallet];
    if (!offered.includes(wallet)) {
      report.errorAtKey([...path, 'wallets'], wallet, `is not a wallet of ${venue}`, `there is: ${offered.join(', ')}`);
    }
    return [wallet, holdings(report, known, at, amounts)] as const;
  });
  for (const [key, of, says] of LOANS) {
    if (of !== venue && report.has([...path, key])) report.errorAtKey(path, key, says, INSTEAD[venue]);
  }
  const context = { report, known, path };
  return {
    name,
    venue,
    uid: shape.uid,
    wallets: Object.fromEntries(wallets),
    cross: readCross(context, shape.cross),
    isolated: readIsolated(context, shape.isolated),
    flexible: readFlexible(context, shape.flexible),
    loans: readOrders(context, shape.loans),
    spotBorrow: readSpot(context, shape.spotBorrow, shape.wallets),
  };
}
