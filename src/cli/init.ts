/** `ballast init`: a first policy file, where there is none. */
import { copyFileSync, constants, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ending, EXIT } from './exit.ts';
import type { Output } from './output.ts';

export interface InitOptions {
  /** Path of the file to be written. */
  readonly path: string;
  /** What ships: the commented policy file, its schema for editors, and the folder of the pages that explain it. */
  readonly shipped: { readonly config: string; readonly schema: string; readonly docs: string };
  readonly output: Output;
  readonly json: boolean;
}

const SCHEMA = 'ballast.schema.json';

/** Writes the shipped policy file and, beside it, the schema that its first line names. @throws Ending */
export function init({ path, shipped, output, json }: InitOptions): void {
  const schema = join(dirname(path), SCHEMA);
  try {
    mkdirSync(dirname(path), { recursive: true });
    // Whoever has a policy keeps it, also when two of these run at once.
    copyFileSync(shipped.config, path, constants.COPYFILE_EXCL);
    copyFileSync(shipped.schema, schema);
  } catch (error) {
    throw notWritten(path, error);
  }
  if (json) output.json({ config: path, schema });
  else
    for (const line of [
      `wrote ${path}: it runs as it is, on the built-in simulated exchanges, and moves nothing real.`,
      `Every key is explained in ${join(shipped.docs, 'config.md')}.`,
      `Next: \`ballast check --config ${path}\`, then \`ballast start --config ${path}\`.`,
    ])
      output.say(line);
}

function notWritten(path: string, error: unknown): Ending {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  const isThere = code === 'EEXIST';
  return new Ending(isThere ? EXIT.usage : EXIT.config, {
    happened: isThere ? `${path} is there already.` : `${path} cannot be written (${code}).`,
    ballast: 'it changed nothing.',
    operator: isThere
      ? 'name another file with --config PATH, or move this one away.'
      : 'see that the folder may be written, or name another file with --config PATH.',
  });
}
