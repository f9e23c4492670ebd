/** Whether a Redis may hold the journal (DESIGN §4, "Durability"): judged by a start, and told by `doctor`. Pure. */
import type { Timing } from '../../config/types.ts';
import type { Judged, Stake } from './finding.ts';
import { byStake, judged, ok } from './finding.ts';
import { median } from './statistics.ts';

/** What a Redis says of itself; `null`: it does not say. */
export interface RedisFacts {
  readonly version: string | null;
  readonly policy: string | null;
  readonly appendOnly: boolean | null;
  readonly fsync: string | null;
  /** The last write to its file failed. */
  readonly writeFailed: boolean;
  readonly cluster: boolean;
  readonly replica: boolean;
  readonly replicas: number;
  readonly usedBytes: number | null;
  /** 0: no bound of its own. */
  readonly mostBytes: number;
  readonly machineBytes: number | null;
  /** Its clock less ours, ms. */
  readonly clockMs: number | null;
}

/** How the file wants it. */
export interface RedisWish {
  readonly stake: Stake;
  readonly acceptWriteLoss: boolean;
}

const OLDEST = { major: 6, minor: 2 };

export function judgeVersion({ version }: RedisFacts): Judged {
  if (version === null) return judged('version', 'unknown', 'this Redis does not say its version', ALLOW_INFO);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return ok('version', version);
  return judged('version', 'problem', `this Redis is version ${version}`, 'Use Redis or Valkey 6.2 or newer.');
}

const ALLOW_INFO = 'Let the user of `redis.url` run INFO and CONFIG GET, or see for yourself that it is right.';

export function judgeEviction({ policy }: RedisFacts): Judged {
  if (policy === null)
    return judged('eviction', 'unknown', 'this Redis does not say whether it evicts keys', ALLOW_INFO);
  if (policy === 'noeviction') return ok('eviction', 'no key is evicted');
  const says = `this Redis may evict keys (maxmemory-policy ${policy}), and a forgotten key could be a forgotten payment`;
  return judged('eviction', 'problem', says, 'Set `maxmemory-policy noeviction` in that Redis.');
}

export function judgePersistence(facts: RedisFacts, { stake, acceptWriteLoss }: RedisWish): Judged {
  const { appendOnly, fsync, writeFailed } = facts;
  if (writeFailed) {
    const says = 'the last write of this Redis to its file failed';
    return judged('persistence', 'problem', says, 'Look at its log, and whether its disk is full.');
  }
  if (appendOnly === null || (appendOnly && fsync === null)) {
    if (acceptWriteLoss)
      return judged('persistence', 'warning', `this Redis does not say whether it syncs. ${ACCEPTED}`, SYNC);
    return judged('persistence', 'unknown', 'this Redis does not say whether it syncs every write', ALLOW_INFO);
  }
  if (appendOnly && fsync === 'always') return ok('persistence', 'every write is synced before it is answered');
  const now = appendOnly ? `appendfsync ${fsync ?? ''}` : 'appendonly no';
  const says = `this Redis may lose writes that it has acknowledged (${now})`;
  if (acceptWriteLoss) return judged('persistence', 'warning', `${says}. ${ACCEPTED}`, SYNC);
  if (stake === 'simulated') return ok('persistence', `${says}; with simulated accounts that is no harm`);
  return judged('persistence', byStake(stake), says, SYNC);
}

const ACCEPTED =
  '`acceptWriteLoss` accepts that: after a loss the account waits in quarantine, if the witness of this machine notices it';
const SYNC =
  'Set `appendonly yes` and `appendfsync always` in that Redis, or accept the risk with `redis: { acceptWriteLoss: yes }`.';

export function judgeRole({ cluster, replica, replicas }: RedisFacts): Judged {
  const remedy = 'Name one primary of its own in `redis.url`.';
  if (cluster) return judged('role', 'problem', 'this Redis is a cluster', remedy);
  if (replica) return judged('role', 'problem', 'this Redis is a replica, which takes no writes', remedy);
  if (replicas === 0) return ok('role', 'one primary, without replicas');
  const says = `this Redis has ${String(replicas)} replica${replicas === 1 ? '' : 's'}: one that takes over may not have the last writes`;
  return judged('role', 'warning', says, 'See that no replica takes over by itself, or use a Redis without replicas.');
}

const MEGABYTE = 1024 * 1024;

export function judgeMemory({ usedBytes, mostBytes, machineBytes }: RedisFacts): Judged {
  if (usedBytes === null)
    return judged('memory', 'unknown', 'this Redis does not say how much memory it uses', ALLOW_INFO);
  const used = `${(usedBytes / MEGABYTE).toFixed(0)} MB`;
  const bound = mostBytes > 0 ? mostBytes : machineBytes;
  if (bound === null || bound <= 0) return ok('memory', `${used} used, no bound`);
  const share = usedBytes / bound;
  const says = `${used} of ${(bound / MEGABYTE).toFixed(0)} MB used`;
  if (share < 0.8) return ok('memory', says);
  return judged(
    'memory',
    share < 0.95 ? 'warning' : 'problem',
    says,
    'Give Redis more memory, or move other data out of it.',
  );
}

export function judgeRedisClock({ clockMs }: RedisFacts, { clockJumpMs }: Pick<Timing, 'clockJumpMs'>): Judged {
  if (clockMs === null)
    return judged('redisClock', 'unknown', 'this Redis does not say its time', 'Let the user of `redis.url` run TIME.');
  const says = `the clock of Redis differs from ours by ${String(Math.round(clockMs))} ms`;
  const apart = Math.abs(clockMs);
  if (apart <= clockJumpMs / CLOSE) return ok('redisClock', says);
  return judged(
    'redisClock',
    apart > clockJumpMs ? 'problem' : 'warning',
    says,
    'Keep the clocks of both machines right (NTP).',
  );
}

const CLOSE = 5;

/** @param answers ms of each write, or why there was none @param what is written to */
export function judgeWrites(
  answers: readonly number[] | string,
  { claimReplyMs }: Pick<Timing, 'claimReplyMs'>,
): Judged {
  if (typeof answers === 'string') {
    return judged(
      'writes',
      'problem',
      `this Redis takes no write: ${answers}`,
      'Look at its log, its disk and the rights of its user.',
    );
  }
  const [mid, worst] = [median(answers), Math.max(...answers)];
  const says = `a write takes ${mid.toFixed(1)} ms (at most ${worst.toFixed(1)} ms)`;
  const remedy =
    'Give Redis a faster disk, nearer to Ballast; a claim answered later than `timing.claimReply` is not followed by a send.';
  if (mid >= claimReplyMs) return judged('writes', 'problem', says, remedy);
  return worst >= claimReplyMs / 2 ? judged('writes', 'warning', says, remedy) : ok('writes', says);
}

/** What a start refuses, the gravest reason first; `null`: it may hold the journal. */
export function refusalOf(facts: RedisFacts, wish: RedisWish): Judged | null {
  const all = [judgeEviction(facts), judgeRole(facts), judgePersistence(facts, wish), judgeVersion(facts)];
  return all.find(({ verdict }) => verdict === 'problem') ?? null;
}

export function judgeRedis(facts: RedisFacts, wish: RedisWish, timing: Timing): readonly Judged[] {
  return [
    judgeVersion(facts),
    judgeEviction(facts),
    judgePersistence(facts, wish),
    judgeRole(facts),
    judgeMemory(facts),
    judgeRedisClock(facts, timing),
  ];
}
