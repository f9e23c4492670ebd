/** What every web-socket protocol of the simulator is written against: a wire to speak on, and a session that listens. */
import type { Host } from '../contract.ts';

/** One open connection, seen from the protocol. */
export interface Wire {
  /** Address of the client. */
  readonly ip: string;
  /** Sends one text frame. */
  text(text: string): void;
  /** Sends one JSON frame. */
  json(value: unknown): void;
  /** Sends a ping frame. */
  ping(payload: string): void;
  /** Closes politely. */
  close(code: number, reason: string): void;
  /** Cuts without a word. */
  cut(): void;
}

/** The server's side of one connection. */
export interface Session {
  /** A text frame came. */
  heard(text: string): void;
  /** A pong frame came. */
  pong(): void;
  /** Prices have moved. */
  moved(): void;
  /** The connection is over. */
  ended(): void;
}

/** How often a feed sends, ms of wire time. */
export interface Pace {
  /** Least time between two messages. */
  readonly gapMs: number;
  /** A message comes at least this often, changed or not. */
  readonly repeatMs: number;
}

/** Sends when something changed, but not too often, and repeats itself in silence. */
export class Pacer {
  readonly #host: Host;
  readonly #pace: Pace;
  readonly #send: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(host: Host, pace: Pace, send: () => void) {
    this.#host = host;
    this.#pace = pace;
    this.#send = send;
  }

  /** Sends at once. */
  fire(): void {
    this.#lastMs = this.#host.now();
    this.#wait(this.#pace.repeatMs);
    this.#send();
  }

  /** Something changed: sends now, or as soon as the gap allows. */
  poke(): void {
    const waitMs = this.#lastMs + this.#pace.gapMs - this.#host.now();
    if (waitMs <= 0) this.fire();
    else this.#wait(waitMs);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#host.later(ms, () => {
      this.fire();
    });
  }
}

/** A countdown that starts again at every sign of life. */
export class Countdown {
  readonly #host: Host;
  readonly #ms: number;
  readonly #run: () => void;
  #cancel: (() => void) | undefined;

  constructor(host: Host, ms: number, run: () => void) {
    this.#host = host;
    this.#ms = ms;
    this.#run = run;
    this.restart();
  }

  restart(): void {
    this.#cancel?.();
    this.#cancel = this.#host.later(this.#ms, this.#run);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Parses a JSON object; undefined for anything else. */
export function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object with named fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
