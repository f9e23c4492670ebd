/** Characters that look like nothing or like something else: tabs, control characters, invisible blanks, direction marks. */
import type { Place } from './problems.ts';

export interface BadCharacter {
  readonly place: Place;
  readonly says: string;
  readonly remedy: string;
}

const BAD =
  /[\u0000-\u0009\u000B-\u000C\u000E-\u001F\u007F-\u00A0\u00AD\u200B-\u200F\u2028-\u202F\u205F-\u206F\u3000\uFEFF]/u;

/** The first bad character of each line. */
export function badCharacters(text: string): readonly BadCharacter[] {
  const found: BadCharacter[] = [];
  text.split('\n').forEach((line, index) => {
    const match = BAD.exec(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (match === null) return;
    const place = { line: index + 1, column: match.index + 1 };
    if (match[0] === '\t') found.push({ place, says: 'the line holds a tab', remedy: 'use blanks' });
    else {
      const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      found.push({
        place,
        says: `the line holds the invisible character U+${code}`,
        remedy: 'remove it or write a plain blank',
      });
    }
  });
  return found;
}
