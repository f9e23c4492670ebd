/** Caps of a plan's later legs: held by the loan's episode in the journal, whatever dies between the legs (DESIGN §5.6). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import { held } from '../../src/machines/step.ts';
import { dec, policy, rung } from '../core/build.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { Bench } from './bench.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

const [ONE, TWO] = ['desk/okx.flexibleLoan/one', 'desk/okx.flexibleLoan/two'];
const CAP = 2_700;

/** `one` at 80 % of 10 000 needs 1 800 USDT: 500 are in the wallet, and BTC for the rest, 2 096.77 USD. `two` is healthy. */
function bench(): Bench {
  return new Bench(redis.connect(), {
    loans: { one: { debt: '8000', btc: '1' }, two: { debt: '5000', btc: '1' } },
    wallet: { USDT: '500', BTC: '3' },
    policy: policy({
      confirm: { act: 1, urgent: 1 },
      coolDownMs: 0,
      ladder: [rung(1, { from: ['wallet'] }), rung(2, { do: 'add', with: ['BTC'], from: ['wallet'] })],
      caps: { perDay: dec(CAP) },
    }),
  });
}

async function reserved(b: Bench): Promise<Record<string, string>> {
  const all = [...(await b.journal.loans())].flatMap(([loan, stored]) =>
    held(stored).map(({ usd }) => [loan, usd] as const),
  );
  return Object.fromEntries(all);
}

const sentUsd = (b: Bench, loan: string): number[] =>
  b.venue.sent.filter((one) => one.loan === loan).map((one) => Number(one.chargeUsd));

it('another loan cannot eat the cap between two legs, and gets what is left of it', async () => {
  const b = bench();
  await b.look();
  // Not quite the 500: its last decimals tell the payment from every other one.
  expect(sentUsd(b, ONE)).toEqual([expect.closeTo(500, 3)]);
  expect(Object.keys(await reserved(b))).toEqual([ONE]);
  expect(Number((await reserved(b))[ONE])).toBeCloseTo(2_096.87, 1);
  // `two` falls below `one`, which the first leg has relieved, and is served first
  b.venue.books('two').debt = parse('8100');
  for (let i = 0; i < 6; i += 1) await b.look();
  const [first, second] = [sentUsd(b, ONE), sentUsd(b, TWO)];
  expect(first[1]).toBeCloseTo(2_096.77, 0);
  expect(b.ltv('one')).toBeLessThanOrEqual(0.62);
  expect(second).toHaveLength(1);
  expect(second[0]).toBeLessThanOrEqual(CAP - 500 - 2_096);
  expect(second[0]).toBeGreaterThan(CAP - 500 - 2_100);
});

it('is held over a death after the commit, after the send and between the legs, and let go with the episode', async () => {
  // a look knows nothing but the journal, so each one here is a process of its own
  const b = bench();
  await b.look({ ...b.deps(), mayClaim: () => false });
  expect(await b.intentStates()).toEqual(['refused']);
  expect(await reserved(b)).toEqual({ [ONE]: '2096.8742' });
  b.clock.pass(6_000);
  b.venue.script.push({ do: 'lose', executes: true });
  await b.look();
  expect(await b.intentStates()).toEqual(['refused', 'unknown']);
  expect(await reserved(b)).toEqual({ [ONE]: '2096.8742' });
  for (let i = 0; i < 4; i += 1) {
    b.clock.pass(6_000);
    await b.look();
  }
  expect(await b.intentStates()).toEqual(['refused', 'confirmed', 'confirmed']);
  expect(b.ltv('one')).toBeLessThanOrEqual(0.62);
  expect(await reserved(b)).toEqual({});
  expect((await b.states())[ONE]).toBe('watching.healthy');
});

it('is let go when the loan is closed, whoever closed it', async () => {
  const b = bench();
  await b.look();
  expect(Object.keys(await reserved(b))).toEqual([ONE]);
  b.venue.books('one').debt = dec(0);
  for (let i = 0; i < 4; i += 1) {
    await b.look();
    b.clock.pass(6_000);
  }
  expect((await b.states())[ONE]).toBe('closed');
  expect(await reserved(b)).toEqual({});
});
