/** Writes the generated files: `node dist/config/writeSchema.js [folder]`. Tests refuse stale ones. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { referenceText, schemaText } from './print.ts';

/** Writes both files into a project folder. */
export function writeGenerated(folder: string): void {
  writeFileSync(join(folder, 'ballast.schema.json'), schemaText());
  writeFileSync(join(folder, 'docs', 'config.md'), referenceText());
}

const [, program, folder = '.'] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(program).href) writeGenerated(folder);
