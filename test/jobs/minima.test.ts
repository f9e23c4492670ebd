/**
 * Minima that nobody publishes, and debts that are paid whole while interest falls due: every product with its real adapter
 * against the simulated exchanges (DESIGN §5.2).
 */
import { describe, expect, it } from 'vitest';
import type { Product } from '../../src/core/loan.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import type { Dec } from '../../src/core/money.ts';
import type { Caps } from '../../src/core/policy.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type { WorldInput } from '../../src/simulator/world.ts';
import { dec, policy, rung } from '../core/build.ts';
import type { Desk } from './desk.ts';
import { desksOfAFile } from './desk.ts';

const desk = desksOfAFile();

const hasInside = (product: Product): boolean => PRODUCT_FACTS[product].inside !== null;
const REPAY = (product: Product) => [
  ...(hasInside(product) ? [rung(1, { from: ['inside'] })] : []),
  rung(2, { from: ['wallet'] }),
];
const ADD = () => [rung(1, { do: 'add', with: ['BTC'], from: ['wallet'] })];
const rules = (ladder: ReturnType<typeof REPAY>, caps: Partial<Caps> = {}) =>
  policy({ confirm: { act: 1, urgent: 1 }, coolDownMs: 0, ladder, urgent: '0.85', caps });

/** At rest: nothing in flight, the loan needs nothing, and every call reached the venue once. */
async function expectRest(made: Desk, state: string): Promise<void> {
  await expect
    .poll(async () => [await made.state(), await made.runner.quiet()], { timeout: 12_000 })
    .toEqual([state, true]);
  expect(made.simulator.simulation.counts()).toMatchObject({ pendingConflicts: 0, doubleSends: 0 });
  expect(made.errors).toEqual([]);
  expect(made.loan().liquidated).toBe(false);
}

/** By quantities, as the last look saw it. */
function ltvSeen({ events }: Desk): Dec {
  const [seen] = events.flatMap((event) => (event.type === 'looked' ? event.view.loans : [])).slice(-1);
  if (seen === undefined) throw new Error('no look saw the loan');
  return seen.ltv;
}

const [LEAST, LEAST_BTC] = ['1000', '0.03'];
const binance = (kind: string, least: Readonly<Record<string, string>>): Partial<WorldInput> => ({
  binanceSettings: { minimums: { [kind]: least } },
});
const okx = (kind: string, least: Readonly<Record<string, string>>): Partial<WorldInput> => ({
  okxSettings: { minimums: { [kind]: least } },
});

/** The need is 675 USDT of repayment, or 0.0181 BTC of collateral: less than each of these minima. */
const CASES: readonly (readonly [
  product: Product,
  what: 'minRepay' | 'minAdd' | 'minTransfer',
  world: Partial<WorldInput>,
  asset: 'USDT' | 'BTC',
])[] = [
  ['binance.crossMargin', 'minRepay', binance('marginRepay', { USDT: LEAST }), 'USDT'],
  ['binance.crossMargin', 'minTransfer', binance('transfer', { USDT: LEAST }), 'USDT'],
  ['binance.crossMargin', 'minTransfer', binance('transfer', { BTC: LEAST_BTC }), 'BTC'],
  ['binance.isolatedMargin', 'minRepay', binance('marginRepay', { USDT: LEAST }), 'USDT'],
  ['binance.isolatedMargin', 'minTransfer', binance('transfer', { BTC: LEAST_BTC }), 'BTC'],
  ['binance.flexibleLoan', 'minRepay', binance('flexibleRepay', { USDT: LEAST }), 'USDT'],
  ['binance.flexibleLoan', 'minAdd', binance('flexibleAdd', { BTC: LEAST_BTC }), 'BTC'],
  ['okx.flexibleLoan', 'minRepay', okx('repay', { USDT: LEAST }), 'USDT'],
  ['okx.flexibleLoan', 'minAdd', okx('collateral', { BTC: LEAST_BTC }), 'BTC'],
  ['okx.spotBorrow', 'minRepay', okx('repay', { USDT: LEAST }), 'USDT'],
  ['okx.spotBorrow', 'minTransfer', okx('transfer', { BTC: LEAST_BTC }), 'BTC'],
];

