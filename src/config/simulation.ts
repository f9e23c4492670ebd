/** Reads the simulated exchanges: the tape, its speed, and what each simulated account holds. */
import { Dec } from '../core/money.ts';
import type { KnownAssets } from './assets.ts';
import { venueOf } from './accounts.ts';
import { holdings } from './holdings.ts';
import { readPart } from './issues.ts';
import type { Report } from './report.ts';
import { SECTIONS } from './schema.ts';
import { VENUES } from './schema/account.ts';
import type { SimulatedAccountShape } from './schema/simulation.ts';
import { nodeAt } from './tree.ts';
import type { Path } from './tree.ts';
import type { SimulatedAccount, SimulatedCross, SimulatedLoan, SimulationConfig } from './types.ts';

/** Margin level 1.1. */
export const CROSS_LINE: Dec = new Dec(1).div('1.1');
const DEFAULT_CALL_GAP = '0.1';
const SIMULATED_WALLETS = { binance: ['spot', 'funding'], okx: ['funding', 'trading'] } as const;

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
  if (venue === 'okx' && shape.cross !== undefined) {
    report.errorAtKey(path, 'cross', 'is a loan of Binance', 'write `loans` for OKX');
  }
  if (venue === 'binance' && shape.loans.length > 0) {
    report.errorAtKey(path, 'loans', 'are loans of OKX', 'write `cross` for Binance');
  }
  const ids = shape.loans.map((loan) => loan.ordId);
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) < index) {
      report.error([...path, 'loans', index, 'ordId'], `${id} is used twice`, 'give every loan a number of its own');
    }
  }
  return {
    name,
    venue,
    uid: shape.uid,
    wallets: Object.fromEntries(wallets),
    cross: shape.cross === undefined ? null : readCross(report, known, [...path, 'cross'], shape.cross),
    loans: shape.loans.map((loan, index) => readLoan(report, known, [...path, 'loans', index], loan)),
  };
}

function readCross(
  report: Report,
  known: KnownAssets,
  path: Path,
  shape: NonNullable<SimulatedAccountShape['cross']>,
): SimulatedCross {
  below(report, [...path, 'startLtv'], shape.startLtv, CROSS_LINE);
  return {
    leverage: shape.leverage === '5x' ? 5 : 3,
    debt: holdings(report, known, [...path, 'debt'], shape.debt),
    collateral: holdings(report, known, [...path, 'collateral'], shape.collateral),
    startLtv: shape.startLtv ?? null,
  };
}

function readLoan(
  report: Report,
  known: KnownAssets,
  path: Path,
  shape: SimulatedAccountShape['loans'][number],
): SimulatedLoan {
  const debt = holdings(report, known, [...path, 'debt'], shape.debt);
  const collateral = holdings(report, known, [...path, 'collateral'], shape.collateral);
  const own = Object.keys(debt).find((asset) => Object.hasOwn(collateral, asset));
  if (own !== undefined) {
    report.error(
      [...path, 'collateral'],
      `${own} is the debt of this loan`,
      'a flexible loan does not take its own debt coin as collateral',
    );
  }
  const call = shape.call ?? shape.line.minus(DEFAULT_CALL_GAP);
  if (call.gte(shape.line)) {
    report.error([...path, 'call'], 'is not below line', 'the venue warns before it liquidates');
  }
  if (call.lte(0)) {
    report.error([...path, 'line'], 'leaves no room for a call level below it', 'write `call` as well, below `line`');
  }
  below(report, [...path, 'startLtv'], shape.startLtv, shape.line);
  return { ordId: shape.ordId, debt, collateral, line: shape.line, call, startLtv: shape.startLtv ?? null };
}

function below(report: Report, path: Path, startLtv: Dec | undefined, line: Dec): void {
  if (startLtv?.gte(line) === true) {
    report.error(path, `starts at or above the line ${line.times(100).toFixed(1)}%`, 'start below it');
  }
}
