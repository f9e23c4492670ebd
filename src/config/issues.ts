/** Reads a part of the file with its schema; what zod finds is told with place, key and remedy. */
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import { keysAt, refusedKey, schemaAt } from './schema.ts';
import { nodeAt, pathText, toPlain } from './tree.ts';
import type { Path } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** What a missing or misplaced thing is, from the words of the schema. */
function about(path: Path): string {
  const node = schemaAt(path);
  const example = node?.examples?.[0];
  const key = String(path.at(-1) ?? '');
  const hint = typeof example === 'string' ? `, e.g. \`${key}: ${example}\`` : '';
  return `${hint}${node?.description === undefined ? '' : ` (${node.description})`}`;
}

/** Reads the value at a path; `undefined` when it is wrong (then told) or absent and optional. */
export function readPart<T>(report: Report, schema: z.ZodType<T>, path: Path): T | undefined {
  const node = nodeAt(report.tree, path);
  const result = schema.safeParse(node === undefined ? undefined : toPlain(node));
  if (result.success) return result.data;
  for (const issue of result.error.issues) tell(report, path, issue);
  return undefined;
}

function tell(report: Report, base: Path, issue: Issue): void {
  const path: Path = [...base, ...issue.path.filter((step) => typeof step !== 'symbol')];
  switch (issue.code) {
    case 'custom': {
      const { says, remedy } = issue.params ?? {};
      report.error(
        path,
        typeof says === 'string' ? says : issue.message,
        typeof remedy === 'string' ? remedy : 'see docs/config.md',
      );
      return;
    }
    case 'unrecognized_keys':
      for (const key of issue.keys) unknownKey(report, path, key);
      return;
    case 'invalid_key':
      invalidKey(report, path, issue);
      return;
    case 'invalid_union':
      union(report, path, issue);
      return;
    case 'invalid_type':
      wrongKind(report, path, issue.expected);
      return;
    default:
      report.error(
        path,
        issue.code === 'too_small' ? 'is an empty list' : issue.message,
        `write at least one${about(path)}`,
      );
  }
}

export function unknownKey(report: Report, parent: Path, key: string): void {
  const refused = refusedKey(pathText(parent), key);
  if (refused !== undefined) {
    report.errorAtKey(parent, key, refused.says, refused.instead);
    return;
  }
  const keys = keysAt(parent);
  const near = nearest(key, keys);
  const remedy = near === undefined ? `remove it; there is: ${keys.join(', ')}` : `did you mean \`${near}\`?`;
  report.errorAtKey(parent, key, 'is not a key of the language', remedy);
}

function invalidKey(report: Report, path: Path, issue: Extract<Issue, { code: 'invalid_key' }>): void {
  const key = String(path.at(-1) ?? '');
  const first = issue.issues[0];
  const params = first?.code === 'custom' ? first.params : undefined;
  const allowed = keysAt(path.slice(0, -1));
  const near = nearest(key, allowed);
  const remedy =
    typeof params?.['remedy'] === 'string'
      ? params['remedy']
      : near === undefined
        ? `there is: ${allowed.join(', ')}`
        : `did you mean \`${near}\`?`;
  report.errorAtKey(path.slice(0, -1), key, `\`${key}\` cannot stand here`, remedy);
}

/** The options of a union differ in kind (word, list, map), so the one of the right kind tells what is wrong. */
function union(report: Report, path: Path, issue: Extract<Issue, { code: 'invalid_union' }>): void {
  const wrongAtRoot = (one: Issue): boolean => one.code === 'invalid_type' && one.path.length === 0;
  const fitting = issue.errors.find((issues) => !issues.some(wrongAtRoot));
  if (fitting === undefined) {
    const kinds = issue.errors.flatMap((issues) =>
      issues.filter((one) => one.code === 'invalid_type').map((one) => kindOf(one.expected)),
    );
    report.error(path, `must be ${[...new Set(kinds)].join(' or ')}`, `rewrite it${about(path)}`);
    return;
  }
  for (const one of fitting) tell(report, path, one);
}

function kindOf(expected: string): string {
  if (expected === 'string') return 'a single value';
  return expected === 'array' ? 'a list, e.g. `[a, b]`' : 'a map of keys';
}

function wrongKind(report: Report, path: Path, expected: string): void {
  if (!report.has(path)) {
    report.error(path, 'is missing', `add it${about(path)}`);
    return;
  }
  const node = nodeAt(report.tree, path);
  const empty = node?.kind === 'text' && node.text === '';
  report.error(path, empty ? 'has no value' : `must be ${kindOf(expected)}`, `rewrite it${about(path)}`);
}
