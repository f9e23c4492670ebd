/** Slow reads beside a lane: each goes on by itself whatever the others do, and none outlives the server. */
import { describe, expect, it } from 'vitest';
import type { Errand } from '../../src/jobs/errands.ts';
import { Errands } from '../../src/jobs/errands.ts';
import type { Cancel, Clock } from '../../src/clock.ts';

/** A clock whose timers fire when the test says so. */
function handClock(): Clock & { readonly due: { ms: number; work: () => void }[] } {
  const due: { ms: number; work: () => void }[] = [];
  return {
    due,
    wall: () => 0,
    mono: () => 0,
    later: (ms, work): Cancel => {
      const timer = { ms, work };
      due.push(timer);
      return () => {
        if (due.includes(timer)) due.splice(due.indexOf(timer), 1);
      };
    },
    sleep: () => Promise.resolve(),
  };
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
});
