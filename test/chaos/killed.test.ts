/**
 * The server killed (SIGKILL) at every named point of a look, started again, and judged by what the venue saw: nothing was
 * sent twice, nothing was paid too much or too little, every call and every cent is accounted for, the loan is back at its
 * target.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { ALL, OF_QUARANTINE, POINT_NAMES, deathsOf, note, partsOf, sampleOf } from './plan.ts';
import type { Death } from './plan.ts';
import { Scene } from './scene.ts';

const scenes: Scene[] = [];
afterAll(async () => {
  for (const scene of scenes) await scene.stop();
}, 60_000);

/** All deaths of one list in one world, which falls a little further for each. */
async function dieOften(deaths: readonly Death[]): Promise<void> {
  const [first] = deaths;
  if (first === undefined) throw new Error('nobody dies here');
  const scene = await Scene.open(first.kind);
  scenes.push(scene);
  let server = await scene.begin();
  for (const { kind, name, orders, answerLost } of deaths) {
    if (answerLost) await scene.venues.loseAnswer();
    await server.order(...orders);
    await scene.venues.fall();
    await server.killed();
    server = await scene.start();
    await scene.rescued(server);
    const { doubleSends } = await scene.judge(`${kind}, killed at ${name}`);
    note({ survived: `killed at ${name}`, kind, doubleSends });
  }
  expect(server.alerts('halt')).toEqual([]);
}

const everyDeath = deathsOf('okx');
const others = sampleOf(deathsOf('binance'), 3);
const lists = [...partsOf(everyDeath, ALL ? 2 : 3), ...partsOf(others, ALL ? 2 : 1)];
const named = lists.map((list) => [list.map(({ kind, name }) => `${kind} ${name}`).join(', '), list] as const);

describe.concurrent('a server that is killed', () => {
  it.each(named)('is no second payment and no lost loan: %s', { timeout: 600_000 }, async (_names, deaths) => {
    await dieOften(deaths);
  });

  it('is killed at every point that a look has', () => {
    const places = everyDeath.map(({ name }) => name);
    expect([...places, ...OF_QUARANTINE].sort()).toEqual([...POINT_NAMES].sort());
  });
});
