/** Asks a Redis about itself. What it does not say is `null`; nothing here changes it but one key that ends by itself. */
import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { RedisFacts } from './redis.ts';

export async function readRedisFacts(redis: Redis, clock: Pick<Clock, 'wall' | 'mono'>): Promise<RedisFacts> {
  const [info, policy, appendOnly, fsync, clockMs] = await Promise.all([
    redis.info().catch(() => ''),
    setting(redis, 'maxmemory-policy'),
    setting(redis, 'appendonly'),
    setting(redis, 'appendfsync'),
    offset(redis, clock).catch(() => null),
  ]);
  const fields = fieldsOf(info);
  const number = (name: string): number | null => {
    const text = fields.get(name);
    return text === undefined || text === '' ? null : Number(text);
  };
  const enabled = fields.get('aof_enabled');
  return {
    // Valkey says the version of Redis whose language it speaks here, which is what counts.
    version: fields.get('redis_version') ?? null,
    policy: policy ?? fields.get('maxmemory_policy') ?? null,
    appendOnly: appendOnly === null ? (enabled === undefined ? null : enabled === '1') : appendOnly === 'yes',
    fsync,
    writeFailed: fields.get('aof_last_write_status') === 'err',
    cluster: fields.get('redis_mode') === 'cluster',
    replica: fields.get('role') === 'slave',
    replicas: number('connected_slaves') ?? 0,
    usedBytes: number('used_memory'),
    mostBytes: number('maxmemory') ?? 0,
    machineBytes: number('total_system_memory'),
    clockMs,
  };
}

async function setting(redis: Redis, name: string): Promise<string | null> {
  const answer: unknown = await redis.config('GET', name).catch(() => null);
  const value: unknown = Array.isArray(answer) ? answer[1] : undefined;
  return typeof value === 'string' ? value : null;
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  return new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return at < 1 || line.startsWith('#') ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

async function offset(redis: Redis, clock: Pick<Clock, 'wall' | 'mono'>): Promise<number> {
  const [wall, mono] = [clock.wall(), clock.mono()];
  const [seconds, micros] = await redis.time();
  const halfTripMs = (clock.mono() - mono) / 2;
  return Number(seconds) * 1_000 + Number(micros) / 1_000 - (wall + halfTripMs);
}

/** The key that `doctor` writes; it ends by itself. */
export const DOCTOR_KEY = 'ballast:doctor';
const KEPT_MS = 10_000;
const WRITES = 5;

/** @returns ms of each of a few writes, or why one failed */
export async function timeWrites(redis: Redis, clock: Pick<Clock, 'mono'>): Promise<readonly number[] | string> {
  const answers: number[] = [];
  try {
    for (let write = 0; write < WRITES; write += 1) {
      const before = clock.mono();
      await redis.set(DOCTOR_KEY, String(write), 'PX', KEPT_MS);
      answers.push(clock.mono() - before);
    }
  } catch (error) {
    return error instanceof Error ? error.message : 'it failed';
  }
  return answers;
}
