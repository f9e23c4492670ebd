/** Defects of what is seen, and when (DESIGN §2.4, §2.7, §5.1). */
import { bySeeds, byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const SIGHT: readonly Defect[] = [
  {
    name: 'a failed read is a zero',
    harm: 'A wallet whose read failed counts as empty: the loan starves beside the money that would save it.',
    patches: [
      {
        file: 'src/exchanges/binance/wallet.ts',
        find: `  const json = await client.read(ENDPOINTS.userAsset, {}, { signal });
`,
        replace: `  const json = await client.read(ENDPOINTS.userAsset, {}, { signal }).catch((): Json => []);
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/crossMargin.test.ts',
      'what may not be believed > a wallet that could not be read is absent, not empty',
      /expected \[ \{ name: 'spot', free: \{\}.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'a loan is closed because its list could not be read',
    harm: 'The loan is no longer watched while its debt stands: nobody sees it fall.',
    patches: [
      {
        file: 'src/jobs/needing.ts',
        find: `  return why === null ? gone(now, others(id)) : { type: 'OBSERVE_FAILED', now, why };
`,
        replace: `  return why === null || why !== '' ? gone(now, others(id)) : { type: 'OBSERVE_FAILED', now, why };
`,
      },
    ],
    catcher: bySeeds(40, ['closed']),
    fast: true,
  },
  {
    name: 'old sections decide',
    harm: 'A plan is made from readings of minutes ago.',
    patches: [
      {
        file: 'src/jobs/plausibility.ts',
        find: 'now - section.asOf <= maxAgeMs) return [name, section];',
        replace: 'now - section.asOf <= 1000 * maxAgeMs) return [name, section];',
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'a section that could not be read > is one that is older than its age, by itself: other sections still decide',
      /to match \/could not be read\//,
    ),
  },
  {
    name: 'a jump of the price discards the look',
    harm: 'The price falls by a third in a minute, the look is taken for nonsense, and the loan is liquidated meanwhile.',
    patches: [
      {
        file: 'src/core/plausible.ts',
        find: `  return [...debts, ...coins, stands ? thresholdDoubt(before, after) : null].filter((doubt) => doubt !== null);
`,
        replace: `  const jumped: Doubt | null = stands && after.ltv.gt(before.ltv.times('1.1')) ? { what: 'collateral', of: before.id, says: 'its LTV jumped' } : null;
  return [...debts, ...coins, jumped].filter((doubt) => doubt !== null);
`,
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'an observation > after a fall of the price is believed at once: prices are never doubted',
      /expected \[\] to have a length of 1 but got \+0/,
    ),
  },
  {
    name: 'anything is believed',
    harm: 'A venue that lists no collateral for a minute makes Ballast pay for a need that is not there.',
    patches: [
      {
        file: 'src/core/plausible.ts',
        find: `  if (isExplained(change, range, movesOf(others, change))) return null;
`,
        replace: `  if (range.low.lte(range.high)) return null;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'an observation > that cannot be true stops everything, is told once, and is believed after three that agree over ten seconds',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: '"" is read as zero',
    harm: 'A field that does not apply becomes a debt or a price of zero.',
    patches: [
      {
        file: 'src/exchanges/parse.ts',
        find: `    if (text === null) return null;
    try {
      return parse(text);
`,
        replace: `    try {
      return parse(text ?? '0');
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/parse.test.ts',
      'Reader > takes {"v":""} for not applicable, never for zero',
      /expected 0 to be null/,
    ),
    fast: true,
  },
  {
    name: 'numbers are read as numbers',
    harm: 'Ids and amounts of the wire lose their last digits: a record is no longer found, an amount no longer matches.',
    patches: [
      {
        file: 'src/exchanges/json.ts',
        find: `    const value: Json = JSON.parse(quoted) as Json;
`,
        replace: `    const value: Json = JSON.parse(quoted === '' ? quoted : text) as Json;
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/json.test.ts',
      'parseJson > keeps numbers as their wire text',
      /^expected \{ id: 1352286576452864800,/,
    ),
  },
  {
    name: 'the lower edge of a rounded LTV triggers',
    harm: 'The venue says 90.00 %, which may be 90.005 %: a loan on its edge is left alone.',
    patches: [
      {
        file: 'src/core/loan.ts',
        find: `  return loan.venueLtv !== null && loan.venueLtv.high.gt(loan.ltv) ? loan.venueLtv.high : loan.ltv;
`,
        replace: `  return loan.venueLtv !== null && loan.venueLtv.low.gt(loan.ltv) ? loan.venueLtv.low : loan.ltv;
`,
      },
    ],
    catcher: byTest(
      'test/core/decide.care.test.ts',
      'which number is trusted > sizes by the venue when it clearly says worse',
      /expected '0\.84' to be '0\.85'/,
    ),
  },
  {
    name: 'the venue’s call does not move act',
    harm: 'A policy acts above the venue’s own margin call: the venue acts first.',
    patches: [
      {
        file: 'src/core/levels.ts',
        find: `  return byMarginRatio === null ? min(act, ceiling) : min(act, ceiling, byMarginRatio);
`,
        replace: `  return byMarginRatio === null ? act : min(act, byMarginRatio);
`,
      },
    ],
    catcher: byTest(
      'test/core/levels.test.ts',
      'levels > keep act a point below the call and the line, and target below act',
      /expected '0\.7' to be '0\.64'/,
    ),
  },
  {
    name: 'a swallowed doorbell',
    harm: 'A bell that rings during a look is dropped: the fall that it announced waits for the timer.',
    patches: [
      {
        file: 'src/jobs/lane.ts',
        find: '{ deduplication: { id: DEDUPLICATION, keepLastIfActive: true } }',
        replace: '{ deduplication: { id: DEDUPLICATION } }',
      },
    ],
    catcher: byTest(
      'test/jobs/lane.test.ts',
      'a lane > turns bells that ring during a look into exactly one more look, with the newest reason',
      /expected \[ 'first' \] to deeply equal \[ 'first', 'fourth' \]/,
    ),
  },
  {
    name: 'a bell is taken for one that was answered',
    harm: 'Bells carry one job id: while the finished job of the last look is kept, no new one is added.',
    patches: [
      {
        file: 'src/jobs/lane.ts',
        find: '{ deduplication: { id: DEDUPLICATION, keepLastIfActive: true } }',
        replace: '{ jobId: DEDUPLICATION }',
      },
    ],
    catcher: byTest(
      'test/jobs/lane.test.ts',
      'a lane > turns bells that ring during a look into exactly one more look, with the newest reason',
      /expected \[ 'first' \] to deeply equal \[ 'first', 'fourth' \]/,
    ),
  },
  {
    name: 'nobody revives a silent lane',
    harm: 'A look that hangs for ever keeps its account from every other look.',
    patches: [{ file: 'src/jobs/timers.ts', find: '    await revive(', replace: '    if (looked < 0) await revive(' }],
    catcher: byTest(
      'test/jobs/timers.test.ts',
      'the timer of an account > revives a lane without a finished look, tells it once, and again for another silence',
      /expected 0 to be greater than or equal to 1/,
    ),
    fast: true,
  },
  {
    name: 'a section that failed is answered from memory',
    harm: 'While a part of the venue is silent Ballast decides on what it saw there before: the debt is another one by now.',
    patches: [
      {
        file: 'src/jobs/observing.ts',
        find: `  const believed = withoutDoubted(view, belief.doubts);
`,
        replace: `  const kept = remembered(previous, view);
  const fresh = Object.keys(kept.sections).map((name) => [name, { state: 'fresh' as const, asOf: view.asOf }]);
  const believed = withoutDoubted({ ...kept, sections: Object.fromEntries(fresh) }, belief.doubts);
`,
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'a section that could not be read > is one that is older than its age, by itself: other sections still decide',
      /^expected \[ \{ verb: 'repay'/,
    ),
    fast: true,
  },
];
