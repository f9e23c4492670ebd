/** Every check of `doctor` has a case that is well and one that is not, which says what can be done. */
import { describe, expect, it } from 'vitest';
import { judgeSeen } from '../../../src/cli/doctor/accounts.ts';
import { judgeChannels, judgeNoPing, judgeReach } from '../../../src/cli/doctor/alerts.ts';
import type { FolderFacts } from '../../../src/cli/doctor/disk.ts';
import { judgeFolder, judgeKind, judgeRoom, judgeWritable } from '../../../src/cli/doctor/disk.ts';
import { judgeFile } from '../../../src/cli/doctor/doctor.ts';
import type { CheckName, Judged, Verdict } from '../../../src/cli/doctor/finding.ts';
import { CHECKS, exitOf, found, ok } from '../../../src/cli/doctor/finding.ts';
import { judgeReached } from '../../../src/cli/doctor/ground.ts';
import { judgeMinimum } from '../../../src/cli/doctor/minimum.ts';
import type { RedisFacts } from '../../../src/cli/doctor/redis.ts';
import {
  judgeEviction,
  judgeMemory,
  judgePersistence,
  judgeRedisClock,
  judgeRole,
  judgeVersion,
  judgeWrites,
  refusalOf,
} from '../../../src/cli/doctor/redis.ts';
import { judgeSpeed, reactionMs } from '../../../src/cli/doctor/speed.ts';
import { judgeExamination, judgeRisks, judgeTopUp, judgeTrips } from '../../../src/cli/doctor/venue.ts';
import { findingsInWords } from '../../../src/cli/doctor/words.ts';
import { EXIT } from '../../../src/cli/exit.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { AccountConfig } from '../../../src/config/types.ts';
import { levelsOf } from '../../../src/core/levels.ts';
import type { LoanView, VenueRisk } from '../../../src/core/loan.ts';
import type { Finding } from '../../../src/exchanges/exchange.ts';
import { coin, debt, loan, policy, rung, view, type PolicySpec } from '../../core/build.ts';
import { ONE_ACCOUNT } from '../policyFiles.ts';

const CONFIG = loadConfig({ path: 'one.yaml', text: ONE_ACCOUNT, env: {}, readSecret: () => '' });
const { timing, groups } = CONFIG;
const [SIMULATED] = CONFIG.accounts as [AccountConfig];
const LIVE: AccountConfig = { ...SIMULATED, simulated: false, sends: 'live' };
const WATCHED: AccountConfig = { ...LIVE, sends: 'dryRun' };

const REDIS: RedisFacts = {
  ...{ version: '7.2.4', policy: 'noeviction', appendOnly: true, fsync: 'always', writeFailed: false },
  ...{ cluster: false, replica: false, replicas: 0, usedBytes: 5e6, mostBytes: 0, machineBytes: 8e9, clockMs: 3 },
};
const STRICT = { stake: 'live', acceptWriteLoss: false } as const;
const FOLDER: FolderFacts = {
  ...{ path: '/data/redis', there: '/data/redis', refused: null, syncs: [1, 2, 3], freeBytes: 50e9, kind: 0xef53 },
};

function finding(check: string, level: Finding['level'], exit: Finding['exit'] = null, sending = false): Finding {
  return {
    check,
    level,
    says: 'as the venue says.',
    remedy: level === 'ok' ? '' : 'Mend it.',
    exit,
    onlyForSending: sending,
  };
}

function examined(check: string, level: Finding['level'], exit: Finding['exit'] = null): readonly Judged[] {
  return judgeExamination(LIVE, [finding(check, level, exit)]);
}

const LOAN = loan({ debts: [debt({ amount: '30000', minRepay: '10' })], coins: [coin({ amount: '1' })], call: '0.86' });

/** @param of the policy */
function levelled<T>(of: PolicySpec, one: LoanView, judge: (policy: ReturnType<typeof policyOf>) => T): T {
  return judge(policyOf(of, one));
}

function policyOf(of: PolicySpec, one: LoanView) {
  const rules = policy(of);
  return { rules, levels: levelsOf(one, rules) };
}

const speed = (of: PolicySpec, one = LOAN): Judged =>
  levelled(of, one, ({ rules, levels }) => judgeSpeed(one, rules, levels, groups, timing));
const topUp = (of: PolicySpec): readonly Judged[] =>
  levelled(of, LOAN, ({ rules, levels }) => judgeTopUp(LOAN, rules, levels));
