/** One call on simulated exchanges that is hit by a fault, and what became of its loan: for the tests of evidence. */
import { expect } from 'vitest';
import type { Intent } from '../../src/core/intent.ts';
import type { Product } from '../../src/core/loan.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { policy, rung } from '../core/build.ts';
import type { Desk, DeskOptions } from './desk.ts';
import { desksOfAFile } from './desk.ts';

export type Remedy = 'repay' | 'add';
/** A call that is hit, and the verb that it is. */
interface Target {
  readonly path: string;
  readonly verb: Intent['verb'];
}

const MARGIN: Readonly<Record<Remedy, Target>> = {
  repay: { path: '/sapi/v1/margin/borrow-repay', verb: 'repay' },
  add: { path: '/sapi/v1/asset/transfer', verb: 'transferIn' },
};
const OKX_LOAN = '/api/v5/finance/flexible-loan';
const TARGETS: Readonly<Record<Product, Readonly<Record<Remedy, Target>>>> = {
  'binance.crossMargin': MARGIN,
  'binance.isolatedMargin': MARGIN,
  'binance.flexibleLoan': {
    repay: { path: '/sapi/v2/loan/flexible/repay', verb: 'repay' },
    add: { path: '/sapi/v2/loan/flexible/adjust/ltv', verb: 'add' },
  },
  'okx.flexibleLoan': {
    repay: { path: `${OKX_LOAN}/repay`, verb: 'repay' },
    add: { path: `${OKX_LOAN}/adjust-collateral`, verb: 'add' },
  },
  'okx.spotBorrow': {
    repay: { path: '/api/v5/account/spot-manual-borrow-repay', verb: 'repay' },
    add: { path: '/api/v5/asset/transfer', verb: 'transferIn' },
  },
};
export const PATIENT = { timeout: 25_000, interval: 50 };

export interface Scene {
  readonly desk: Desk;
  /** The calls of the verb that is hit, oldest first. */
  hit(): Promise<readonly Intent[]>;
}

type Play = (
  product: Product,
  remedy: Remedy,
  effect: FaultInput['effect'],
  more?: Partial<DeskOptions> & { readonly records?: FaultInput['effect'] },
) => Promise<Scene>;

/** Scenes of the file that calls it, while it is loaded. */
export function scenesOfAFile(): Play {
  const openDesk = desksOfAFile();
  return (...asked) => play(openDesk, ...asked);
}

async function play(
  openDesk: (options: DeskOptions) => Promise<Desk>,
  ...[product, remedy, effect, more = {}]: Parameters<Play>
): Promise<Scene> {
  const { records, ...options } = more;
  const repays = [
    ...(PRODUCT_FACTS[product].inside === null ? [] : [rung(1, { from: ['inside'] })]),
    rung(2, { from: ['wallet'] }),
  ];
  const ladder = remedy === 'repay' ? repays : [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })];
  const rules = policy({ confirm: { act: 1, urgent: 1 }, coolDownMs: 0, ladder, urgent: '0.85' });
  const desk = await openDesk({ product, rules, ...options });
  const { faults } = desk.simulator.simulation;
  const { path, verb } = TARGETS[product][remedy];
  faults.add({ match: { path, method: 'POST', count: 1 }, effect });
  if (records !== undefined) faults.add({ match: { method: 'GET' }, effect: records });
  await desk.runner.ring('the test begins');
  return { desk, hit: async () => (await desk.sent()).filter((one) => one.verb === verb) };
}

/** The loan is rescued once: nothing pends, and each intent reached the venue once. */
export async function expectRescued({ desk, hit }: Scene, states: readonly string[]): Promise<void> {
  await expect.poll(async () => (await hit()).map(({ state }) => state), PATIENT).toEqual(states);
  await expect.poll(() => desk.state(), PATIENT).toMatch(/^(cooling|watching)/);
  expect(desk.simulator.simulation.counts().doubleSends).toBe(0);
  expect(desk.loan().liquidated).toBe(false);
  expect(desk.errors).toEqual([]);
}
