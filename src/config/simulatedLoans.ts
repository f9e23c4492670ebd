/** Reads the loans of one simulated account, product by product. */
import type { Asset } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import type { KnownAssets } from './assets.ts';
import { holdings } from './holdings.ts';
import type { Report } from './report.ts';
import type { SimulatedAccountShape } from './schema/simulation.ts';
import { FLEXIBLE_COINS, crossLine, flexibleLine, isolatedLine, spotLine } from './simulatedLines.ts';
import type { Path } from './tree.ts';
import type {
  Holdings,
  SimulatedCross,
  SimulatedFlexible,
  SimulatedIsolated,
  SimulatedLoan,
  SimulatedSpot,
} from './types.ts';

const DEFAULT_CALL_GAP = '0.1';

export interface LoanContext {
  readonly report: Report;
  readonly known: KnownAssets;
  /** Of the account. */
  readonly path: Path;
}

interface Sides {
  readonly debt: Holdings;
  readonly collateral: Holdings;
  readonly startLtv: Dec | null;
}

type SidesShape = Pick<NonNullable<SimulatedAccountShape['spotBorrow']>, 'debt' | 'collateral' | 'startLtv'>;

function sides({ report, known }: LoanContext, at: Path, shape: SidesShape): Sides {
  return {
    debt: holdings(report, known, [...at, 'debt'], shape.debt),
    collateral: holdings(report, known, [...at, 'collateral'], shape.collateral),
    startLtv: shape.startLtv ?? null,
  };
}

function startsBelow(report: Report, at: Path, startLtv: Dec | null, line: Dec): void {
  if (startLtv?.gte(line) === true) {
    const says = `starts at or above the line ${line.times(100).toFixed(1)}%`;
    report.error([...at, 'startLtv'], says, 'start below it');
  }
}

export function readCross(context: LoanContext, shape: SimulatedAccountShape['cross']): SimulatedCross | null {
  if (shape === undefined) return null;
  const at = [...context.path, 'cross'];
  const leverage = shape.leverage === '5x' ? 5 : 3;
  const cross = { leverage, ...sides(context, at, shape) } as const;
  startsBelow(context.report, at, cross.startLtv, crossLine(leverage).line);
  return cross;
}

export function readIsolated(
  context: LoanContext,
  shapes: SimulatedAccountShape['isolated'],
): readonly SimulatedIsolated[] {
  const { report, path } = context;
  const symbols = shapes.map(({ symbol }) => symbol);
  return shapes.map((shape, index) => {
    const at = [...path, 'isolated', index];
    const { symbol } = shape;
    const loan = { symbol, ...sides(context, at, shape) };
    if (symbols.indexOf(symbol) < index) {
      report.error([...at, 'symbol'], `${symbol} is used twice`, 'an account has one such loan for each pair');
    }
    const coins = coinsOf(context.known, symbol);
    if (coins === undefined) {
      report.error([...at, 'symbol'], `${symbol} is not a pair of two coins the server knows`, 'write e.g. `BTCUSDT`');
    }
    for (const side of ['debt', 'collateral'] as const) {
      const other = Object.keys(loan[side]).find((asset) => coins?.includes(asset) === false);
      if (other === undefined) continue;
      report.error([...at, side], `${other} is not one of the two coins of ${symbol}`, 'name one of the two');
    }
    startsBelow(report, at, loan.startLtv, isolatedLine(symbol, loan.debt).line);
    return loan;
  });
}

function coinsOf(known: KnownAssets, symbol: string): readonly [Asset, Asset] | undefined {
  for (let cut = 1; cut < symbol.length; cut += 1) {
    const [base, quote] = [symbol.slice(0, cut), symbol.slice(cut)];
    if (known.has(base) && known.has(quote)) return [base, quote];
  }
  return undefined;
}

