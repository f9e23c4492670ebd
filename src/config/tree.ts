/** The file as a tree of texts, lists and maps, every node with its place, so that each message can name a line. */
import type { Place } from './problems.ts';

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly place: Place;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly place: Place;
}

export interface MapEntry {
  readonly keyPlace: Place;
  readonly value: Tree;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly place: Place;
}

export type Tree = TextNode | ListNode | MapNode;
export type Path = readonly (string | number)[];

/** `accounts.main.loans[0].policy`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${String(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The same as plain objects, lists and texts: what the schema reads. */
export function toPlain(tree: Tree): unknown {
  switch (tree.kind) {
    case 'text':
      return tree.text;
    case 'list':
      return tree.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
  }
}

function step(tree: Tree, key: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(key))?.value;
  if (tree.kind === 'list' && typeof key === 'number') return tree.items[key];
  return undefined;
}

/** The node at a path; `undefined` when the file does not have it. */
export function nodeAt(tree: Tree, path: Path): Tree | undefined {
  let node: Tree | undefined = tree;
  for (const key of path) node = node === undefined ? undefined : step(node, key);
  return node;
}

/** Where to point for a path: the value, else the key that should hold it, i.e. the deepest part that is there. */
export function placeAt(tree: Tree, path: Path): Place {
  let node = tree;
  let place = tree.place;
  for (const key of path) {
    const next = step(node, key);
    if (next === undefined) break;
    // A map or list starts on a line of its own; the key that opens it is what the reader looks for.
    const keyPlace = node.kind === 'map' && next.kind !== 'text' ? node.entries.get(String(key))?.keyPlace : undefined;
    place = keyPlace ?? next.place;
    node = next;
  }
  return place;
}

/** Place of a key itself. */
export function keyPlaceAt(tree: Tree, parent: Path, key: string): Place {
  const node = nodeAt(tree, parent);
  const place = node?.kind === 'map' ? node.entries.get(key)?.keyPlace : undefined;
  return place ?? placeAt(tree, parent);
}

/** Path of the last key that starts at or before a place: where a syntax error most likely belongs. */
export function pathNear(tree: Tree, place: Place): Path {
  let best: Path = [];
  const visit = (node: Tree, path: Path): void => {
    if (node.kind === 'list') {
      node.items.forEach((item, index) => {
        visit(item, [...path, index]);
      });
    }
    if (node.kind !== 'map') return;
    for (const [key, entry] of node.entries) {
      if (isAfter(entry.keyPlace, place)) continue;
      best = [...path, key];
      visit(entry.value, best);
    }
  };
  visit(tree, []);
  return best;
}

function isAfter(one: Place, other: Place): boolean {
  return one.line > other.line || (one.line === other.line && one.column > other.column);
}

/** `extends`: maps merge deep, lists and texts replace (policy language). Every node keeps the place it came from. */
export function merge(base: Tree, own: Tree): Tree {
  if (base.kind !== 'map' || own.kind !== 'map') return own;
  const entries = new Map(base.entries);
  for (const [key, entry] of own.entries) {
    const below = entries.get(key);
    entries.set(
      key,
      below === undefined ? entry : { keyPlace: entry.keyPlace, value: merge(below.value, entry.value) },
    );
  }
  return { kind: 'map', entries, place: own.place };
}

/** A map without some of its keys. */
export function without(tree: MapNode, key: string): MapNode {
  const entries = new Map(tree.entries);
  entries.delete(key);
  return { ...tree, entries };
}
