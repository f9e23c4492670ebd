/** Defects of how much, under which limits, and of what is let go (DESIGN §2.5 to §2.8, §5). */
import { bySeeds, byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const DECIDING: readonly Defect[] = [
  {
    name: 'a cap is ignored',
    harm: 'What the policy lets go in an hour is no bound: one bad night empties the wallets.',
    patches: [
      {
        file: 'src/core/limits.ts',
        find: `    left('perHour', caps.perHour, () => usdOf(within(counted, ask.now, HOUR_MS))),
`,
        replace: '',
      },
    ],
    catcher: bySeeds(40, ['caps']),
  },
  {
    name: 'a charge is not written with its plan',
    harm: 'The budget never learns what was sent: every look may spend all of it.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `  if c.intents[i + 3] ~= '' then redis.call('ZADD', KEYS[5], now, c.intents[i + 3]) end
`,
        replace: '',
      },
    ],
    catcher: bySeeds(40, ['caps']),
  },
  {
    name: 'a budget window forgets',
    harm: 'What was spent an hour ago no longer counts against the day.',
    patches: [
      {
        file: 'src/core/limits.ts',
        find: `usdOf(within(counted, ask.now, DAY_MS))),
    left('perIncident'`,
        replace: `usdOf(within(counted, ask.now, HOUR_MS))),
    left('perIncident'`,
      },
    ],
    catcher: byTest(
      'test/core/limits.test.ts',
      'room > slides: what is a day old no longer counts, what lies ahead of the clock does',
      /expected \[ '100', 'perDay' \] to deeply equal \[ '40', 'perDay' \]/,
    ),
    fast: true,
  },
  {
    name: 'a charge comes back with a doubt',
    harm: 'A call of unknown outcome is given back to the budget, and counts for nothing when it turns out to have happened.',
    patches: [
      {
        file: 'src/jobs/outcomes.ts',
        find: `  unknown: { follows: 'sending,settling,unknown', contradicts: 'missing' },
`,
        replace: `  unknown: { follows: 'sending,settling,unknown', contradicts: 'missing', refund: true },
`,
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'outcome > rejected and refused return the charge, unknown and expired do not',
      /unknown: expected \+0 to be 1/,
    ),
    fast: true,
  },
  {
    name: 'beyond urgent there is no limit',
    harm: 'The wider tier becomes an endless one: a wrong price spends everything.',
    patches: [
      {
        file: 'src/core/limits.ts',
        find: `  return tier === 'urgent' ? limits.urgent : limits;
`,
        replace: `  return tier === 'urgent' ? { perAction: null, perHour: null, perDay: null, perIncident: null } : limits;
`,
      },
    ],
    catcher: bySeeds(40, ['caps']),
  },
  {
    name: 'what is to be kept is spent',
    harm: 'The reserve that the operator keeps in a wallet is used.',
    patches: [
      {
        file: 'src/core/purse.ts',
        find: 'max(ZERO, free.minus(rule.keep[asset] ?? ZERO))',
        replace: 'max(ZERO, free)',
      },
    ],
    catcher: byTest(
      'test/core/decide.test.ts',
      'money > stays above what the operator keeps',
      /expected '9000' to be '5000'/,
    ),
    fast: true,
  },
  {
    name: 'cool-down beyond urgent',
    harm: 'The loan falls on after a payment and waits for a brake instead of being saved.',
    patches: [
      {
        file: 'src/machines/loanLook.ts',
        find: 'isCooling(context, seen) && !pastUrgent && context.remainder === null',
        replace: 'isCooling(context, seen) && context.remainder === null',
      },
    ],
    catcher: byTest(
      'test/machines/loanLook.test.ts',
      'the cool-down > is ignored beyond urgent',
      /expected \[\] to have a length of 1 but got \+0/,
    ),
    fast: true,
  },
  {
    name: 'the fuse counts "not now"',
    harm: 'In the minute in which the venue turns everybody away, the brake stops the rescue.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  const fuse = !(reply.outcome === 'rejected' && NOT_NOW.has(reply.effect));
`,
        replace: `  const fuse = NOT_NOW.size > 0;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/undecided.test.ts',
      'the fuse > does not count "not now": a busy venue cannot blow it',
      /expected \[ \{ verb: 'repay'.*to have a length of 9 but got 3/,
    ),
  },
  {
    name: 'amounts are rounded the wrong way',
    harm: 'A repayment is rounded down and misses its level by a hair: every look pays another crumb.',
    patches: [
      {
        file: 'src/core/fit.ts',
        find: `  trail.step('roundUp', ceil(wanted.unbounded, decimals));
  raiseTo(trail, 'minRepay'`,
        replace: `  trail.step('roundUp', floor(wanted.unbounded, decimals));
  raiseTo(trail, 'minRepay'`,
      },
    ],
    catcher: byTest(
      'test/core/sizing-examples.test.ts',
      'sizing examples > X01-cross-transfer-repay',
      /roundUp: the record says 9591\.\d+, computed 9591\.\d+/,
    ),
    fast: true,
  },
  {
    name: 'a big amount goes through a number',
    harm: 'From 10^21 on the text of an amount has an exponent, and digits beyond the sixteenth are lost.',
    patches: [
      {
        file: 'src/core/money.ts',
        find: `  return value.isZero() ? '0' : value.toFixed();
`,
        replace: `  return String(value.toNumber());
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/parse.test.ts',
      'wireAmount > writes plain decimals only',
      /^expected '1\.\d+e\+29'/,
    ),
    fast: true,
  },
  {
    name: 'an average weight sizes collateral',
    harm: 'Collateral is added as if every coin counted like the first one: the loan stays above its level.',
    patches: [
      {
        file: 'src/core/sizing.ts',
        find: '    if (tier.room === null || wanted.lte(tier.room)) return',
        replace: '    if (tier.room === null || wanted.gt(ZERO)) return',
      },
    ],
    catcher: byTest(
      'test/core/sizing-examples.test.ts',
      'sizing examples > X10-okxflex-add-tiers',
      /3\.\d+ is not 3\.\d+: expected false to be true/,
    ),
  },
  {
    name: 'a coin whose price is in dispute is added',
    harm: 'Good money goes into a loan as the very coin whose worth nobody knows.',
    patches: [
      {
        file: 'src/core/remedy.ts',
        find: "  if (option.rung.do === 'add' && isDislocated(option.asset)) return",
        replace: "  if (option.rung.do === 'add' && isDislocated('')) return",
      },
    ],
    catcher: byTest(
      'test/core/decide.care.test.ts',
      'a dislocated price > is never fed, and the aim shrinks to urgent',
      /expected 'BTC' to be 'USDT'/,
    ),
  },
  {
    name: 'one look is enough between act and urgent',
    harm: 'A single wick pays money that nobody needed.',
    patches: [
      {
        file: 'src/machines/loanLook.ts',
        find: 'context.moments.length < wanted) return told;',
        replace: 'context.moments.length < Math.min(1, wanted)) return told;',
      },
    ],
    catcher: byTest(
      'test/jobs/observing.test.ts',
      'between act and urgent > a second look at another price confirms a breach, and the record says that it waits for it',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'collateral leaves while something is undecided',
    harm: 'What may be missing in a moment is let go.',
    patches: [
      {
        file: 'src/core/releaseQuestions.ts',
        find: `  nothingUndecided,
  nobodyInNeed,
`,
        replace: `  nobodyInNeed,
`,
      },
    ],
    catcher: byTest(
      'test/core/release.test.ts',
      'collateral stays > while anything is undecided',
      /expected 'act' to be 'nothing'/,
    ),
    fast: true,
  },
  {
    name: 'more leaves than the venue lets go',
    harm: 'The venue refuses the release, or lets the loan stand at its edge.',
    patches: [
      {
        file: 'src/core/releaseSize.ts',
        find: '  if (most !== undefined) bounds.push(',
        replace: '  if (most?.isNegative() === true) bounds.push(',
      },
    ],
    catcher: byTest(
      'test/core/release.test.ts',
      'how much leaves > is never more than the venue, a limit, or what is kept inside allows',
      /expected '0\.4' to be '0\.1'/,
    ),
    fast: true,
  },
  {
    name: 'the venue’s price alone lets collateral go',
    harm: 'An index that is wrong for a minute gives away what the loan needs a minute later.',
    patches: [
      {
        file: 'src/core/releaseQuestions.ts',
        find: `  return alone.length === 0
`,
        replace: `  return alone.length >= 0
`,
      },
    ],
    catcher: byTest(
      'test/core/release.test.ts',
      'collateral stays > when no price is attested',
      /expected 'act' to be 'nothing'/,
    ),
    fast: true,
  },
  {
    name: 'collateral leaves in any mode',
    harm: 'Collateral is let go while prices are in dispute or the venue fails: just when it may be needed.',
    patches: [
      {
        file: 'src/core/modes.ts',
        find: `  transferOut: { active: 'yes', reducing: 'no', degraded: 'no', quarantine: 'no', halted: 'no' },
  reduce: { active: 'yes', reducing: 'no', degraded: 'no', quarantine: 'no', halted: 'no' },
`,
        replace: `  transferOut: { active: 'yes', reducing: 'yes', degraded: 'yes', quarantine: 'yes', halted: 'yes' },
  reduce: { active: 'yes', reducing: 'yes', degraded: 'yes', quarantine: 'yes', halted: 'yes' },
`,
      },
    ],
    catcher: byTest(
      'test/core/release.test.ts',
      'collateral stays > in mode reducing',
      /expected 'act' to be 'nothing'/,
    ),
  },
  {
    name: 'twice what is needed is paid',
    harm: 'Every repayment carries its loan far beyond target: the wallet is empty when the next loan falls.',
    patches: [
      {
        file: 'src/core/sizing.ts',
        find: `  return excess(stand, t).div(price);
`,
        replace: `  return excess(stand, t).div(price).times(2);
`,
      },
    ],
    catcher: bySeeds(40, ['paidOnce']),
    fast: true,
  },
];
