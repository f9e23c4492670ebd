/** Defects of what is believed about money that was sent (DESIGN §2.1, §2.2, §2.6, §6). */
import { bySeeds, byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const EVIDENCE: readonly Defect[] = [
  {
    name: 'stale reads after CONFIRMED',
    harm: 'The record is final, the balances still show the state before, and the next plan pays the same need again.',
    patches: [
      {
        file: 'src/jobs/ruling.ts',
        find: "  if (shown === 'shown') return",
        replace: "  if (shown !== 'contradicts') return",
      },
    ],
    catcher: byTest(
      'test/jobs/ruling.test.ts',
      'evidence rules > a record alone does not confirm: the reads that feed the next plan must show it',
      /^expected \{ state: 'confirmed'/,
    ),
    fast: true,
  },
  {
    name: 'stale reads are believed everywhere',
    harm: 'Neither the verdict nor the next look minds that the account still shows the state before: the same need is paid again and again.',
    patches: [
      {
        file: 'src/jobs/ruling.ts',
        find: "  if (shown === 'shown') return",
        replace: "  if (shown !== 'contradicts') return",
      },
      {
        file: 'src/jobs/observing.ts',
        find: `  if (lost !== null) {
`,
        replace: `  if (lost?.id === '') {
`,
      },
    ],
    catcher: bySeeds(80, ['planned', 'paidOnce']),
  },
  {
    name: 'it did not happen, decided too early (venue)',
    harm: 'No record is taken for proof while the venue may still execute: the call comes after its successor.',
    patches: [
      {
        file: 'src/exchanges/binance/verdict.ts',
        find: `  return left > 0
`,
        replace: `  return left > Number.MAX_SAFE_INTEGER
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/evidence.test.ts',
      'without a reference > no trace, validity not over',
      /expected 'didNotHappen' to be 'cannotTell'/,
    ),
  },
  {
    name: 'it did not happen, decided too early (OKX)',
    harm: 'The same at OKX, where a request is valid for 30 s.',
    patches: [
      {
        file: 'src/exchanges/okx/judge.ts',
        find: "intent.validUntil !== null && venueNow > intent.validUntil + marginMs ? 'late'",
        replace: "intent.validUntil !== null && venueNow + marginMs > 0 ? 'late'",
      },
    ],
    catcher: byTest(
      'test/exchanges/okx/judge.test.ts',
      'time and amounts > is early until the signature has been dead for the margin',
      /^expected \[ 'late', 'late', 'early' \]/,
    ),
  },
  {
    name: 'one read without a trace is enough',
    harm: 'Records lag: a single empty read rules the call out, and it is paid again before its record appears.',
    patches: [
      {
        file: 'src/jobs/ruling.ts',
        find: `  return absent.length >= AGREEING_READS - 1 && now - (absent[0]?.at ?? now) >= timing.evidenceSpreadMs;
`,
        replace: `  return absent.length >= 0 && now >= timing.evidenceSpreadMs;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/ruling.test.ts',
      'evidence rules > absence proves nothing before three reads over the spread',
      /expected 'DID_NOT_HAPPEN' to be 'UNKNOWN'/,
    ),
    fast: true,
  },
  {
    name: 'a pending call that fails is read as done',
    harm: 'The venue says FAILED and Ballast believes that the debt has fallen: the loan goes on falling.',
    patches: [
      {
        file: 'src/exchanges/binance/verdict.ts',
        find: `      return { verdict: 'didNotHappen', why: \`record \${row.id} is FAILED\`, byRecord: true };
`,
        replace: `      return { verdict: 'happened', ref: row.id, amount: format(row.amount), why: \`record \${row.id} is FAILED\` };
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/evidence.test.ts',
      'with the venue’s reference > a repay whose record is FAILED',
      /^expected \{ verdict: 'happened', ref: '5'/,
    ),
  },
  {
    name: 'what still pends is given up',
    harm: 'After ten minutes a call that the venue still works on counts as over: it is executed beside its successor.',
    patches: [
      {
        file: 'src/jobs/ruling.ts',
        find: "!mayCome && isLate(intent, now, timing) && lastReads(intent, ['didNotHappen', 'cannotTell'])",
        replace: "isLate(intent, now, timing) && lastReads(intent, ['didNotHappen', 'cannotTell', 'pending'])",
      },
    ],
    catcher: byTest(
      'test/jobs/ruling.test.ts',
      'evidence rules > a record that still pends never expires',
      /^expected \{ state: 'expired'/,
    ),
    fast: true,
  },
  {
    name: 'a read that failed counts as no trace',
    harm: 'Three failed reads of the records rule out a call that happened.',
    patches: [
      {
        file: 'src/jobs/reconcile.ts',
        find: `      (error: unknown) => ({ evidence: null, retryAfterMs: retryAfterOf(error) }),
`,
        replace: `      (error: unknown) => ({ evidence: { verdict: 'didNotHappen' as const, why: 'no record' }, retryAfterMs: retryAfterOf(error) }),
`,
      },
    ],
    catcher: byTest(
      'test/jobs/undecided.test.ts',
      'a lost answer > is never given up while its evidence cannot be read, nor while it is pending',
      /expected \[ 'rejected', 'rejected' \] to deeply equal \[ 'unknown' \]/,
    ),
  },
  {
    name: 'somebody else’s record is taken for ours',
    harm: 'Another payment of that coin is in the records, ours is not: Ballast believes that it has paid.',
    patches: [
      {
        file: 'src/exchanges/binance/verdict.ts',
        find: `  if (others > 0)
`,
        replace: `  if (others > Number.MAX_SAFE_INTEGER)
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/evidence.test.ts',
      'without a reference > unmarked, beside a foreign record',
      /expected 'happened' to be 'cannotTell'/,
    ),
  },
  {
    name: 'a late outcome is dropped',
    harm: 'The truth about a call that was given up arrives and is not taken: budgets and machines go on with the guess.',
    patches: [
      {
        file: 'src/jobs/outcomes.ts',
        find: `    follows: 'sending,settling,unknown,expired',
    contradicts: 'rejected,refused,voided,planned,missing',
`,
        replace: `    follows: 'sending,settling,unknown',
    contradicts: 'rejected,refused,voided,planned,missing',
`,
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'outcome > of an intent that is expired: confirmed is ok',
      /expected 'known' to be 'ok'/,
    ),
  },
  {
    name: 'a contradiction is swallowed',
    harm: 'The venue says that it happened, the journal that it did not: the account goes on paying with a journal that is wrong.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `  redis.call('SET', KEYS[4], 'intent ' .. ARGV[2] .. ' is ' .. said .. ' and then ' .. ARGV[3])
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'outcome > that contradicts a settled verdict is not written, says so, and lets nothing leave until the account knows',
      /^expected null to be 'intent i1 is rejected/,
    ),
  },
  {
    name: 'the second leg does not wait for the first',
    harm: 'What is accepted counts as settled: the next call is planned before the first has arrived, and pays for the same need.',
    patches: [
      { file: 'src/core/intent.ts', find: "['sending', 'settling', 'unknown'];", replace: "['sending', 'unknown'];" },
      {
        file: 'src/jobs/scripts.ts',
        find: `  if id ~= ARGV[2] and redis.call('HGET', other, 'state') ~= 'planned' then
`,
        replace: `  local standing = redis.call('HGET', other, 'state')
  if id ~= ARGV[2] and standing ~= 'planned' and standing ~= 'settling' then
`,
      },
    ],
    catcher: byTest(
      'test/jobs/undecided.test.ts',
      'an accepted call > keeps the other loans of its account waiting until it is settled',
      /expected \[ 'grave', 'mild' \] to deeply equal \[ 'grave' \]/,
    ),
  },
  {
    name: 'progress is judged by LTV',
    harm: 'A fall of the price hides what was paid: the payment counts as without effect, and is made again or blows the fuse.',
    patches: [
      {
        file: 'src/core/outcome.ts',
        find: `  const effect = effectOn(intent, loan, view.asOf);
`,
        replace: `  const before = parse(intent.before.ltv);
  const effect: Witness = loan.ltv.lt(before) ? 'moved' : loan.ltv.gt(before) ? 'still' : effectOn(intent, loan, view.asOf);
`,
      },
    ],
    catcher: byTest(
      'test/core/outcome.test.ts',
      'a repayment from inside > is judged by what is owed, whatever the price did to the LTV meanwhile',
      /paid, and the price fell: expected 'notYet' to be 'shown'/,
    ),
  },
  {
    name: 'a confirmed move may vanish again',
    harm: 'Reads from a server that lags show the debt as it was before the last payment: it is paid once more.',
    patches: [
      {
        file: 'src/jobs/observing.ts',
        find: `  if (lost !== null) {
`,
        replace: `  if (lost !== null && lost.id === '') {
`,
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'an observation > that has lost a confirmed move again is not planned from, until it shows it',
      /to have a length of 1 but got 2/,
    ),
  },
  {
    name: 'two marks are the same',
    harm: 'Two amounts in the records are equal: the record of the one proves the other.',
    patches: [
      {
        file: 'src/core/fingerprint.ts',
        find: '    if (fits && !taken.has(format(amount))) return',
        replace: '    if (fits && taken.size >= 0) return',
      },
    ],
    catcher: byTest(
      'test/core/fingerprint.test.ts',
      'marking > never repeats a recent amount, however it is spelled',
      /expected true to be false/,
    ),
  },
];
