/** Calls that reach outside the program are made in their one home only. The table is `homes.ts`. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, lineOf, parseSource, visit } from './files.ts';
import { BANNED, type Banned } from './homes.ts';

/** `Date.now`, `new Date`, `setTimeout`: the ways one node can name something outside. */
function namesOf(node: ts.Node): string[] {
  if (ts.isNewExpression(node)) return [`new ${node.expression.getText()}`];
  if (ts.isPropertyAccessExpression(node)) {
    const full = node.getText().replace(/^globalThis\./, '');
    return [full, full.split('.')[0] ?? ''];
  }
  // A global used bare: called, or handed on (`const sleep = setTimeout`).
  const isName = ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent) && !ts.isTypeNode(node.parent);
  if (!isName || ts.isPropertyAssignment(node.parent) || ts.isImportSpecifier(node.parent)) return [];
  return ts.isPropertySignature(node.parent) || ts.isMethodSignature(node.parent) ? [] : [node.text];
}

/** A home ending with `/` holds every file below it. */
const isHome = (home: string, path: string): boolean => (home.endsWith('/') ? path.startsWith(home) : path === home);

function uses(path: string, text?: string): { readonly banned: Banned; readonly line: number }[] {
  const source = parseSource(path, text);
  const found: { banned: Banned; line: number }[] = [];
  visit(source, (node) => {
    const names = namesOf(node);
    for (const banned of BANNED) if (names.includes(banned.call)) found.push({ banned, line: lineOf(source, node) });
  });
  return found;
}

describe('src/', () => {
  it('reaches outside only from the homes', () => {
    const strays = filesIn('src', '.ts').flatMap((path) =>
      uses(path)
        .filter(({ banned }) => !Object.keys(banned.homes).some((home) => isHome(home, path)))
        .map(({ banned, line }) => `${path}:${line} ${banned.call}: ${banned.instead}`),
    );
    expect(strays).toEqual([]);
  });

  it('has a reason for each home', () => {
    const reasons = BANNED.flatMap(({ homes }) => Object.values(homes));
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
  });
});

describe('the search for banned calls', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Date.now', 'const t = Date.now();'],
    ['Date.now', 'const clock = Date.now;'],
    ['Date.now', 'globalThis.Date.now();'],
    ['new Date', 'const t = new Date();'],
    ['setTimeout', 'setTimeout(() => {}, 5);'],
    ['setTimeout', 'const later = setTimeout;'],
    ['Math.random', 'const x = Math.random();'],
    ['process.env', "const home = process.env['HOME'];"],
    ['process.env', 'const { HOME } = process.env;'],
    ['console', "console.log('x');"],
    ['console', 'const log = console;'],
  ];

  it.each(cases)('finds %s in %s', (call, text) => {
    expect(uses('example.ts', text).map(({ banned }) => banned.call)).toContain(call);
  });

  it('is not fooled by words in comments, strings, types and members of other things', () => {
    const text = `
      // Date.now() and setTimeout
      const text = 'process.env console.log';
      type Timer = ReturnType<typeof setTimeoutLike>;
      clock.setTimeout(5);
      const host = { setTimeout: 5 };
    `;
    expect(uses('example.ts', text)).toEqual([]);
  });
});
