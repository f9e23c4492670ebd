/** Reads the rungs of a ladder. Whether a rung can work for the loans that use it is checked in `users.ts`. */
import type { Rung } from '../core/policy.ts';
import type { KnownAssets } from './assets.ts';
import type { Report } from './report.ts';
import type { RungShape } from './schema/policy.ts';
import { nodeAt } from './tree.ts';
import type { Path } from './tree.ts';
import { durationText, DAY_MS, HOUR_MS } from './units.ts';

/** `20000 USDT per day`, in the words of the file. */
export function capWords(cap: NonNullable<Rung['atMost']>): string {
  const window =
    cap.perMs === DAY_MS
      ? 'day'
      : cap.perMs === HOUR_MS
        ? 'hour'
        : cap.perMs === 60_000
          ? 'minute'
          : durationText(cap.perMs);
  return `${cap.amount.value.toFixed()} ${cap.amount.asset} per ${window}`;
}

export function readLadder(
  report: Report,
  known: KnownAssets,
  path: Path,
  shapes: readonly RungShape[],
): readonly Rung[] {
  if (shapes.length === 0) {
    report.error(
      path,
      'the ladder is empty: nothing would ever be done',
      'write at least one rung, e.g. `- { do: repay, with: debt, from: wallet }`',
    );
  }
  const rungs = shapes.map((shape, index) => readRung(report, known, [...path, index], shape, index + 1));
  for (const [index, rung] of rungs.entries()) {
    const first = rungs.findIndex((other) => sameMove(other, rung));
    if (first < index) {
      report.error(
        [...path, index],
        `rung ${String(index + 1)} repeats rung ${String(first + 1)}`,
        'remove one of the two',
      );
    }
  }
  return rungs;
}

function sameMove(one: Rung, other: Rung): boolean {
  return one.do === other.do && String(one.with) === String(other.with) && String(one.from) === String(other.from);
}

function readRung(report: Report, known: KnownAssets, path: Path, shape: RungShape, number: number): Rung {
  const debt = shape.with.includes('debt');
  if (debt && shape.with.length > 1) {
    report.error(
      [...path, 'with'],
      '`debt` stands beside other coins',
      'write `with: debt` alone, and the others in a rung of their own',
    );
  }
  twice(report, [...path, 'with'], shape.with);
  twice(report, [...path, 'from'], shape.from);

  const listed = nodeAt(report.tree, [...path, 'with'])?.kind === 'list';
  for (const [index, asset] of shape.with.entries()) {
    if (asset !== 'debt') known.check(asset, [...path, 'with', ...(listed ? [index] : [])]);
  }

  if (shape.atMost !== undefined && shape.atMost.amount.asset !== 'USD') {
    known.check(shape.atMost.amount.asset, [...path, 'atMost']);
  }
  if (shape.atMost !== undefined) atMost(report, [...path, 'atMost'], shape, debt, shape.atMost.amount.asset);
  const rung = {
    number,
    do: shape.do,
    with: debt ? ('debt' as const) : shape.with,
    from: shape.from,
    atMost: shape.atMost ?? null,
    notWhen: shape.notWhen ?? null,
  };
  return { ...rung, text: rungWords(rung) };
}

function rungWords(rung: Omit<Rung, 'text'>): string {
  const coins = rung.with === 'debt' ? 'the debt coin' : rung.with.join(' or ');
  const cap = rung.atMost === null ? '' : `, at most ${capWords(rung.atMost)}`;
  return `${rung.do} ${coins} from ${rung.from.join(' or ')}${cap}${rung.notWhen === null ? '' : `, not when ${rung.notWhen}`}`;
}

function twice(report: Report, path: Path, values: readonly string[]): void {
  const again = values.find((value, index) => values.indexOf(value) < index);
  if (again !== undefined) report.error(path, `\`${again}\` is listed twice`, 'list it once');
}

/** A cap in coins bounds other coins of the rung by their price; a cap in a coin that the rung never moves is a mistake. */
function atMost(report: Report, path: Path, shape: RungShape, debt: boolean, coin: string): void {
  if (coin === 'USD' || debt || shape.with.includes(coin)) return;
  report.error(
    path,
    `the cap is in ${coin}, the rung uses ${shape.with.join(', ')}`,
    'write the cap in the coin of the rung or in USD',
  );
}
