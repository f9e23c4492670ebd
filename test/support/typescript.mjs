/**
 * Lets a child process of a test run TypeScript as it stands, without a build: `node --import <this file> child.ts`.
 * Types are dropped, not checked. Use `runTypeScript` of `child.ts`. What a file becomes is kept beside the packages, by
 * its content: a run of the tests starts many such processes, and dropping types is most of what a small one does.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire, register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node runs hooks in a thread of their own, where this file is loaded a second time.
if (isMainThread) register(import.meta.url);

const KEPT = new URL('../../node_modules/.cache/ballast-typescript/', import.meta.url);
const { version } = createRequire(import.meta.url)('typescript/package.json');
const OPTIONS = { target: 'ES2023', module: 'ESNext', verbatimModuleSyntax: true, inlineSourceMap: true };

/** Node's load hook: https://nodejs.org/api/module.html#loadurl-context-nextload */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const fileName = fileURLToPath(url);
  const source = await readFile(fileName, 'utf8');
  const name = createHash('sha256')
    .update(JSON.stringify([version, OPTIONS, fileName, source]))
    .digest('hex');
  const kept = new URL(`${name}.js`, KEPT);
  const text = await readFile(kept, 'utf8').catch(() => keep(kept, fileName, source));
  return { format: 'module', source: text, shortCircuit: true };
}

async function keep(kept, fileName, source) {
  const { default: ts } = await import('typescript');
  const { options } = ts.convertCompilerOptionsFromJson(OPTIONS, '.');
  const { outputText } = ts.transpileModule(source, { fileName, compilerOptions: options });
  try {
    // Other processes read and write the same.
    const own = new URL(`${kept.href}.${process.pid}`);
    await mkdir(KEPT, { recursive: true });
    await writeFile(own, outputText);
    await rename(own, kept);
  } catch {
    // Packages that nobody may write to: the next process does the work again.
  }
  return outputText;
}
