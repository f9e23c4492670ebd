/** The files of the embedded Redis's data directory, apart from Redis's own. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EmbeddedRedisError } from './error.ts';
import { parseIdentity, type ProcessIdentity } from './processIdentity.ts';

/** `sun_path` without its closing zero byte. */
const SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
const LOG_KEPT_BYTES = 8 * 1024 * 1024;
const LOG_TAIL_LINES = 12;

/** Makes the directory, readable by this user only, and answers its real path. */
export function prepareDirectory(wanted: string): string {
  try {
    mkdirSync(resolve(wanted), { recursive: true, mode: 0o700 });
    const real = realpathSync(resolve(wanted));
    if ((statSync(real).mode & 0o077) !== 0) chmodSync(real, 0o700);
    return real;
  } catch (error) {
    throw new EmbeddedRedisError(
      'directory',
      `the journal's directory ${resolve(wanted)} cannot be made private to this user (${String(error)}). Choose another one or correct its owner and mode (0700).`,
      { cause: error },
    );
  }
}

/** What the last start left behind: which process serves this directory, on which socket. */
export interface ServerRecord {
  readonly server: ProcessIdentity | undefined;
  readonly socket: string;
}

export function readRecord(directory: string): ServerRecord | undefined {
  try {
    const { server, socket } = JSON.parse(readFileSync(join(directory, 'redis.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof socket === 'string' ? { server: parseIdentity(server), socket } : undefined;
  } catch {
    return undefined; // missing or cut off: the socket itself will tell
  }
}

export function writeRecord(directory: string, record: ServerRecord): void {
  const draft = join(directory, 'redis.json.draft');
  writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(draft, join(directory, 'redis.json'));
}

/** A folder that nobody else can have prepared: ours, not a link, and closed to others. */
function isPrivate(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { uid, mode } = lstatSync(folder);
  return lstatSync(folder).isDirectory() && uid === process.getuid?.() && (mode & 0o077) === 0;
}

/**
 * Where the socket is: in the directory itself, or, where that path is longer than the system's limit for sockets,
 * in a private folder below the system's temporary one. The record remembers that folder for the next start.
 */
export function socketPath(directory: string, record: ServerRecord | undefined): string {
  const natural = join(directory, 'redis.sock');
  if (Buffer.byteLength(natural) <= SOCKET_PATH_BYTES) return natural;
  if (record !== undefined && isPrivate(dirname(record.socket))) return record.socket;
  const short = join(mkdtempSync(join(tmpdir(), 'ballast-')), 'redis.sock');
  if (Buffer.byteLength(short) <= SOCKET_PATH_BYTES) return short;
  throw new EmbeddedRedisError(
    'directory',
    `a unix socket's path may have ${SOCKET_PATH_BYTES} bytes; both ${natural} and ${short} are longer. Choose a data directory with a shorter path.`,
  );
}

/** Removes that folder below the temporary one, once its server has ended; the socket in the data directory stays. */
export function removeShortFolder(directory: string, socket: string): void {
  if (dirname(socket) !== directory) rmSync(dirname(socket), { recursive: true, force: true });
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * Writes the server's settings. Written anew at each start; an operator may use the file to start the same Redis by
 * hand and look into the journal while Ballast is down.
 */
export function writeSettings(directory: string, socket: string): string {
  const path = join(directory, 'redis.conf');
  const lines = [
    '# Written by Ballast at each start; changes are lost.',
    'port 0',
    `unixsocket ${quoted(socket)}`,
    'unixsocketperm 700',
    `dir ${quoted(directory)}`,
    'daemonize no',
    'logfile ""',
    'timeout 0',
    '# An acknowledged write is on the disk, or the journal would be a guess (DESIGN, Durability).',
    'appendonly yes',
    'appendfsync always',
    'no-appendfsync-on-rewrite no',
    'aof-load-truncated yes',
    'save ""',
    '# BullMQ and the journal need every key they wrote.',
    'maxmemory 0',
    'maxmemory-policy noeviction',
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

export interface ServerLog {
  readonly path: string;
  /** Puts a long log aside. Only while no server writes to it. */
  rotate(): void;
  /** The last lines since this was opened. */
  tail(): string;
}

export function openLog(directory: string): ServerLog {
  const path = join(directory, 'redis.log');
  let from = existsSync(path) ? statSync(path).size : 0;
  const rotate = (): void => {
    if (from <= LOG_KEPT_BYTES) return;
    renameSync(path, `${path}.1`);
    from = 0;
  };
  const tail = (): string => {
    if (!existsSync(path)) return '';
    const lines = readFileSync(path).subarray(from).toString('utf8').trimEnd().split('\n');
    return lines.slice(-LOG_TAIL_LINES).join('\n');
  };
  return { path, rotate, tail };
}
