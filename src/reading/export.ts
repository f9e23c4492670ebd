/** The journal of a time as files: tables for whoever keeps the books, and evidence for whoever has to be convinced. */
import { isoOf } from '../clock.ts';
import type { Filed, Span } from '../jobs/archive.ts';
import type { AccountJournal } from './accounts.ts';
import { csvLine } from './csv.ts';
import type { Column, Owned } from './exportColumns.ts';
import { EXPORTED } from './exportColumns.ts';
import { recordOf } from './records.ts';
import type { DecisionRecord } from './records.ts';

/** One file, piece by piece; one piece is one row, but for a first one that is the head of a table. */
export interface ExportFile {
  readonly name: string;
  readonly hasHead: boolean;
  readonly pieces: AsyncIterable<string>;
}

/** What an export learns on the way. */
export interface Learned {
  /** Digests of the policies that decided. */
  readonly digests: Set<string>;
}

export function exportFiles(accounts: readonly AccountJournal[], span: Span, learned: Learned): readonly ExportFile[] {
  const { intents, decisions, externals, operators, modes, charges } = EXPORTED;
  const of = <T>(
    name: string,
    columns: readonly Column<Owned<T>>[],
    rows: (one: AccountJournal) => AsyncIterable<T>,
  ) => ({
    name: `${name}.csv`,
    hasHead: true,
    pieces: table(accounts, columns, rows),
  });
  return [
    of('intents', intents, ({ archive }) => archive.intents(span)),
    of('decisions', decisions, (one) => decisionsOf(one, span, learned)),
    of('externals', externals, ({ archive }) => archive.externals(span)),
    of('operators', operators, ({ archive }) => archive.acts(span)),
    of('modes', modes, ({ archive }) => archive.modes(span)),
    of('charges', charges, (one) => chargesOf(one, span)),
    { name: 'evidence.jsonl', hasHead: false, pieces: evidence(accounts, span, learned) },
  ];
}

async function* table<T>(
  accounts: readonly AccountJournal[],
  columns: readonly Column<Owned<T>>[],
  rows: (account: AccountJournal) => AsyncIterable<T>,
): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for (const account of accounts) {
    const { label, address } = account;
    for await (const row of rows(account)) yield csvLine(columns.map(({ of }) => of({ label, address, row })));
  }
}

/** Those that were made at some time of the span. */
async function* decisionsOf(
  { archive }: AccountJournal,
  { from, to }: Span,
  { digests }: Learned,
): AsyncGenerator<DecisionRecord> {
  for await (const { json } of archive.decisions({ from, to: Number.POSITIVE_INFINITY })) {
    const record = recordOf(json);
    const { at } = record.decision;
    if ((record.firstAt ?? at) > to || (record.lastAt ?? at) < from) continue;
    if (record.digest !== undefined) digests.add(record.digest);
    yield record;
  }
}

async function* chargesOf({ archive }: AccountJournal, { from, to }: Span) {
  for (const charge of await archive.charges()) if (charge.at >= from && charge.at <= to) yield charge;
}

/** One line for each money call: everything that is known of it. */
async function* evidence(
  accounts: readonly AccountJournal[],
  span: Span,
  { digests }: Learned,
): AsyncGenerator<string> {
  for (const { label, address, archive, journal } of accounts) {
    const { venue, uid, mode } = address;
    for await (const filed of archive.intents(span)) {
      digests.add(filed.intent.policyDigest);
      const dossier = await journal.dossiers.of(filed.intent.id);
      yield `${JSON.stringify({ account: { name: label, venue, uid, mode }, ...callOf(filed), ...dossier })}\n`;
    }
  }
}

function callOf({ intent, committedAt, trail, ltvAfter }: Filed): object {
  const states = trail.map(({ state, at }) => ({ state, redisMs: at, at: isoOf(at) }));
  return { intent, planned: { redisMs: committedAt, at: isoOf(committedAt) }, states, ltvAfter };
}
