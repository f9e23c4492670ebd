/**
 * Which of the venue's records our intents explain, and which not. Pure.
 *
 * A record is ours when it carries our reference, or when verb, asset and amount agree and it is dated within the life of
 * the intent. One intent explains one act: a second record of the same amount is somebody else's. Erring here costs a log
 * line or an alert, never money: evidence about a single intent is `evidence`, and far stricter.
 */
import type { Explained } from '../core/change.ts';
import { type Intent, type Verb, WITHOUT_EFFECT } from '../core/intent.ts';
import type { Asset, LoanId, WalletName } from '../core/loan.ts';
import { looksComputed } from '../core/fingerprint.ts';
import { isClientId } from '../core/intents.ts';
import { parse, sum, type Dec } from '../core/money.ts';
import type { ExternalAct, InWork } from './exchange.ts';

/** A record, and what an intent must be to explain it; without verbs nothing of ours can. */
export interface ForeignRecord extends ExternalAct {
  readonly verbs: readonly Verb[];
  /** Our own id, where the venue's record carries it. */
  readonly clientId?: string;
  /** The venue is still at work on it: nothing has moved yet. */
  readonly open?: true;
}

/** A record may be dated this much before the send: whole seconds, clocks apart. */
const BEFORE_MS = 10_000;
/** It may be dated this much after the request's validity: accepted calls are done later. */
const AFTER_MS = 600_000;
/** A full repayment pays what is owed at that moment: by interest, or cut to the debt, a little off what was sent. */
const FULL_SLACK = parse('0.01');

export function unexplained(records: readonly ForeignRecord[], ours: readonly Intent[]): ForeignRecord[] {
  const left = new Set(records);
  const acting = ours.filter(({ state }) => !WITHOUT_EFFECT.includes(state));
  const closing: Intent[] = [];
  // References first, so that an equal amount never takes a record away from the intent that owns it.
  const open = acting.filter((intent) => !claim(left, intent, (record) => carriesOurId(record, intent), closing));
  const unnamed = open.filter((intent) => !claim(left, intent, (record) => fits(record, intent, [record]), closing));
  for (const intent of unnamed) claimParts(left, intent, closing);
  for (const record of [...left]) {
    if (closing.some((intent) => follows(record, intent))) left.delete(record);
  }
  return [...left];
}

/** Records that are not final yet and that one of ours made, or another Ballast. */
export function inWork(records: readonly ForeignRecord[], ours: readonly Intent[]): InWork[] {
  return records.flatMap((record) => {
    const owner =
      ours.find((intent) => carriesOurId(record, intent)) ?? ours.find((one) => fits(record, one, [record]));
    if (owner === undefined && !isLikeOurs(record)) return [];
    return [{ at: record.at, says: record.says, intent: owner?.id ?? null }];
  });
}

/** Whether one record is this intent's; it is then taken off the list. */
function claim(
  left: Set<ForeignRecord>,
  intent: Intent,
  isOurs: (record: ForeignRecord) => boolean,
  closing: Intent[],
): boolean {
  for (const record of left) {
    if (!isOurs(record)) continue;
    left.delete(record);
    if (closes(intent)) closing.push(intent);
    return true;
  }
  return false;
}

/** Records of one moment that make up the amount together: a repayment may be split (okx.md §3.5). */
function claimParts(left: Set<ForeignRecord>, intent: Intent, closing: Intent[]): void {
  for (const { at, kind, asset } of left) {
    const parts = [...left].filter((record) => record.at === at && record.kind === kind && record.asset === asset);
    const [first] = parts;
    if (first === undefined || parts.length < 2 || !fits(first, intent, parts)) continue;
    for (const part of parts) left.delete(part);
    if (closes(intent)) closing.push(intent);
    return;
  }
}

function carriesOurId(record: ForeignRecord, intent: Intent): boolean {
  if (!record.verbs.includes(intent.verb) || record.asset !== intent.asset || !sameLoan(record, intent)) return false;
  if (record.clientId !== undefined && record.clientId !== '') return record.clientId === intent.clientId;
  return intent.ref !== null && intent.ref === record.ref;
}

function fits(record: ForeignRecord, intent: Intent, parts: readonly ForeignRecord[]): boolean {
  if (!record.verbs.includes(intent.verb) || record.asset !== intent.asset || !sameLoan(record, intent)) return false;
  if (record.clientId !== undefined && record.clientId !== '' && intent.clientId !== '') return false;
  return duringLife(record.at, intent) && sameAmount(sum(parts.map(({ amount }) => amount)), intent);
}

function sameLoan(record: ForeignRecord, intent: Intent): boolean {
  return record.product === intent.product && (record.loan === null || record.loan === intent.loan);
}

function duringLife(at: number, intent: Intent): boolean {
  const began = intent.sentAt ?? intent.plannedAt;
  const ended = Math.max(intent.validUntil ?? began, intent.settledAt ?? began);
  return at >= began - BEFORE_MS && at <= ended + AFTER_MS;
}

function sameAmount(amount: Dec, intent: Intent): boolean {
  const sent = parse(intent.amount);
  return amount.eq(sent) || (closes(intent) && amount.minus(sent).abs().lte(sent.times(FULL_SLACK)));
}

function closes({ verb, full }: Intent): boolean {
  return verb === 'repay' && full;
}

/** A full repayment makes the venue give the collateral back (okx.md §3.7): a consequence of ours, not somebody's act. */
function follows(record: ForeignRecord, intent: Intent): boolean {
  return (
    record.kind === 'collateral' &&
    record.effect === 'collateralDown' &&
    sameLoan(record, intent) &&
    duringLife(record.at, intent)
  );
}

/** Without what only matching needs. */
export function actOf(record: ForeignRecord): ExternalAct {
  const { verbs: _verbs, clientId: _clientId, open: _open, ...act } = record;
  return isLikeOurs(record) ? { ...act, likeOurs: true } : act;
}

/** Only calls that a policy can ask for. A whole debt paid by hand has such an amount too: rather once too often. */
function isLikeOurs({ verbs, clientId, amount }: ForeignRecord): boolean {
  if (!verbs.some((verb) => verb !== 'borrow')) return false;
  return clientId === undefined || clientId === '' ? looksComputed(amount) : isClientId(clientId);
}

/** What a record did to one coin, signed. A record that names no loan only tells of wallets. */
export function changesOf(
  loan: LoanId | null,
  asset: Asset,
  by: { readonly debt?: Dec; readonly collateral?: Dec; readonly wallets?: Readonly<Record<WalletName, Dec>> },
): readonly Explained[] {
  const { debt, collateral, wallets = {} } = by;
  return [
    ...(loan === null || debt === undefined ? [] : [{ what: 'debt' as const, of: loan, asset, change: debt }]),
    ...(loan === null || collateral === undefined
      ? []
      : [{ what: 'collateral' as const, of: loan, asset, change: collateral }]),
    ...Object.entries(wallets).map(([of, change]) => ({ what: 'wallet' as const, of, asset, change })),
  ];
}
