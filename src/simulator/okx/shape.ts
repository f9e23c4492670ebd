/** The shape of answers: what becomes of fields that do not apply (okx.md §4.6, §9.13). */
import { isRecord } from './params.ts';
import type { OkxSettings } from './world.ts';

/** The rows as the venue shows them: with empty texts, or without the members that hold one. */
export function shaped(settings: OkxSettings, rows: unknown): unknown {
  return settings.switches.notApplicable === 'absent' ? withoutEmpty(rows) : rows;
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== '');
  return Object.fromEntries(members.map(([name, member]) => [name, withoutEmpty(member)]));
}
