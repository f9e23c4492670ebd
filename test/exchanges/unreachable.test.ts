/** A borrow can be sent, and nothing that a policy says or the core decides can ask for one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { PRODUCTS } from '../../src/core/loan.ts';
import { PRODUCT_FACTS, legalRung, routeOf } from '../../src/core/products.ts';
import { BASE, change, problemsOf } from '../config/helpers.ts';
import { ROOT, filesIn, lineOf, parseSource, visit } from '../tidy/files.ts';

const ACTIONS = ['repay', 'add', 'sell'] as const;
const SOURCES = ['inside', 'wallet', 'treasury'] as const;

describe('no route of a product', () => {
  const routes = PRODUCTS.flatMap((product) =>
    ACTIONS.flatMap((action) => SOURCES.map((from) => ({ product, action, from }))),
  );

  it.each(routes)('holds a borrow: $product, $action from $from', ({ product, action, from }) => {
    const verbs = (routeOf(product, action, from) ?? []).map(({ verb }) => verb);
    expect(verbs).not.toContain('borrow');
    expect(verbs.length > 0).toBe(legalRung(product, action, from).ok);
  });

  it.each(PRODUCTS)('releases by a borrow: %s', (product) => {
    expect(PRODUCT_FACTS[product].release.map(({ verb }) => verb)).not.toContain('borrow');
  });
});

describe('the policy language', () => {
  it('has no word for it', () => {
    const spoilt = change(BASE, 'do: add', 'do: borrow');
    expect(problemsOf(spoilt).map(({ key }) => key)).toContain('policies.careful.ladder[1].do');
  });

  it('lists it as a value of nothing', () => {
    const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'ballast.schema.json'), 'utf8'));
    const values: unknown[] = [];
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [name, value] of Object.entries(node)) {
        if ((name === 'enum' || name === 'const') && !Array.isArray(node)) values.push(value);
        collect(value);
      }
    };
    collect(schema);
    expect(values.length).toBeGreaterThan(3);
    expect(values.flat()).not.toContain('borrow');
  });
});

/** A word in the row of a table that is about borrowing: `borrow: 'borrow'`, `borrow: { does: 'borrow' }`. */
function isWordFor(node: ts.Node): boolean {
  return ts.isPropertyAssignment(node) && node.name.getText() === 'borrow';
}

/** Where `'borrow'` is a value that code could use as a verb: not in a type, and not the word that stands for the verb. */
function borrowsIn(path: string, text?: string): string[] {
  const source = parseSource(path, text);
  const found: string[] = [];
  visit(source, (node) => {
    if (!ts.isStringLiteralLike(node) || node.text !== 'borrow') return;
    if (ts.isLiteralTypeNode(node.parent)) return;
    const word = isWordFor(node.parent) || isWordFor(node.parent.parent.parent);
    const asked = ts.isBinaryExpression(node.parent) || ts.isCaseClause(node.parent);
    if (!word && !asked) found.push(`${path}:${String(lineOf(source, node))}`);
  });
  return found;
}

describe('no code that decides', () => {
  it.each(['core', 'machines', 'jobs', 'replay'])('makes one: src/%s', (folder) => {
    expect(filesIn(`src/${folder}`, '.ts').flatMap((path) => borrowsIn(path))).toEqual([]);
  });

  it('is overlooked by the search', () => {
    const text = `
      type Verb = 'repay' | 'borrow';
      const words = { borrow: 'borrow' };
      if (verb === 'borrow') stop();
      const leg = { verb: 'borrow' };
      step('borrow', 'loan');
    `;
    expect(borrowsIn('example.ts', text)).toEqual(['example.ts:5', 'example.ts:6']);
  });
});
