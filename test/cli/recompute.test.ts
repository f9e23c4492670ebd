/** Every amount that was sent can be computed again, by anyone, from the record of its decision (DESIGN §5.8). */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/cli/report.ts';
import type { Intent } from '../../src/core/intent.ts';
import { parse } from '../../src/core/money.ts';
import type { Decision } from '../../src/core/need.ts';
import { recompute } from '../../src/core/sizingRecord.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Registry } from '../../src/jobs/registry.ts';
import { openJournal } from './journal.ts';
import { FOUR_ACCOUNTS, writePolicy } from './policyFiles.ts';
import { ballast, cleanUp, lastLine, temporaryFolder, writeTape, type Ended } from './support.ts';

type Act = Extract<Decision, { verdict: 'act' }>;

/** A decision record: the decision, and the loan as it was seen. */
interface Record {
  readonly decision: Decision;
  readonly quantities: { readonly debtValue: string; readonly collateralValue: string } | null;
}
interface Sent {
  readonly intent: Intent;
  readonly records: readonly (Record & { readonly decision: Act })[];
}

let run: Ended;
let sent: readonly Sent[];

const isAct = (record: Record): record is Record & { readonly decision: Act } => record.decision.verdict === 'act';

async function readSent(redis: Redis): Promise<readonly Sent[]> {
  const all: Sent[] = [];
  for (const { address } of await new Registry(redis).accounts()) {
    const journal = new Journal(redis, address);
    const records = (await journal.decisions()).map(({ json }) => JSON.parse(json) as Record).filter(isAct);
    for (const intent of await journal.intents()) {
      const mine = records.filter(
        ({ decision }) => decision.loan === intent.loan && decision.leg.amount === intent.amount,
      );
      all.push({ intent, records: mine });
    }
  }
  return all;
}

beforeAll(async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const config = writePolicy(folder, FOUR_ACCOUNTS);
  const tape = writeTape(folder, 'BTCUSDT', [
    [0, '40000'],
    [25, '30500'],
    [28, '31000'],
    [60, '45000'],
  ]);
  const args = ['--until-end', '--speed', 'max', '--json', '--config', config, '--tape', tape, '--data-dir', dataDir];
  run = await ballast(['start', ...args]);
  expect(run.code, run.err).toBe(0);
  const { redis, close } = await openJournal(dataDir);
  sent = await readSent(redis);
  await close();
}, 120_000);
afterAll(cleanUp);

describe('every confirmed action of a run', () => {
  it('is in the journal that the run left behind', () => {
    expect(run.code, run.err).toBe(0);
    const confirmed = sent.filter(({ intent }) => intent.state === 'confirmed');
    expect(confirmed).toHaveLength(lastLine<RunResult>(run).outcomes.confirmed);
    expect(new Set(confirmed.map(({ intent }) => intent.verb))).toEqual(new Set(['transferIn', 'repay']));
    expect(confirmed.length).toBeGreaterThan(5);
  });

  it('has exactly one decision record', () => {
    const odd = sent.filter(({ records }) => records.length !== 1);
    expect(
      odd.map(({ intent, records }) => [intent.id, intent.loan, intent.amount, intent.state, records.length]),
    ).toEqual([]);
  });

  it('has the amount that its record computes to', () => {
    for (const { intent, records } of sent) {
      for (const { decision } of records) expect(recompute(decision.sizing), intent.id).toBe(intent.amount);
    }
  });

  it('was computed from the debt and the collateral that were seen', () => {
    for (const { intent, records } of sent) {
      for (const { decision, quantities } of records) {
        const { D = '', C = '' } = decision.sizing.inputs;
        expect([D, C], intent.id).toEqual([quantities?.debtValue, quantities?.collateralValue]);
      }
    }
  });

  it('stands above its act level before, and is promised to stand lower after', () => {
    const first = sent.filter(({ records }) =>
      records.some(({ decision }) => decision.sizing.inputs['begun'] === undefined),
    );
    for (const { intent, records } of first) {
      for (const { decision } of records) {
        expect(parse(decision.ltv).gte(parse(decision.levels.target)), intent.id).toBe(true);
        expect(parse(decision.ltvAfter).lte(parse(decision.ltv)), intent.id).toBe(true);
      }
    }
  });
});