describe.each(CASES)('%s with an unknown %s', (product, what, world, asset) => {
  it(`(${asset}) is rescued, no refused amount is sent again, and the lesson is kept`, async () => {
    const made = await desk({ product, rules: rules(asset === 'BTC' ? ADD() : REPAY(product)), world });
    await expectRest(made, 'watching.healthy');
    expect(ltvSeen(made).lte('0.62')).toBe(true);
    // a limit that was hit says nothing about the amount
    const sent = (await made.sent()).filter(({ note }) => !note.includes('limit'));
    const refused = sent.filter(({ state }) => state === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) {
      expect(sent.filter(({ verb, amount }) => verb === one.verb && amount === one.amount)).toHaveLength(1);
    }
    const { learned } = await made.runner.journal.open();
    const least = Number(learned[what][`${product}/${asset}`]);
    const real = Number(asset === 'BTC' ? LEAST_BTC : LEAST);
    expect(least).toBeGreaterThanOrEqual(real);
    expect(least).toBeLessThan(2 * real);
    if (product === 'okx.flexibleLoan' && what === 'minAdd') expect([least, refused.length]).toEqual([real, 1]);
  });
});

describe('a minimum that nothing reaches', () => {
  it('ends starved after the refusal that states it, with the minimum named', async () => {
    const world = okx('collateral', { BTC: '5' });
    const made = await desk({ product: 'okx.flexibleLoan', rules: rules(ADD()), world });
    await expectRest(made, 'starved');
    expect((await made.sent()).map(({ state }) => state)).toEqual(['rejected']);
    expect(made.events.filter(({ type }) => type === 'alert')).toEqual([
      expect.objectContaining({
        category: 'starved',
        says: expect.stringContaining('smallest addition is 5') as string,
      }),
    ]);
  });

  it('ends capped where a limit stands in the way', async () => {
    const product = 'binance.flexibleLoan';
    const world = binance('flexibleRepay', { USDT: '2000' });
    const made = await desk({ product, rules: rules(REPAY(product), { perDay: dec(1_500) }), world });
    await expectRest(made, 'capped');
    const sent = await made.sent();
    expect(sent.map(({ state }) => state)).toEqual(['rejected', 'rejected']);
    expect(new Set(sent.map(({ amount }) => amount)).size).toBe(2);
  });
});

/** OKX counts interest in sixteen decimals and takes amounts with eight. */
function isPayable(debt: string): boolean {
  return dec(debt).gte('1e-8');
}

const DUST: Readonly<Partial<Record<Product, readonly (readonly [string, Partial<WorldInput>])[]>>> = {
  'binance.crossMargin': margins(),
  'binance.isolatedMargin': margins(),
};
function margins(): readonly (readonly [string, Partial<WorldInput>])[] {
  return [
    ['and dust is refused (-3024)', { binanceSettings: { minLeftUsd: '0.1' } }],
    ['and dust is refused (-3015)', { binanceSettings: { minLeftUsd: '0.1', switches: { dustCode: -3015 } } }],
    ['and dust may stay', { binanceSettings: { minLeftUsd: '0' } }],
  ];
}
const CLOSES = PRODUCTS.flatMap((product) =>
  (DUST[product] ?? [['', {}] as const]).map(([how, world]) => [product, how, world] as const),
);

describe.each(CLOSES)('%s paid whole %s', (product, _how, world) => {
  it('ends without any debt although interest falls due before each of the first repayments arrives', async () => {
    const learned = { [`minRepay/${product}/USDT`]: '99999' };
    // low enough that the money which was moved in for it does not bring the loan there by itself
    const low = { ...rules(REPAY(product)), bands: policy({ target: '0.4', urgent: '0.85' }).bands };
    const made = await desk({ product, rules: low, world, learned, ticks: 2 });
    await expect.poll(() => Object.values(made.loan().debt).filter(isPayable), { timeout: 12_000 }).toEqual([]);
    await expect
      .poll(async () => (await made.state()) ?? '', { timeout: 3_000 })
      .toMatch(/^(closed|watching\.healthy)$/);
    await expectRest(made, (await made.state()) ?? '');
    const repaid = (await made.sent()).filter(({ verb }) => verb === 'repay');
    expect(repaid.every(({ full }) => full)).toBe(true);
    expect(made.events.filter(({ type }) => type === 'alert')).toEqual([]);
  });
});
