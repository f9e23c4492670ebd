/** Reads the policies: `extends` first, then shape, levels, caps and ladder of each. */
import type { KnownAssets } from './assets.ts';
import { readBands } from './bands.ts';
import { readPart } from './issues.ts';
import { readLadder } from './ladder.ts';
import { readLimits } from './limits.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import { policySchema } from './schema/policy.ts';
import type { PolicyShape } from './schema/policy.ts';
import { merge, nodeAt, without } from './tree.ts';
import type { MapEntry, MapNode, Path } from './tree.ts';
import type { PolicyConfig, Survive } from './types.ts';
import { name as nameSyntax } from './words.ts';

/** Policies by name; `undefined` for one that is named but broken, so that its users are not told it is unknown. */
export type ReadPolicies = ReadonlyMap<string, PolicyConfig | undefined>;

export function readPolicies(report: Report, known: KnownAssets): ReadPolicies {
  const policies = new Map<string, PolicyConfig | undefined>();
  const node = nodeAt(report.tree, ['policies']);
  if (node?.kind !== 'map') {
    report.error(
      ['policies'],
      node === undefined ? 'is missing' : 'must be a map of policies',
      'write at least one policy, e.g. that of the shipped config.yaml',
    );
    return policies;
  }
  const broken = applyExtends(report, node);
  for (const name of node.entries.keys()) {
    checkName(report, ['policies'], name);
    policies.set(name, broken.has(name) ? undefined : readPolicy(report, known, name));
  }
  if (policies.size === 0) report.error(['policies'], 'there is no policy', 'write at least one');
  return policies;
}

/** A name of an account or a policy stands in loan ids, records and messages. */
export function checkName(report: Report, parent: readonly string[], name: string): void {
  if (!nameSyntax.safeParse(name).success) {
    report.errorAtKey(
      parent,
      name,
      `\`${name}\` is not a name`,
      'use up to 32 letters, digits and `-`, starting with a letter',
    );
  }
}

/** `unknown`: the name is not there. Told with the nearest one. */
export function checkPolicyName(
  report: Report,
  path: readonly (string | number)[],
  name: string,
  names: Iterable<string>,
): boolean {
  const all = [...names];
  if (all.includes(name)) return true;
  const near = nearest(name, all);
  report.error(
    path,
    `there is no policy \`${name}\``,
    near === undefined ? `there is: ${all.join(', ')}` : `did you mean \`${near}\`?`,
  );
  return false;
}

function readPolicy(report: Report, known: KnownAssets, name: string): PolicyConfig | undefined {
  const path = ['policies', name];
  const before = report.problems.length;
  const shape = readPart(report, policySchema, path);
  if (shape === undefined) return undefined;
  const policy = build(report, known, name, shape);
  if (shape.confirm.urgent > shape.confirm.act) {
    report.error(
      [...path, 'confirm', 'urgent'],
      'beyond `urgent` more looks are needed than before it',
      'write at most as many looks as for `act`',
    );
  }
  return report.problems.length === before ? policy : undefined;
}

function build(report: Report, known: KnownAssets, name: string, shape: PolicyShape): PolicyConfig {
  const path = ['policies', name];
  return {
    name,
    ...readBands(report, path, shape),
    confirm: shape.confirm,
    ladder: readLadder(report, known, [...path, 'ladder'], shape.ladder),
    limits: readLimits(report, [...path, 'limits'], shape.limits),
    coolDownMs: shape.coolDown,
    whenShort: shape.whenShort,
    whenUnsettled: shape.whenUnsettled,
    whenDislocated: ({ 'aim urgent': 'aimUrgent', 'aim target': 'aimTarget', hold: 'hold' } as const)[
      shape.whenDislocated
    ],
    dust: shape.dust,
    survive: readSurvive(report, [...path, 'survive'], shape.survive),
  };
}

function readSurvive(report: Report, path: Path, shape: PolicyShape['survive']): Survive | null {
  if (shape === undefined) return null;
  const { fall = null, rise = null } = shape;
  if (fall === null && rise === null) {
    report.error(path, 'names neither `fall` nor `rise`', 'write at least one of them, e.g. `survive: { fall: 30% }`');
  }
  return { fall, rise };
}

/** Replaces every policy that extends another one by the merged one; names of those that cannot be merged come back. */
function applyExtends(report: Report, policies: MapNode): ReadonlySet<string> {
  const broken = new Set<string>();
  const merged = new Map<string, MapEntry>(policies.entries);
  for (const [name, entry] of policies.entries) {
    if (entry.value.kind !== 'map') continue;
    const base = entry.value.entries.get('extends')?.value;
    if (base === undefined) continue;
    const found = base.kind === 'text' ? policies.entries.get(base.text) : undefined;
    const wrong = base.kind === 'text' ? wrongBase(report, policies, name, base.text) : tellKind(report, name);
    if (wrong || found === undefined) broken.add(name);
    else {
      if (base.kind === 'text') report.bases.add(base.text);
      merged.set(name, { keyPlace: entry.keyPlace, value: merge(found.value, without(entry.value, 'extends')) });
    }
  }
  const root = report.tree;
  if (root.kind === 'map') {
    const entries = new Map(root.entries);
    const old = entries.get('policies');
    if (old !== undefined) entries.set('policies', { keyPlace: old.keyPlace, value: { ...policies, entries: merged } });
    report.use({ ...root, entries });
  }
  return broken;
}

function tellKind(report: Report, name: string): boolean {
  report.error(['policies', name, 'extends'], 'must be the name of one policy', 'write one name');
  return true;
}

function wrongBase(report: Report, policies: MapNode, name: string, base: string): boolean {
  const path = ['policies', name, 'extends'];
  if (base === name) {
    report.error(path, 'a policy cannot extend itself', 'name another policy');
    return true;
  }
  if (!checkPolicyName(report, path, base, policies.entries.keys())) return true;
  const node = policies.entries.get(base)?.value;
  if (node?.kind === 'map' && node.entries.has('extends')) {
    report.error(path, `\`${base}\` itself extends another policy`, 'extend the first one: there is one level only');
    return true;
  }
  return false;
}
