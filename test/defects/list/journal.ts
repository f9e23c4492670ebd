/** Defects of what outlives a lost journal, and of two policies (DESIGN §4, §8). */
import { bySeeds, byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const JOURNAL: readonly Defect[] = [
  {
    name: 'a rewound journal goes unnoticed',
    harm: 'The witness is not asked: a journal that forgot a call lets it be made again.',
    patches: [
      {
        file: 'src/jobs/quarantine.ts',
        find: `  if (safeguard === null) return opened;
`,
        replace: `  if (safeguard === null || opened.epoch > 0) return opened;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a journal that was taken back > numbers its calls anew, so that no id is used for a second call',
      /expected \[\] to have a length of 2 but got \+0/,
    ),
  },
  {
    name: 'a call leaves unwitnessed',
    harm: 'Nothing outside Redis knows what was sent: when Redis forgets it, nobody knows it.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `    await safeguard?.witness.claimed(sending);
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a witness that cannot be written > lets nothing leave, says so, and goes on as soon as it can',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'the quarantine ends before its date',
    harm: 'Money moves again while a call that the lost journal signed may still be executed.',
    patches: [
      {
        file: 'src/machines/accountMachine.ts',
        find: `  if (quarantine === null || !quarantine.imported || now < quarantine.until) return context;
`,
        replace: `  if (quarantine === null) return context;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a journal that is new for its account > sends nothing before its date has passed, looks all the same, then rescues',
      /expected undefined to be 'quarantine'/,
    ),
  },
  {
    name: 'the budget starts at zero after a loss',
    harm: 'The records of the day are read and not charged: a lost journal doubles every cap.',
    patches: [
      {
        file: 'src/jobs/quarantine.ts',
        find: `  return charges;
}

/** A call whose own record`,
        replace: `  return charges.slice(charges.length);
}

/** A call whose own record`,
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a journal that is new for its account > charges what others put into a loan, and nothing else',
      /expected \[\] to deeply equal \[ \[ 'external-r1', '1000' \] \]/,
    ),
  },
  {
    name: 'the quarantine asks for no call by its id',
    harm: 'OKX lists nothing before it is done: a transfer that hangs and that the journal lost is neither waited for nor seen.',
    patches: [
      {
        file: 'src/jobs/quarantine.ts',
        find: ` ?? (await unfinished(deps, setup, forgotten, signal))`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a journal that was taken back to just before a claim > asks for each call that only the witness knows by its id: one that the venue is still at work on',
      /expected 'active' to be 'quarantine'/,
    ),
  },
  {
    name: 'the office is ignored',
    harm: 'Two policies act for one account: each spends its own caps on the same need.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `  if acting ~= ARGV[6] then return acting end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/office.test.ts',
      'another policy neither raises the epoch nor voids a plan',
      /instead of rejecting/,
    ),
    fast: true,
  },
  {
    name: 'what is undecided leaves by its age',
    harm: 'A payment that nobody settled is forgotten: its money counts as never sent, and its result meets nothing.',
    patches: [
      {
        file: 'src/jobs/retention.ts',
        find: `  if state == 'planned' or state == 'sending' or state == 'settling' or state == 'unknown' then return true end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/retention.test.ts',
      'what is older than the file says > leaves, unless anything still needs it; a look finds the same (history 2)',
      /expected \d+ to be \d+/,
    ),
  },
  {
    name: 'numbers are used again',
    harm: 'After a loss the journal counts from one: two calls have the same id, and the outcome of one settles the other.',
    patches: [
      {
        file: 'src/jobs/safeguard.ts',
        find: `if tonumber(now) > tonumber(ARGV[1]) then redis.call('SET', KEYS[1], now) end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/quarantine.test.ts',
      'a journal that was taken back > numbers its calls anew, so that no id is used for a second call',
      /expected 1 to be 2/,
    ),
  },
  {
    name: 'a stale look writes',
    harm: 'A look that was overtaken writes its machines over those of the newer one.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'stale' end
steady(`,
        replace: 'steady(',
      },
    ],
    catcher: byTest('test/jobs/journal.test.ts', 'commit > of an older look is refused whole', /instead of rejecting/),
    fast: true,
  },
  {
    name: 'decisions leave no record',
    harm: 'Nobody can say afterwards why money moved, or why it did not.',
    patches: [
      {
        file: 'src/jobs/journalText.ts',
        find: '    why: commit.decisions.flatMap((d) => [',
        replace: '    why: commit.decisions.slice(commit.decisions.length).flatMap((d) => [',
      },
    ],
    catcher: bySeeds(40, ['records']),
  },
  {
    name: 'the epoch wraps',
    harm: 'The counter of looks begins again: a look of long ago has the number of this one, and ids of calls are used twice.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `local epoch = redis.call('INCR', KEYS[1])
`,
        replace: `local epoch = redis.call('INCR', KEYS[1]) % 8
redis.call('SET', KEYS[1], epoch)
`,
      },
    ],
    catcher: bySeeds(40, ['fence']),
  },
  {
    name: 'a raised limit passes as a lowered one',
    harm: 'A reload lets more money leave, and nobody is asked.',
    patches: [
      {
        file: 'src/config/policyDifference.ts',
        find: `    const isMore = now === null || (old !== null && now.gt(old));
`,
        replace: `    const isMore = now === null;
`,
      },
    ],
    catcher: byTest(
      'test/config/difference.test.ts',
      'the difference between two policy files > perAction: 10000 USD -> perAction: 15000 USD',
      /expected 'tightens' to be 'loosens'/,
    ),
  },
  {
    name: 'a process keeps its post under a policy that it left',
    harm: 'When each of several processes has taken over the new policy, nobody acts until the post of the first one runs out.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `    redis.call('ZREM', postsKey, acting .. ' ' .. run)
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/office.test.ts',
      'when each of several processes changes to the new policy, the last one makes it act at once',
      /expected 'A' to be null/,
    ),
  },
];
