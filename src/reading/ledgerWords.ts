/** Rows of the ledger of the undecided for a person: what it was, what would prove it, what waits for it, and until when. Pure. */
import { duration, legWords } from '../core/words.ts';
import { isoOf } from '../clock.ts';
import type { LedgerRow } from '../jobs/ledger.ts';

/** @param now wall ms */
export function ledgerWords(row: LedgerRow, now: number): readonly string[] {
  const { loan, state, since, note } = row;
  return [
    `in flight: ${legWords(row)} for ${loan}, ${state} for ${duration(Math.max(0, now - since))}: ${note}`,
    ...ledgerLines(row, now).map((line) => `  ${line}`),
  ];
}

/** What would prove it, what is held because of it, what was said of it, and how it ends: a sentence each. */
export function ledgerLines(row: LedgerRow, now: number): readonly string[] {
  const { intent, word } = row;
  const said = word === null ? [] : [`${word.by} says that it ${SAYS[word.says]}: ${word.why}; the next look takes it`];
  return [`intent ${intent}`, ...proofWords(row, now), ...holdWords(row, now), ...said, endWords(row, now)];
}

const SAYS = { happened: 'happened', didNotHappen: 'did not happen' } as const;

function proofWords({ evidence, amount, asset }: LedgerRow, now: number): readonly string[] {
  const { records, words, mark, mayAppearUntil } = evidence;
  const by = {
    reference: `under the venue’s reference ${mark.value ?? ''}`,
    clientId: `under our id ${mark.value ?? ''}`,
    amount: `by its amount ${amount} ${asset}, which is made unique`,
    nothing: `by its amount ${amount} ${asset}, which others could have as well: no other record may be unexplained`,
  }[mark.by];
  const done = words.done === null ? 'that it is there' : words.done;
  const failed = words.failed === null ? '' : `, ${words.failed} that it did not happen`;
  const until = mayAppearUntil === null ? '' : `; it may appear until ${momentWords(mayAppearUntil, now)}`;
  return [
    `proof: its record in ${records.join(' or ')}, ${by}; ${done} proves it${failed}${until}`,
    absenceWords(evidence),
  ];
}

function absenceWords({ still, absenceProves, absent, absentNeeded, absentOverMs }: LedgerRow['evidence']): string {
  if (!absenceProves) return 'no record proves nothing: the venue said that it accepted';
  const reads = `${String(absentNeeded)} reads over ${duration(absentOverMs)}`;
  return `no record proves that it did not happen after that, by ${reads} that show ${still} as before (${String(absent)} so far)`;
}

function holdWords({ held }: LedgerRow, now: number): readonly string[] {
  const { chargeUsd, coins, waits, blocked, exceptionFrom } = held;
  const counted = coins.map(({ place, asset }) => `${asset} of ${place}`).join(' and ');
  const others = waits === null ? 'beyond urgent one call may leave from other money' : `nothing else leaves: ${waits}`;
  const from =
    waits === null
      ? ''
      : exceptionFrom === null
        ? ', beyond urgent too'
        : `, beyond urgent until ${momentWords(exceptionFrom, now)}`;
  const not = blocked.map(({ needs, why }) => `, but no ${needs}: ${why}`).join('');
  return [
    `held: ${chargeUsd} USD of the budgets; ${counted} counts nowhere; nothing is released`,
    `${others}${from}${not}`,
  ];
}

function endWords({ intent, givenUpAt }: LedgerRow, now: number): string {
  const end =
    givenUpAt === null
      ? 'it is not given up while the venue says that it is on its way or done'
      : `without proof it is given up to a person at ${momentWords(givenUpAt, now)}, at the earliest`;
  return `${end}; who knows better: \`ballast resolve ${intent} --happened|--did-not-happen --why "…"\``;
}

/** `12:03:01 UTC (in 9 s)`, and of what is over that it is. */
function momentWords(ms: number, now: number): string {
  const left = ms - now;
  return `${isoOf(ms).slice(11, 19)} UTC (${left > 0 ? `in ${duration(left)}` : 'over'})`;
}
