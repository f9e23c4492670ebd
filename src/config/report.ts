/** Gathers problems and warnings of one file, so that all of them are told together. */
import { keyPlaceAt, nodeAt, pathText, placeAt } from './tree.ts';
import type { Path, Tree } from './tree.ts';
import type { Place, Problem } from './problems.ts';

/** More than this is not kept; a file that wrong is the wrong file. */
const MOST_KEPT = 1000;

export class Report {
  readonly file: string;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  /** Names of policies that others extend. */
  readonly bases = new Set<string>();
  #tree: Tree;

  constructor(file: string, tree: Tree) {
    this.file = file;
    this.#tree = tree;
  }

  get tree(): Tree {
    return this.#tree;
  }

  /** From now on places are looked up in this tree (after `extends` was applied). */
  use(tree: Tree): void {
    this.#tree = tree;
  }

  /** Points at the value of `path`, or at the deepest part of it that is there. */
  error(path: Path, says: string, remedy: string): void {
    this.#add(this.#problems, placeAt(this.#tree, path), path, says, remedy);
  }

  /** Points at the key itself. */
  errorAtKey(parent: Path, key: string, says: string, remedy: string): void {
    this.#add(this.#problems, keyPlaceAt(this.#tree, parent, key), [...parent, key], says, remedy);
  }

  warn(path: Path, says: string, remedy: string): void {
    this.#add(this.#warnings, placeAt(this.#tree, path), path, says, remedy);
  }

  has(path: Path): boolean {
    return nodeAt(this.#tree, path) !== undefined;
  }

  get problems(): readonly Problem[] {
    return sorted(this.#problems);
  }

  get warnings(): readonly Problem[] {
    return sorted(this.#warnings);
  }

  #add(list: Problem[], place: Place, path: Path, says: string, remedy: string): void {
    const problem = { file: this.file, line: place.line, column: place.column, key: pathText(path), says, remedy };
    // What stands in a base policy is checked once per policy that extends it: the same words once are enough.
    const again = list.some(
      (known) =>
        known.line === place.line &&
        known.column === place.column &&
        known.says === says &&
        lastKey(known.key) === lastKey(problem.key),
    );
    if (!again && list.length < MOST_KEPT) list.push(problem);
  }
}

function lastKey(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
