/** CSV as RFC 4180 has it, safe to open in a spreadsheet. Pure. */

/** A number or a time is a number or a time, whatever it begins with. */
const PLAIN = /^-?\d+(?:\.\d+)?$/;
/** Spreadsheets take a cell that begins like this for a formula, which may send the sheet to somebody. */
const FORMULA = /^[\s]*[=+\-@\t\r\n|%]/;

/** One line with its end. A text that a spreadsheet would carry out gets an apostrophe before it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(text: string): string {
  const safe = PLAIN.test(text) || !FORMULA.test(text) ? text : `'${text}`;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
