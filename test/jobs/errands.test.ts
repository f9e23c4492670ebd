/** Slow reads beside a lane: each goes on by itself whatever the others do, and none outlives the server. */
import { describe, expect, it } from 'vitest';
import type { Errand } from '../../src/jobs/errands.ts';
import { Errands } from '../../src/jobs/errands.ts';
import type { Cancel, Clock } from '../../src/clock.ts';

/** A clock whose timers fire when the test says so. */
function handClock(): Clock & { readonly due: { ms: number; work: () => void }[]; now: number } {
  const due: { ms: number; work: () => void }[] = [];
  const clock = {
    due,
    now: 0,
    wall: () => 0,
    mono: () => clock.now,
    later: (ms: number, work: () => void): Cancel => {
      const timer = { ms, work };
      due.push(timer);
      return () => {
        if (due.includes(timer)) due.splice(due.indexOf(timer), 1);
      };
    },
    sleep: () => Promise.resolve(),
  };
  return clock;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function errand(name: string, run: Errand['run']): Errand {
  return { name, everyMs: 1_000, run };
}

describe('errands', () => {
  it('go on after one of them failed, and say which', async () => {
    const clock = handClock();
    const [told, done]: [string[], string[]] = [[], []];
    const failing = errand('terms', () => Promise.reject(new Error('the venue is down')));
    const fine = errand('others', () => Promise.resolve(void done.push('others')));
    const errands = new Errands([failing, fine], clock, ({ message }) => told.push(message));
    errands.start();
    await settle();
    for (const { work } of clock.due.splice(0)) work();
    await settle();
    expect(told).toEqual(['terms: the venue is down', 'terms: the venue is down']);
    expect(done).toEqual(['others', 'others']);
    await errands.stop();
  });

  it('never run twice at once: the next turn is counted from the end of the last', async () => {
    const clock = handClock();
    let finish = (): void => undefined;
    const slow = errand('slow', () => new Promise((resolve) => (finish = resolve)));
    const errands = new Errands([slow], clock, () => undefined);
    errands.start();
    await settle();
    expect(clock.due).toEqual([]);
    finish();
    await settle();
    expect(clock.due.map(({ ms }) => ms)).toEqual([1_000]);
    await errands.stop();
    expect(clock.due).toEqual([]);
  });

  it('are aborted by a stop, which waits for them and is no error', async () => {
    const clock = handClock();
    const told: string[] = [];
    let ended = false;
    const hanging = errand(
      'hanging',
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(new Error('aborted'));
          });
        }),
    );
    const errands = new Errands([hanging], clock, ({ message }) => told.push(message));
    errands.start();
    await settle();
    await errands.stop();
    expect([ended, told, clock.due]).toEqual([true, [], []]);
  });

  it('in a hurry begin sooner, never sooner after their last turn than wanted, and then keep their pace', async () => {
    const clock = handClock();
    let turns = 0;
    const errands = new Errands([errand('others', () => Promise.resolve(void (turns += 1)))], clock, () => undefined);
    errands.start();
    await settle();
    clock.now = 300;
    errands.hurry('others', 500);
    errands.hurry('others', 900);
    errands.hurry('somebody else’s', 0);
    expect(clock.due.map(({ ms }) => ms)).toEqual([200]);
    clock.now = 500;
    for (const { work } of clock.due.splice(0)) work();
    await settle();
    expect([turns, ...clock.due.map(({ ms }) => ms)]).toEqual([2, 1_000]);
    errands.hurry('others', 0);
    expect(clock.due.map(({ ms }) => ms)).toEqual([0]);
    await errands.stop();
    errands.hurry('others', 0);
    expect(clock.due).toEqual([]);
  });

  it('that are hurried while they run begin again after it: what they read then may be older', async () => {
    const clock = handClock();
    let finish = (): void => undefined;
    const slow = errand('slow', () => new Promise((resolve) => (finish = resolve)));
    const errands = new Errands([slow], clock, () => undefined);
    errands.start();
    await settle();
    errands.hurry('slow', 50);
    clock.now = 80;
    finish();
    await settle();
    expect(clock.due.map(({ ms }) => ms)).toEqual([0]);
    await errands.stop();
  });
});
