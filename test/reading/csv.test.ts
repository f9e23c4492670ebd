/** CSV that any reader of RFC 4180 reads back, and that no spreadsheet carries out. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvLine } from '../../src/reading/csv.ts';

/** A reader by the letter of RFC 4180, that shares nothing with the writer. */
function read(text: string): string[][] {
  const lines: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (quoted && one === '"' && text[at + 1] === '"') cell += text[(at += 1)] ?? '';
    else if (one === '"') quoted = !quoted;
    else if (!quoted && (one === ',' || text.startsWith('\r\n', at))) {
      lines.at(-1)?.push(cell);
      cell = '';
      if (one !== ',') {
        lines.push([]);
        at += 1;
      }
    } else cell += one;
  }
  return lines.slice(0, -1);
}

const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', "'", ' ', 'é', ';') }),
  fc.string(),
);

it('gives every text back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.array(nasty, { minLength: 1 }), { minLength: 1 }), (rows) => {
      const harmless = rows.map((row) => row.map((cell) => `x${cell}`));
      expect(read(harmless.map(csvLine).join(''))).toEqual(harmless);
    }),
  );
});

it.each([
  '=1+1',
  '+cmd',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  ' =1',
  '\n+1',
  '%0A=1',
  '|calc',
  '=HYPERLINK("http://x")',
])('lets no spreadsheet carry out %j', (text) => {
  expect(read(csvLine([text, 'b']))).toEqual([[`'${text}`, 'b']]);
});

it('leaves numbers and times what they are', () => {
  const cells = ['-12.5', '0', '0.00000001', '2026-05-19T00:00:00.000Z', '', "it's", '1795304678799'];
  expect(csvLine(cells)).toBe(`${cells.join(',')}\r\n`);
});
