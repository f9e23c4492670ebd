/** A runner that was stopped leaves nothing behind: the process ends by itself, without being told to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { ROOT } from './support.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const dist = (path: string): string => JSON.stringify(join(ROOT, 'dist', path));

/** One account on an empty venue, with a price feed and an errand: looked at once, then stopped. */
function script(path: string): string {
  return `
import { Redis } from 'ioredis';
import { systemClock } from ${dist('clock.js')};
import { DISLOCATION_RULES } from ${dist('core/dislocation.js')};
import { Runner } from ${dist('jobs/runner.js')};

const view = () => {
  const asOf = Date.now();
  const sections = { 'okx.flexibleLoan': { state: 'fresh', asOf }, 'wallet.funding': { state: 'fresh', asOf } };
  return { account: 'desk', uid: '42', asOf, sections, loans: [], wallets: [], prices: {} };
};
const venue = {
  name: 'okx', products: ['okx.flexibleLoan'],
  clockOffsetMs: () => null, observe: async () => view(), watchPrices: () => async () => undefined, close: async () => undefined,
};
const timing = {
  requestDeadlineMs: 8000, lockMs: 15000, stalledMs: 5000, lookEveryMs: 5000, lookSoonMs: 1000, maxAgeMs: 8000,
  claimReplyMs: 500, settleInLaneMs: 2000, lagMarginMs: 10000, reflectTimeoutMs: 60000, giveUpMs: 600000,
  evidenceSpreadMs: 30000, plausibleAfterMs: 10000, spacingMs: 100,
};
const setup = {
  name: 'desk', venue: 'okx', mode: 'dryRun', digest: 'd', policies: {}, loans: [], unlisted: { kind: 'ignore' },
  wallets: [], groups: {}, dislocation: DISLOCATION_RULES, timing,
};
const connect = () => new Redis({ path: ${JSON.stringify(path)}, maxRetriesPerRequest: null });
const [producer, consumer] = [connect(), connect()];
let looked;
const firstLook = new Promise((resolve) => (looked = resolve));
const runner = await Runner.open({
  setup, address: { mode: 'dryRun', world: '', venue: 'okx', uid: '42' }, venue, reference: null, clock: systemClock,
  stamp: 'abc', redis: producer, consumer,
  errands: () => [{ name: 'slow', everyMs: 60000, run: async () => undefined }],
  emit: (_account, event) => { if (event.type === 'looked') looked(); },
  onError: (_account, error) => { console.error(error.message); },
});
await firstLook;
await runner.stop(10000);
console.log(JSON.stringify(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')));
await Promise.all([producer.quit(), consumer.quit()]);
`;
}

it('no timer, no connection and no errand outlives Runner.stop', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script(redis.path)], { cwd: ROOT });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(err).toBe('');
  expect(out).toBe('[]\n');
  expect(code).toBe(0);
}, 60_000);
