/**
 * Server-sent events: the board, once a second, to whoever watches. A reader that is behind misses boards rather than
 * making them wait in memory, since each one is whole; one that stays behind is let go.
 */
import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../clock.ts';
import type { Snapshots } from './snapshots.ts';
import { FRESH_MS } from './snapshots.ts';

/** More open pages than this are refused. */
export const MOST_READERS = 500;
const BEHIND_FOR_MS = 20_000;
/** So many readers get a board before the loop turns to others: lanes turn on it too. */
const AT_ONCE = 16;
/** How soon a page that lost its stream tries again. */
const RETRY_MS = 2_000;

interface Reader {
  readonly response: ServerResponse;
  /** Monotonic ms since when it has been behind; `null`: it is not. */
  behindSince: number | null;
}

export class Stream {
  readonly #clock: Clock;
  readonly #snapshots: Snapshots;
  readonly #readers = new Set<Reader>();
  #timer: Cancel | null = null;
  #id = 0;

  constructor(clock: Clock, snapshots: Snapshots) {
    this.#clock = clock;
    this.#snapshots = snapshots;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The response has its head already. @returns false when there are too many */
  add(response: ServerResponse): boolean {
    if (this.#readers.size >= MOST_READERS) return false;
    const reader: Reader = { response, behindSince: null };
    this.#readers.add(reader);
    const gone = (): void => {
      this.#readers.delete(reader);
    };
    response.on('close', gone);
    response.on('error', gone);
    response.write(`retry: ${String(RETRY_MS)}\n\n`);
    if (this.#timer === null) this.#beat(0);
    else this.#first(reader);
    return true;
  }

  close(): void {
    this.#timer?.();
    this.#timer = null;
    for (const { response } of this.#readers) response.end();
    this.#readers.clear();
  }

  /** Whoever comes between two beats need not wait for the next one. */
  #first(reader: Reader): void {
    this.#snapshots.get().then(
      ({ text }) => {
        if (this.#readers.has(reader)) reader.response.write(this.#event(text));
      },
      () => undefined,
    );
  }

  #beat(ms: number): void {
    this.#timer = this.#clock.later(ms, () => void this.#tell(), 'idle');
  }

  async #tell(): Promise<void> {
    const event = await this.#snapshots.get().then(
      ({ text }) => this.#event(text),
      // The stream lives, and says that there is nothing new to see.
      () => Buffer.from('event: trouble\ndata: {}\n\n'),
    );
    let sent = 0;
    for (const reader of this.#readers) {
      if (this.#timer === null) return;
      this.#send(reader, event);
      sent += 1;
      if (sent % AT_ONCE === 0) await this.#clock.sleep(0);
    }
    if (this.#timer === null) return;
    if (this.#readers.size === 0) this.#timer = null;
    else this.#beat(FRESH_MS);
  }

  /** Encoded once for all readers. */
  #event(text: string): Buffer {
    this.#id += 1;
    return Buffer.from(`id: ${String(this.#id)}\nevent: board\ndata: ${text}\n\n`);
  }

  #send(reader: Reader, event: Buffer): void {
    const { response } = reader;
    if (!response.writableNeedDrain) {
      reader.behindSince = null;
      response.write(event);
      return;
    }
    const now = this.#clock.mono();
    reader.behindSince ??= now;
    if (now - reader.behindSince < BEHIND_FOR_MS) return;
    this.#readers.delete(reader);
    response.destroy();
  }
}
