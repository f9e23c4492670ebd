/** Short files and short functions, measured with the TypeScript parser. The numbers are in `limits.ts`. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, lineCount, lineOf, parseSource, read, visit } from './files.ts';
import { LONGER, MAX_FILE_LINES, MAX_FUNCTION_LINES } from './limits.ts';

const CODE = ['.ts', '.mjs', '.js'];

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : 'a nameless function';
}

/** Functions with a body, with the lines they fill. */
function functionsOf(
  path: string,
  text?: string,
): { readonly name: string; readonly line: number; readonly lines: number }[] {
  const source = parseSource(path, text);
  const found: { name: string; line: number; lines: number }[] = [];
  visit(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const first = lineOf(source, node);
    const last = source.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    found.push({ name: nameOf(node), line: first, lines: last - first + 1 });
  });
  return found;
}

describe('length', () => {
  it.each(Object.entries(MAX_FILE_LINES))('of files in %s/ is at most %i lines', (folder, most) => {
    const long = filesIn(folder, ...CODE)
      .map((path) => ({ path, lines: lineCount(read(path)) }))
      .filter(({ path, lines }) => lines > most && LONGER[path] === undefined);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it(`of functions in src/, scripts/ and bench/ is at most ${MAX_FUNCTION_LINES} lines`, () => {
    const long = ['src', 'scripts', 'bench'].flatMap((folder) =>
      filesIn(folder, ...CODE).flatMap((path) =>
        functionsOf(path)
          .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
          .map(({ name, line, lines }) => `${path}:${line} ${name}: ${lines}`),
      ),
    );
    expect(long).toEqual([]);
  });

  it('is measured for functions, methods and arrows alike', () => {
    const text = 'function a() {\n}\nclass B {\n  c() {\n\n  }\n}\nconst d = () => {\n};\n';
    expect(functionsOf('example.ts', text)).toEqual([
      { name: 'a', line: 1, lines: 2 },
      { name: 'c', line: 4, lines: 3 },
      { name: 'd', line: 8, lines: 2 },
    ]);
  });
});
