/** `ballast check --online`: what only the venue can say, with the exit code that a start would have. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountCheck } from '../../src/cli/online.ts';
import { externalAccount, FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, isComplete, temporaryFolder, type Ended } from './support.ts';

interface Answer {
  readonly ok: boolean;
  readonly plan: readonly string[];
  readonly online: readonly AccountCheck[];
}

/** The JSON of a check, whatever it found. */
function answerOf({ out, err }: Ended): Answer {
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Answer;
}

function checked(policy: string, ...more: readonly string[]): Promise<Ended> {
  return ballast(['check', '--online', '--config', writePolicy(temporaryFolder(), policy), ...more]);
}

afterAll(cleanUp, 30_000);

describe('check --online', () => {
  it('works with the shipped file from a fresh clone, on simulated exchanges of its own', async () => {
    const ended = await ballast(['check', '--online']);
    expect(ended.code, ended.err).toBe(0);
    expect(ended.out).toMatch(/^mode: dry-run/);
    expect(ended.out).toMatch(/account margin at the venue:\n {2}ok {3}host:/);
    expect(ended.out).toMatch(/WARN key IP binding: [^\n]+ Do: Restrict/);
    expect(ended.out).toMatch(
      /margin\/binance\.flexibleLoan\/USDT-ETH: LTV [^\n]+\n {4}keeps ETH −\d+\.\d % without money, −\d+\.\d % with the permitted money\n {4}wanted −50\.0 %: ok/,
    );
    expect(ended.out).toMatch(/marginCoin\/binance\.crossMargin: [^\n]+\n {4}keeps BTC \+\d+\.\d % without money/);
    // OKX says of no list which coins its loans take: what is only likely is no `ok`.
    expect(ended.out).toMatch(/WARN policies\.coinDebt\.ladder\[1\]: okx\.flexibleLoan probably takes USDT/);
    expect(ended.out).not.toMatch(/FAIL|\? /);
  }, 60_000);

  it('gives the same as data', async () => {
    const { ok, online, plan } = answerOf(await checked(FOUR_ACCOUNTS, '--json'));
    expect([ok, plan.length > 10]).toEqual([true, true]);
    expect(online.map(({ account, trouble, gaps }) => [account, trouble, gaps])).toEqual(
      ['saved', 'coin', 'poor', 'okx'].map((name) => [name, [], []]),
    );
    const [saved, , poor] = online.map(({ loans }) => loans[0]?.moves?.[0]);
    expect(saved).toMatchObject({
      factor: 'BTC',
      kind: 'price',
      direction: 'fall',
      without: expect.stringMatching(/^-0\.\d+$/),
    });
    expect(Number(saved?.with)).toBeLessThan(Number(saved?.without));
    // It has what is kept and no more.
    expect(poor?.with).toBe(poor?.without);
    expect(online.every(({ findings }) => findings.length > 0)).toBe(true);
  }, 60_000);

  it('ends with 78 where the venue does not offer a name, with its key and what there is', async () => {
    const ended = await checked(
      FOUR_ACCOUNTS.replace('match: { borrow: BTC }', 'match: { borrow: LTC }').replace(
        'ladder: [{ do: repay, with: debt, from: wallet }]',
        'ladder: [{ do: repay, with: debt, from: wallet }, { do: add, with: XRP, from: wallet }]',
      ),
    );
    expect(ended.code, ended.err).toBe(78);
    expect(ended.out).toMatch(
      /FAIL accounts\.okx\.loans\[1\]\.match\.borrow: okx\.flexibleLoan does not lend LTC\. Do: lent are [A-Z, ]+/,
    );
    expect(ended.out).toMatch(/policies\.stable\.ladder\[1\]: binance\.crossMargin does not take XRP as collateral/);
  }, 60_000);

  it('tells what `survive` misses, and fails nothing by it', async () => {
    const ended = await checked(
      FOUR_ACCOUNTS.replace('    release: off', '    release: off\n    survive: { fall: 60% }'),
    );
    expect(ended.code, ended.err).toBe(0);
    const [, poor = ''] = /^ {2}poor\/binance\.crossMargin: (.*\n.*\n.*)/m.exec(ended.out) ?? [];
    expect(poor).toMatch(/keeps BTC −26\.\d % without money, −26\.\d % with the permitted money/);
    expect(poor).toMatch(/wanted −60\.0 %: SHORT by 33\.\d points/);
    expect(ended.out).toMatch(/saved\/binance\.crossMargin: .*\n.*\n {4}wanted −60\.0 %: ok/);
  }, 60_000);
});

