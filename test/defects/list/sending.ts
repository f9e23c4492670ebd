/** Defects of steps 6 and 7: plans, claims and what leaves (DESIGN §2.1, §2.3, §2.11, §4, §5.7). */
import { bySeeds, byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const SENDING: readonly Defect[] = [
  {
    name: 'resend on timeout',
    harm: 'A call whose answer is lost is sent again: the first one may have been executed, so the debt is paid twice.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  deps.passing('answered');
`,
        replace: `  if (reply.outcome === 'unknown') await venue.send(venue.sign(intent), timeout(clock, timing.requestDeadlineMs));
  deps.passing('answered');
`,
      },
    ],
    catcher: bySeeds(80, ['once']),
  },
  {
    name: 'the fence is removed',
    harm: 'What the claim says is not heeded: two processes that hold the same plan both send it.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  if (denied !== null) return refuse(deps, intent, denied);
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/crash.test.ts',
      'facts that arrive late > no claim leaves while a contradiction waits for the account',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'the fence asks about the intent, not about the account',
    harm: 'A second call leaves while the first is undecided: both pay the same need, and Binance margin refuses the second with its lock.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if undecided > tonumber(ARGV[7]) then return 'another money call of the account is undecided' end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'claim > is denied while another money call is undecided, except beside one whose validity is over',
      /expects to receive a string/,
    ),
  },
  {
    name: 'a look that was overtaken sends',
    harm: 'Its plan is neither voided by the newer look nor denied: both pay the same need.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if redis.call('GET', KEYS[1]) ~= ARGV[3] or redis.call('HGET', key, 'epoch') ~= ARGV[3] then return 'a newer look has begun' end
`,
        replace: '',
      },
      {
        file: 'src/jobs/scripts.ts',
        find: `    redis.call('HSET', key, 'state', 'voided', 'note', 'the look that planned it ended before claiming it')
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'claim > is denied once a newer look has begun',
      /expected null not to be null/,
    ),
  },
  {
    name: 'one plan is claimed twice',
    harm: 'Whoever comes second finds the intent already sending, and may send it too.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if redis.call('HGET', key, 'state') ~= 'planned' then return 'it is not planned any more' end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'claim > of many runs at once lets exactly one send',
      /to have a length of 1 but got 16/,
    ),
  },
  {
    name: 'sign after claim',
    harm: 'The journal says a validity that the signature does not have: the venue can still execute a call that has been ruled out, and its successor pays again.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `    request = venue.sign(intent);
    deps.passing('signed');
`,
        replace: '',
      },
      {
        file: 'src/jobs/act.ts',
        find: `deps.setup().digest, request.validUntil, wall, beside);
`,
        replace: `deps.setup().digest, wall, wall, beside);
    request = venue.sign(intent);
    deps.passing('signed');
`,
      },
    ],
    catcher: byTest(
      'test/jobs/crash.test.ts',
      'after the claim > the journal knows until when the very request that leaves is valid',
      /^expected \[ \d+ \] to deeply equal \[ \d+ \]/,
    ),
  },
  {
    name: 'a leftover plan is resumed',
    harm: 'What a dead look had planned is sent from readings of then: by now somebody else may have paid, and prices are others.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `    redis.call('HSET', key, 'state', 'voided', 'note', 'the look that planned it ended before claiming it')
    redis.call('SREM', KEYS[2], id)
    local charge = redis.call('HGET', key, 'charge')
    if charge then redis.call('ZREM', KEYS[5], charge) end
    voided[#voided + 1] = id
`,
        replace: `    redis.call('HSET', key, 'epoch', epoch, 'committedAt', now)
    intents[#intents + 1] = redis.call('HGETALL', key)
`,
      },
      {
        file: 'src/jobs/look.ts',
        find: `    obeyPauses(setup, opened, draft, deps.clock.wall());
`,
        replace: `    obeyPauses(setup, opened, draft, deps.clock.wall());
    const left = opened.undecided.find(({ state }) => state === 'planned');
    if (left !== undefined) {
      await act(deps, { ...left, epoch: opened.epoch }, { setup, lease: this.#lease, signal, accountMode: draft.mode, ageMs: sight.ageMs, beside: false, lastSentAt: null });
      return;
    }
`,
      },
    ],
    catcher: byTest(
      'test/jobs/crash.test.ts',
      'a run that dies on any line > after its commit leaves a plan that nobody carries out, not even when the need is gone meanwhile',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'the lease is not looked at',
    harm: 'A process that froze between claim and send wakes up and sends, long after its lane was taken over.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  const late = tooLate(deps, facts, request, { wall, mono });
`,
        replace: `  const late = Number.isNaN(wall + mono) ? tooLate(deps, facts, request, { wall, mono }) : null;
`,
      },
    ],
    catcher: byTest(
      'test/jobs/crash.test.ts',
      'facts that arrive late > a frozen run that wakes up after its claim refuses, and that is no contradiction',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'the claim may be as late as it likes',
    harm: 'The reply of a claim that was issued to a frozen Redis is believed, whatever happened meanwhile.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  if (lease.remainingMs() < timing.requestDeadlineMs) return 'the lease would not outlast the request';
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/crash.test.ts',
      'after the claim > nothing is sent when the lease would not outlast the request',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'an old plan is sent',
    harm: 'A plan may be claimed however old the reads behind it are: the price is another one, and so is the need.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if tonumber(now) - tonumber(redis.call('HGET', key, 'committedAt')) > tonumber(redis.call('HGET', key, 'maxAgeMs')) then
  return 'the plan is too old'
end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'claim > is denied for a plan older than its age',
      /expects to receive a string/,
    ),
  },
  {
    name: 'nothing waits between two calls',
    harm: 'Two money calls of an account follow each other at once: the venue answers the second with its lock or its limit.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: `  if (left > 0) await clock.sleep(left, signal).catch(() => undefined);
`,
        replace: `  if (left < 0) await clock.sleep(left, signal).catch(() => undefined);
`,
      },
    ],
    catcher: byTest(
      'test/jobs/undecided.test.ts',
      'a loan whose calls fail > keeps the distance between two calls, also when the first brought a lesson and the second follows at once',
      /to be greater than or equal to 4000/,
    ),
  },
  {
    name: 'a pause is not asked at the claim',
    harm: 'An operator pauses the account while a plan is on its way, and the money leaves all the same.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `if redis.call('EXISTS', KEYS[3]) == 1 then return 'the account is paused' end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/operator.test.ts',
      'a paused account > is denied the claim also when the pause comes between plan and send',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'dry-run sends',
    harm: 'A server that was started to watch moves money.',
    patches: [
      {
        file: 'src/jobs/act.ts',
        find: "if (intent.mode !== mode || mode === 'dryRun') return",
        replace: 'if (intent.mode !== mode) return',
      },
      {
        file: 'src/jobs/triaging.ts',
        find: `  if (setup.mode === 'dryRun') return { kind: 'dryRun', why: 'dry-run' };
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/look.test.ts',
      'a look > in dry-run writes no intent, sends nothing and says what it would do',
      /expected \[ \{ verb: 'repay'.*to deeply equal \[\]/,
    ),
  },
  {
    name: 'a halted account goes on',
    harm: 'Money moves although a person was asked to look first: a contradiction, a frozen account, a lost right.',
    patches: [
      {
        file: 'src/core/modes.ts',
        find: `  repay: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
  transferIn: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
  add: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'no' },
`,
        replace: `  repay: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'yes' },
  transferIn: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'yes' },
  add: { active: 'yes', reducing: 'yes', degraded: 'one-at-a-time', quarantine: 'no', halted: 'yes' },
`,
      },
    ],
    catcher: byTest(
      'test/machines/machinesPage.test.ts',
      'no money moves in quarantine or when halted, and reads never stop',
      /expected \[ Array\(4\) \] to deeply equal \[ 'read' \]/,
    ),
    fast: true,
  },
  {
    name: 'two emergencies at a time',
    harm: 'Beyond urgent a third call leaves while two are undecided: one need is paid from every wallet there is.',
    patches: [
      {
        file: 'src/jobs/scripts.ts',
        find: `      if redis.call('HGET', other, 'emergency') == '1' then return 'an emergency call of the account is undecided' end
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/jobs/journal.test.ts',
      'claim > is denied while another money call is undecided, except beside one whose validity is over',
      /to match \/emergency\//,
    ),
  },
  {
    name: 'an emergency takes money that may be gone',
    harm: 'While a call is undecided, the next one is sized on the coins that the first may have used: it fails when they are most needed, or pays twice from them.',
    patches: [
      {
        file: 'src/core/purse.ts',
        find: 'return input.undecided.some((one) => one.asset === asset && (one.from === wallet || one.to === wallet));',
        replace: 'return input.undecided.length > 9 && wallet === asset;',
      },
    ],
    catcher: byTest(
      'test/core/decide.care.test.ts',
      'an undecided intent > beyond urgent leaves other money free, never the money it may have touched',
      /to match object \{ verb: 'transferIn', asset: 'BTC' \}/,
    ),
    fast: true,
  },
  {
    name: 'an emergency does not wait for the validity',
    harm: 'Beyond urgent the second call leaves while the venue may still execute the first.',
    patches: [
      {
        file: 'src/jobs/undecided.ts',
        find: 'if (freeAt === null || now === null || now <= freeAt)',
        replace: 'if (freeAt === null || now === null)',
      },
    ],
    catcher: byTest(
      'test/jobs/undecided.test.ts',
      'while a call is undecided > the whole account waits until its validity and the lag of records are over, beyond urgent too',
      /to match \/undecided\//,
    ),
  },
];
