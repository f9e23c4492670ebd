/** The proof that the proof works: defects fit the code they spoil, and are caught (docs/defects.md). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { INVARIANTS } from '../sim/judge/invariants/index.ts';
import { runTypeScript } from '../support/child.ts';
import type { Defect } from './defect.ts';
import { byTest, spoiled } from './defect.ts';
import { DEFECTS } from './list.ts';
import { hunt } from './runner.ts';

const ROOT = join(import.meta.dirname, '../..');
const PATIENCE_MS = 300_000;
const source = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const LIMITS = 'test/core/limits.test.ts';
const SMALLEST = 'room > is what the smallest limit leaves';
const CAP = { file: 'src/core/limits.ts', find: 'perHour, () => usdOf(', replace: 'perDay, () => usdOf(' };
const EXAMPLE: Defect = {
  name: 'an example',
  harm: 'Only here.',
  patches: [CAP],
  catcher: byTest(LIMITS, SMALLEST, /to deeply equal/),
};

/** `npm run defects` without the set-up; its output and its exit code. */
function defects(...args: readonly string[]): Promise<{ readonly code: number | null; readonly says: string }> {
  return new Promise((resolve) => {
    const child = runTypeScript(join(import.meta.dirname, 'main.ts'), args, { cwd: ROOT, silent: true });
    let says = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (some: Buffer) => (says += some.toString()));
    child.once('close', (code) => resolve({ code, says }));
  });
}

describe('every defect', () => {
  it.each(DEFECTS.map((defect) => [defect.name, defect] as const))('fits the code: %s', (_name, defect) => {
    expect(defect.patches).not.toEqual([]);
    for (const { file } of defect.patches) {
      expect(file).toMatch(/^src\//);
      expect(spoiled(defect, file, source(file))).not.toBe(source(file));
    }
  });

  it('has a name of its own, and says what it costs', () => {
    expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
    expect(DEFECTS.filter(({ harm }) => harm.length < 40 || !harm.endsWith('.'))).toEqual([]);
  });

  it('is caught by an invariant that there is, or by a test that there is', () => {
    const names = INVARIANTS.map(({ name }) => name);
    const strange = DEFECTS.filter(({ catcher }) =>
      catcher.kind === 'seeds'
        ? catcher.breaks.some((one) => !names.includes(one))
        : !existsSync(join(ROOT, catcher.file)),
    );
    expect(strange).toEqual([]);
  });
});

/** Invariants that no defect here breaks first: `test/sim/judges.test.ts` sees them bite, in worlds made for that. */
const ELSEWHERE = [
  'blind',
  'dryRun',
  'exact',
  'explained',
  'live',
  'oneAtATime',
  'releases',
  'secrets',
  'sound',
  'verdicts',
];

test('every invariant of the simulation is broken by a defect, here or where the judges are tested', () => {
  const broken = DEFECTS.flatMap(({ catcher }) => (catcher.kind === 'seeds' ? catcher.breaks : []));
  const dead = INVARIANTS.filter(({ name }) => !broken.includes(name) && !ELSEWHERE.includes(name));
  expect(dead.map(({ name }) => name)).toEqual([]);
  const judges = source('test/sim/judges.test.ts');
  expect(ELSEWHERE.filter((name) => !judges.includes(`'${name}'`))).toEqual([]);
});

describe('the hunt', () => {
  it('catches every third of the fast defects', { timeout: PATIENCE_MS }, async () => {
    const { code, says } = await defects('--fast', '--every', '3', '--jobs', '1');
    expect(says).not.toContain('NOT CAUGHT');
    expect(says).toContain('defects,');
    expect(code, says).toBe(0);
  });

  it('tells when it hunts nothing', async () => {
    expect(await defects('no defect is called like this')).toMatchObject({ code: 1 });
  });

  it.each<[string, Partial<Defect>, RegExp]>([
    [
      'a mistake that nothing notices',
      { patches: [{ ...CAP, replace: `${CAP.find}/* as it was */` }] },
      /^nothing noticed it$/,
    ],
    [
      'a test that fails for another reason',
      { catcher: byTest(LIMITS, SMALLEST, /never said/) },
      /^it failed for another/,
    ],
    ['a test that is not there', { catcher: byTest(LIMITS, `${SMALLEST} of them`, /./) }, /^there is no such test$/],
    ['a patch that does not fit', { patches: [{ ...CAP, find: 'no such line' }] }, /it must stand there once/],
  ])('does not take %s for caught', async (_what, change, says) => {
    const verdict = await hunt({ ...EXAMPLE, ...change }, false);
    expect(verdict.caught).toBe(false);
    expect(verdict.says).toMatch(says);
  });
});
