/** One account under chaos: its venues, its Redis, the processes that look after it, and the verdict on all of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { isUndecided } from '../../src/core/intent.ts';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { readRecord } from '../../src/jobs/embedded/dataDirectory.ts';
import { lifeOf } from '../../src/jobs/embedded/processIdentity.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Charge } from '../../src/core/need.ts';
import { Journal } from '../../src/jobs/journal.ts';
import { Server, until } from './process.ts';
import type { Order } from './process.ts';
import { Venues } from './venues.ts';
import { TARGET, UIDS, policyText } from './worlds.ts';
import type { Kind, LaneWaits, PolicyInput } from './worlds.ts';

/** A rescue ends here: a payment too many would end below, a missing one above. */
const BAND = { least: TARGET - 0.01, most: TARGET + 0.01 } as const;

const STARTS = 5;

export interface SceneOptions {
  /** The `redis:` lines and where its journal answers; the server's own Redis when left out. */
  readonly redis?: { readonly lines: string; readonly path: string };
  /** The program that serves the journal instead of the usual one. */
  readonly redisProgram?: string;
  readonly lane?: LaneWaits;
}

export class Scene {
  readonly kind: Kind;
  readonly folder: string;
  readonly venues: Venues;
  redisProgram: string | undefined;
  readonly #options: SceneOptions;
  readonly #servers = new Set<Server>();
  #spare: Server | null = null;
  #reader: Redis | null = null;

  private constructor(kind: Kind, folder: string, venues: Venues, options: SceneOptions) {
    this.kind = kind;
    this.folder = folder;
    this.venues = venues;
    this.#options = options;
    this.redisProgram = options.redisProgram;
    this.writePolicy();
  }

  static async open(kind: Kind, options: SceneOptions = {}): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-chaos-'));
    mkdirSync(join(folder, 'data'));
    return new Scene(kind, folder, await Venues.start(kind, folder), options);
  }

  get dataDir(): string {
    return join(this.folder, 'data', 'redis');
  }

  /** @returns the path of a policy file of this scene; the usual one without a name */
  writePolicy(name = 'policy', over: Partial<PolicyInput> = {}): string {
    const path = join(this.folder, `${name}.yaml`);
    const redis = this.#options.redis?.lines ?? `redis: { dataDir: "${this.dataDir}" }`;
    const { lane = 'tenth' } = this.#options;
    writeFileSync(path, policyText({ kind: this.kind, addresses: this.venues.addresses, redis, lane, ...over }));
    return path;
  }

  /** A process that has loaded everything and waits; the next one is prepared meanwhile. */
  serve(orders: readonly Order[] = []): Promise<Server> {
    const spare = this.#spare?.redisProgram === this.redisProgram ? this.#spare : null;
    const server = spare ?? this.prepare();
    this.#spare = this.prepare();
    return server.go(orders);
  }

  /** A process that serves; what supervises it starts it again where a busy machine let its examination run out of time. */
  start(policy?: string): Promise<Server> {
    return patiently(async () => (policy === undefined ? await this.serve() : await this.prepare(policy).go()).up());
  }

  /** A process that serves until it comes to the point at which it is killed. */
  async die(order: Order): Promise<void> {
    await patiently(async () => (await this.serve([order])).killed());
  }

  /** The first process of this scene, when its account has left the quarantine that every new journal begins with. */
  async begin(): Promise<Server> {
    const server = await this.start();
    await this.active(server);
    return server;
  }

  async active(server: Server): Promise<void> {
    await until(
      'the account is active',
      () => server.last('looked')?.['mode'] === 'active',
      () => JSON.stringify({ alerts: server.alerts(), told: server.told.slice(-3) }),
    );
  }

  /** A process with a policy file of its own. */
  prepare(policy = join(this.folder, 'policy.yaml')): Server {
    const server = new Server(policy, this.venues.addresses, this.redisProgram);
    this.#servers.add(server);
    return server;
  }

  redis(): Redis {
    const path = this.#options.redis?.path ?? embeddedSocket(this.dataDir);
    this.#reader ??= new Redis({ path, maxRetriesPerRequest: 1 }).on('error', () => undefined);
    return this.#reader;
  }

  /** For a test that puts another Redis in its place. */
  forgetRedis(): void {
    this.#reader?.disconnect();
    this.#reader = null;
  }

  journal(): Journal {
    return new Journal(this.redis(), { mode: 'live', world: '', venue: this.kind, uid: UIDS[this.kind] });
  }

  redisPid(): number {
    const server = readRecord(this.dataDir)?.server;
    if (server === undefined || lifeOf(server) !== 'alive') throw new Error('no Redis serves this scene');
    return server.pid;
  }

  async intents(): Promise<readonly Intent[]> {
    return this.journal().intents();
  }

  /** Waits until the loan is back at its target, nothing is undecided, and its machine rests. */
  async rescued(server: Server): Promise<void> {
    const rests = async (): Promise<boolean> => {
      if (!server.alive) throw new Error(`the server ended: ${JSON.stringify(server.told.slice(-5))}`);
      if ((await this.venues.ltv()) > BAND.most) return false;
      if ((await this.intents()).some((intent) => isUndecided(intent) || intent.state === 'planned')) return false;
      const states = [...(await this.journal().loans()).values()].map(({ state }) => state);
      return states.length === 1 && states.every((state) => /^watching\.(healthy|warned)$/.test(state));
    };
    await until('the loan is rescued and everything is settled', rests, async () =>
      JSON.stringify({
        ltv: await this.venues.ltv(),
        intents: (await this.intents()).slice(-3).map(({ id, state, note }) => ({ id, state, note })),
        why: (await this.journal().decisions()).at(-1)?.json.slice(0, 600),
        alerts: server.alerts(),
        told: server.told.slice(-6),
      }),
    );
  }

  /** Sent at most once each as the venue counted, paid neither too much nor too little, every cent accounted for. */
  async judge(what: string): Promise<{ readonly doubleSends: number }> {
    const { counts } = await this.venues.state();
    expect(counts.doubleSends, what).toBe(0);
    expect(
      Object.entries(counts.sends).filter(([, sends]) => sends > 1),
      what,
    ).toEqual([]);
    const ltv = await this.venues.ltv();
    expect(ltv, what).toBeGreaterThan(BAND.least);
    expect(ltv, what).toBeLessThan(BAND.most);

    const intents = await this.intents();
    const known = new Set(intents.map(({ id }) => id));
    expect(
      Object.keys(counts.sends).filter((tag) => !known.has(tag)),
      `${what}: sent without an intent`,
    ).toEqual([]);
    expect(intents.filter(isUndecided), what).toEqual([]);
    expect(await this.redis().smembers(this.journal().key('open')), what).toEqual([]);
    const spent = intents.filter(({ state }) => state === 'confirmed' || state === 'expired');
    const charges = (await this.redis().zrange(this.journal().key('charges'), '0', '-1')).map(
      (json) => JSON.parse(json) as Charge,
    );
    expect(charges.map(({ intent }) => intent).sort(), what).toEqual(spent.map(({ id }) => id).sort());
    expect(await this.redis().exists(this.journal().key('halt')), what).toBe(0);
    return counts;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) if (server.alive) await server.end('SIGKILL');
    const pid = readRecord(this.dataDir)?.server;
    this.forgetRedis();
    if (pid !== undefined && lifeOf(pid) === 'alive') process.kill(pid.pid, 'SIGKILL');
    await this.venues.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function patiently<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === STARTS || !String(error).includes('does not answer')) throw error;
    }
  }
}
