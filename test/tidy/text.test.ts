/** Words that have no place in a committed file: notes to oneself, one machine's paths, one network's hosts. */
import { describe, expect, it } from 'vitest';
import { FILES, readText } from './files.ts';

/** Written in pieces, so that this file does not match itself. */
const any = (...words: readonly string[]): string => `(?:${words.join('|')})`;

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly where: (path: string) => boolean;
}

const everywhere = (): boolean => true;
const isCode = (path: string): boolean =>
  /\.(ts|mjs|js|json|ya?ml|html|css|lua)$/.test(path) && path !== 'package-lock.json';

const RULES: readonly Rule[] = [
  {
    name: 'a note to do something later',
    pattern: new RegExp(`\\b${any('TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X')}\\b`),
    where: isCode,
  },
  {
    name: 'a path of one machine',
    pattern: new RegExp(`(?<![\\w.~/-])/${any('work', 'farm', 'Users', 'home/(?!linuxbrew)')}/`),
    where: everywhere,
  },
  {
    name: 'the host of a package registry',
    pattern: new RegExp(
      any('registry\\.(?:npm' + 'js|yarn' + 'pkg|npm' + 'mirror)', 'npm\\.pkg\\.git' + 'hub', '\\bartifact' + 'ory\\b'),
      'i',
    ),
    where: everywhere,
  },
  { name: 'a conflict mark of git', pattern: /^(?:<{7}|>{7}) /m, where: everywhere },
];

function strays({ pattern, where }: Rule): string[] {
  return FILES.filter(where).flatMap((path) => {
    const lines = readText(path)?.split('\n') ?? [];
    return lines.flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 100)}`] : [],
    );
  });
}

describe('no committed file holds', () => {
  it.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    expect(strays(rule)).toEqual([]);
  });
});
