/** Writes docs/machines.md from the machines' definitions. Run it after `npm run build`; a test fails when it was forgotten. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machinesPage } from '../dist/machines/diagram.js';
import { ROOT, say } from './lib.mjs';

mkdirSync(join(ROOT, 'docs'), { recursive: true });
writeFileSync(join(ROOT, 'docs', 'machines.md'), machinesPage());
say('wrote docs/machines.md');