export function readFlexible(
  context: LoanContext,
  shapes: SimulatedAccountShape['flexible'],
): readonly SimulatedFlexible[] {
  const { report, path } = context;
  const pairs = new Set<string>();
  return shapes.flatMap((shape, index) => {
    const at = [...path, 'flexible', index];
    const { debt, collateral, startLtv } = sides(context, at, shape);
    const one = single(report, [...at, 'debt'], debt);
    const other = single(report, [...at, 'collateral'], collateral);
    if (one === undefined || other === undefined) return [];
    notItsOwn(report, at, debt, collateral);
    const pair = `${one.coin} against ${other.coin}`;
    if (pairs.has(pair)) {
      report.error(at, `borrows ${pair} a second time`, 'the venue keeps one loan for each pair of coins: add them up');
    }
    pairs.add(pair);
    const line = flexibleLine(other.coin)?.line;
    if (line === undefined) {
      const says = `${other.coin} is no collateral of the simulated flexible loans`;
      report.error([...at, 'collateral'], says, `write one of: ${FLEXIBLE_COINS.join(', ')}`);
      return [];
    }
    startsBelow(report, at, startLtv, line);
    return [{ loanCoin: one.coin, debt: one.amount, collateralCoin: other.coin, collateral: other.amount, startLtv }];
  });
}

function single(report: Report, at: Path, held: Holdings): { readonly coin: Asset; readonly amount: Dec } | undefined {
  const [first, ...more] = Object.entries(held);
  if (first !== undefined && more.length === 0) return { coin: first[0], amount: first[1] };
  if (more.length > 0) {
    report.error(
      at,
      'names more than one coin',
      'a flexible loan of Binance has one debt coin and one collateral coin',
    );
  }
  return undefined;
}

function notItsOwn(report: Report, at: Path, debt: Holdings, collateral: Holdings): void {
  const own = Object.keys(debt).find((asset) => Object.hasOwn(collateral, asset));
  if (own === undefined) return;
  report.error(
    [...at, 'collateral'],
    `${own} is the debt of this loan`,
    'a flexible loan does not take its own debt coin as collateral',
  );
}

export function readOrders(context: LoanContext, shapes: SimulatedAccountShape['loans']): readonly SimulatedLoan[] {
  const { report, path } = context;
  const ids = shapes.map(({ ordId }) => ordId);
  return shapes.map((shape, index) => {
    const at = [...path, 'loans', index];
    if (ids.indexOf(shape.ordId) < index) {
      report.error([...at, 'ordId'], `${shape.ordId} is used twice`, 'give every loan a number of its own');
    }
    return readOrder(context, at, shape);
  });
}

function readOrder(context: LoanContext, at: Path, shape: SimulatedAccountShape['loans'][number]): SimulatedLoan {
  const { report } = context;
  const loan = sides(context, at, shape);
  notItsOwn(report, at, loan.debt, loan.collateral);
  const call = shape.call ?? shape.line.minus(DEFAULT_CALL_GAP);
  if (call.gte(shape.line)) {
    report.error([...at, 'call'], 'is not below line', 'the venue warns before it liquidates');
  }
  if (call.lte(0)) {
    report.error([...at, 'line'], 'leaves no room for a call level below it', 'write `call` as well, below `line`');
  }
  startsBelow(report, at, loan.startLtv, shape.line);
  return { ordId: shape.ordId, ...loan, line: shape.line, call };
}

export function readSpot(
  context: LoanContext,
  shape: SimulatedAccountShape['spotBorrow'],
  wallets: SimulatedAccountShape['wallets'],
): SimulatedSpot | null {
  if (shape === undefined) return null;
  const { report, path } = context;
  const at = [...path, 'spotBorrow'];
  const spot = sides(context, at, shape);
  if (wallets.trading !== undefined) {
    const remedy = 'write them as `collateral` of `spotBorrow`';
    report.error([...path, 'wallets', 'trading'], 'the coins of the trading account are the collateral', remedy);
  }
  if (Object.keys(spot.collateral).every((asset) => Object.hasOwn(spot.debt, asset))) {
    const remedy = 'add a coin that is not owed';
    report.error([...at, 'collateral'], 'names only coins that are owed, so that nothing secures the debt', remedy);
  }
  startsBelow(report, at, spot.startLtv, spotLine(spot.debt).line);
  return spot;
}
