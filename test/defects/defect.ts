/**
 * Deliberate defects: Ballast with one mistake in it, to see that something notices (docs/defects.md).
 *
 * The mistake is a textual patch that a plugin applies while a test loads the file. The files themselves are never touched,
 * and the product knows nothing of it: no switch, no option, no dead code.
 */

/** Where a defect is caught. */
export type Catcher =
  /** One of these seeds of the simulation must break one of these invariants. */
  | {
      readonly kind: 'seeds';
      readonly first: number;
      readonly count: number;
      /** Names of `test/sim/judge/invariants`: what the mistake is, not merely what it leads to. */
      readonly breaks: readonly string[];
    }
  /** This test must fail. */
  | {
      readonly kind: 'test';
      /** Path from the root. */
      readonly file: string;
      /** The whole name: suites and test, joined by ` > `. */
      readonly name: string;
      /** What the failed assertion says; anything else is another failure. */
      readonly says: RegExp;
    };

export interface Patch {
  /** Path from the root. */
  readonly file: string;
  /** Must stand in the file exactly once, so that the list cannot rot. */
  readonly find: string;
  readonly replace: string;
}

export interface Defect {
  /** Short, as the table names it. */
  readonly name: string;
  /** What Ballast then does, and what that costs. */
  readonly harm: string;
  /** Mostly one; more where the same thing is kept twice, or where a step moves. */
  readonly patches: readonly Patch[];
  readonly catcher: Catcher;
  /** Caught within about a second: part of every `npm test`. */
  readonly fast?: true;
}

/** Thrown when a patch does not fit its file any more. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** A file with the mistake in it; as it is when the mistake is elsewhere. @throws PatchError */
export function spoiled({ name, patches }: Pick<Defect, 'name' | 'patches'>, file: string, source: string): string {
  return patches
    .filter((patch) => patch.file === file)
    .reduce((text, { find, replace }) => {
      const times = find === '' ? 0 : source.split(find).length - 1;
      if (times === 1) return text.replace(find, () => replace);
      throw new PatchError(
        `${name}: what it replaces stands ${String(times)} times in ${file}, it must stand there once: ${find}`,
      );
    }, source);
}

/** One of the seeds from 1 to this one. */
export function bySeeds(last: number, breaks: readonly string[]): Catcher {
  return { kind: 'seeds', first: 1, count: last, breaks };
}

/** @param name suites and test, joined by ` > ` */
export function byTest(file: string, name: string, says: RegExp): Catcher {
  return { kind: 'test', file, name, says };
}

/** Where it is caught, for the table. */
export function caughtBy({ catcher }: Pick<Defect, 'catcher'>): string {
  if (catcher.kind === 'test') return `\`${catcher.file}\`: ${catcher.name.split(' > ').join(' › ')}`;
  const last = catcher.first + catcher.count - 1;
  const names = catcher.breaks.map((one) => `\`${one}\``).join(' or ');
  return `seeds ${String(catcher.first)}–${String(last)}: ${names}`;
}
