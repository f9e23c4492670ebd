/** Views as text and back, decimals exact: what the journal remembers of the last good look. */
import type { AccountView } from '../core/loan.ts';
import { Dec, parse } from '../core/money.ts';

/** A decimal is written as `{"$":"1.5"}`, so that it cannot be taken for a name. */
const MARK = '$';

export function viewText(view: AccountView): string {
  return JSON.stringify(view, function (this: Readonly<Record<string, unknown>>, key, value: unknown) {
    const raw = this[key];
    return raw instanceof Dec ? { [MARK]: raw.toFixed() } : value;
  });
}

export function viewFrom(text: string): AccountView {
  return JSON.parse(text, (_key, value: unknown) => {
    const marked =
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[MARK] : undefined;
    return typeof marked === 'string' ? parse(marked) : value;
  }) as AccountView;
}
