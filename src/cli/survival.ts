/** How far prices may move for an account's loans, in words: for `status` and `check --online`. */
import { ceil, floor, parse } from '../core/money.ts';
import type { LoanSurvival, SurvivalRow, TargetRow } from '../reading/survival.ts';

/** `ETH −37.0 % without money, −52.0 % with the permitted money`, one text per direction and per coin that may lose its peg. */
export function keepsWords({ moves }: LoanSurvival): readonly string[] {
  const shown = told(moves);
  if (shown.length === 0) return ['no move of prices alone reaches its line'];
  return shown.map((row) => {
    const money = row.with === null ? 'any such move' : signed(row.with);
    return `keeps ${nameOf(row)} ${signed(row.without ?? '0')} without money, ${money} with the permitted money`;
  });
}

/** `falls of ETH beyond 37.0 % reach its line (52.0 % with the permitted money)`. */
export function reachWords(moves: readonly SurvivalRow[], whose: string): readonly string[] {
  return told(moves).map((row) => {
    const how = row.direction === 'fall' ? 'falls' : 'rises';
    const money =
      row.with === null ? 'with the permitted money none does' : `${size(row.with)} with the permitted money`;
    return `${how} of ${nameOf(row)} beyond ${size(row.without ?? '0')} reach ${whose} (${money})`;
  });
}

/** `wanted −50 %: short by 13.0 points`. */
export function targetWords({ wanted, shortBy }: TargetRow): string {
  const verdict = shortBy === null ? 'ok' : `SHORT by ${ceil(parse(shortBy).times(100), 1).toFixed(1)} points`;
  return `wanted ${signed(wanted)}: ${verdict}`;
}

/** The nearest price move of each direction, and collateral that may lose its peg. */
function told(moves: readonly SurvivalRow[]): readonly SurvivalRow[] {
  const prices = moves.filter(({ kind }) => kind === 'price');
  const nearest = (direction: 'fall' | 'rise'): readonly SurvivalRow[] =>
    prices.filter((row) => row.direction === direction).slice(0, 1);
  const basis = moves.filter(({ kind, direction }) => kind === 'basis' && direction === 'fall');
  return [...nearest('fall'), ...nearest('rise'), ...basis];
}

function nameOf({ factor, against }: SurvivalRow): string {
  if (against !== null) return `${factor} against ${against}`;
  return factor === 'all' ? 'all coins together' : factor;
}

/** `−37.0 %`, `+21.0 %`. */
function signed(share: string): string {
  return `${share.startsWith('-') || share === '0' ? '−' : '+'}${size(share)}`;
}

function size(share: string): string {
  return `${floor(parse(share).abs().times(100), 1).toFixed(1)} %`;
}