const minimum = (one: LoanView, of: PolicySpec = {}): readonly Judged[] =>
  levelled(of, one, ({ rules, levels }) => judgeMinimum(one, rules, levels, null));
const risky = (level: number): LoanView => {
  const risk: VenueRisk = { kind: 'forcedRepayment', asset: 'USDT', level, why: 'demand' };
  return { ...loan({ product: 'okx.spotBorrow', debts: LOAN.debts, coins: LOAN.collateral }), risks: [risk] };
};
const channel = { name: 'phone', url: { reveal: () => '' }, host: 'ntfy.sh', preset: 'ntfy', least: 'critical' };
const CHANNEL = { ...channel, topics: null, accounts: null } as unknown as Parameters<typeof judgeChannels>[0][number];

/** The compiler asks for a new check here. */
const CASES: Readonly<Record<CheckName, readonly [good: Judged | readonly Judged[], bad: Judged | readonly Judged[]]>> =
  {
    warnings: [
      judgeFile({ warnings: [] }),
      judgeFile({ warnings: [{ path: [], at: null, says: 'odd', remedy: 'x' } as never] }),
    ],
    host: [judgeTrips([20, 30, 400], 8_000), judgeTrips([900, 700, 800], 8_000)],
    status: [examined('status', 'ok'), examined('status', 'warn')],
    venueClock: [examined('clock', 'ok'), examined('clock', 'warn')],
    redisClock: [judgeRedisClock(REDIS, timing), judgeRedisClock({ ...REDIS, clockMs: -1_200 }, timing)],
    key: [examined('key permissions', 'ok'), examined('key', 'fail', 77)],
    uid: [examined('account UID', 'ok'), examined('uid', 'fail', 77)],
    permissions: [examined('permissions', 'ok'), examined('withdraw', 'fail', 77)],
    address: [examined('key IP binding', 'ok'), examined('ip', 'warn')],
    expiry: [examined('key expiry', 'ok'), examined('key expiry', 'warn')],
    mode: [examined('mode', 'ok'), examined('account mode', 'fail', 78)],
    seen: [
      judgeSeen(view([LOAN], [])),
      judgeSeen({
        ...view([], []),
        sections: { 'binance.crossMargin': { state: 'failed', reason: 'no answer', at: 0 } },
      }),
    ],
    topUp: [topUp({}), topUp({ act: '0.87' })],
    autoRepay: [examined('auto-repay', 'ok'), examined('auto-repay', 'warn')],
    risk: [judgeRisks({ ...risky(4), risks: [] }), judgeRisks(risky(4))],
    speed: [speed({}), speed({ act: '0.86', urgent: '0.88' })],
    minimum: [
      minimum(LOAN),
      minimum(loan({ debts: [debt({ amount: '30000', minRepay: '9000' })], coins: LOAN.collateral })),
    ],
    redis: [judgeReached(null), judgeReached('ECONNREFUSED')],
    version: [judgeVersion(REDIS), judgeVersion({ ...REDIS, version: '6.0.16' })],
    eviction: [judgeEviction(REDIS), judgeEviction({ ...REDIS, policy: 'allkeys-lru' })],
    persistence: [judgePersistence(REDIS, STRICT), judgePersistence({ ...REDIS, fsync: 'everysec' }, STRICT)],
    role: [judgeRole(REDIS), judgeRole({ ...REDIS, replica: true })],
    memory: [judgeMemory(REDIS), judgeMemory({ ...REDIS, mostBytes: 6e6 })],
    writes: [judgeWrites([1, 2, 3], timing), judgeWrites([600, 700, 800], timing)],
    folder: [judgeWritable(FOLDER), judgeWritable({ ...FOLDER, refused: 'EACCES' })],
    room: [judgeRoom(FOLDER), judgeRoom({ ...FOLDER, freeBytes: 5e6 })],
    kind: [judgeKind(FOLDER, 'live'), judgeKind({ ...FOLDER, kind: 0x01021994 }, 'live')],
    channels: [judgeChannels([CHANNEL], ['main'], 'live'), judgeChannels([], ['main'], 'live')],
    reach: [judgeReach('reach', 'phone', null), judgeReach('reach', 'phone', 'ENOTFOUND')],
    deadMan: [judgeReach('deadMan', 'hc-ping.com', null), judgeNoPing('live')],
  };

