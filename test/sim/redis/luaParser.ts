/**
 * The part of Lua that the journal's scripts are written in, turned into JavaScript text. So the simulation runs the very
 * scripts that Redis runs, and not somebody's idea of them. What it does not know it refuses.
 */

type Token = { readonly kind: 'name' | 'word' | 'number' | 'string' | 'sign' | 'end'; readonly text: string };

const WORDS = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);
const TOKEN =
  /\s+|--[^\n]*|([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.])/gy;

/** Binding strength of the operators between two values, weakest first. */
const STRENGTH: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  '<': 3,
  '>': 3,
  '<=': 3,
  '>=': 3,
  '~=': 3,
  '==': 3,
  '..': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};
const UNARY = 7;

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`Lua: cannot read ${JSON.stringify(source.slice(from, from + 30))}`);
    const [, name, number, single, double, sign] = match;
    if (name !== undefined) tokens.push({ kind: WORDS.has(name) ? 'word' : 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (single !== undefined || double !== undefined)
      tokens.push({ kind: 'string', text: unescaped(single ?? double ?? '') });
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_all, one: string) => ({ n: '\n', t: '\t', r: '\r' })[one] ?? one);
}

/** JavaScript text of one script: the body of a function of `L` (its library), `KEYS` and `ARGV`. */
export function translate(source: string): string {
  return new Parser(tokensOf(source)).chunk();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  chunk(): string {
    const body = this.#block();
    if (this.#peek().kind !== 'end') throw this.#wrong();
    return body;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  /** Takes a token of this text, if it comes next. */
  #take(text: string): boolean {
    const { kind, text: found } = this.#peek();
    const fits = found === text && (kind === 'sign' || kind === 'word');
    if (fits) this.#at += 1;
    return fits;
  }

  #want(text: string): void {
    if (!this.#take(text)) throw this.#wrong(text);
  }

  #wrong(wanted = ''): Error {
    const near = this.#tokens.slice(Math.max(0, this.#at - 5), this.#at + 3).map(({ text }) => text);
    return new Error(`Lua: ${wanted === '' ? 'unknown' : `${wanted} expected`} near ${near.join(' ')}`);
  }

  #name(): string {
    const { kind, text } = this.#next();
    if (kind !== 'name') throw this.#wrong('a name');
    return `$${text}`;
  }

  #block(): string {
    const statements: string[] = [];
    const ends = new Set(['end', 'else', 'elseif', 'until']);
    while (this.#peek().kind !== 'end' && !(this.#peek().kind === 'word' && ends.has(this.#peek().text))) {
      statements.push(this.#statement());
      this.#take(';');
    }
    return statements.join('\n');
  }

  #statement(): string {
    if (this.#take('local')) return this.#take('function') ? this.#function() : this.#local();
    if (this.#take('if')) return this.#if();
    if (this.#take('for')) return this.#for();
    if (this.#take('while')) return `while (L.is(${this.#condition('do')})) {\n${this.#closed()}\n}`;
    if (this.#take('do')) return `{\n${this.#closed()}\n}`;
    if (this.#take('break')) return 'break;';
    if (this.#take('return')) return this.#return();
    return this.#assignmentOrCall();
  }

  #condition(then: string): string {
    const condition = this.#expression();
    this.#want(then);
    return condition;
  }

  #closed(): string {
    const body = this.#block();
    this.#want('end');
    return body;
  }

  #function(): string {
    const name = this.#name();
    this.#want('(');
    const parameters: string[] = [];
    while (!this.#take(')')) {
      parameters.push(this.#name());
      this.#take(',');
    }
    return `const ${name} = (${parameters.join(', ')}) => {\n${this.#closed()}\n};`;
  }

  #local(): string {
    const names = [this.#name()];
    while (this.#take(',')) names.push(this.#name());
    if (!this.#take('=')) return `let ${names.join(', ')};`;
    const values = this.#expressions();
    if (names.length === 1) return `let ${names[0] ?? ''} = L.one(${values[0] ?? ''});`;
    return `let [${names.join(', ')}] = L.spread([${values.join(', ')}]);`;
  }

  #if(): string {
    let text = `if (L.is(${this.#condition('then')})) {\n${this.#block()}\n}`;
    while (this.#take('elseif')) text += ` else if (L.is(${this.#condition('then')})) {\n${this.#block()}\n}`;
    if (this.#take('else')) text += ` else {\n${this.#block()}\n}`;
    this.#want('end');
    return text;
  }

  #for(): string {
    const names = [this.#name()];
    while (this.#take(',')) names.push(this.#name());
    if (this.#take('in')) {
      const over = this.#condition('do');
      return `for (let [${names.join(', ')}] of ${over}) {\n${this.#closed()}\n}`;
    }
    this.#want('=');
    const [from = '1', to = '0', step = '1'] = this.#expressions();
    this.#want('do');
    const [name = ''] = names;
    return `for (let ${name} of L.range(${from}, ${to}, ${step})) {\n${this.#closed()}\n}`;
  }

  #return(): string {
    const { kind, text } = this.#peek();
    if (kind === 'end' || (kind === 'word' && text !== 'nil' && text !== 'not' && text !== 'true' && text !== 'false'))
      return 'return undefined;';
    const values = this.#expressions();
    return `return ${values.length === 1 ? (values[0] ?? '') : `L.many([${values.join(', ')}])`};`;
  }

  #assignmentOrCall(): string {
    const first = this.#suffixed();
    if (this.#peek().text !== '=' && this.#peek().text !== ',') return `${first};`;
    const targets = [first];
    while (this.#take(',')) targets.push(this.#suffixed());
    this.#want('=');
    const values = this.#expressions();
    const value = targets.length === 1 ? `L.one(${values[0] ?? ''})` : `L.spread([${values.join(', ')}])`;
    if (targets.length > 1) throw this.#wrong('one target');
    const index = /^L\.get\((.*)\)$/s.exec(first);
    return index === null ? `${first} = ${value};` : `L.set(${index[1] ?? ''}, ${value});`;
  }

  #expressions(): string[] {
    const list = [this.#expression()];
    while (this.#take(',')) list.push(this.#expression());
    return list;
  }

  #expression(least = 0): string {
    let left = this.#unary();
    for (;;) {
      const { text, kind } = this.#peek();
      const strength = kind === 'sign' || kind === 'word' ? STRENGTH[text] : undefined;
      if (strength === undefined || strength <= least) return left;
      this.#next();
      // `..` binds to the right; the others to the left.
      const right = this.#expression(text === '..' ? strength - 1 : strength);
      left =
        text === 'and' || text === 'or' ? `L.${text}(${left}, () => ${right})` : `L.op['${text}'](${left}, ${right})`;
    }
  }

  #unary(): string {
    for (const [sign, name] of [
      ['not', 'not'],
      ['-', 'minus'],
      ['#', 'length'],
    ] as const) {
      if (this.#take(sign)) return `L.${name}(${this.#expression(UNARY)})`;
    }
    return this.#simple();
  }

  #simple(): string {
    const { kind, text } = this.#peek();
    if (kind === 'number') return this.#next().text;
    if (kind === 'string') return JSON.stringify(this.#next().text);
    if (kind === 'word') {
      this.#next();
      if (text === 'nil') return 'undefined';
      if (text === 'true' || text === 'false') return text;
      throw this.#wrong();
    }
    return this.#take('{') ? this.#table() : this.#suffixed();
  }

  #table(): string {
    const values: string[] = [];
    while (!this.#take('}')) {
      values.push(this.#expression());
      this.#take(',');
    }
    return `L.table([${values.join(', ')}])`;
  }

  #suffixed(): string {
    let text: string;
    if (this.#take('(')) {
      text = `L.one(${this.#expression()})`;
      this.#want(')');
    } else text = this.#name();
    for (;;) {
      if (this.#take('.')) text = `L.get(${text}, ${JSON.stringify(this.#name().slice(1))})`;
      else if (this.#take('[')) {
        text = `L.get(${text}, ${this.#expression()})`;
        this.#want(']');
      } else if (this.#take('(')) {
        const given = this.#peek().text === ')' ? [] : this.#expressions();
        this.#want(')');
        text = `${text}(${given.map((one) => `L.one(${one})`).join(', ')})`;
      } else return text;
    }
  }
}
