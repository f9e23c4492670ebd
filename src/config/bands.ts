/** Checks that the levels of a policy cannot fight each other (DESIGN §5.1): release, target, warn, act, urgent, safest first. */
import { ONE } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Bands, ReleaseRule } from '../core/policy.ts';
import type { Report } from './report.ts';
import type { PolicyShape } from './schema/policy.ts';
import type { Path } from './tree.ts';
import type { Level } from './units.ts';

interface Placed {
  readonly path: Path;
  readonly level: Level;
}

const CLOSE = '0.01';

/** Danger grows with this on both scales. */
function danger(level: Level): Dec {
  return level.scale === 'ltv' ? level.ratio : ONE.minus(level.ratio);
}

function words(level: Level): string {
  return `${level.scale === 'cushion' ? 'cushion ' : ''}${level.ratio.times(100).toFixed()}%`;
}

/** Tells when one level is not safer than another. */
class Order {
  readonly #report: Report;
  readonly #hint: string;

  constructor(report: Report, scale: Level['scale']) {
    this.#report = report;
    this.#hint =
      scale === 'cushion'
        ? 'with cushions the safer level has the larger figure: release.upTo > target > warn > act > urgent'
        : 'with LTVs the safer level has the smaller figure: release.upTo < target < warn < act < urgent';
  }

  require(safer: Placed, name: string, riskier: Placed, other: string, why: string): boolean {
    if (danger(safer.level).lt(danger(riskier.level))) return true;
    const says = `${name} ${words(safer.level)} is not safer than ${other} ${words(riskier.level)}: ${why}`;
    this.#report.error(safer.path, says, this.#hint);
    return false;
  }
}

/** Reads the levels of a policy; tells what contradicts. */
export function readBands(
  report: Report,
  path: Path,
  shape: PolicyShape,
): { readonly bands: Bands; readonly release: ReleaseRule | null } {
  const { bands } = shape;
  const at = (...keys: Path): Path => [...path, ...keys];
  const target = { path: at('bands', 'target'), level: bands.target };
  const act = { path: at('bands', 'act'), level: bands.act };
  const urgent = { path: at('bands', 'urgent'), level: bands.urgent };
  const warns = bands.warn.map((level, index) => ({ path: at('bands', 'warn', index), level }));
  const release = shape.release === 'off' ? null : shape.release;
  const below = release === null ? [] : [{ path: at('release', 'below'), level: release.below }];
  const upTo = release === null ? [] : [{ path: at('release', 'upTo'), level: release.upTo }];
  const scale = sameScale(report, [target, act, urgent, ...warns, ...below, ...upTo]);
  if (scale !== undefined) {
    const order = new Order(report, scale);
    const apart = order.require(target, 'target', act, 'act', 'a remedy would end where the next one starts');
    order.require(act, 'act', urgent, 'urgent', 'every action would be an urgent one');
    for (const warn of apart ? warns : []) {
      order.require(target, 'target', warn, 'warn', 'a remedied loan would go on warning');
      order.require(warn, 'warn', act, 'act', 'it would come when money already moves');
    }
    for (const one of upTo) {
      order.require(one, 'release.upTo', target, 'target', 'a release would end in the zone of the remedies');
    }
    for (const one of below) {
      for (const other of upTo) {
        order.require(one, 'release.below', other, 'release.upTo', 'there would be nothing to release');
      }
    }
    closeness(report, target, act);
  }
  marginRatio(report, at('bands', 'minMarginRatio'), bands.minMarginRatio);
  return {
    bands: {
      scale: scale ?? 'cushion',
      warn: bands.warn.map((level) => level.ratio),
      target: bands.target.ratio,
      act: bands.act.ratio,
      urgent: bands.urgent.ratio,
      minMarginRatio: bands.minMarginRatio ?? null,
    },
    release:
      release === null
        ? null
        : { below: release.below.ratio, upTo: release.upTo.ratio, afterMs: release.after, perDay: release.perDay },
  };
}

/** The scale of most levels; tells of those on the other one, and gives `undefined` then. */
function sameScale(report: Report, levels: readonly Placed[]): Level['scale'] | undefined {
  const cushions = levels.filter(({ level }) => level.scale === 'cushion').length;
  const scale = 2 * cushions > levels.length ? 'cushion' : 'ltv';
  const others = levels.filter(({ level }) => level.scale !== scale);
  const wanted = scale === 'cushion' ? 'cushions' : 'plain LTVs';
  for (const { path, level } of others) {
    report.error(
      path,
      `${words(level)} is on another scale than the other levels, which are ${wanted}`,
      'write all levels of a policy on one scale',
    );
  }
  return others.length === 0 ? scale : undefined;
}

function closeness(report: Report, target: Placed, act: Placed): void {
  const gap = danger(act.level).minus(danger(target.level));
  if (gap.gt(0) && gap.lt(CLOSE)) {
    report.warn(
      target.path,
      'target and act are less than one percentage point apart',
      'widen the gap, or many small actions will follow each other',
    );
  }
}

function marginRatio(report: Report, path: Path, given: PolicyShape['bands']['minMarginRatio']): void {
  if (given === undefined) return;
  if (given.act.lte(ONE)) {
    report.error([...path, 'act'], 'is at or below 1, where the venue liquidates', 'write a ratio above 1, e.g. `2.5`');
  }
  if (given.target.lte(given.act)) {
    report.error(
      [...path, 'target'],
      'is not above act: a remedy would end where the next one starts',
      'write a target above act: a higher margin ratio is safer',
    );
  }
}
