/** The last requests that the simulated exchanges saw, and how often each tagged money call was sent. */
import type { SendCounts } from './contract.ts';

/** One request as the admin endpoint shows it. No headers and no signature: nothing secret. */
export interface LogEntry {
  readonly id: number;
  /** Wire ms at arrival. */
  readonly atMs: number;
  readonly tapeMs: number;
  readonly venue: 'binance' | 'okx';
  readonly method: string;
  readonly path: string;
  /** Query and body without the signature. */
  readonly query: string;
  readonly body: string;
  readonly uid: string | undefined;
  /** Value of `x-ballast-intent`; it changes nothing. */
  readonly tag: string | undefined;
  readonly isMoney: boolean;
  /** Kinds of the faults that hit it. */
  readonly faults: readonly string[];
  /** 0 until it is answered, and when the connection was reset. */
  status: number;
  /** Whether the venue carried it out (which includes refusing it). */
  executed: boolean;
  /** Start of the answer. */
  answer: string;
}

const KEPT = 5_000;
const ANSWER_CHARS = 400;

export class RequestLog {
  readonly #entries: LogEntry[] = [];
  readonly #sends = new Map<string, number>();
  #doubleSends = 0;
  #lastId = 0;

  /** Notes a request at arrival. */
  open(
    entry: Omit<LogEntry, 'id' | 'status' | 'executed' | 'answer' | 'query' | 'body'> & {
      readonly query: string;
      readonly body: string;
    },
  ): LogEntry {
    this.#lastId += 1;
    const noted = {
      ...entry,
      id: this.#lastId,
      query: withoutSignature(entry.query),
      body: withoutSignature(entry.body),
      status: 0,
      executed: false,
      answer: '',
    };
    this.#entries.push(noted);
    if (this.#entries.length > KEPT * 1.5) this.#entries.splice(0, this.#entries.length - KEPT);
    if (entry.isMoney) this.#count(entry.tag ?? '');
    return noted;
  }

  /** Notes the answer. */
  close(entry: LogEntry, status: number, body: string): void {
    entry.status = status;
    entry.answer = body.slice(0, ANSWER_CHARS);
  }

  /** Entries with a larger id, oldest first. */
  since(id: number): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.id > id);
  }

  /** @param pendingConflicts as counted by the books */
  counts(pendingConflicts: number): SendCounts {
    return { pendingConflicts, doubleSends: this.#doubleSends, sends: Object.fromEntries(this.#sends) };
  }

  #count(tag: string): void {
    const before = this.#sends.get(tag) ?? 0;
    if (tag !== '' && before > 0) this.#doubleSends += 1;
    this.#sends.set(tag, before + 1);
  }
}

function withoutSignature(text: string): string {
  return text.replace(/(^|&)signature=[^&]*/, '');
}
