/** What an event of a look means for the open alerts. Pure. */
import { createHash } from 'node:crypto';
import type { Mode } from '../core/intent.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Alert, Severity } from './alert.ts';
import { conditionName } from './alert.ts';
import { categoryOf } from './catalogue.ts';
import type { Raised } from './ledger.ts';

/** Where an event comes from. */
export interface Source {
  readonly account: string;
  readonly mode: Mode;
  /** Of the account; `null` before it was ever joined. */
  readonly scope: string | null;
  /** Of the policy file. */
  readonly file: string;
}

export interface News {
  readonly raise: readonly Raised[];
  /** Which of the open alerts are over by this. */
  readonly ends: (alert: Alert) => boolean;
}

const NOTHING_ENDS = (): boolean => false;

/** @returns `null` for what is no business of alerts */
export function newsOf(event: LookEvent, source: Source): News | null {
  if (event.type === 'conditions') return conditions(event, source);
  if (event.type === 'external') {
    return happened({ ...event, category: 'external', loan: event.act.loan }, source);
  }
  return event.type === 'alert' ? happened(event, source) : null;
}

type Happening = Pick<Extract<LookEvent, { type: 'alert' }>, 'severity' | 'category' | 'loan' | 'says'>;

function happened({ severity, category, loan, says }: Happening, source: Source): News | null {
  const { kind, each } = categoryOf(category);
  if (severity === 'info' || (kind !== 'happened' && kind !== 'until a look')) return null;
  const scope = kind === 'happened' && source.scope !== null ? source.scope : source.file;
  // Without a scope of its own the account must be told from others of the file.
  const whose = scope === source.file ? source.account : '';
  const which = each === true ? createHash('sha256').update(says).digest('hex').slice(0, ABOUT_LETTERS) : '';
  const about = [whose, which].filter((part) => part !== '').join(' ');
  const { account, mode } = source;
  return {
    raise: [
      { scope, account, mode, category, loan, about, severity: severity satisfies Severity, says, cushion: null },
    ],
    ends: NOTHING_ENDS,
  };
}

const ABOUT_LETTERS = 12;

function conditions(event: Extract<LookEvent, { type: 'conditions' }>, source: Source): News | null {
  const { scope, account, mode, file } = source;
  if (scope === null) return null;
  const holds = event.holds.flatMap(({ severity, ...one }) =>
    severity === 'info' ? [] : [{ scope, account, mode, severity, ...one }],
  );
  const still = new Set([...holds.map(conditionName), ...event.unknown]);
  return {
    raise: holds,
    ends: (alert) => {
      const { kind } = categoryOf(alert.category);
      if (alert.scope === scope && kind === 'lasts') return !still.has(conditionName(alert));
      const isMine = alert.scope === scope || (alert.scope === file && alert.account === account);
      return kind === 'until a look' && isMine;
    },
  };
}
