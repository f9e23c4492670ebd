/**
 * The list of endpoints in `seedEndpoints.ts` against the documents themselves, which live beside the project; without
 * them this suite says that it was skipped.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SEED_ENDPOINTS } from '../exchanges/seedEndpoints.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url));
const present = existsSync(FOLDER);

/** `GET`, then a path in backticks: how all five write the request. */
function documented(): string[] {
  const texts = readdirSync(FOLDER).map((name) => readFileSync(FOLDER + name, 'utf8'));
  const found = texts.flatMap((text) => [
    ...[...text.matchAll(/^`?(GET|POST) `?(\/[\w/-]+)`/gm)].map(([, method, path]) => `${method ?? ''} ${path ?? ''}`),
  ]);
  return [...new Set(found)].sort();
}

describe.runIf(present)('the documents that started the project (skipped without ../shared/seeds)', () => {
  it('name these endpoints and no others', () => {
    expect(documented()).toEqual(Object.keys(SEED_ENDPOINTS).sort());
  });
});

describe.skipIf(present)('the documents that started the project', () => {
  it('are skipped: ../shared/seeds is not beside this checkout', () => {
    expect(present).toBe(false);
  });
});
