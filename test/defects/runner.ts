/** Runs the catcher of a defect, on Ballast with it and without it. Each run is a vitest of its own, within this process. */
import { join } from 'node:path';
import type { TestCase, Vite } from 'vitest/node';
import { createVitest } from 'vitest/node';
import { COMMON } from '../../vitest.config.ts';
import type { Catcher, Defect } from './defect.ts';
import { spoiled } from './defect.ts';

const ROOT = join(import.meta.dirname, '../..');
const SEEDS = 'test/defects/seeds.ts';
/** Of a message, as many characters are shown. */
const MOST = 300;

export interface Verdict {
  /** The catcher failed with the defect, for the right reason, and does not without it. */
  readonly caught: boolean;
  /** How far it came until then: a seed with its steps, or a test. */
  readonly after: string;
  /** What it said, or why it is not caught. */
  readonly says: string;
}

/** @param control also sees that the catcher passes without the defect; the normal test run does that for tests */
export async function hunt(defect: Defect, control: boolean): Promise<Verdict> {
  const { catcher } = defect;
  const ran = await run(catcher, defect);
  if (ran.length === 0) return missed('there is no such test');
  const failed = ran.filter(({ passed }) => !passed);
  if (failed.length === 0) return missed('nothing noticed it');
  const says = failed.map((one) => one.says).join('\n');
  const verdict = catcher.kind === 'test' ? byTest(catcher.says, says) : byJudge(catcher.breaks, says);
  if (!verdict.caught || !control) return verdict;
  const again = catcher.kind === 'test' ? catcher : { ...catcher, first: seedOf(says), count: 1 };
  const sound = (await run(again, null)).filter(({ passed }) => !passed);
  return sound.length === 0 ? verdict : missed(`it fails without the defect as well: ${sound[0]?.says ?? ''}`);
}

function missed(says: string): Verdict {
  return { caught: false, after: '', says };
}

function byTest(expected: RegExp, says: string): Verdict {
  const line = says.split('\n').find((one) => expected.test(one));
  if (line === undefined) return missed(`it failed for another reason: ${says.slice(0, MOST)}`);
  return { caught: true, after: 'a test', says: line.slice(0, MOST) };
}

interface Broken {
  readonly seed: number;
  readonly steps: number;
  readonly invariant: string;
  readonly says: string;
}

function brokenIn(says: string): Broken | null {
  return says.startsWith('{') ? (JSON.parse(says) as Broken) : null;
}

function seedOf(says: string): number {
  return brokenIn(says)?.seed ?? 0;
}

function byJudge(expected: readonly string[], text: string): Verdict {
  const broken = brokenIn(text);
  if (broken === null) return missed(`the seeds could not be played: ${text.slice(0, MOST)}`);
  const { seed, steps, invariant, says } = broken;
  if (!expected.includes(invariant)) return missed(`another invariant broke in seed ${String(seed)}: ${invariant}`);
  return {
    caught: true,
    after: `seed ${String(seed)}, ${String(steps)} steps`,
    says: `${invariant}: ${says}`.slice(0, MOST),
  };
}

/** One test that ran. */
interface Ran {
  readonly passed: boolean;
  /** Messages of what failed. */
  readonly says: string;
}

async function run(catcher: Catcher, defect: Defect | null): Promise<readonly Ran[]> {
  const file = catcher.kind === 'test' ? catcher.file : SEEDS;
  const options = {
    ...COMMON,
    config: false as const,
    root: ROOT,
    watch: false,
    include: [file],
    reporters: [{}],
    maxWorkers: 1,
    ...asked(catcher),
  };
  const vitest = await createVitest('test', options, { plugins: defect === null ? [] : [mistake(defect)] });
  try {
    const { testModules, unhandledErrors } = await vitest.start([join(ROOT, file)]);
    const unloaded = [...testModules.flatMap((module) => module.errors()), ...unhandledErrors];
    const tests = testModules.flatMap((module) => [...module.children.allTests()]);
    return [...tests.flatMap(ranOf), ...unloaded.map((error) => ({ passed: false, says: messageOf(error) }))];
  } finally {
    await vitest.close();
  }
}

function asked(catcher: Catcher) {
  return catcher.kind === 'test'
    ? { testNamePattern: patternOf(catcher.name) }
    : { provide: { seeds: { first: catcher.first, count: catcher.count } } };
}

/** vitest matches a pattern against suites and test joined by blanks. */
function patternOf(name: string): string {
  return `^${name.replaceAll(' > ', ' ').replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`;
}

/** Puts the mistake in while its files are loaded. */
function mistake(defect: Defect): Vite.Plugin {
  const files = new Map(defect.patches.map(({ file }) => [join(ROOT, file), file]));
  return {
    name: 'defect',
    enforce: 'pre',
    transform: (code, id) => {
      const file = files.get(id.split('?')[0] ?? '');
      return file === undefined ? null : { code: spoiled(defect, file, code), map: null };
    },
  };
}

function ranOf(test: TestCase): readonly Ran[] {
  const { state, errors = [] } = test.result();
  if (state === 'skipped' || state === 'pending') return [];
  return [{ passed: state === 'passed', says: errors.map(messageOf).join('\n') }];
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
