/** What happened, told and written down by the command line, after the server is gone. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryRow } from '../../src/reading/history.ts';
import { EXPORTED } from '../../src/reading/exportColumns.ts';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, cleanUp, lastLine, temporaryFolder, writeTape } from './support.ts';
import type { Ended } from './support.ts';

const LOAN = 'saved/binance.crossMargin';
let folder: string;
let where: readonly string[];

beforeAll(async () => {
  folder = temporaryFolder();
  where = ['--config', writePolicy(folder, ONE_ACCOUNT), '--data-dir', join(folder, 'redis')];
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [10, '34000'],
    [20, '34000'],
  ]);
  const run = await ballast(['start', '--until-end', '--speed', 'max', '--tape', tape, ...where]);
  expect(run.code, run.err).toBe(0);
}, 60_000);
afterAll(cleanUp, 30_000);

function exported(name: string, ...more: readonly string[]): Promise<Ended> {
  return ballast(['export', '--from', '24h', '--out', join(folder, name), ...more, ...where]);
}

function file(name: string, ...path: readonly string[]): string {
  return readFileSync(join(folder, name, ...path), 'utf8');
}

describe('when no server runs any more', () => {
  it('history tells payments with the LTV before and after, of everything or of one loan', async () => {
    const words = await ballast(['history', ...where]);
    expect(words.code, words.err).toBe(0);
    expect(words.out).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}saved\/binance\.crossMargin {2}moved in [\d.]+ USDT from spot: LTV [\d.]+ % → [\d.]+ % \[.+\]$/m,
    );
    expect(words.out).toMatch(/ {2}repaid [\d.]+ USDT: LTV [\d.]+ % → 67\.\d+ %/);
    expect(words.out).not.toContain('nothing to do');
    const { rows } = lastLine<{ readonly rows: readonly HistoryRow[] }>(
      await ballast(['history', 'crossMargin', '--json', '--decisions', ...where]),
    );
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(['money', 'decision']));
    expect(rows.map(({ at }) => at)).toEqual(rows.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(rows.every(({ loan }) => loan === LOAN)).toBe(true);
    expect(rows.some(({ says }) => says.includes('nothing to do'))).toBe(true);
  });

  it('an export holds each call with its decision, its states and the venue’s answers, and says what it holds', async () => {
    const run = await exported('claim');
    expect(run.code, run.err).toBe(0);
    const manifest = JSON.parse(file('claim', 'manifest.json')) as {
      readonly files: readonly {
        readonly name: string;
        readonly bytes: number;
        readonly rows: number;
        readonly sha256: string;
      }[];
      readonly policyDigests: readonly string[];
    };
    expect(manifest).toMatchObject({ format: 1, accounts: [{ name: 'saved', venue: 'binance', mode: 'simulated' }] });
    expect(manifest.files.map(({ name }) => name).toSorted()).toEqual(
      readdirSync(join(folder, 'claim'))
        .filter((name) => name !== 'manifest.json')
        .toSorted(),
    );
    for (const { name, bytes, sha256 } of manifest.files) {
      const text = readFileSync(join(folder, 'claim', name));
      expect([name, text.length, createHash('sha256').update(text).digest('hex')]).toEqual([name, bytes, sha256]);
      expect(statSync(join(folder, 'claim', name)).mode & 0o077).toBe(0);
    }
    const calls = file('claim', 'evidence.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(calls.map(({ intent }) => intent.verb))).toEqual(new Set(['transferIn', 'repay']));
    for (const call of calls) {
      expect(call).toMatchObject({
        account: { name: 'saved', venue: 'binance', mode: 'simulated' },
        decision: { digest: manifest.policyDigests[0], decision: { verdict: 'act', loan: LOAN } },
        sent: {
          outcome: 'accepted',
          venueOffset: expect.any(Number),
          reply: { call: expect.stringMatching(/^POST \/sapi\//), status: 200 },
        },
        settled: { verdict: 'happened', replies: [expect.objectContaining({ status: 200 })] },
      });
      const states = call.states.map(({ state }: { state: string }) => state);
      expect([states[0], states[1], states[2], states.at(-1)]).toEqual(['planned', 'sending', 'settling', 'confirmed']);
      expect(call.settled.replies[0].body).toContain(call.intent.ref);
      expect(call.sent.reply.body).toContain(call.intent.ref);
    }
  });

  it('tables begin with the columns that the page names, and hold a row for each thing', async () => {
    await exported('tables');
    for (const [name, columns] of Object.entries(EXPORTED)) {
      const [head, ...rows] = file('tables', `${name}.csv`).split('\r\n');
      expect(head).toBe(columns.map((column) => column.name).join(','));
      expect(rows.at(-1)).toBe('');
      if (name === 'intents' || name === 'decisions') expect(rows.length).toBeGreaterThan(2);
    }
    const [, call = ''] = file('tables', 'intents.csv').split('\r\n');
    expect(call).toMatch(
      /^saved,binance,\d+,simulated,[^,]+,saved\/binance\.crossMargin,binance\.crossMargin,transferIn,USDT,/,
    );
  });

  it('nothing is written over, into the wrong time, or for an account that is not there', async () => {
    await exported('twice');
    const [again, nobody, backwards, vague, later] = await Promise.all([
      exported('twice'),
      exported('nobody', '--account', 'nobody'),
      ballast(['export', '--from', '1h', '--to', '2h', '--out', join(folder, 'back'), ...where]),
      ballast(['export', '--from', 'yesterday', '--out', join(folder, 'vague'), ...where]),
      ballast(['history', '--to', '2020-01-01T00:00:00Z', ...where]),
    ]);
    expect([again.code, nobody.code, backwards.code, vague.code, later.code]).toEqual([64, 64, 64, 64, 0]);
    expect(again.err).toMatch(/is not empty/);
    expect(nobody.err).toMatch(/no account nobody.*[^]*name one of these: saved/);
    expect(vague.err).toMatch(/2026-05-19T12:30:00Z/);
    expect(later.out).toMatch(/nothing happened in that time/);
  });
});
