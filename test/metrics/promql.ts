/** Reads PromQL as far as it names things: metrics with their matchers, labels that are grouped by, functions. */

export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Named {
  readonly metrics: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[];
  /** Of `by` and `without`, and of `on` and its kin. */
  readonly grouped: readonly string[];
  readonly joined: readonly string[];
  readonly functions: readonly string[];
}

const TOKEN =
  /\s+|#[^\n]*|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>\d[\w.]*)|(?<name>[A-Za-z_:$][\w:$]*)|(?<op>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){}[\],])/gy;
const OPERATORS = ['and', 'or', 'unless', 'bool', 'offset', 'atan2'];
const GROUPING = ['by', 'without'];
const JOINING = ['on', 'ignoring', 'group_left', 'group_right'];

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'op';
  readonly text: string;
}

/** @throws Error for what it cannot read */
export function namedIn(expression: string): Named {
  const tokens = tokensOf(expression);
  const metrics: { name: string; matchers: readonly Matcher[] }[] = [];
  const grouped: string[] = [];
  const joined: string[] = [];
  const functions: string[] = [];
  let at = 0;
  const next = (): string | undefined => tokens[at]?.text;
  const until = (end: string): readonly Token[] => {
    const from = (at += 1);
    while (at < tokens.length && next() !== end) at += 1;
    if (at >= tokens.length) throw new Error(`no ${end} in ${expression}`);
    at += 1;
    return tokens.slice(from, at - 1);
  };
  while (at < tokens.length) {
    const { kind, text } = tokens[at] ?? { kind: 'op', text: '' };
    if (text === '[') until(']');
    else if (kind !== 'name' || OPERATORS.includes(text)) at += 1;
    else {
      at += 1;
      const list = GROUPING.includes(text) ? grouped : JOINING.includes(text) ? joined : undefined;
      if (list !== undefined)
        list.push(
          ...until(')')
            .filter((token) => token.kind === 'name')
            .map((token) => token.text),
        );
      else if (next() === '(' || (next() !== undefined && GROUPING.includes(next() ?? ''))) functions.push(text);
      else metrics.push({ name: text, matchers: next() === '{' ? matchersOf(until('}')) : [] });
    }
  }
  return { metrics, grouped, joined, functions };
}

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of expression.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    for (const kind of ['text', 'number', 'name', 'op'] as const) {
      const text = match.groups?.[kind];
      if (text !== undefined) tokens.push({ kind, text });
    }
  }
  if (end !== expression.length) throw new Error(`cannot read ${expression.slice(end)} in ${expression}`);
  return tokens;
}

function matchersOf(tokens: readonly Token[]): readonly Matcher[] {
  const parts = tokens.filter(({ text }) => text !== ',');
  const matchers: Matcher[] = [];
  for (let at = 0; at < parts.length; at += 3) {
    const [label, op, value] = parts.slice(at, at + 3);
    if (label?.kind !== 'name' || value?.kind !== 'text' || op === undefined || !isMatch(op.text))
      throw new Error('not a matcher');
    matchers.push({ label: label.text, op: op.text, value: value.text.slice(1, -1) });
  }
  return matchers;
}

function isMatch(text: string | undefined): text is Matcher['op'] {
  return text === '=' || text === '!=' || text === '=~' || text === '!~';
}