describe('check --online of a real account', () => {
  interface Addresses {
    readonly binance: { readonly rest: string; readonly ws: string };
    readonly accounts: readonly { readonly name: string; readonly uid: string; readonly key: Record<string, string> }[];
  }
  let simulator: Cli;
  let venues: Addresses;

  beforeAll(async () => {
    const config = writePolicy(temporaryFolder(), FOUR_ACCOUNTS);
    simulator = new Cli(['simulator', '--config', config, '--speed', 'hold', '--permissions', 'poor=read']);
    const [line] = await simulator.says(/^\{.*\}$/m);
    venues = JSON.parse(line) as Addresses;
  }, 30_000);

  async function meet(
    name: string,
    over: { readonly secret?: string; readonly live?: boolean; readonly rest?: string } = {},
  ): Promise<Ended> {
    const account = venues.accounts.find((one) => one.name === name);
    if (account === undefined) throw new Error(`no account ${name}`);
    const { binance } = venues;
    const hosts = { ...binance, rest: over.rest ?? binance.rest };
    const prices = { binance: binance.rest, okx: binance.rest };
    const text = externalAccount({ venue: 'binance', uid: account.uid, hosts, prices, live: over.live ?? false });
    const config = writePolicy(temporaryFolder(), text);
    const env = { TEST_KEY: account.key['id'] ?? '', TEST_SECRET: over.secret ?? account.key['secret'] ?? '' };
    return ballast(['check', '--online', '--config', config, '--json'], { env });
  }

  it('reads it and changes nothing', async () => {
    const ended = await meet('saved');
    expect(ended.code, ended.err).toBe(0);
    const [real] = answerOf(ended).online;
    expect(real?.loans.map(({ loan, status }) => [loan, status])).toEqual([['real/binance.crossMargin', 'open']]);
  }, 60_000);

  it('ends with 77 when the key is wrong, or lacks a right that a live account needs; not in dry-run', async () => {
    const [wrong, reader, watcher] = await Promise.all([
      meet('saved', { secret: 'another' }),
      meet('poor', { live: true }),
      meet('poor'),
    ]);
    expect([wrong.code, reader.code, watcher.code], wrong.err).toEqual([77, 77, 0]);
    expect(answerOf(reader).online[0]?.findings.filter(({ level }) => level === 'fail')).not.toEqual([]);
    expect(answerOf(reader).online[0]?.loans).toEqual([]);
    const forgiven = answerOf(watcher).online[0]?.findings.filter((one) => one.forgiven) ?? [];
    expect(forgiven.length).toBeGreaterThan(0);
  }, 60_000);

  it('ends with 69 when the venue does not answer', async () => {
    const ended = await meet('saved', { rest: 'http://127.0.0.1:9' });
    expect(ended.code, ended.err).toBe(69);
    expect(answerOf(ended).ok).toBe(false);
  }, 60_000);

  it('is stopped by Ctrl-C', async () => {
    const config = writePolicy(temporaryFolder(), FOUR_ACCOUNTS);
    const cli = new Cli(['check', '--online', '--config', config]);
    await cli.says(/asking the venues/);
    cli.signal('SIGINT');
    const ended = await cli.end();
    expect(ended.code).toBe(75);
    expect(isComplete(ended.err), ended.err).toBe(true);
  }, 60_000);
});
