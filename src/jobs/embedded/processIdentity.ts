/**
 * Names a process so that a later one can tell whether it still lives. A pid alone is not enough: it is used again
 * after a reboot or a long time, and means nothing on another machine or in another container.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** Machine or container. */
  readonly host: string;
  /** Changes at each boot; empty where the system has none. */
  readonly boot: string;
  /** When the process started, in the kernel's own ticks; empty where the system has none. */
  readonly born: string;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat. The second field is the program's name in brackets and may hold blanks. */
function bornAt(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id').trim();
}

/** The identity of a living process, by default this one. */
export function identify(pid: number = process.pid): ProcessIdentity {
  return { pid, host: hostname(), boot: bootId(), born: bornAt(pid) };
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A zombie has ended; only its parent has not noticed. */
function isZombie(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** `unknown`: it ran on another machine or in another container, which cannot be asked from here. */
export function lifeOf(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (identity.boot !== bootId() && identity.host === hostname()) return 'dead';
  if (identity.host !== hostname()) return 'unknown';
  if (!signalReaches(identity.pid) || isZombie(identity.pid)) return 'dead';
  return bornAt(identity.pid) === identity.born ? 'alive' : 'dead';
}

/** Reads an identity that `JSON.stringify` wrote; undefined for anything else. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, host, boot, born } = value as Readonly<Record<keyof ProcessIdentity, unknown>>;
  const complete =
    typeof pid === 'number' && typeof host === 'string' && typeof boot === 'string' && typeof born === 'string';
  return complete ? { pid, host, boot, born } : undefined;
}
