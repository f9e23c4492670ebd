/**
 * YAML text → tree. A small, strict part of YAML: maps, lists and one-line texts. Everything is text (failsafe schema), so
 * `NO`, `1E5` and `0.10` stay what they look like; what could surprise (anchors, tags, tabs, duplicate keys …) is refused.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, ParsedNode, YAMLError } from 'yaml';
import { pathNear, pathText } from './tree.ts';
import type { MapEntry, Path, Tree } from './tree.ts';
import { badCharacters } from './characters.ts';
import type { Place, Problem } from './problems.ts';

const MOST_BYTES = 1_048_576;
const MOST_LEVELS = 16;
const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const REMEDIES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'keep one document per file: remove everything from the second `---` on',
  TAB_AS_INDENT: 'indent with blanks',
  BAD_INDENT: 'indent all keys of one map alike',
  MULTILINE_IMPLICIT_KEY: 'write each key on one line, followed by `: `',
  UNEXPECTED_TOKEN: 'check the brackets, commas and quotes around here',
  MISSING_CHAR: 'check for a missing bracket, quote, comma or blank after `:`',
  BAD_ALIAS: 'write the value out: anchors and aliases are not used',
};

export type YamlResult =
  { readonly ok: true; readonly tree: Tree } | { readonly ok: false; readonly problems: readonly Problem[] };

type Tell = (place: Place, path: Path, says: string, remedy: string) => void;

/** Reads a file's bytes or text. Never throws; says everything it finds at once. */
export function readYaml(file: string, content: string | Uint8Array): YamlResult {
  const problems: Problem[] = [];
  const tell: Tell = (place, path, says, remedy) => {
    problems.push({ file, line: place.line, column: place.column, key: pathText(path), says, remedy });
  };
  const start = { line: 1, column: 1 };
  const text = decode(content);
  if (text === undefined) tell(start, [], 'the file is not UTF-8', 'save it as UTF-8');
  else if (text.length > MOST_BYTES) {
    tell(start, [], 'the file is larger than 1 MiB', 'a policy file is small: check the path');
  } else {
    const tree = parse(text, tell);
    if (problems.length === 0 && tree !== undefined) return { ok: true, tree };
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, problems };
}

function decode(content: string | Uint8Array): string | undefined {
  if (typeof content === 'string') return content.includes('\uFFFD') ? undefined : content.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function parse(text: string, tell: Tell): Tree | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: counter,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    // With `silent` the library would pass over a second document in silence.
    logLevel: 'error',
  });
  const place = (offset: number): Place => {
    const found = counter.linePos(offset);
    return { line: Math.max(1, found.line), column: Math.max(1, found.col) };
  };
  const reader = new Reader(place, tell);
  const tree = document.contents === null ? undefined : reader.read(document.contents, [], 0);
  if (tree === undefined && document.errors.length === 0) {
    tell({ line: 1, column: 1 }, [], 'the file is empty', 'start from the shipped config.yaml');
  }
  const bad = badCharacters(text);
  for (const one of bad) tell(one.place, near(tree, one.place), one.says, one.remedy);
  const badLines = new Set(bad.map((one) => one.place.line));
  for (const error of [...document.errors, ...document.warnings]) {
    const at = place(error.pos[0]);
    // A tag was told where its value was read.
    if (!badLines.has(at.line) && error.code !== 'TAG_RESOLVE_FAILED') {
      tell(
        at,
        near(tree, at),
        syntaxSays(error),
        REMEDIES[error.code] ?? 'write plain YAML: keys, lists and one-line values',
      );
    }
  }
  directives(document, tell);
  return tree;
}

function near(tree: Tree | undefined, place: Place): Path {
  return tree === undefined ? [] : pathNear(tree, place);
}

function syntaxSays(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second document starts here';
  return `not valid YAML: ${error.message.split('\n')[0] ?? error.code}`;
}

function directives(document: Document.Parsed, tell: Tell): void {
  const { yaml, tags } = document.directives;
  if (yaml.explicit === true || Object.keys(tags).some((tag) => tag !== '!!')) {
    tell({ line: 1, column: 1 }, [], 'the file starts with a YAML directive', 'remove the lines that start with %');
  }
}

/** Turns the library's nodes into ours and refuses what the language does not use. */
class Reader {
  readonly #place: (offset: number) => Place;
  readonly #tell: Tell;

  constructor(place: (offset: number) => Place, tell: Tell) {
    this.#place = place;
    this.#tell = tell;
  }

  read(node: ParsedNode | null, path: Path, level: number): Tree | undefined {
    if (node === null) return undefined;
    const place = this.#place(node.range[0]);
    if (level > MOST_LEVELS) {
      this.#tell(place, path, 'is nested too deeply', 'nothing in the language needs so many levels');
      return undefined;
    }
    this.#extras(node, place, path);
    if (isScalar(node)) return this.#text(node, place, path);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.read(item, [...path, index], level + 1));
      return { kind: 'list', items: items.filter((item) => item !== undefined), place };
    }
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, path, level), place };
    return undefined;
  }

  #extras(node: Node, place: Place, path: Path): void {
    if (isAlias(node)) {
      this.#tell(
        place,
        path,
        `\`*${node.source}\` is an alias`,
        'write the value out: anchors and aliases are not used',
      );
    } else if ('anchor' in node && node.anchor !== undefined) {
      this.#tell(
        place,
        path,
        `\`&${String(node.anchor)}\` is an anchor`,
        'remove it: anchors and aliases are not used',
      );
    }
    if (node.tag !== undefined) this.#tell(place, path, 'carries a YAML tag', 'remove the tag: every value is text');
  }

  #text(
    node: ParsedNode & { readonly value?: unknown; readonly type?: string | undefined },
    place: Place,
    path: Path,
  ): Tree {
    const text = typeof node.value === 'string' ? node.value : '';
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    if (block || this.#place(node.range[1]).line !== place.line) {
      this.#tell(
        place,
        path,
        'the value runs over several lines',
        'write it on one line; check the indent of the next key',
      );
    }
    return { kind: 'text', text, place };
  }

  #entries(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], path: Path, level: number): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    for (const pair of pairs) {
      const keyPlace = this.#place(pair.key.range[0]);
      const key = this.#key(pair.key, keyPlace, path);
      if (key === undefined) continue;
      const first = entries.get(key);
      if (first !== undefined) {
        this.#tell(
          keyPlace,
          [...path, key],
          `is written twice (first in line ${String(first.keyPlace.line)})`,
          'keep one of the two',
        );
        continue;
      }
      const value = this.read(pair.value, [...path, key], level + 1) ?? { kind: 'text', text: '', place: keyPlace };
      entries.set(key, { keyPlace, value });
    }
    return entries;
  }

  #key(node: ParsedNode, place: Place, path: Path): string | undefined {
    this.#extras(node, place, path);
    if (!isScalar(node) || typeof node.value !== 'string') {
      this.#tell(place, path, 'a key is not a simple word', 'write `key: value`');
      return undefined;
    }
    const key = node.value;
    if (key === '<<') {
      this.#tell(place, path, '`<<` would merge another map', 'write the keys out; a policy may use `extends`');
    } else if (key.includes('${')) this.#tell(place, path, 'a key holds `${…}`', 'references are for values only');
    else if (!KEY.test(key) || key in Object.prototype) {
      this.#tell(
        place,
        path,
        `${JSON.stringify(key.slice(0, 40))} cannot be a key`,
        'use letters, digits, `-`, `_` and `.`',
      );
    } else return key;
    return undefined;
  }
}
