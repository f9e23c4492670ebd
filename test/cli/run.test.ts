/** A tape played to its end: what the result says, and what acting changes against the control run. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoanResult, RunResult } from '../../src/cli/report.ts';
import { FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { ballast, cleanUp, lastLine, temporaryFolder, writeTape, type Ended } from './support.ts';

/** A fall of 27.5 % in half an hour, then a rise to 16 % above the start. */
const FALL_AND_RISE = [
  [0, '40000'],
  [30, '29000'],
  [35, '29500'],
  [75, '46500'],
  [90, '46500'],
] as const;

let acted: Ended;
let watched: Ended;
let words: Ended;

function loan(run: Ended, id: string): LoanResult {
  const found = lastLine<RunResult>(run).loans.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no loan ${id} in ${run.out}`);
  return found;
}

const SAVED = 'saved/binance.crossMargin';
const COIN = 'coin/binance.crossMargin';
const POOR = 'poor/binance.crossMargin';
const OKX = 'okx/okx.flexibleLoan/7001';
const CAPPED = 'okx/okx.flexibleLoan/7002';

beforeAll(async () => {
  const folder = temporaryFolder();
  const config = writePolicy(folder, FOUR_ACCOUNTS);
  const tape = writeTape(folder, 'BTCUSDT', FALL_AND_RISE);
  const short = writeTape(temporaryFolder(), 'BTCUSDT', [
    [0, '40000'],
    [2, '40001'],
  ]);
  const play = (name: string, file: string, ...more: readonly string[]): Promise<Ended> => {
    const dataDir = join(folder, name);
    return ballast(['start', '--until-end', '--config', config, '--tape', file, '--data-dir', dataDir, ...more]);
  };
  [acted, watched, words] = await Promise.all([
    play('acted', tape, '--speed', 'max', '--json'),
    play('watched', tape, '--speed', 'max', '--json', '--observe-only'),
    play('words', `BTCUSDT=${short}`, '--speed', '60'),
  ]);
}, 120_000);
afterAll(cleanUp);

describe('a tape played to its end', () => {
  it('ends with exit code 0 and one JSON object as the only line of standard output', () => {
    for (const run of [acted, watched]) {
      expect(run.code, run.err).toBe(0);
      expect(run.out.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it('has exactly the promised members, with numbers where numbers are promised', () => {
    const { loans, ...rest } = lastLine<RunResult>(acted);
    expect(rest).toEqual({
      tape: 'BTCUSDT-test',
      // A busy machine answers a claim too late now and then: refused before a byte left, and decided afresh.
      outcomes: { confirmed: expect.any(Number), rejected: 0, refused: expect.any(Number), unknown: 0, expired: 0 },
      pendingConflicts: 0,
      doubleSends: 0,
    });
    expect(loans.map(({ id }) => id).sort()).toEqual([COIN, OKX, CAPPED, POOR, SAVED].sort());
    for (const row of loans) {
      const { reason, ...promised } = row;
      expect(promised).toEqual({
        id: expect.any(String),
        venue: expect.stringMatching(/^(binance|okx)$/),
        product: expect.stringMatching(/^(binance\.crossMargin|okx\.flexibleLoan)$/),
        maxLtv: expect.any(Number),
        endLtv: expect.any(Number),
        liquidated: expect.any(Boolean),
        actions: expect.any(Number),
        movedUsd: expect.any(Number),
        endState: expect.any(String),
      });
      expect(reason === undefined || reason.length > 10).toBe(true);
    }
  });

  it('counts an action for every confirmed money call, and no more', () => {
    const { loans, outcomes } = lastLine<RunResult>(acted);
    expect(loans.reduce((total, { actions }) => total + actions, 0)).toBe(outcomes.confirmed);
    expect(outcomes.confirmed).toBeGreaterThan(3);
  });

  it('prints words instead of JSON when no JSON is asked for, also at a speed in numbers', () => {
    expect(words.code, words.err).toBe(0);
    expect(words.out).toMatch(/tape BTCUSDT-test, .*60 tape seconds per second/);
    expect(words.out).toMatch(/money calls: 0 confirmed/);
  });
});

describe('acting against only observing', () => {
  it.each([SAVED, OKX, COIN])('keeps %s from the liquidation that the control run shows', (id) => {
    expect(loan(watched, id).liquidated).toBe(true);
    expect(loan(acted, id)).toMatchObject({ liquidated: false });
    expect(loan(acted, id).actions).toBeGreaterThan(0);
    expect(loan(acted, id).movedUsd).toBeGreaterThan(100);
    expect(loan(acted, id).maxLtv).toBeLessThan(loan(watched, id).maxLtv);
  });

  it('sends nothing in the control run, and says so for every loan that it loses', () => {
    const { loans, outcomes } = lastLine<RunResult>(watched);
    expect(Object.values(outcomes)).toEqual([0, 0, 0, 0, 0]);
    for (const row of loans) {
      expect(row).toMatchObject({ actions: 0, movedUsd: 0 });
      if (row.liquidated) expect(row.reason).toMatch(/^observe only: nothing was sent/);
    }
  });

  it('gives the reason for a loan that no money was left for, and for one that a limit stopped', () => {
    expect(loan(acted, POOR)).toMatchObject({ liquidated: true, actions: 0 });
    expect(loan(acted, POOR).reason).toMatch(/starved.*USD are missing/);
    expect(loan(acted, CAPPED)).toMatchObject({ liquidated: false, endState: 'capped' });
    expect(loan(acted, CAPPED).movedUsd).toBeLessThanOrEqual(50);
    expect(loan(acted, CAPPED).reason).toMatch(/capped.*USD are missing.*per(Hour|Day)/);
    expect(acted.err).toMatch(/poor\/binance\.crossMargin +ALERT: it needs money/);
  });

  it('ends every other loan inside its bands, without a reason', () => {
    for (const id of [SAVED, OKX, COIN]) {
      expect(loan(acted, id).reason).toBeUndefined();
      expect(loan(acted, id).endState).toMatch(/^watching\.|^cooling$/);
    }
  });
});

describe('the words of a run', () => {
  it('say before anything moves what is watched, and what happens at which LTV and price', () => {
    const introduction = acted.err.slice(0, acted.err.indexOf('repaid'));
    expect(introduction).toMatch(
      /watching saved\/binance\.crossMargin: LTV 67\.00 %, owes 30000 USDT against 1\.\d+ BTC/,
    );
    expect(introduction).toMatch(
      /acts at LTV 75\.92 % \(BTC at 35\d\d\d\), and goes back to 67\.27 %: repay the debt coin/,
    );
    expect(introduction).toMatch(/the venue liquidates at LTV 90\.91 % \(BTC at 294\d\d/);
    expect(introduction).toMatch(/watching coin.*owes 0\.5 BTC[^]*acts at LTV 85\.21 % \(BTC at 40\d\d\d/);
  });

  it('show each action with the time of the tape and the LTV before and after', () => {
    const done = acted.err.split('\n').filter((line) => /→/.test(line));
    expect(done).toHaveLength(lastLine<RunResult>(acted).outcomes.confirmed);
    for (const line of done)
      expect(line).toMatch(/^2023-11-14 2\d:\d\d {2}\S+ +(?:moved in|repaid) .* LTV \d+\.\d\d % → \d+\.\d\d %$/);
  });

  it('end with the reason below each loan that was lost', () => {
    expect(acted.err).toMatch(/poor\/binance\.crossMargin +LIQUIDATED.*\n +because starved/);
  });
});
