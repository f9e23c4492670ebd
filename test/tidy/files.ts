/** The project's own files as the tidy tests see them. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '../..');

/** Not ours, or not committed (.gitignore). */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.ballast']);
const SKIPPED_ENDINGS = ['.log', '.tsbuildinfo'];

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : walk(path);
    // In a second working tree `.git` is a file.
    return entry.isFile() && entry.name !== '.git' && !SKIPPED_ENDINGS.some((ending) => entry.name.endsWith(ending))
      ? [path]
      : [];
  });
}

/** Every file of the project, relative to its root, with `/`, sorted. Walked, because git may not be installed. */
export const FILES: readonly string[] = walk(ROOT)
  .map((path) => relative(ROOT, path).split(sep).join('/'))
  .sort();

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The text, or undefined for a binary file. */
export function readText(path: string): string | undefined {
  const bytes = readFileSync(join(ROOT, path));
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}

export function filesIn(folder: string, ...endings: readonly string[]): string[] {
  return FILES.filter((path) => path.startsWith(`${folder}/`) && endings.some((ending) => path.endsWith(ending)));
}

/** Number of lines as an editor counts them. */
export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export function parseSource(path: string, text: string = read(path)): ts.SourceFile {
  const kind = path.endsWith('.ts') ? ts.ScriptKind.TS : ts.ScriptKind.JS;
  return ts.createSourceFile(basename(path), text, ts.ScriptTarget.ES2023, true, kind);
}

/** Visits every node below `node`, parents first. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** What a file imports or re-exports, statically or by `import()`; types included. */
export function importsOf(source: ts.SourceFile): { readonly specifier: string; readonly line: number }[] {
  const found: { specifier: string; line: number }[] = [];
  visit(source, (node) => {
    const literal = importedBy(node);
    if (literal !== undefined && ts.isStringLiteralLike(literal)) {
      found.push({ specifier: literal.text, line: lineOf(source, node) });
    }
  });
  return found;
}

function importedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  return undefined;
}
