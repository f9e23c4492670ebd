/** The catalogue of alerts and what the code raises are the same list. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, categoryOf } from '../../src/alerts/catalogue.ts';
import { CAUSES } from '../../src/machines/accountMachine.ts';
import { CANNOT_ACT } from '../../src/jobs/escalating.ts';
import { STUCK } from '../../src/jobs/stuck.ts';
import { VENUE_RISK } from '../../src/jobs/venueRisks.ts';

const SRC = join(import.meta.dirname, '../../src');

/** Functions whose argument is a category, and which argument it is. */
const RAISING: Readonly<Record<string, number>> = {
  alert: 1,
  '#alert': 1,
  lasting: 1,
  tellOnce: 1,
  one: 1,
  '#serve': 0,
};

/** What stands for a category without being one: passed on, or one of the names given. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'jobs/needing.ts none': ['unlisted', 'levels'],
  'jobs/venueRisks.ts VENUE_RISK': [VENUE_RISK],
  'jobs/escalating.ts CANNOT_ACT': [CANNOT_ACT],
  'jobs/stuck.ts STUCK': [STUCK],
  'jobs/conditions.ts kind': Object.keys(CAUSES),
  'machines/accountMachine.ts kind': Object.keys(CAUSES),
  'machines/loanContext.ts once': [],
  'jobs/draft.ts command.category': [],
  'jobs/draft.ts category': [],
  'cli/narrator.ts event': [],
  'cli/start.ts app': [],
};

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
}

interface Found {
  readonly names: Set<string>;
  readonly unclear: string[];
}

function raisedIn(path: string, text: string, found: Found): void {
  const take = (node: ts.Expression | undefined): void => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node)) found.names.add(node.text);
    else if (NAMES[`${path} ${node.getText()}`] === undefined) found.unclear.push(`${path}: ${node.getText()}`);
    else for (const name of NAMES[`${path} ${node.getText()}`] ?? []) found.names.add(name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const called = node.expression;
      const name = ts.isPropertyAccessExpression(called) ? called.name.text : called.getText();
      const at = Object.hasOwn(RAISING, name) ? RAISING[name] : undefined;
      if (at !== undefined && node.arguments.length > at) take(node.arguments[at]);
    }
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'category') take(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true));
}

function raised(): Found {
  const found: Found = { names: new Set(), unclear: [] };
  for (const folder of ['jobs', 'machines', 'cli', 'alerts']) {
    for (const file of files(join(SRC, folder))) {
      raisedIn(`${folder}/${file}`, readFileSync(join(SRC, folder, file), 'utf8'), found);
    }
  }
  raisedIn('app.ts', readFileSync(join(SRC, 'app.ts'), 'utf8'), found);
  return found;
}

describe('the catalogue', () => {
  const { names, unclear } = raised();
  /** Said in tests of a channel only. */
  names.delete('test');

  it('has a row for every category that the code raises', () => {
    expect(unclear).toEqual([]);
    expect([...names].filter((name) => !Object.hasOwn(CATALOGUE, name))).toEqual([]);
  });

  it('has no row that nothing raises', () => {
    expect(Object.keys(CATALOGUE).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(Object.keys(CATALOGUE))('says of %s what Ballast does and what the operator can do', (name) => {
    const { means, does, can } = categoryOf(name);
    expect(means).toMatch(/^\S.{3,60}[^.]$/);
    for (const sentence of [does, can]) expect(sentence).toMatch(/^[A-Z`][^]*[.]$/);
    const places = [...`${does} ${can}`.matchAll(/\{(\w+)\}/g)].map(([, place]) => place);
    expect(places.every((place) => ['account', 'loan', 'target'].includes(place ?? ''))).toBe(true);
  });
});

it('the search sees categories however they are given, and says where it sees none', () => {
  const found: Found = { names: new Set(), unclear: [] };
  raisedIn(
    'x.ts',
    "draft.lasting('critical', 'a', id); this.#alert('info', `b`, x); f({ category: 'c' }); alert('info', which, '')",
    found,
  );
  expect([...found.names]).toEqual(['a', 'b', 'c']);
  expect(found.unclear).toEqual(['x.ts: which']);
});
