/** Progress of a tape: on a terminal a line that moves, elsewhere next to nothing; and a player that can be stopped. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { outputTo } from '../../src/cli/output.ts';
import type { Output } from '../../src/cli/output.ts';
import { progressLine, progressPrinter, TapeTime } from '../../src/cli/progress.ts';
import { play } from '../../src/replay/player.ts';
import type { PlayOptions, Progress } from '../../src/replay/player.ts';
import type { SimulatorState } from '../../src/replay/simulated.ts';
import { ManualClock } from './fakes.ts';

const START_MS = Date.UTC(2021, 4, 19);
const END_MS = START_MS + 3_600_000;
const MINUTE_MS = 60_000;

function progress(share: number, leftMs: number | null = 90_000): Progress {
  return { tapeMs: START_MS + share * 3_600_000, startMs: START_MS, endMs: END_MS, speed: 300, leftMs };
}

/** Where words go, and what arrived there. */
function screen(isTerminal: boolean): { readonly output: Output; readonly text: () => string } {
  const out = Object.assign(new PassThrough(), { isTTY: isTerminal });
  let text = '';
  out.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { output: outputTo({ out, err: new PassThrough() }, false, 'silent'), text: () => text };
}

describe('a progress line', () => {
  it('shows the time of the tape, the share, the speed and the time left', () => {
    expect(progressLine(progress(0.5))).toBe('tape 2021-05-19 00:30  50 %  300×, 1 min 30 s left');
    expect(progressLine(progress(0.25, 9_100))).toBe('tape 2021-05-19 00:15  25 %  300×, 10 s left');
    expect(progressLine(progress(0, null))).toBe('tape 2021-05-19 00:00  0 %  300×');
  });

  it('replaces itself on a terminal, and makes way for what is said', () => {
    const { output, text } = screen(true);
    const print = progressPrinter(output, new ManualClock());
    print(progress(0.1));
    print(progress(0.2));
    output.say('something happened');
    expect(
      text()
        .split('\r\u001b[K')
        .map((line) => line.trimEnd()),
    ).toEqual(['', expect.stringContaining('10 %'), expect.stringContaining('20 %'), 'something happened']);
  });

  it('is quiet elsewhere: one plain line in half a minute', () => {
    const clock = new ManualClock();
    const { output, text } = screen(false);
    const print = progressPrinter(output, clock);
    for (let second = 0; second < 65; second += 1) {
      print(progress(second / 100));
      clock.pass(1_000);
    }
    expect(text().trimEnd().split('\n')).toHaveLength(2);
    expect(text()).not.toContain('\u001b');
  });
});

describe('the time of the tape', () => {
  it('moves on between two reports of a tape that runs freely, and stands while it is held', () => {
    const clock = new ManualClock();
    const time = new TapeTime(clock);
    expect(time.now()).toBeNull();
    time.set(START_MS, 300);
    clock.pass(1_000);
    expect(time.now()).toBe(START_MS + 300_000);
    time.set(END_MS, 0);
    clock.pass(1_000);
    expect(time.now()).toBe(END_MS);
  });
});

interface Played {
  readonly moments: number[];
  readonly rung: string[];
  readonly progress: Progress[];
}

/** A tape of one hour in minutes, without exchanges behind it. */
async function playHour(more: Partial<PlayOptions> = {}): Promise<Played> {
  const clock = new ManualClock();
  const played: Played = { moments: [], rung: [], progress: [] };
  let now = START_MS;
  const tape = (): SimulatorState['tape'] => ({
    name: 'hour',
    startMs: START_MS,
    endMs: END_MS,
    nowMs: now,
    done: now >= END_MS,
  });
  const advance = (): void => {
    now = Math.min(END_MS, now + MINUTE_MS);
    clock.pass(200);
  };
  await play({
    simulated: {
      state: async () => {
        if (more.speed !== 'max') advance();
        return { tape: tape(), prices: {}, busy: false, counts: { pendingConflicts: 0, doubleSends: 0 }, loans: [] };
      },
      advance: async () => {
        advance();
        return { tapeMs: now, prices: {}, done: now >= END_MS, busy: false };
      },
      run: async () => undefined,
    },
    stage: {
      onPrices: async () => undefined,
      ringAll: async (reason) => {
        played.rung.push(reason);
      },
      quiet: async () => undefined,
    },
    speed: 'max',
    clock,
    onProgress: (one) => played.progress.push(one),
    onMoment: (tapeMs) => played.moments.push(tapeMs),
    signal: new AbortController().signal,
    ...more,
  });
  return played;
}

describe('a played tape', () => {
  it.each(['max', 300] as const)(
    'at speed %s reaches its end, tells progress, and has every lane look once more',
    async (speed) => {
      const { moments, rung, progress: told } = await playHour({ speed });
      expect(moments.at(-1)).toBe(END_MS);
      expect(rung.at(-1)).toBe('the tape ended');
      expect(told.length).toBeGreaterThan(3);
      expect(told.at(-1)).toMatchObject({ tapeMs: END_MS, leftMs: 0 });
    },
  );

  it('stops when it is told to, also while a lane is busy for ever', async () => {
    const stop = new AbortController();
    const busy = { onPrices: async () => undefined, ringAll: async () => undefined };
    const playing = playHour({
      speed: 'max',
      signal: stop.signal,
      stage: { ...busy, quiet: () => new Promise<void>(() => stop.abort(new Error('stopped'))) },
    });
    expect((await playing).moments.length).toBeLessThan(3);
  });
});
