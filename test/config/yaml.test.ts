/** What a file may look like: a small, strict part of YAML, every value text. */
import { describe, expect, it } from 'vitest';
import { EXIT_CONFIG, MOST_PROBLEMS } from '../../src/config/problems.ts';
import { readYaml } from '../../src/config/yaml.ts';
import { toPlain } from '../../src/config/tree.ts';
import { BASE, FILE, change, errorOf, expectProblem, load, problemsOf } from './helpers.ts';
import type { Expected } from './helpers.ts';

const SPOILT: readonly (readonly [name: string, from: string, to: string, expected: Expected])[] = [
  [
    'an anchor',
    'live: no',
    'live: &off no',
    { at: '&off', key: 'accounts.main.live', says: /`&off` is an anchor/, remedy: /remove it/ },
  ],
  [
    'an alias',
    'policy: careful }',
    'policy: *name }',
    {
      at: '*name',
      key: 'accounts.main.loans[0].policy',
      says: /`\*name` is an alias|alias/i,
      remedy: /write the value out/,
    },
  ],
  [
    'a tag',
    'version: 1',
    'version: !!int 1',
    { at: '!!int', key: 'version', says: /YAML tag/, remedy: /remove the tag/ },
  ],
  [
    'a merge key',
    '    unlisted: alert',
    '    <<: { unlisted: alert }',
    { at: '<<', key: 'accounts.main', says: /`<<` would merge/, remedy: /extends/ },
  ],
  [
    'a key twice',
    '    unlisted: alert',
    '    unlisted: alert\n    live: yes',
    { at: 'live: yes', key: 'accounts.main.live', says: /twice \(first in line 6\)/, remedy: /keep one/ },
  ],
  [
    'a tab',
    '    live: no',
    '    live:\tno',
    { at: 'live:\tno', key: 'accounts.main.live', says: /a tab/, remedy: /blanks/ },
  ],
  [
    'an invisible blank',
    '500 USDT',
    '500\u00A0USDT',
    {
      at: '500\u00A0USDT',
      key: 'accounts.main.wallets.spot.keep',
      says: /invisible character U\+00A0/,
      remedy: /plain blank/,
    },
  ],
  [
    'a direction mark',
    'perDay: 40000 USD',
    'perDay: \u202E40000 USD',
    { at: '\u202E', key: 'policies.careful.limits.perDay', says: /U\+202E/, remedy: /remove it/ },
  ],
  [
    'a second document',
    'policies:',
    '---\npolicies:',
    { at: '---', key: 'accounts.main.unlisted', says: /a second document/, remedy: /one document/ },
  ],
  [
    'a block text',
    'venue: binance',
    'venue: |\n      binance',
    { at: 'venue: |', key: 'accounts.main.venue', says: /several lines/, remedy: /one line/ },
  ],
  [
    'a text over two lines',
    'venue: binance',
    'venue: binance\n      margin',
    { at: 'venue: binance', key: 'accounts.main.venue', says: /several lines/, remedy: /indent/ },
  ],
  [
    'a quoted text over two lines',
    'expectUid: "111"',
    'expectUid: "11\n      1"',
    { at: 'expectUid', key: 'accounts.main.expectUid', says: /several lines/, remedy: /one line/ },
  ],
  [
    'a reference in a key',
    '      spot:',
    '      ${env:KEY}:',
    { at: '${env:KEY}:', key: 'accounts.main.wallets', says: /a key holds/, remedy: /values only/ },
  ],
  [
    'a key that is a list',
    '      spot: {',
    '      [a]: {',
    { at: '[a]', key: 'accounts.main.wallets', says: /not a simple word/, remedy: /key: value/ },
  ],
  [
    'a key of every object',
    '  careful:\n',
    '  constructor: {}\n  careful:\n',
    { at: 'constructor', key: 'policies', says: /cannot be a key/, remedy: /letters/ },
  ],
  [
    'an open bracket',
    'actions: 12 per hour',
    'actions: [12 per hour',
    { at: 'actions: [', key: 'policies.careful.limits.actions', says: /not valid YAML/, remedy: /./ },
  ],
];

