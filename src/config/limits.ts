/** Checks that the caps of a policy make sense together: an action fits an hour, an hour a day, and urgent is never narrower. */
import type { Dec } from '../core/money.ts';
import type { Limits } from '../core/policy.ts';
import type { Report } from './report.ts';
import type { PolicyShape } from './schema/policy.ts';
import type { Path } from './tree.ts';

type CapName = 'perAction' | 'perHour' | 'perDay' | 'perIncident';
type CapSet = Readonly<Record<CapName, Dec | null>>;

const ORDER: readonly (readonly [smaller: CapName, larger: CapName])[] = [
  ['perAction', 'perHour'],
  ['perAction', 'perDay'],
  ['perAction', 'perIncident'],
  ['perHour', 'perDay'],
];

function words(cap: Dec | null): string {
  return cap === null ? 'unlimited' : `${cap.toFixed()} USD`;
}

/** Reads the caps; tells what contradicts. `path` is that of the limits. */
export function readLimits(report: Report, path: Path, shape: PolicyShape['limits']): Limits {
  const normal = { ...capsOf(shape), actions: shape.actions };
  const urgent = capsOf(shape.urgent);
  fits(report, path, normal);
  fits(report, [...path, 'urgent'], urgent);
  for (const name of ['perAction', 'perHour', 'perDay', 'perIncident'] as const) {
    // A line that the urgent tier leaves out has no cap of its own there.
    if (shape.urgent[name] !== undefined && less(urgent[name], normal[name])) {
      const says = `urgent ${name} ${words(urgent[name])} is below the normal ${words(normal[name])}`;
      report.error(
        [...path, 'urgent', name],
        says,
        `write at least ${words(normal[name])}: the urgent tier only widens`,
      );
    }
  }
  if (urgent.perDay === null && urgent.perIncident === null) {
    report.warn(
      [...path, 'urgent', 'perDay'],
      'beyond `urgent` nothing bounds what a day may cost',
      'write an amount you could bear to lose to a mistake',
    );
  }
  return { ...normal, urgent };
}

function capsOf(shape: { readonly [name in CapName]?: Dec | null | undefined }): CapSet {
  return {
    perAction: shape.perAction ?? null,
    perHour: shape.perHour ?? null,
    perDay: shape.perDay ?? null,
    perIncident: shape.perIncident ?? null,
  };
}

/** `null` is without limit, so larger than any amount. */
function less(one: Dec | null, other: Dec | null): boolean {
  if (one === null) return false;
  return other === null || one.lt(other);
}

function fits(report: Report, path: Path, caps: CapSet): void {
  for (const [smaller, larger] of ORDER) {
    const most = caps[larger];
    const one = caps[smaller];
    if (most === null || one === null || one.lte(most)) continue;
    report.error(
      [...path, smaller],
      `${words(one)} ${smaller} can never be used under ${words(most)} ${larger}`,
      `lower ${smaller} or raise ${larger}`,
    );
  }
}
