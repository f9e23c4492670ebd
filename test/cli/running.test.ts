/** A running server: questions from a second terminal, a graceful end, and what it says when something under it dies. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { intentsOf } from './journal.ts';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, isComplete, lastLine, redisPid, temporaryFolder, writeTape } from './support.ts';

const LOAN = 'saved/binance.crossMargin';
const FALL = [
  [0, '40000'],
  [10, '34000'],
  [20, '34000'],
] as const;

afterAll(cleanUp, 30_000);

interface Server {
  readonly cli: Cli;
  readonly dataDir: string;
  /** Flags that a second terminal needs. */
  readonly where: readonly string[];
}

function serve(policy = ONE_ACCOUNT): Server {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const where = ['--config', writePolicy(folder, policy), '--data-dir', dataDir];
  const tape = writeTape(folder, 'BTCUSDT', FALL);
  return { cli: new Cli(['start', '--speed', 'max', '--tape', tape, ...where]), dataDir, where };
}

/** The admin endpoint of the simulated exchanges, as the server prints it. */
async function admin(cli: Cli): Promise<string> {
  const [, address] = await cli.says(/faults and more: (\S+)/);
  return address ?? '';
}

async function post(address: string, path: string, body: object): Promise<unknown> {
  const reply = await fetch(`${address}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return reply.json();
}

// Most of the time they wait for each other's processes, not for the machine.
describe.concurrent('a running server', () => {
  it('stays up after its tape, answers status, why and metrics, and ends with 0 on Ctrl-C', async () => {
    const { cli, where } = serve(ONE_ACCOUNT.replace('server: off', 'server: { listen: "127.0.0.1:0" }'));
    const [, page = ''] = await cli.says(/page: (\S+);/);
    await cli.says(/The tape is over/);

    const scraped = await (await fetch(`${page}metrics`)).text();
    const valueOf = (line: RegExp): number => Number(line.exec(scraped)?.[1] ?? '-1');
    for (const counted of [
      /^ballast_loan_ltv_ratio\{account="saved",loan="saved\/binance.crossMargin"\} (.*)$/m,
      /^ballast_money_call_outcomes_total\{account="saved",venue="binance",verb="\w+",outcome="confirmed"\} (.*)$/m,
      /^ballast_time_to_relief_seconds_count\{account="saved",until="below_act"\} (.*)$/m,
      /^ballast_venue_requests_total\{venue="binance",kind="money",result="ok"\} (.*)$/m,
      /^ballast_venue_weight_total\{venue="binance"\} (.*)$/m,
      /^ballast_lane_wait_seconds_count\{account="saved"\} (.*)$/m,
      /^ballast_look_duration_seconds_sum\{account="saved"\} (.*)$/m,
      /^ballast_redis_writes_ok (.*)$/m,
      /^process_cpu_seconds_total (.*)$/m,
    ]) {
      expect(valueOf(counted), String(counted)).toBeGreaterThan(0);
    }

    const [status, json, why, whyJson, unknown] = await Promise.all([
      ballast(['status', ...where]),
      ballast(['status', '--json', ...where]),
      ballast(['why', 'crossMargin', ...where]),
      ballast(['why', LOAN, '--json', ...where]),
      ballast(['why', 'nobody/at.all', ...where]),
    ]);
    expect(status.out).toMatch(/account saved \(simulated\): seen \d+ s ago\n {2}saved\/binance\.crossMargin +healthy/);
    expect(lastLine(json)).toMatchObject({
      accounts: [{ account: 'saved', mode: 'simulated', lookedMs: expect.any(Number) }],
      loans: [{ loan: LOAN, state: expect.stringMatching(/^watching/), ltv: expect.any(String) }],
      inFlight: [],
    });
    expect(why.out).toMatch(/^saved\/binance\.crossMargin: [^]*LTV .*; target 67\.27 %, act 75\.92 %/);
    expect(why.out).toMatch(/The last time it acted[^]*amount: repay/);
    expect(lastLine(whyJson)).toMatchObject({ decision: { loan: LOAN }, lastAct: { decision: { verdict: 'act' } } });
    expect(unknown.code).toBe(64);
    expect(unknown.err).toMatch(/no loan is called nobody\/at\.all[^]*saved\/binance\.crossMargin/);

    cli.signal('SIGINT');
    const ended = await cli.end();
    expect(ended.code, ended.err).toBe(0);
    expect(ended.out).toMatch(/SIGINT: nothing new is sent/);
    expect((await ballast(['status', ...where])).code).toBe(69);
  }, 120_000);

  it('lets the call in flight finish when it is told to stop, and records what became of it', async () => {
    const { cli, dataDir } = serve();
    const address = await admin(cli);
    // The venue carries the money call out at once and answers late; reads, of which some are posted, are as quick as ever.
    await post(address, '/faults', {
      match: { venue: 'binance', path: '/sapi/v1/margin/borrow-repay' },
      effect: { kind: 'delay', ms: 400, after: true },
    });
    await untilSent(address);
    cli.signal('SIGTERM');
    const ended = await cli.end();
    expect(ended.code, ended.err).toBe(0);
    const intents = await intentsOf(dataDir);
    expect(intents.length).toBeGreaterThan(0);
    // `sending` would say that nobody waited for the answer.
    expect(intents.map(({ state }) => state)).not.toContain('sending');
  }, 120_000);

  it('ends with 69 when its Redis dies, and the journal still holds every action it told of', async () => {
    const { cli, dataDir } = serve();
    await cli.says(/repaid [\d.]+ USDT/);
    process.kill(redisPid(dataDir), 'SIGKILL');
    const ended = await cli.end();
    expect(ended.code).toBe(69);
    expect(ended.err).toMatch(/Redis, which holds the journal, is gone/);
    expect(isComplete(ended.err), ended.err).toBe(true);
    const told = ended.out.split('\n').filter((line) => /→/.test(line));
    const confirmed = (await intentsOf(dataDir)).filter(({ state }) => state === 'confirmed');
    expect(confirmed.length).toBeGreaterThanOrEqual(told.length);
    expect(told.length).toBeGreaterThan(1);
  }, 120_000);

  it('ends with 69 when its Redis freezes for ten seconds', async () => {
    const { cli, dataDir } = serve();
    await cli.says(/watching saved/);
    process.kill(redisPid(dataDir), 'SIGSTOP');
    const ended = await cli.end();
    expect(ended.code).toBe(69);
    expect(ended.err).toMatch(/has not answered for 10 s/);
    expect(isComplete(ended.err), ended.err).toBe(true);
  }, 120_000);

  it('ends with 69 when the built-in exchanges die', async () => {
    const { cli } = serve();
    const address = await admin(cli);
    await cli.says(/watching saved/);
    await post(address, '/stop', {});
    const ended = await cli.end();
    expect(ended.code).toBe(69);
    expect(ended.err).toMatch(/the simulated exchanges (ended|do not answer)/);
    expect(isComplete(ended.err), ended.err).toBe(true);
  }, 120_000);
});

/** Waits until the venue has seen a money call. */
async function untilSent(address: string): Promise<void> {
  for (;;) {
    const reply = await fetch(`${address}/state`);
    const { counts } = (await reply.json()) as { counts: { sends: Readonly<Record<string, number>> } };
    if (Object.keys(counts.sends).length > 0) return;
    await systemClock.sleep(20);
  }
}
