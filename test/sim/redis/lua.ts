/** Runs translated scripts: Lua's values and library, as far as the journal's scripts use them. */
import { translate } from './luaParser.ts';

/** What a script's `redis.call` reaches. Status replies may be anything; nil is `false`. */
export type Call = (command: string, ...args: readonly unknown[]) => unknown;

/** Several values returned by one call. */
class Many extends Array<unknown> {}

/** Keys of cjson maps and of tables are text; lists count from 1. */
function get(table: unknown, key: unknown): unknown {
  if (Array.isArray(table)) return typeof key === 'number' ? (table[key - 1] as unknown) : undefined;
  if (typeof table === 'object' && table !== null) return (table as Record<string, unknown>)[String(key)];
  throw new Error(`Lua: ${String(key)} of something that is no table`);
}

function set(table: unknown, key: unknown, value: unknown): void {
  if (Array.isArray(table) && typeof key === 'number') table[key - 1] = value;
  else throw new Error(`Lua: cannot set ${String(key)}`);
}

function number(value: unknown): number {
  const read =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  if (Number.isNaN(read)) throw new Error(`Lua: arithmetic on ${String(value)}`);
  return read;
}

/** As Lua 5.1 writes numbers: 14 digits. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e14 ? String(value) : precise(value);
  throw new Error(`Lua: ${String(value)} is no text`);
}

function precise(value: number): string {
  return String(Number(value.toPrecision(14)));
}

const isTrue = (value: unknown): boolean => value !== undefined && value !== null && value !== false;
const one = (value: unknown): unknown => (value instanceof Many ? value[0] : value);

function pairwise(run: (a: number, b: number) => unknown): (a: unknown, b: unknown) => unknown {
  return (a, b) => run(number(one(a)), number(one(b)));
}

/** Numbers compare with numbers, texts with texts. */
function ordered(run: (a: number | string, b: number | string) => boolean): (a: unknown, b: unknown) => boolean {
  return (a, b) => {
    const [x, y] = [one(a), one(b)];
    if (typeof x === 'number' && typeof y === 'number') return run(x, y);
    if (typeof x === 'string' && typeof y === 'string') return run(x, y);
    throw new Error(`Lua: cannot compare ${typeof x} with ${typeof y}`);
  };
}

function* range(from: unknown, to: unknown, step: unknown): Generator<number> {
  const [last, by] = [number(one(to)), number(one(step))];
  for (let at = number(one(from)); by > 0 ? at <= last : at >= last; at += by) yield at;
}

const LIBRARY = {
  get,
  set,
  one,
  range,
  is: (value: unknown) => isTrue(one(value)),
  many: (values: unknown[]) => Many.from(values),
  spread: (values: unknown[]) =>
    values.flatMap((value, index) =>
      value instanceof Many ? (index === values.length - 1 ? [...value] : [value[0]]) : [value],
    ),
  table: (values: unknown[]) => values.map(one),
  not: (value: unknown) => !isTrue(one(value)),
  minus: (value: unknown) => -number(one(value)),
  length: (value: unknown) => (one(value) as { readonly length: number }).length,
  and: (left: unknown, right: () => unknown) => (isTrue(one(left)) ? one(right()) : one(left)),
  or: (left: unknown, right: () => unknown) => (isTrue(one(left)) ? one(left) : one(right())),
  op: {
    '+': pairwise((a, b) => a + b),
    '-': pairwise((a, b) => a - b),
    '*': pairwise((a, b) => a * b),
    '/': pairwise((a, b) => a / b),
    '%': pairwise((a, b) => a - Math.floor(a / b) * b),
    '..': (a: unknown, b: unknown) => text(one(a)) + text(one(b)),
    '==': (a: unknown, b: unknown) => (one(a) ?? undefined) === (one(b) ?? undefined),
    '~=': (a: unknown, b: unknown) => (one(a) ?? undefined) !== (one(b) ?? undefined),
    '<': ordered((a, b) => a < b),
    '>': ordered((a, b) => a > b),
    '<=': ordered((a, b) => a <= b),
    '>=': ordered((a, b) => a >= b),
  },
};

