/** The project's pages as text: which there are, what they link to, what they quote. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

const TOP = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** Every page, relative to the root. */
export const PAGES: readonly string[] = [
  ...TOP,
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`)
    .sort(),
];

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface Block {
  readonly page: string;
  readonly line: number;
  /** What stands behind the fence, e.g. `yaml config`. */
  readonly kind: string;
  readonly text: string;
}

/** Fenced blocks, without the indentation of a list they stand in. */
export function blocksOf(page: string, text: string = read(page)): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly indent: string; readonly kind: string; readonly line: number } | null = null;
  let body: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (fence === null) {
      body.push(open === null ? '' : line.slice(open.indent.length));
    } else if (open === null) {
      open = { indent: fence[1] ?? '', kind: (fence[2] ?? '').trim(), line: index + 1 };
      body = [];
    } else {
      blocks.push({ page, line: open.line, kind: open.kind, text: `${body.join('\n')}\n` });
      open = null;
    }
  }
  return blocks;
}

/** The page without its blocks and inline code: links and headings are only meant as such there. */
export function proseOf(text: string): string {
  return text.replace(/^\s*```[\s\S]*?^\s*```$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()#]/g, ' '));
}

export interface Link {
  readonly page: string;
  readonly to: string;
}

/** Links and images to places inside the project. */
export function linksOf(page: string, text: string = read(page)): readonly Link[] {
  const targets = [...proseOf(text).matchAll(/!?\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/i.test(target)).map((to) => ({ page, to }));
}

/** What is wrong with a link, or `null`. */
export function brokenBecause({ page, to }: Link): string | null {
  const [path = '', anchor] = to.split('#', 2);
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return `${page} links to ${to}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchorsOf(read(target)).has(anchor) ? null : `${page} links to ${to}: ${target} has no such heading`;
}

/** Headings as their pages' readers link to them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replace(/^\s*```[\s\S]*?^\s*```$/gm, '').matchAll(/^#{1,6} +(.*)$/gm);
  return new Set([...headings].map(([, words = '']) => slug(words)));
}

function slug(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
