/** The question at a terminal: only a plain yes is one. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { askAt } from '../../src/cli/output.ts';

function answered(text: string): Promise<boolean> {
  const input = new PassThrough();
  const said = askAt(input, new PassThrough(), 'Take it over? ');
  input.end(text);
  return said;
}

it.each([
  ['y\n', true],
  [' Yes \n', true],
  ['\n', false],
  ['n\n', false],
  ['yesterday\n', false],
  // The terminal went away.
  ['', false],
])('%j is %s', async (text, said) => {
  expect(await answered(text)).toBe(said);
});
