/** Every defect, in the order of the table on docs/defects.md. */
import type { Defect } from './defect.ts';
import { DECIDING } from './list/deciding.ts';
import { EVIDENCE } from './list/evidence.ts';
import { JOURNAL } from './list/journal.ts';
import { SENDING } from './list/sending.ts';
import { SIGHT } from './list/sight.ts';
import { VENUES } from './list/venues.ts';

export const DEFECTS: readonly Defect[] = [...SENDING, ...EVIDENCE, ...SIGHT, ...DECIDING, ...VENUES, ...JOURNAL];