const listed = (judged: Judged | readonly Judged[]): readonly Judged[] => ('check' in judged ? [judged] : judged);

it.each(Object.entries(CASES))('%s: what is well is well, what is not says what to do', (name, [good, bad]) => {
  const of = (judged: Judged | readonly Judged[]): readonly Judged[] =>
    listed(judged).filter(({ check }) => check === name);
  expect(of(good).map(({ verdict }) => verdict)).toEqual(['ok']);
  const [worse] = of(bad);
  expect(worse?.verdict).not.toBe('ok');
  expect(worse?.says).not.toBe('');
  expect(worse?.remedy).toMatch(/^[A-Z].*[.`]$/);
});

describe('a Redis', () => {
  it('that may lose writes is a problem where real money moves, and the file may accept it', () => {
    const everysec = { ...REDIS, fsync: 'everysec' };
    const verdict = (stake: 'live' | 'watch' | 'simulated', acceptWriteLoss = false): Verdict =>
      judgePersistence(everysec, { stake, acceptWriteLoss }).verdict;
    expect([verdict('live'), verdict('watch'), verdict('simulated')]).toEqual(['problem', 'warning', 'ok']);
    expect(verdict('live', true)).toBe('warning');
    expect(judgePersistence({ ...REDIS, appendOnly: false, fsync: null }, STRICT).says).toContain('appendonly no');
    expect(judgePersistence({ ...REDIS, writeFailed: true }, { ...STRICT, acceptWriteLoss: true }).verdict).toBe(
      'problem',
    );
  });

  it('that hides its settings is not examined, and refused by no start', () => {
    const silent = {
      ...REDIS,
      version: null,
      policy: null,
      appendOnly: null,
      fsync: null,
      usedBytes: null,
      clockMs: null,
    };
    expect(refusalOf(silent, STRICT)).toBeNull();
    const verdicts = [
      judgeVersion(silent),
      judgeEviction(silent),
      judgePersistence(silent, STRICT),
      judgeMemory(silent),
    ];
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  });

  it('is refused by a start for what forgets, and only then', () => {
    expect(refusalOf(REDIS, STRICT)).toBeNull();
    expect(refusalOf({ ...REDIS, replicas: 1 }, STRICT)).toBeNull();
    expect(refusalOf({ ...REDIS, fsync: 'everysec', policy: 'allkeys-lru' }, STRICT)?.check).toBe('eviction');
    expect(refusalOf({ ...REDIS, fsync: 'no' }, STRICT)?.check).toBe('persistence');
    expect(refusalOf({ ...REDIS, fsync: 'no' }, { ...STRICT, stake: 'watch' })).toBeNull();
    expect(refusalOf({ ...REDIS, fsync: 'no' }, { ...STRICT, acceptWriteLoss: true })).toBeNull();
    expect(refusalOf({ ...REDIS, cluster: true }, STRICT)?.check).toBe('role');
  });

  it('whose writes are slow now and then is a warning before it is a problem', () => {
    expect(judgeWrites([1, 1, 260], timing).verdict).toBe('warning');
    expect(judgeWrites('OOM command not allowed', timing)).toMatchObject({
      verdict: 'problem',
      says: expect.stringContaining('OOM'),
    });
  });
});

describe('a key', () => {
  it('that only watches may lack the right to send', () => {
    const lacks = finding('key permissions', 'fail', 77, true);
    const verdictOf = (account: AccountConfig): Verdict | undefined =>
      judgeExamination(account, [lacks]).find(({ check }) => check === 'permissions')?.verdict;
    expect([verdictOf(LIVE), verdictOf(WATCHED)]).toEqual(['problem', 'warning']);
  });

  it('that is made up is not warned of', () => {
    const [of] = judgeExamination(SIMULATED, [finding('ip', 'warn')]);
    expect(of).toMatchObject({ verdict: 'ok', says: 'as the venue says; it is made up' });
  });

  it('that a venue which is away did not judge is not examined', () => {
    expect(examined('host', 'fail', 69)[0]?.verdict).toBe('unknown');
    expect(examined('uid', 'fail', 69).map(({ check }) => check)).toEqual(['uid']);
  });
});

describe('levels', () => {
  it('are measured by the coins that can move, and in the way that hurts', () => {
    const owesCoin = loan({
      debts: [debt({ asset: 'BTC', amount: '0.5', price: '60000' })],
      coins: [coin({ asset: 'USDT', amount: '40000', price: '1' })],
    });
    // A rise of 8 %: 0.83 → 0.8964, 0.84 → 0.9072; the line is at 0.9.
    expect(speed({ act: '0.83', urgent: '0.88' }, owesCoin).verdict).toBe('ok');
    expect(speed({ act: '0.84', urgent: '0.88' }, owesCoin).verdict).toBe('warning');
    const half = loan({
      debts: LOAN.debts,
      coins: [coin({ amount: '0.5' }), coin({ asset: 'USDT', amount: '30000', price: '1' })],
    });
    // Only half of it falls by 6.5 %.
    expect(speed({ act: '0.86', urgent: '0.88' }, half).verdict).toBe('ok');
  });

  it('need more room when looks are far apart', () => {
    const slow = { ...timing, lookEveryMs: 110_000 };
    expect(reactionMs(timing, 2)).toBe(16_000);
    const { rules, levels } = policyOf({ act: '0.8', urgent: '0.85' }, LOAN);
    expect(judgeSpeed(LOAN, rules, levels, groups, timing).verdict).toBe('ok');
    // Two looks apart by two minutes: three minutes at 6.5 %.
    expect(judgeSpeed(LOAN, rules, levels, groups, slow)).toMatchObject({ verdict: 'warning' });
  });

  it('whose remedy is small are told apart from a debt that is small', () => {
    const tiny = loan({ debts: [debt({ amount: '5', minRepay: '10' })], coins: [coin({ amount: '0.0002' })] });
    expect(minimum(tiny)[0]?.says).toMatch(/^the whole debt of 5 is less than the 10/);
    const adds = { ladder: [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })] };
    const least = loan({ debts: LOAN.debts, coins: [coin({ amount: '1', minAdd: '0.5' })] });
    expect(minimum(least, adds)[0]).toMatchObject({
      verdict: 'warning',
      says: expect.stringContaining('adding BTC 0.139785'),
    });
  });
});

describe('a folder', () => {
  it('in memory is a problem for real money, one in a container a warning, for simulated accounts neither', () => {
    const at = (kind: number, stake: 'live' | 'watch' | 'simulated'): Verdict =>
      judgeKind({ ...FOLDER, kind }, stake).verdict;
    expect([at(0x01021994, 'live'), at(0x01021994, 'watch'), at(0x01021994, 'simulated')]).toEqual([
      'problem',
      'warning',
      'ok',
    ]);
    expect([at(0x794c7630, 'live'), at(0x6969, 'live')]).toEqual(['warning', 'problem']);
  });

  it('that is not there yet is looked for further up', () => {
    const none = { ...FOLDER, there: '/data', syncs: null };
    expect(judgeFolder(none, 'live').map(({ about, verdict }) => [about, verdict])).toEqual(
      Array(3).fill(['/data/redis', 'ok']),
    );
  });
});

describe('the end', () => {
  it('is the gravest that was found', () => {
    expect(exitOf(['ok', 'warning', 'unknown', 'problem'], false)).toBe(EXIT.problem);
    expect(exitOf(['ok', 'warning', 'unknown'], true)).toBe(EXIT.unavailable);
    expect([exitOf(['ok', 'warning'], true), exitOf(['ok', 'warning'], false)]).toEqual([1, 0]);
    expect(exitOf(['ok'], true)).toBe(EXIT.ok);
  });

  it('of the text is the worst account, in three sentences', () => {
    const lines = findingsInWords([
      ...found('bad', [judgeReach('reach', 'x', 'ENOTFOUND'), ok('uid', 'UID 1')]),
      ...found(null, [ok('version', '7.2.4')]),
      ...found('good', [judgeNoPing('watch')]),
    ]);
    expect(lines.filter((line) => line.endsWith(':'))).toEqual(['the server:', 'account good:', 'account bad:']);
    expect(lines.slice(-6)).toEqual([
      '  ok      key uid: UID 1.',
      '  PROBLEM alerts reach of x: it cannot be reached: ENOTFOUND.',
      expect.stringMatching(/^ +Ballast: It tries again/),
      expect.stringMatching(/^ +You can: Correct the address/),
      '',
      '1 problem, 1 warning; 2 of 4 checks are well.',
    ]);
  });

  it('names every check once', () => {
    const names = Object.values(CHECKS).map(({ area, name }) => `${area} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
