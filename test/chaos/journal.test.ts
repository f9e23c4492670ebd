/** The journal is deleted, or one of an hour ago is put in its place: nothing is paid twice, and nothing is forgotten. */
import { cpSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { isUndecided } from '../../src/core/intent.ts';
import { closeAll, closers } from './pair.ts';
import { note, sampleOf } from './plan.ts';
import { until } from './process.ts';
import type { Order, Server } from './process.ts';
import { Scene } from './scene.ts';
import type { Kind } from './worlds.ts';

afterAll(closeAll, 60_000);

async function open(kind: Kind): Promise<Scene> {
  const scene = await Scene.open(kind);
  closers.push(() => scene.stop());
  return scene;
}

/** Ends server and Redis, so that the folder of the journal lies still. */
async function atRest(scene: Scene, server: Server): Promise<void> {
  await server.end('SIGTERM');
  scene.forgetRedis();
}

const backupOf = (scene: Scene): string => `${scene.dataDir}.backup`;

interface Loss {
  readonly name: string;
  readonly kind: Kind;
  /** Deaths of the first processes after the loss. */
  readonly deaths: readonly Order[];
  readonly lose: (scene: Scene) => void;
}

function deleted(scene: Scene): void {
  rmSync(scene.dataDir, { recursive: true });
}

function takenBack(scene: Scene): void {
  rmSync(scene.dataDir, { recursive: true });
  cpSync(backupOf(scene), scene.dataDir, { recursive: true });
}

const LOSSES: readonly Loss[] = [
  { name: 'deleted', kind: 'okx', deaths: [], lose: deleted },
  { name: 'taken back to an hour ago', kind: 'binance', deaths: [], lose: takenBack },
  {
    name: 'taken back, and the processes that notice it are killed',
    kind: 'okx',
    deaths: [
      { at: 'lost', do: 'SIGKILL' },
      { at: 'imported', do: 'SIGKILL' },
    ],
    lose: takenBack,
  },
  {
    name: 'deleted, and the processes that notice it are killed',
    kind: 'binance',
    deaths: [
      { at: 'lost', do: 'SIGKILL' },
      { at: 'imported', do: 'SIGKILL' },
    ],
    lose: deleted,
  },
];

/** Mode of the account as its journal has it. */
async function accountState(scene: Scene): Promise<unknown> {
  const json = await scene.redis().get(scene.journal().key('account'));
  return json === null ? null : (JSON.parse(json) as { state: unknown }).state;
}

/** USD that the budgets count, by what they are charged for. */
async function charges(scene: Scene): Promise<ReadonlyMap<string, number>> {
  const rows = await scene.redis().zrange(scene.journal().key('charges'), '0', '-1');
  const parsed = rows.map((json) => JSON.parse(json) as { intent: string; usd: string });
  return new Map(parsed.map(({ intent, usd }) => [intent, Number(usd)]));
}

describe.concurrent('a journal that is', () => {
  it.each(sampleOf(LOSSES, 1).map((loss) => [loss.name, loss.kind, loss] as const))(
    '%s (%s): quarantine, then the loan is rescued, with everything charged that was ever sent',
    { timeout: 300_000 },
    async (name, kind, { deaths, lose }) => {
      const scene = await open(kind);
      let server = await scene.begin();
      await scene.venues.fall();
      await scene.rescued(server);
      await atRest(scene, server);
      cpSync(scene.dataDir, backupOf(scene), { recursive: true });

      server = await scene.start();
      await scene.venues.fall();
      await scene.rescued(server);
      const before = await charges(scene);
      const sent = (await scene.venues.state()).counts.sends;
      await atRest(scene, server);
      lose(scene);

      await scene.venues.fall();
      for (const order of deaths) {
        await scene.die(order);
        await until('it is in quarantine', async () => (await accountState(scene)) === 'quarantine');
        note({ survived: `killed at ${order.at}`, kind, doubleSends: 0 });
      }
      server = await scene.start();
      if (deaths.length === 0)
        await until('it is in quarantine', async () => (await accountState(scene)) === 'quarantine');
      // Nothing has left until the venue's records are in the budgets.
      expect((await scene.venues.state()).counts.sends).toEqual(sent);
      await scene.active(server);
      const after = await charges(scene);
      expect([...before].filter(([intent, usd]) => after.get(intent) !== usd)).toEqual([]);

      await until('the loan is rescued', async () => (await scene.venues.ltv()) < 0.63);
      await until('all is settled', async () => !(await scene.intents()).some(isUndecided));
      const { counts } = await scene.venues.state();
      expect(counts.doubleSends).toBe(0);
      expect(Object.values(counts.sends).every((sends) => sends === 1)).toBe(true);
      expect(await scene.venues.ltv()).toBeGreaterThan(0.61);
      expect(server.alerts('halt')).toEqual([]);
      note({ survived: `the journal ${name}`, kind, doubleSends: counts.doubleSends });
    },
  );

  it('deleted together with its witness halts for a person: who sent those calls is not known', async () => {
    const scene = await open('okx');
    let server = await scene.begin();
    await scene.venues.fall();
    await scene.rescued(server);
    await atRest(scene, server);
    deleted(scene);
    rmSync(`${scene.dataDir}.witness`, { recursive: true });
    await scene.venues.fall();
    const sent = (await scene.venues.state()).counts.sends;
    server = await scene.start();
    await until(
      'it halts',
      () => server.last('looked')?.['mode'] === 'halted' || server.alerts('halt').length > 0,
      () => JSON.stringify([server.alerts(), server.told.slice(-2)]),
    );
    expect(server.alerts('halt')[0]).toMatch(/made like a call of Ballast, and no journal here knows it/);
    expect((await scene.venues.state()).counts.sends).toEqual(sent);
    note({ survived: 'journal and witness deleted (halted)', kind: 'okx', doubleSends: 0 });
  }, 300_000);
});
