/** How many loans one core decides about: the machine's step, then the decision with its sizing and its trace. */
import { systemClock } from '../src/clock.ts';
import { decide } from '../src/core/decide.ts';
import type { LoanView } from '../src/core/loan.ts';
import { start, step } from '../src/machines/step.ts';
import { coin, debt, input, loan, need, wallet } from '../test/core/build.ts';
import { seen } from '../test/machines/support.ts';
import { line, title } from './figures.ts';

const LOANS = 20;
const WARM_MS = 500;
const RUN_MS = 2_000;

const SPOT = wallet('spot', { USDT: '50000000', BTC: '1' });
/** Cross margin at 80 %, target 62 %: each needs 9 000 USDT from outside, so everything is sized. */
const CROSS = loan({
  coins: [coin({ amount: '1', price: '50000' }), coin({ asset: 'USDT', amount: '0', price: '1' })],
  debts: [debt({ amount: '40000' })],
});
const IN_NEED = Array.from({ length: LOANS }, (_, index): LoanView => ({
  ...CROSS,
  id: `${CROSS.id}/${String(index)}`,
}));

export async function measurePure(): Promise<void> {
  title('Deciding, on one core (reach: 10000 loans/s for step and decision together)');
  const quiet = perSecond(stepQuiet);
  const sized = perSecond(decideAll);
  line('machine steps of a quiet loan', `${whole(quiet)} loans/s`);
  line('decisions about loans in need, sized', `${whole(sized)} loans/s`);
  line('both', `${whole(1 / (1 / quiet + 1 / sized))} loans/s`);
  await systemClock.sleep(0);
}

function stepQuiet(): number {
  let stored = start('loan', { id: 'main/okx.spotBorrow', now: 0 });
  for (let now = 1; now <= LOANS; now += 1) stored = step(stored, seen('0.5', { now })).stored;
  return LOANS;
}

function decideAll(): number {
  const needs = IN_NEED.map((one) => need(one));
  return decide(input({ loans: IN_NEED, wallet: SPOT, needs })).length;
}

function perSecond(work: () => number): number {
  run(work, WARM_MS);
  const { done, tookMs } = run(work, RUN_MS);
  return (done / tookMs) * 1_000;
}

function run(work: () => number, forMs: number): { readonly done: number; readonly tookMs: number } {
  const from = systemClock.mono();
  let done = 0;
  while (systemClock.mono() - from < forMs) done += work();
  return { done, tookMs: systemClock.mono() - from };
}

function whole(rate: number): string {
  return rate.toFixed(0);
}
