/** docs/simulator.md says what is there: its World can be built, and its tables name every fault, deed and admin call. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualHost } from '../../src/simulator/host.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { flat } from './support.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const text = read('docs/simulator.md');

/** Words after a pattern, each once. */
const words = (source: string, pattern: RegExp): string[] => [
  ...new Set([...source.matchAll(pattern)].map(([, word = '']) => word)),
];

describe('the document', () => {
  it('shows a World that can be built', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    const simulation = new Simulation(JSON.parse(example), flat(), new VirtualHost());
    const loans = simulation.engine.books.flatMap((books) => books.report());
    expect(loans.map((loan) => [loan.product, Number(loan.ltv).toFixed(4)])).toEqual([
      ['binance.crossMargin', '0.6200'],
      ['binance.isolatedMargin', '0.6667'],
      ['binance.flexibleLoan', '0.7000'],
      ['okx.flexibleLoan', '0.7000'],
      ['okx.spotBorrow', '0.5000'],
    ]);
  });

  it('names every fault', () => {
    const documented = words(text, /kind: "(\w+)"/g).sort();
    expect(documented).toEqual(words(read('src/simulator/faults.ts'), /kind: z\.literal\('(\w+)'\)/g).sort());
  });

  it.each(['src/simulator/binance/deeds.ts', 'src/simulator/okx/acts.ts'])('names every deed of %s', (path) => {
    const source = read(path);
    const grouped = words(source, /do: z\.enum\(\[([^\]]+)\]/g).flatMap((list) => words(list, /'(\w+)'/g));
    for (const deed of [...words(source, /do: z\.literal\('(\w+)'\)/g), ...grouped])
      expect(text).toMatch(new RegExp(`\\{do: [^,}]*"${deed}"`));
  });

  it('names every admin call', () => {
    for (const call of words(read('src/simulator/admin.ts'), /case '([A-Z]+ \w+)'/g))
      expect(text).toContain(`\`${call.replace(' ', ' /')}`);
  });

  it('names switches that exist', () => {
    const settings = read('src/simulator/binance/settings.ts') + read('src/simulator/okx/world.ts');
    const rows = words(text, /^\| (?:Binance|OKX) (`.+?) \|/gm).flatMap((cell) => words(cell, /`(\w+)`/g));
    expect(rows.length).toBeGreaterThan(10);
    for (const name of rows) expect(settings).toMatch(new RegExp(`\\b${name}: z\\s*\\.`));
  });
});
