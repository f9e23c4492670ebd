/**
 * One simulated process: its clocks, and the only way out of it and into it. It can be killed or frozen at any call that
 * leaves it, right before or right after. A dead one never hears of anything again: its promises stay open, its timers
 * do not fire, but what it sent is on its way. A frozen one hears everything later, all at once.
 */
import type { Cancel, Clock } from '../../../src/clock.ts';
import { type Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';

/** What befalls a process at one of its calls. */
export interface Cut {
  /** Which calls that leave the process are counted: all, money calls, or atomic steps of the journal. */
  readonly of: 'any' | 'send' | 'redis.eval';
  /** Counted from 1. */
  readonly nth: number;
  readonly when: 'before' | 'after';
  readonly what:
    /** `wholeMachine`: everything on its machine dies with it, and what stood on its disk is gone. */
    | { readonly kind: 'crash'; readonly restartMs: number; readonly wholeMachine: boolean }
    /** `suspend`: the whole machine sleeps, its monotonic clock too. */
    | { readonly kind: 'freeze' | 'suspend'; readonly ms: number };
}

/** What a call to Redis may meet on its way. */
export type Mishap = 'none' | 'neverArrived' | 'answerLost' | 'twice' | { readonly slowMs: number };

export interface MachineDoors {
  readonly agenda: Agenda;
  readonly chance: Chance;
  /** From here on nothing befalls it any more. */
  readonly isCalm: () => boolean;
  readonly note: (what: string) => void;
  /** It died; somebody may start another one. */
  readonly onCrash: (restartMs: number, wholeMachine: boolean) => void;
  readonly mishap: (label: string) => Mishap;
  /** ms by which its wall clock is ahead of the true one, now. */
  readonly skewMs: () => number;
}

/** What ioredis says when the connection is gone. */
export class ConnectionGone extends Error {
  override readonly name = 'ConnectionGone';
}

export class Machine {
  readonly name: string;
  readonly clock: Clock;
  readonly agenda: Agenda;
  state: 'running' | 'frozen' | 'dead' = 'running';
  /** Calls that left so far, by what is counted. */
  readonly calls: Record<Cut['of'], number> = { any: 0, send: 0, 'redis.eval': 0 };
  readonly #doors: MachineDoors;
  readonly #cuts: readonly Cut[];
  readonly #startedAt: number;
  #backlog: (() => void)[] = [];
  #suspendedMs = 0;
  #suspendedAt: number | null = null;

  constructor(name: string, cuts: readonly Cut[], doors: MachineDoors) {
    this.name = name;
    this.agenda = doors.agenda;
    this.#doors = doors;
    this.#cuts = cuts;
    this.#startedAt = doors.agenda.now;
    this.clock = {
      wall: () => this.agenda.now + doors.skewMs(),
      mono: () => this.#mono(),
      later: (ms, run) => this.#later(ms, run),
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  /** Something reaches the process from outside. */
  enter(run: () => void): void {
    if (this.state === 'dead') return;
    if (this.state === 'frozen') this.#backlog.push(run);
    else run();
  }

  /** Something leaves the process: the place where it may end. */
  leave(label: string, run: () => void): void {
    if (this.state === 'dead') return;
    const of = (['send', 'redis.eval'] as const).find((kind) => label.startsWith(kind));
    this.calls.any += 1;
    if (of !== undefined) this.calls[of] += 1;
    const cut = this.#doors.isCalm()
      ? undefined
      : this.#cuts.find((one) => (one.of === 'any' || one.of === of) && one.nth === this.calls[one.of]);
    if (cut?.when === 'before') this.#cut(cut, label);
    this.enter(run);
    if (cut?.when === 'after') this.#cut(cut, label);
  }

  /** A call to its own disk: it takes a moment, and is carried out. */
  disk<T>(label: string, effect: () => T): Promise<T> {
    return new Promise<T>((resolve) => {
      this.leave(label, () => {
        this.agenda.later(this.#doors.chance.int(0, 3), () => {
          if (this.state === 'dead') return;
          const value = effect();
          this.agenda.later(0, () => this.enter(() => resolve(value)));
        });
      });
    });
  }

  /** A call to Redis: there, carried out, back. */
  call<T>(label: string, effect: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.leave(label, () => {
        const mishap = this.#doors.mishap(label);
        const { chance } = this.#doors;
        const back = chance.int(1, 2) + (typeof mishap === 'object' ? mishap.slowMs : 0);
        this.agenda.later(chance.int(1, 2), () => {
          const answer = mishap === 'neverArrived' ? gone<T>() : tried(effect);
          const again = mishap === 'twice' ? tried(effect) : answer;
          const heard = mishap === 'answerLost' ? gone<T>() : again;
          this.agenda.later(back, () => {
            this.enter(() => {
              if (heard.ok) resolve(heard.value);
              else reject(heard.error instanceof Error ? heard.error : new Error(String(heard.error)));
            });
          });
        });
      });
    });
  }

  kill(restartMs: number, wholeMachine = false): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.#backlog = [];
    this.#doors.onCrash(restartMs, wholeMachine);
  }

  #cut({ what, when }: Cut, label: string): void {
    if (this.state !== 'running') return;
    this.#doors.note(`${this.name} ${what.kind} ${when} ${label} (call ${String(this.calls.any)})`);
    if (what.kind === 'crash') this.kill(what.restartMs, what.wholeMachine);
    else this.#freeze(what.ms, what.kind === 'suspend');
  }

  #freeze(ms: number, suspends: boolean): void {
    this.state = 'frozen';
    if (suspends) this.#suspendedAt = this.agenda.now;
    this.agenda.later(ms, () => {
      if (this.state !== 'frozen') return;
      this.state = 'running';
      if (this.#suspendedAt !== null) this.#suspendedMs += this.agenda.now - this.#suspendedAt;
      this.#suspendedAt = null;
      this.#doors.note(`${this.name} thaws after ${String(ms)} ms`);
      for (const run of this.#backlog.splice(0)) this.agenda.later(0, () => this.enter(run));
    });
  }

  #mono(): number {
    const until = this.#suspendedAt ?? this.agenda.now;
    return until - this.#startedAt - this.#suspendedMs;
  }

  #later(ms: number, run: () => void): Cancel {
    if (Number.isNaN(ms)) throw new RangeError('a timer needs a number of milliseconds, got NaN');
    let over = false;
    const cancel = this.agenda.later(ms, () => {
      this.enter(() => {
        if (!over) run();
      });
    });
    return () => {
      over = true;
      cancel();
    };
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const reason = (): Error => (signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted === true) {
        reject(reason());
        return;
      }
      const onAbort = (): void => {
        cancel();
        reject(reason());
      };
      const cancel = this.#later(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function tried<T>(effect: () => T): Tried<T> {
  try {
    return { ok: true, value: effect() };
  } catch (error) {
    return { ok: false, error };
  }
}

function gone<T>(): Tried<T> {
  return { ok: false, error: new ConnectionGone('Connection is closed.') };
}