describe('a file that is refused', () => {
  it.each(SPOILT)('%s', (name, from, to, expected) => {
    const text = change(BASE, from, to);
    if (name === 'an open bracket') {
      const [problem] = problemsOf(text);
      expect(problem).toMatchObject({ file: FILE, key: expected.key });
      expect(problem?.says).toMatch(expected.says);
    } else expectProblem(text, expected);
  });

  it('not UTF-8, as bytes and as text that lost bytes', () => {
    const bytes = new Uint8Array([...new TextEncoder().encode(BASE), 0xc3, 0x28]);
    for (const content of [bytes, `${BASE}# \uFFFD`]) {
      expect(problemsOf(content)).toMatchObject([
        { file: FILE, line: 1, column: 1, says: 'the file is not UTF-8', remedy: 'save it as UTF-8' },
      ]);
    }
  });

  it('empty, too large, too deep, a list', () => {
    expect(problemsOf('')[0]?.says).toMatch(/empty/);
    expect(problemsOf(`# ${'x'.repeat(1_048_577)}`)[0]?.says).toMatch(/larger than 1 MiB/);
    expect(problemsOf(`a: ${'['.repeat(30)}${']'.repeat(30)}`)[0]?.says).toMatch(/nested too deeply/);
    expect(problemsOf('- version: 1')[0]?.says).toMatch(/not a map/);
  });

  it('a YAML directive', () => {
    expect(problemsOf(`%YAML 1.1\n---\n${BASE}`)[0]).toMatchObject({
      line: 1,
      says: 'the file starts with a YAML directive',
    });
  });
});

describe('everything is told at once', () => {
  it('problems of several sections, first lines first', () => {
    const text = change(change(change(BASE, 'mode: dry-run', 'mode: dry'), '500 USDT', '500'), '12 per hour', '12/h');
    expect(problemsOf(text).map(({ line, key }) => `${String(line)} ${key}`)).toEqual([
      '2 mode',
      '10 accounts.main.wallets.spot.keep[0]',
      '29 policies.careful.limits.actions',
    ]);
  });

  it('at most fifty, and how many more', () => {
    const many = Array.from({ length: 70 }, (_, index) => `unknown${String(index)}: 1`).join('\n');
    const error = errorOf(`${BASE}${many}\n`);
    expect(error.problems).toHaveLength(MOST_PROBLEMS);
    expect(error.message).toMatch(/… and 20 more$/);
    expect(error.exit).toBe(EXIT_CONFIG);
    expect(EXIT_CONFIG).toBe(78);
  });

  it('every line of the message has file, line, column, key and remedy', () => {
    const lines = errorOf(
      BASE.replace('perDay: 40000 USD', 'perDay: lots').replace('mode: dry-run', 'mode: wet'),
    ).message.split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^\/etc\/ballast\/test\.yaml:\d+:\d+: [\w.]+: .+; .+$/);
  });
});

describe('every value is text', () => {
  it('words and figures that YAML likes to change stay what they look like', () => {
    const result = readYaml(
      FILE,
      'a: NO\nb: ON\nc: 1E5\nd: 0.10\ne: 0x1F\nf: 2024-01-01\ng: ~\nh: .inf\ni: 1_000\nj: true\nk: ""\nl:\n',
    );
    if (!result.ok) throw new Error('refused');
    expect(toPlain(result.tree)).toEqual({
      a: 'NO',
      b: 'ON',
      c: '1E5',
      d: '0.10',
      e: '0x1F',
      f: '2024-01-01',
      g: '~',
      h: '.inf',
      i: '1_000',
      j: 'true',
      k: '',
      l: '',
    });
  });

  it('a byte order mark and Windows line ends are fine', () => {
    expect(load(`\uFEFF${BASE.replaceAll('\n', '\r\n')}`).digest).toBe(load(BASE).digest);
    expect(load(new TextEncoder().encode(BASE)).digest).toBe(load(BASE).digest);
  });
});
