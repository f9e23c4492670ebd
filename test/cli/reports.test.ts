/** What `status` and `costs` say of a running server: survival, terms, interest, and loudly what stands in the way. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountCosts } from '../../src/cli/costs.ts';
import { FORMULA } from '../../src/cli/costsWords.ts';
import type { Status } from '../../src/reading/status.ts';
import { statusWords } from '../../src/cli/statusWords.ts';
import { systemClock } from '../../src/clock.ts';
import { FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { aLoan, anAccount } from '../reading/fixtures.ts';
import { ballast, Cli, cleanUp, lastLine, SOON_MS, temporaryFolder } from './support.ts';

const WANTED = FOUR_ACCOUNTS.replace('    release: off', '    release: off\n    survive: { fall: 50% }');
/** Between two commands that ask: each is a process of its own, and most of what this test costs. */
const ASK_EVERY_MS = 4_000;
let cli: Cli;
let where: readonly string[];

beforeAll(async () => {
  const folder = temporaryFolder();
  where = ['--config', writePolicy(folder, WANTED), '--data-dir', join(folder, 'redis')];
  // A calm year; a few hours of it pass until interest is read the second time, after a minute.
  cli = new Cli(['start', '--speed', '240', ...where]);
  await cli.says(/watching okx/);
}, 60_000);
afterAll(cleanUp, 30_000);

/** Asks until the answer is as wanted. */
async function until<T>(args: readonly string[], wanted: (answer: T) => boolean): Promise<T> {
  const giveUpAt = systemClock.mono() + SOON_MS;
  for (;;) {
    const answer = lastLine<T>(await ballast([...args, ...where, '--json']));
    if (wanted(answer)) return answer;
    if (systemClock.mono() > giveUpAt) throw new Error(`still ${JSON.stringify(answer, null, 1)}`);
    await systemClock.sleep(ASK_EVERY_MS);
  }
}

const any = (pattern: RegExp): unknown => expect.stringMatching(pattern);

