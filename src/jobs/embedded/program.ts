/**
 * Finds the program that serves the embedded journal: `redis-server` or `valkey-server`, 6.2 or newer.
 * Keep names, places and oldest version in step with `scripts/redisServer.mjs`, which installs it when it is missing.
 */
import { execFile } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { EmbeddedRedisError } from './error.ts';

const NAMES = ['redis-server', 'valkey-server'];
const USUAL_PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/local/bin',
  '/snap/bin',
];
const OLDEST = { major: 6, minor: 2 };
const ANSWER_WITHIN_MS = 10_000;
const HOW =
  'Debian and Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; Alpine: apk add redis; macOS: brew install redis';

/** The absolute path of a program in the PATH. The child gets no environment, so it could not look itself. */
function inPath(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', 'command -v "$0"', name], { timeout: ANSWER_WITHIN_MS }, (error, stdout) => {
      resolve(error === null && isAbsolute(stdout.trim()) ? stdout.trim() : undefined);
    });
  });
}

export interface RedisServerProgram {
  readonly path: string;
  readonly version: string;
}

/** Its version as text, or undefined when there is no such program or it is something else. */
function versionOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: ANSWER_WITHIN_MS }, (error, stdout) => {
      resolve(error === null ? /\bv=(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1] : undefined);
    });
  });
}

function recentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/**
 * @param chosen the operator's own choice (BALLAST_REDIS_SERVER): used or refused, never replaced in silence
 * @throws EmbeddedRedisError `noProgram`
 */
export async function findRedisServer(chosen?: string): Promise<RedisServerProgram> {
  const usual = [
    ...(await Promise.all(NAMES.map(inPath))).filter((path) => path !== undefined),
    ...USUAL_PLACES.flatMap((place) => NAMES.map((name) => join(place, name))),
  ];
  const old: string[] = [];
  for (const path of chosen === undefined ? usual : [chosen]) {
    const version = await versionOf(path);
    if (version === undefined) continue;
    if (recentEnough(version)) return { path, version };
    old.push(`${path} is version ${version}`);
  }
  const found = old.length > 0 ? old.join(', ') : `${chosen ?? NAMES.join(' or ')} was not found or does not answer`;
  throw new EmbeddedRedisError(
    'noProgram',
    `no usable Redis program: ${found}. Install redis or valkey ${OLDEST.major}.${OLDEST.minor} or newer (${HOW}), name one in BALLAST_REDIS_SERVER, or set redis.url to a server of yours.`,
  );
}
