/** The tests themselves: every one runs, and its title says which one it is. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, lineOf, parseSource, visit } from './files.ts';

const RUNNERS = new Set(['it', 'test', 'describe', 'bench', 'suite']);
/** `todo` announces a test that does not exist; `fails` and `retry` hide one that does not hold. */
const MEMBERS = new Set(['each', 'for', 'concurrent', 'sequential', 'shuffle', 'extend', 'scoped']);
const SILENCERS = new Set(['only', 'skip', 'todo', 'fails', 'skipIf', 'runIf']);

/**
 * Whole suites that need something a machine may lack say so here, with the reason. `runIf` and `skipIf` are allowed
 * there, and nowhere else.
 */
const CONDITIONAL: Readonly<Record<string, string>> = {
  'test/conformance/': 'reads the shared data folder of the project when it is there',
  'test/browser/': 'needs a browser',
};

/** `it.each(table)` → `it`, `describe.skip` → `describe` with `skip`. */
function runnerOf(
  call: ts.CallExpression,
): { readonly runner: string; readonly members: readonly string[] } | undefined {
  const members: string[] = [];
  let at: ts.Expression = call.expression;
  for (;;) {
    if (ts.isCallExpression(at) || ts.isTaggedTemplateExpression(at))
      at = ts.isCallExpression(at) ? at.expression : at.tag;
    else if (ts.isPropertyAccessExpression(at)) {
      members.push(at.name.text);
      at = at.expression;
    } else break;
  }
  // Anything else of that name is somebody's variable (`bench.set('BTC')`).
  const known = members.every((member) => MEMBERS.has(member) || SILENCERS.has(member));
  return known && ts.isIdentifier(at) && RUNNERS.has(at.text) ? { runner: at.text, members } : undefined;
}

/** The titles around a test, then its own. */
function fullTitle(node: ts.CallExpression): string | undefined {
  const title = node.arguments[0];
  if (title === undefined || !ts.isStringLiteralLike(title)) return undefined;
  const outer: string[] = [];
  for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (!ts.isCallExpression(at) || runnerOf(at) === undefined) continue;
    const outerTitle = at.arguments[0];
    if (outerTitle !== undefined && ts.isStringLiteralLike(outerTitle)) outer.unshift(outerTitle.text);
  }
  return [...outer, title.text].join(' > ');
}

function examine(path: string, text?: string): { readonly titles: string[]; readonly silenced: string[] } {
  const source = parseSource(path, text);
  const titles: string[] = [];
  const silenced: string[] = [];
  visit(source, (node) => {
    const found = ts.isCallExpression(node) ? runnerOf(node) : undefined;
    if (found === undefined || !ts.isCallExpression(node)) return;
    const silencer = found.members.find((member) => SILENCERS.has(member));
    if (silencer !== undefined) silenced.push(`${path}:${lineOf(source, node)} ${found.runner}.${silencer}`);
    const title = found.runner === 'describe' ? undefined : fullTitle(node);
    if (title !== undefined) titles.push(title);
  });
  return { titles, silenced };
}

function repeated(titles: readonly string[]): string[] {
  return titles.filter((title, index) => titles.indexOf(title) !== index);
}

describe('test files', () => {
  const paths = filesIn('test', '.test.ts');

  it('run every test they hold', () => {
    const always = paths.filter((path) => !Object.keys(CONDITIONAL).some((folder) => path.startsWith(folder)));
    expect(always.flatMap((path) => examine(path).silenced)).toEqual([]);
  });

  it('use no title twice', () => {
    expect(paths.flatMap((path) => repeated(examine(path).titles).map((title) => `${path} ${title}`))).toEqual([]);
  });

  it('end with .test.ts wherever they hold tests, so that they are run', () => {
    const strays = filesIn('test', '.ts').filter(
      (path) => !path.endsWith('.test.ts') && examine(path).titles.length > 0,
    );
    expect(strays).toEqual([]);
  });
});

describe('the search in tests', () => {
  it('sees silenced and repeated tests', () => {
    const text =
      "describe('a', () => { it('b', f); it.skip('b', f); it.each([1])('c', f); bench.set('b'); });\nit.only('b', f);";
    const { titles, silenced } = examine('example.ts', text);
    expect(repeated(titles)).toEqual(['a > b']);
    expect(silenced).toEqual(['example.ts:1 it.skip', 'example.ts:2 it.only']);
  });
});
