/** The generated files are those of the source, and the JSON Schema says the same as the reader. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { referenceText, schemaText } from '../../src/config/print.ts';
import { fullSchema } from '../../src/config/schema.ts';
import type { JsonNode } from '../../src/config/schema.ts';
import { BASE, SIMULATED, change, load, problemsOf } from './helpers.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const HOW = 'stale: build, then run `node dist/config/writeSchema.js`';

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(JSON.parse(schemaText()));

/** As an editor reads it: unquoted figures are numbers. */
const asEditor = (text: string): unknown => parse(text);
const asText = (text: string): unknown => parse(text, { schema: 'failsafe' });

describe('generated files', () => {
  it('ballast.schema.json is current', () => {
    expect(read('ballast.schema.json') === schemaText(), HOW).toBe(true);
  });

  it('docs/config.md is current', () => {
    expect(read('docs/config.md') === referenceText(), HOW).toBe(true);
  });

  it.each([
    ['ballast.schema.json', schemaText],
    ['docs/config.md', referenceText],
  ])('%s is laid out as prettier leaves it', async (path, text) => {
    const options = await prettier.resolveConfig(new URL('config.yaml', root).pathname);
    expect(await prettier.check(text(), { ...options, filepath: path })).toBe(true);
  });

  it('every key has a description', () => {
    const bare: string[] = [];
    const walk = (node: JsonNode, path: string): void => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (child.description === undefined) bare.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
      for (const one of node.anyOf ?? []) walk(one, path);
      if (typeof node.additionalProperties === 'object') walk(node.additionalProperties, `${path}.*`);
      if (node.items !== undefined) walk(node.items, `${path}[]`);
    };
    walk(fullSchema(), '');
    expect(bare).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  it.each([
    ['the shipped configuration', read('config.yaml')],
    ['the base file', BASE],
    ['a simulated one', SIMULATED],
    ['that of one person', read('test/config/fixtures/individual.yaml')],
    [
      'one with everything',
      `${BASE}redis: { url: "\${env:R}", acceptWriteLoss: yes }\ntiming: { lookEvery: 3s }\nalerts: { to: { a: "https://x.example" }, deadMan: "\${env:D}" }\nassets: { WBETH: { wraps: ETH }, NEW: {} }\n`,
    ],
    [
      'one that extends',
      change(
        BASE,
        'policies:\n',
        'policies:\n  child: { extends: careful, bands: { act: cushion 15% }, limits: { perDay: 50000 USD } }\n',
      ),
    ],
  ])('takes %s', (_name, text) => {
    for (const value of [asEditor(text), asText(text)]) {
      validate(value);
      expect(validate.errors).toBeNull();
    }
  });

  it.each([
    ['an unknown key', 'mode: dry-run', 'mode: dry-run\nmod: live'],
    ['an unknown word', 'mode: dry-run', 'mode: wet'],
    ['a missing unit', 'perDay: 40000 USD', 'perDay: 40000'],
    ['a missing line', '      perHour: 20000 USD\n', ''],
    ['a bad level', 'act: cushion 16%', 'act: 16'],
    ['a part reference', '"${env:KEY}"', '"a${env:KEY}"'],
    ['an unknown wallet', 'spot: {', 'spott: {'],
    ['the treasury', 'from: wallet,', 'from: treasury,'],
  ])('refuses %s, as the reader does', (_name, from, to) => {
    const text = change(BASE, from, to);
    expect(validate(asText(text))).toBe(false);
    expect(problemsOf(text)).not.toEqual([]);
  });

  it('a policy that extends nothing is complete', () => {
    expect(validate(asText(change(BASE, 'policies:\n', 'policies:\n  child: { bands: { act: cushion 15% } }\n')))).toBe(
      false,
    );
    expect(load(BASE).policies).toHaveProperty('careful');
  });
});
