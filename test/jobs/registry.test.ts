import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prefixOf } from '../../src/jobs/keys.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { Registry } from '../../src/jobs/registry.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis.stop();
});

function at(world: string, mode: AccountAddress['mode'] = 'simulated'): AccountAddress {
  return { mode, world, venue: 'okx', uid: '42' };
}

/** A server with its own connection, one account, and something in its journal. */
async function serverOf(world: string) {
  const connection = redis.connect();
  const registry = new Registry(connection);
  await registry.begin(world);
  await registry.register('desk', at(world));
  await connection.set(`${prefixOf(at(world))}epoch`, '7');
  return { connection, registry };
}

const epochOf = (world: string): Promise<string | null> => redis.connect().get(`${prefixOf(at(world))}epoch`);

describe('the registry of accounts', () => {
  it('clears simulated worlds of processes that are gone, and never one that a living process uses', async () => {
    const dead = await serverOf('dead');
    const alive = await serverOf('alive');
    expect(await epochOf('dead')).toBe('7');
    dead.connection.disconnect();
    await expect.poll(async () => String(await redis.connect().client('LIST'))).not.toContain('run-dead');
    await serverOf('newest');
    expect(await epochOf('dead')).toBeNull();
    expect(await epochOf('alive')).toBe('7');
    alive.connection.disconnect();
  });

  it('knows a living process also after its connection broke and was made again', async () => {
    const { connection } = await serverOf('broken');
    const again = new Promise((resolve) => connection.once('ready', resolve));
    connection.disconnect(true);
    await again;
    await expect.poll(async () => String(await redis.connect().client('LIST'))).toContain('run-broken');
    await serverOf('after');
    expect(await epochOf('broken')).toBe('7');
    connection.disconnect();
  });

  it('never clears what is not simulated', async () => {
    const connection = redis.connect();
    const registry = new Registry(connection);
    await registry.begin('theirs');
    const live = at('', 'live');
    await registry.register('real', live);
    await connection.set(`${prefixOf(live)}epoch`, '9');
    await serverOf('another');
    expect(await connection.get(`${prefixOf(live)}epoch`)).toBe('9');
    expect(await registry.accounts()).toContainEqual({ name: 'real', address: live, run: 'theirs' });
    connection.disconnect();
  });

  it('where nobody may list connections clears nothing', async () => {
    const { connection } = await serverOf('hidden');
    connection.disconnect();
    await expect.poll(async () => String(await redis.connect().client('LIST'))).not.toContain('run-hidden');
    const guarded = redis.connect();
    const refuse = (what: string): Promise<unknown> =>
      what === 'LIST' ? Promise.reject(new Error('NOPERM')) : Promise.resolve('OK');
    Object.assign(guarded, { client: refuse });
    await new Registry(guarded).begin('guarded');
    expect(await epochOf('hidden')).toBe('7');
  });

  it('keeps the rows of two servers that call different accounts by one name', async () => {
    const [first, second] = [redis.connect(), redis.connect()];
    const [one, other] = [new Registry(first), new Registry(second)];
    await one.begin('one');
    await other.begin('other');
    const [here, there] = [
      { ...at('', 'live'), uid: '7' },
      { ...at('', 'live'), uid: '8' },
    ];
    await one.register('main', here);
    await other.register('main', there);
    expect(await one.accounts()).toEqual(
      expect.arrayContaining([
        { name: 'main', address: here, run: 'one' },
        { name: 'main', address: there, run: 'other' },
      ]),
    );
    first.disconnect();
    second.disconnect();
  });

  it('takes away where an ended run had an account, and never where a living one has it', async () => {
    const modesOf = async (registry: Registry): Promise<string[]> =>
      (await registry.accounts()).filter(({ name }) => name === 'moved').map(({ address }) => address.mode);
    const rehearsal = redis.connect();
    const dry = new Registry(rehearsal);
    await dry.begin('rehearsal');
    await dry.register('moved', at('', 'dryRun'));

    const real = redis.connect();
    const live = new Registry(real);
    await live.begin('real');
    await live.register('moved', at('', 'live'));
    expect((await modesOf(live)).sort()).toEqual(['dryRun', 'live']);

    rehearsal.disconnect();
    await expect.poll(async () => (await live.living())?.has('rehearsal')).toBe(false);
    await live.register('moved', at('', 'live'));
    expect(await modesOf(live)).toEqual(['live']);
    real.disconnect();
  });

  it('says which accounts of a living run are not watched, until they are, or the run ends', async () => {
    const connection = redis.connect();
    const registry = new Registry(connection);
    await registry.begin('waiting');
    const missing = { venue: 'okx', since: 5, state: 'unreachable', says: 'no answer' } as const;
    await registry.miss({ ...missing, name: 'late' });
    await registry.miss({ ...missing, name: 'never' });
    await registry.register('late', at('', 'live'));
    expect(await registry.absent()).toEqual([{ ...missing, name: 'never', run: 'waiting' }]);
    connection.disconnect();
    const next = redis.connect();
    await expect.poll(async () => String(await next.client('LIST'))).not.toContain('run-waiting');
    const after = new Registry(next);
    await after.begin('after');
    expect(await after.absent()).toEqual([]);
  });
});
