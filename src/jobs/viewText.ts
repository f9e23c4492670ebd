/**
 * Values as text and back, decimals exact: what the journal remembers of the last good look, of slow reads, and of what
 * others did.
 */
import type { AccountView } from '../core/loan.ts';
import { Dec, parse } from '../core/money.ts';

/** A decimal is written as `{"$":"1.5"}`, so that it cannot be taken for a name. */
const MARK = '$';

/** Anything of plain objects, lists, texts and decimals. */
export function exactText(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, inner: unknown) {
    const raw = this[key];
    return raw instanceof Dec ? { [MARK]: raw.toFixed() } : inner;
  });
}

export function exactFrom(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    const marked =
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[MARK] : undefined;
    return typeof marked === 'string' ? parse(marked) : value;
  });
}

export function viewText(view: AccountView): string {
  return exactText(view);
}

export function viewFrom(text: string): AccountView {
  return exactFrom(text) as AccountView;
}
