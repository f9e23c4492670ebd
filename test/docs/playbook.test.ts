/** The playbook's rows name the tests that show them: they exist, and every row names one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, read } from './pages.ts';

const rows = read('docs/playbook.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

it('there are rows', () => {
  expect(rows.length).toBeGreaterThan(10);
});

it.each(rows.map((cells) => [cells[1] ?? '', cells] as const))(
  '%s: its tests exist and test something',
  (_name, cells) => {
    const tests = [...(cells[5] ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '');
    expect(cells).toHaveLength(7);
    expect(tests.length).toBeGreaterThan(0);
    for (const path of tests) {
      expect(path).toMatch(/^test\/.*\.test\.ts$/);
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(readFileSync(join(ROOT, path), 'utf8')).toMatch(/\b(?:it|test)\b/);
    }
  },
);
