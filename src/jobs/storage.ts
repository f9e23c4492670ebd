/**
 * How much room the journal has left: on the disk of the server's own Redis, and in the memory that a Redis may use. When
 * it runs short the records of decisions are given up first, because nothing decides by them; money calls and everything
 * that limits and evidence need are written as long as anything can be. A write that fails stops sending, as ever.
 */
import { statfs } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import type { Cancel, Clock } from '../clock.ts';
import { prefixOf } from './keys.ts';
import { Registry } from './registry.ts';

/** Bytes. */
export interface Room {
  /** `null`: not known, as of a Redis elsewhere. */
  readonly diskFree: number | null;
  readonly memoryUsed: number;
  /** What Redis may use; `null`: as much as there is. */
  readonly memoryMost: number | null;
}

export type Shortage = 'none' | 'low' | 'critical';

export interface Judged {
  readonly shortage: Shortage;
  /** What is short; empty when nothing is. */
  readonly says: string;
}

const MIB = 1_048_576;
/**
 * Redis writes all of its data anew when its file has doubled, beside the old one: room for that twice over, or it cannot
 * give anything back. Below `critical` hours are left at best.
 */
const DISK = { low: 512 * MIB, critical: 128 * MIB, dataLow: 3, dataCritical: 1 };
const MEMORY = { low: 0.8, critical: 0.95 };
/** A shortage is over only when there is this much more than what began it: what was given up just now may have ended it. */
const BACK = 1.25;

/** @param before as it was judged the last time */
export function judged({ diskFree, memoryUsed, memoryMost }: Room, before: Shortage): Judged {
  const factor = (level: 'low' | 'critical'): number => (before === 'critical' || before === level ? BACK : 1);
  const isShortOfDisk = (level: 'low' | 'critical'): boolean => {
    const data = memoryUsed * (level === 'low' ? DISK.dataLow : DISK.dataCritical);
    return diskFree !== null && diskFree < Math.max(DISK[level], data) * factor(level);
  };
  const isShortOfMemory = (level: 'low' | 'critical'): boolean =>
    memoryMost !== null && memoryUsed * factor(level) > memoryMost * MEMORY[level];
  for (const shortage of ['critical', 'low'] as const) {
    const disk = isShortOfDisk(shortage) ? [`${mib(diskFree ?? 0)} are left on the disk of the journal`] : [];
    const memory = isShortOfMemory(shortage)
      ? [`Redis uses ${mib(memoryUsed)} of the ${mib(memoryMost ?? 0)} it may use`]
      : [];
    const says = [...disk, ...memory].join(', and ');
    if (says !== '') return { shortage, says };
  }
  return { shortage: 'none', says: '' };
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}

export interface StorageOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  /** Folder of the server's own Redis; `null`: Redis is elsewhere. */
  readonly directory: string | null;
  /** Bytes that are free there. */
  readonly freeIn?: (directory: string) => Promise<number>;
  readonly onError: (error: Error) => void;
}

const EVERY_MS = 30_000;
/** Decision records of each account that are left to explain the last hours. */
const LEFT = 100;
/** Rewriting costs as much room as it may give back, so it is not tried all the time. */
const REWRITE_EVERY_MS = 3_600_000;

export class Storage {
  readonly #options: StorageOptions;
  #shortage: Shortage = 'none';
  #rewroteAt = Number.NEGATIVE_INFINITY;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #listen: (judged: Judged) => void = () => undefined;

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  /** Records of decisions are not kept now. */
  get sheds(): boolean {
    return this.#shortage !== 'none';
  }

  /** Told of every change. */
  onChange(listen: (judged: Judged) => void): void {
    this.#listen = listen;
  }

  start(): void {
    void this.look().finally(() => {
      if (!this.#stopped) this.#cancel = this.#options.clock.later(EVERY_MS, () => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Measures, judges and sheds, once. A measure that fails is told and changes nothing. */
  async look(): Promise<void> {
    try {
      const room = await this.#measure();
      const now = judged(room, this.#shortage);
      const isNews = now.shortage !== this.#shortage;
      this.#shortage = now.shortage;
      if (isNews) this.#listen(now);
      if (isNews && this.sheds) await this.#shed(room);
    } catch (error) {
      if (!this.#stopped) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #measure(): Promise<Room> {
    const { redis, directory, freeIn = freeBytes } = this.#options;
    const info = await redis.info('memory');
    const most = numberOf(info, 'maxmemory');
    return {
      diskFree: directory === null ? null : await freeIn(directory),
      memoryUsed: numberOf(info, 'used_memory'),
      memoryMost: most === 0 ? null : most,
    };
  }

  /** Gives up records of decisions, and has Redis write its file anew where that fits beside the old one. */
  async #shed({ diskFree, memoryUsed }: Room): Promise<void> {
    const { redis, clock, directory } = this.#options;
    for (const { address } of await new Registry(redis).accounts()) {
      await redis.xtrim(`${prefixOf(address)}decisions`, 'MAXLEN', '~', LEFT);
    }
    const fits = directory !== null && diskFree !== null && diskFree > 2 * memoryUsed;
    if (!fits || clock.mono() - this.#rewroteAt < REWRITE_EVERY_MS) return;
    this.#rewroteAt = clock.mono();
    // One that is under way already does the same.
    await redis.bgrewriteaof().catch(() => undefined);
  }
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function numberOf(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? '0');
}