describe('status', () => {
  it('has terms and survival of every loan, and of what its loans share', async () => {
    const seen = await until<Status>(
      ['status'],
      ({ loans }) => loans.length === 5 && loans.every(({ terms }) => typeof terms[0]?.ratePerYear === 'string'),
    );
    expect(seen.accounts.map(({ accountMode, held }) => [accountMode, held])).toEqual(
      seen.accounts.map(() => ['active', []]),
    );
    for (const { loan, terms, survival } of seen.loans) {
      expect(terms, loan).toMatchObject([
        { asset: any(/BTC|USDT/), ratePerYear: any(/^0\.\d+/), room: { coins: any(/^\d/) } },
      ]);
      expect(survival?.moves.length, loan).toBeGreaterThan(0);
      expect(
        survival?.targets.map(({ wanted }) => wanted),
        loan,
      ).toEqual(['-0.5']);
    }
    const of = (name: string): Status['loans'][number]['survival'] | undefined =>
      seen.loans.find(({ loan }) => loan.startsWith(name))?.survival;
    const prices = (name: string): readonly string[] =>
      (of(name)?.moves ?? [])
        .filter(({ kind }) => kind === 'price')
        .map(({ factor, direction }) => `${direction} ${factor}`);
    expect([prices('saved'), prices('coin')]).toEqual([['fall BTC'], ['rise BTC']]);
    // It holds what it keeps and no more.
    const [move] = of('poor')?.moves ?? [];
    expect(move?.with).toBe(move?.without);
    expect(of('poor')?.targets[0]?.shortBy).toMatch(/^0\.\d+$/);
    expect(of('saved')?.targets[0]?.shortBy).toBeNull();
    const okx = seen.accounts.find(({ account }) => account === 'okx');
    expect(new Set(okx?.survival.map(({ direction }) => direction))).toEqual(new Set(['fall', 'rise']));
  }, 120_000);

  it('says it in words, per account', async () => {
    const { out } = await ballast(['status', ...where]);
    expect(out).toMatch(
      /account saved \(simulated\): seen \d+ s ago\n {2}saved\/binance\.crossMargin +\w+ +LTV [^\n]+\n {4}falls of BTC beyond \d+\.\d % reach its line \(\d+\.\d % with the permitted money\)\n/,
    );
    expect(out).toMatch(/ {4}rises of BTC beyond \d+\.\d % reach its line/);
    expect(out).toMatch(/ {4}USDT at \d+\.\d\d % a year, .*room for [\d.]+ more \(/);
    expect(out).toMatch(/account poor [^]*wanted −50\.0 %: SHORT by \d+\.\d points/);
    expect(out).toMatch(/ {2}rates and room as of \d+ s ago/);
    expect(out).toMatch(/ {2}all loans sharing the money: /);
  }, 60_000);
});

describe('costs', () => {
  it('are interest by loan and day, the yearly rate, and the buffer with its formula', async () => {
    interface Costs {
      readonly accounts: readonly AccountCosts[];
    }
    const { accounts } = await until<Costs>(['costs'], ({ accounts: all }) => {
      const read = all.filter(({ lines }) => lines.length > 0).map(({ account }) => account);
      return read.includes('okx') && read.includes('saved');
    });
    const saved = accounts.find(({ account }) => account === 'saved');
    expect(saved?.lines).toMatchObject([
      { loan: 'saved/binance.crossMargin', asset: 'USDT', ratePerYear: any(/^0\.\d+/) },
    ]);
    const [line] = saved?.lines ?? [];
    expect(line?.days.reduce((sum, { coins }) => sum + Number(coins), 0)).toBeCloseTo(Number(line?.coins), 8);
    expect(saved?.buffer?.missing).toEqual([]);
    expect(Number(saved?.buffer?.idleUsd)).toBeGreaterThan(15_000);
    const { buffer } = saved ?? {};
    const parts = [buffer?.idlePerMonthUsd, ...(buffer?.loans ?? []).map(({ perMonthUsd }) => perMonthUsd)].map(Number);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Number(buffer?.perMonthUsd), 1);
    const okx = accounts.find(({ account }) => account === 'okx');
    expect(okx?.lines.map(({ loan }) => loan)).toContain('okx/okx.flexibleLoan/7001');

    const words = await ballast(['costs', '--account', 'saved', '--days', '2', ...where]);
    expect(words.out).toMatch(
      /account saved, the last 2 days[^]*saved\/binance\.crossMargin: [\d.]+ USDT \([\d.]+ USD\), \d+\.\d\d % a year\n {4}\d{4}-\d\d-\d\d {2}[\d.]+ USDT/,
    );
    expect(words.out).toMatch(/the buffer costs [\d.]+ USD a month/);
    expect(words.out).toContain(FORMULA);
    expect(words.out).not.toContain('account okx');
    expect((await ballast(['costs', '--account', 'nobody', ...where])).code).toBe(64);
    expect((await ballast(['costs', '--days', '0', ...where])).code).toBe(64);
  }, 180_000);
});

describe('status in words', () => {
  const HOUR = 3_600_000;
  const account = anAccount();
  const loan = aLoan();
  const words = (one: Partial<typeof account>): readonly string[] =>
    statusWords({ accounts: [{ ...account, ...one }], absent: [], loans: [loan], inFlight: [], externals: [] }, 0);

  it('says loudly what lets no money move, before anything else', () => {
    const held = ['main is HALTED: the key lost a right.', 'main is paused by anna: holidays.'];
    expect(words({ accountMode: 'halted', held }).slice(0, 3)).toEqual([
      'account main (LIVE): seen 2 s ago',
      '  !!! main is HALTED: the key lost a right.',
      '  !!! main is paused by anna: holidays.',
    ]);
  });

  it('says how old figures are, and what of them is missing', () => {
    expect(words({}).slice(1)).toEqual([
      '  main/okx.spotBorrow  healthy     LTV 50.00 %',
      '    no move of prices alone reaches its line',
      '  rates and room were not read yet',
    ]);
    const gaps = [{ section: 'okx.spotBorrow USDT room', reason: 'status 500' }];
    expect(words({ terms: { ageMs: HOUR, failed: { agoMs: 5_000, says: 'no route' }, gaps } }).slice(-3)).toEqual([
      '  rates and room as of 60 min 0 s ago',
      '  they could not be read again 5 s ago: no route',
      '  not known: okx.spotBorrow USDT room: status 500',
    ]);
  });
});
