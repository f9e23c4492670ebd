/**
 * A store that goes on without Redis: what Redis does not take in time goes into the memory of this process, and back into
 * Redis when that answers again. Several processes may then tell the same thing; better than none.
 */
import type { Clock } from '../clock.ts';
import { decode, encode } from './alert.ts';
import type { Telling } from './alert.ts';
import type { ChannelState, Store } from './store.ts';
import { MemoryStore } from './store.ts';

/** Longer than this Redis does not answer. */
const ANSWERS_WITHIN_MS = 2_000;

export class SturdyStore implements Store {
  readonly #redis: Store;
  readonly #clock: Clock;
  #memory: MemoryStore | null = null;
  /** What Redis held when it was last heard: where the memory begins. */
  #known = new Map<string, string>();
  /** By the monotonic clock; `null` while Redis answers. */
  #downSince: number | null = null;

  constructor(redis: Store, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  /** For how long Redis has not answered, ms; 0 while it does. */
  get downMs(): number {
    return this.#downSince === null ? 0 : this.#clock.mono() - this.#downSince;
  }

  /** Asks Redis again, and gives it what was kept meanwhile. */
  async probe(): Promise<void> {
    const memory = this.#memory;
    if (memory === null) return;
    try {
      const there = await this.#answered(this.#redis.read());
      for (const [key, text] of await memory.read()) await this.#handBack(key, text, there.get(key));
    } catch {
      return; // Still away: the memory goes on.
    }
    this.#memory = null;
    this.#downSince = null;
  }

  async #handBack(key: string, text: string, there: string | undefined): Promise<void> {
    if (there === text) return;
    if (there === undefined) {
      await this.#answered(this.#redis.add(key, text));
      return;
    }
    const [mine, theirs] = [decode(text), decode(there)];
    const told: Record<string, Telling> = { ...theirs.told };
    for (const [channel, telling] of Object.entries(mine.told)) {
      if (telling.at > (told[channel]?.at ?? 0)) told[channel] = telling;
    }
    await this.#answered(this.#redis.swap(key, there, encode({ ...theirs, told, over: mine.over })));
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    const read = await this.#either((store) => store.read());
    if (this.#memory === null) this.#known = new Map(read);
    return read;
  }

  nextId(): Promise<string> {
    return this.#either((store) => store.nextId());
  }

  async add(key: string, text: string): Promise<boolean> {
    const isNew = await this.#either((store) => store.add(key, text));
    if (isNew) this.#known.set(key, text);
    return isNew;
  }

  async swap(key: string, before: string, after: string | null): Promise<boolean> {
    const isDone = await this.#either((store) => store.swap(key, before, after));
    if (isDone && after === null) this.#known.delete(key);
    else if (isDone && after !== null) this.#known.set(key, after);
    return isDone;
  }

  left(): Promise<readonly string[]> {
    return this.#either((store) => store.left());
  }

  claim(what: string, forMs: number): Promise<(() => Promise<void>) | null> {
    return this.#either((store) => store.claim(what, forMs));
  }

  channel(name: string): Promise<ChannelState> {
    return this.#either((store) => store.channel(name));
  }

  setChannel(name: string, state: ChannelState): Promise<void> {
    return this.#either((store) => store.setChannel(name, state));
  }

  sights(file: string): Promise<ReadonlyMap<string, string>> {
    return this.#either((store) => store.sights(file));
  }

  setSight(file: string, account: string, text: string): Promise<void> {
    return this.#either((store) => store.setSight(file, account, text));
  }

  tried(): Promise<ReadonlyMap<string, number>> {
    return this.#either((store) => store.tried());
  }

  setTried(channel: string, at: number, how: 'first' | 'newest'): Promise<void> {
    return this.#either((store) => store.setTried(channel, at, how));
  }

  async #either<T>(work: (store: Store) => Promise<T>): Promise<T> {
    if (this.#memory === null) {
      try {
        return await this.#answered(work(this.#redis));
      } catch {
        this.#downSince ??= this.#clock.mono();
        this.#memory ??= new MemoryStore(this.#known);
      }
    }
    return work(this.#memory);
  }

  /** A frozen Redis keeps its connections and answers nothing. */
  async #answered<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const silence = this.#clock.sleep(ANSWERS_WITHIN_MS, over.signal).then(() => {
      throw new Error('Redis does not answer');
    });
    try {
      return await Promise.race([work, silence]);
    } finally {
      over.abort(new Error('answered'));
      silence.catch(() => undefined);
    }
  }
}