const patterns = new Map<string, RegExp>();

/** The few pattern classes in use; anything else is refused. */
function patternOf(lua: string): RegExp {
  let found = patterns.get(lua);
  if (found !== undefined) return found;
  const plain = lua.replace(/%([dsaw])/g, '\\$1');
  if (plain.includes('%') || /%a/.test(lua) || plain.includes('-')) throw new Error(`Lua: pattern ${lua}`);
  found = new RegExp(plain);
  patterns.set(lua, found);
  return found;
}

function match(subject: unknown, pattern: unknown): unknown {
  const found = patternOf(text(pattern)).exec(text(subject));
  if (found === null) return undefined;
  return found.length === 1 ? found[0] : Many.from(found.slice(1));
}

function find(subject: unknown, wanted: unknown, from: unknown, plain: unknown): unknown {
  if (!isTrue(plain)) throw new Error('Lua: find with a pattern');
  const at = text(subject).indexOf(text(wanted), (from === undefined ? 1 : number(from)) - 1);
  return at === -1 ? undefined : at + 1;
}

function sub(subject: unknown, from: unknown, to: unknown = -1): string {
  const all = text(subject);
  const place = (at: number): number => (at < 0 ? Math.max(all.length + at + 1, 0) : at);
  return all.slice(Math.max(place(number(from)), 1) - 1, place(number(to)));
}

function format(pattern: unknown, ...values: unknown[]): string {
  let next = 0;
  return text(pattern).replace(/%(\.0f|d|s)/g, (_all, how: string) => {
    const value = values[next++];
    return how === 's' ? text(value) : BigInt(Math.round(number(value))).toString();
  });
}

function tonumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*-?\d+(?:\.\d+)?(?:e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : undefined;
}

const GLOBALS: Readonly<Record<string, unknown>> = {
  string: { match, find, sub, format },
  math: {
    floor: (value: unknown) => Math.floor(number(value)),
    max: (...of: unknown[]) => Math.max(...of.map(number)),
    min: (...of: unknown[]) => Math.min(...of.map(number)),
  },
  table: { insert: (list: unknown[], value: unknown) => list.push(value) },
  cjson: { decode: (json: unknown) => JSON.parse(text(json)) as unknown, encode: JSON.stringify },
  ipairs: (list: unknown[]) => list.map((value, index) => [index + 1, value]),
  pairs: (map: object) => Object.entries(map),
  tonumber,
  tostring: (value: unknown) =>
    value === undefined ? 'nil' : typeof value === 'boolean' ? String(value) : text(value),
};

type Compiled = (
  library: typeof LIBRARY,
  keys: unknown,
  args: unknown,
  redis: unknown,
  ...globals: unknown[]
) => unknown;
const compiled = new Map<string, Compiled>();

/** Runs one script whole. Returns what Redis would answer: lists, text, whole numbers, null. */
export function runScript(script: string, keys: readonly string[], args: readonly string[], call: Call): unknown {
  let run = compiled.get(script);
  if (run === undefined) {
    const names = Object.keys(GLOBALS).map((name) => `$${name}`);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is our own translation of our own scripts
    run = new Function('L', '$KEYS', '$ARGV', '$redis', ...names, translate(script)) as Compiled;
    compiled.set(script, run);
  }
  return replied(one(run(LIBRARY, keys, args, { call }, ...Object.values(GLOBALS))));
}

/** Lua's values as Redis sends them: fractions are cut off, `false` and nil are null, a list ends at its first nil. */
function replied(value: unknown): unknown {
  if (value === undefined || value === null || value === false) return null;
  if (value === true) return 1;
  if (typeof value === 'number') return Math.trunc(value);
  if (!Array.isArray(value)) return value;
  const end = value.findIndex((item) => item === undefined || item === null);
  return (end === -1 ? value : value.slice(0, end)).map(replied);
}
