/** Builds the world of one plan and plays it: venues, Redis, lanes, processes, and everything that goes wrong. */
import type { Reference } from '../../src/core/dislocation.ts';
import { parse } from '../../src/core/money.ts';
import type { ReferenceFeed } from '../../src/exchanges/reference.ts';
import type { WireReply, WireRequest } from '../../src/simulator/contract.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import { Agenda } from './engine/agenda.ts';
import { Chance } from './engine/chance.ts';
import { LaneStore } from './engine/lane.ts';
import { ConnectionGone, Machine } from './engine/machine.ts';
import type { Cut, Mishap } from './engine/machine.ts';
import { Network } from './engine/network.ts';
import { Process } from './engine/process.ts';
import type { Shared, Spoil } from './engine/process.ts';
import { Log } from './judge/log.ts';
import { Truth } from './judge/truth.ts';
import { MemoryRedis } from './redis/memory.ts';
import type { Snapshot } from './redis/memory.ts';
import { Trace } from './trace.ts';
import type { AccountPlan, Event, Plan, ProcessPlan } from './world/plan.ts';

/** What happened, counted. */
export interface Counts {
  faults: number;
  crashes: number;
  freezes: number;
  deeds: number;
  redisFaults: number;
  looks: number;
}

export class Stage {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly trace: Trace;
  readonly log: Log;
  readonly simulation: Simulation;
  readonly counts: Counts = { faults: 0, crashes: 0, freezes: 0, deeds: 0, redisFaults: 0, looks: 0 };
  readonly #chance: Chance;
  readonly #spoil: Spoil;
  readonly #truth: Truth;
  readonly #redis: MemoryRedis;
  readonly #shared: readonly Shared[];
  readonly #running = new Map<number, Process>();
  readonly #snapshots: { readonly at: number; readonly taken: Snapshot }[] = [];
  #redisGone = 0;
  #unreachable = 0;

  constructor(plan: Plan, spoil: Spoil = {}) {
    this.#spoil = spoil;
    this.plan = plan;
    this.agenda = new Agenda(plan.startMs);
    this.trace = new Trace(() => this.agenda.now - plan.startMs);
    this.#chance = new Chance(plan.seed).stream('stage');
    this.#truth = new Truth(() => this.agenda.now);
    this.#redis = new MemoryRedis(() => this.agenda.now);
    this.simulation = this.#openVenues();
    this.log = new Log(plan, this.#truth, this.simulation, this.#redis, () => this.agenda.now);
    this.#truth.watch(this.simulation, (request, reply) => this.#noteHandled(request, reply));
    this.#shared = plan.accounts.map((account) => ({
      plan: account,
      lane: new LaneStore(() => this.agenda.now),
      stamp: () => 'sim',
    }));
    this.#schedule();
  }

  /** Faults are over. */
  get isCalm(): boolean {
    return this.agenda.now - this.plan.startMs >= this.plan.calmMs;
  }

  #openVenues(): Simulation {
    const { plan, agenda } = this;
    const series = Object.entries(plan.prices).map(([asset, { times, prices }]) => {
      const points = { times: times.map((at) => at + plan.startMs), prices };
      return { symbol: `${asset}USD`, file: asset, points };
    });
    const random = this.#chance.stream('venues');
    const host = this.#truth.hostOver({
      now: () => agenda.now,
      later: (ms, run) => agenda.later(ms, run),
      random: () => random.next(),
    });
    const simulation = new Simulation(plan.world, new Tape(series, { name: 'sim', gridMs: 10_000 }), host);
    simulation.engine.run(1);
    return simulation;
  }

  #schedule(): void {
    const { plan, agenda } = this;
    for (const [index, process] of plan.processes.entries()) {
      agenda.later(process.startMs, () => this.#start(index, process, process.cuts));
    }
    for (const event of plan.events) agenda.later(event.at, () => this.#play(event));
    for (const event of plan.events) {
      if (event.kind !== 'rewind') continue;
      agenda.later(Math.max(0, event.at - event.byMs), () => {
        this.#snapshots.push({ at: agenda.now, taken: this.#redis.snapshot() });
      });
    }
    agenda.later(plan.calmMs, () => {
      this.simulation.faults.remove();
      this.trace.note('world', 'the faults stop');
    });
    const feed = this.#chance.stream('feed');
    this.simulation.engine.onTick(() => this.#tick(feed));
  }

  #start(index: number, plan: ProcessPlan, cuts: readonly Cut[]): void {
    const { agenda } = this;
    const name = `p${String(index)}`;
    const chance = this.#chance.stream(`${name} ${String(agenda.now)}`);
    const machine: Machine = new Machine(name, cuts, {
      agenda,
      chance,
      skewMs: plan.skewMs,
      isCalm: () => this.isCalm,
      note: (what) => {
        this.trace.note('world', what);
        if (what.includes('freeze') || what.includes('suspend')) this.counts.freezes += 1;
      },
      mishap: (label) => this.#mishap(label, chance),
      onCrash: (restartMs) => {
        this.counts.crashes += 1;
        const left = cuts.map((cut) => ({ ...cut, nth: cut.nth - machine.calls[cut.of] })).filter(({ nth }) => nth > 0);
        agenda.later(restartMs, () => this.#start(index, plan, left));
      },
    });
    const transport = new Network({
      machine,
      chance,
      ip: `10.0.0.${String(index + 1)}`,
      tripMs: this.plan.tripMs,
      unreachable: () => this.#unreachable > 0,
      send: (venue, request) => this.#send(machine, venue, request),
      onRead: (path, key) => {
        const account = this.plan.accounts.find((one) => one.key.id === key)?.setup.name ?? '';
        this.log.reads.push({ at: agenda.now, machine: name, account, path });
      },
    });
    this.trace.note('world', `${name} starts`);
    const process = new Process({
      machine,
      redis: this.#redis,
      spoil: this.#spoil,
      transport,
      accounts: this.#shared,
      reference: ({ setup }) => this.#reference(setup.venue),
      onEvent: (account, event) => {
        if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind') this.counts.looks += 1;
        this.log.told.push({ at: agenda.now, machine: name, account, event });
        this.trace.event(name, event);
      },
      onError: (account, error) => this.#noteError(name, account, error),
    });
    this.#running.set(index, process);
  }

  /** The other venue's prices: neither asked for over the wire nor ever late, because no money moves by them. */
  #reference(venue: 'binance' | 'okx'): ReferenceFeed {
    const { markets, engine } = this.simulation;
    const market = markets[venue === 'binance' ? 'okx' : 'binance'];
    return {
      pulled: false,
      mark: () => Promise.resolve(),
      watch: () => undefined,
      prices: () => {
        const rest = { unit: 'USD', at: this.agenda.now, source: 'the other venue' };
        const priced = engine
          .assets()
          .map((asset): [string, Reference] => [asset, { price: market.price(asset), ...rest }]);
        return Object.fromEntries(priced);
      },
      refresh: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    };
  }

  #noteError(machine: string, account: AccountPlan, error: unknown): void {
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.trace.note(machine, `${account.setup.name}: ${says.split('\n')[0] ?? ''}`);
    if (!(error instanceof ConnectionGone)) this.log.thrown.push({ at: this.agenda.now, what: says });
  }

  async #send(machine: Machine, venue: 'binance' | 'okx', request: WireRequest): Promise<WireReply | undefined> {
    const { face } = this.simulation[venue];
    const tag = request.headers['x-ballast-intent'] ?? '';
    if (tag !== '' || face.isMoneyCall(request)) {
      const key = request.headers['x-mbx-apikey'] ?? request.headers['ok-access-key'] ?? '';
      const account = this.plan.accounts.find((one) => one.key.id === key);
      if (account === undefined) throw new Error('a money call of nobody');
      const intent = tag === '' ? null : this.log.intent(account, tag);
      const others = this.log.undecided(account).filter(({ id }) => id !== tag);
      this.log.sent.push({ at: this.agenda.now, account, machine: machine.name, tag, request, intent, others });
      this.trace.sent(machine.name, tag, intent);
    }
    return this.simulation.lines[venue].send(request);
  }

  #noteHandled(request: WireRequest, reply: WireReply): void {
    const tag = request.headers['x-ballast-intent'];
    if (tag !== undefined) this.trace.note('venue', `${tag}: ${String(reply.status)} ${reply.body.slice(0, 160)}`);
  }

  #mishap(label: string, chance: Chance): Mishap {
    if (this.isCalm) return 'none';
    if (this.#redisGone > 0) return this.#redisFault(label, 'neverArrived');
    if (this.plan.redisTrouble === 0 || !chance.is(this.plan.redisTrouble)) return 'none';
    const what = chance.weighted<Mishap>([
      [2, 'neverArrived'],
      [3, 'answerLost'],
      [2, 'twice'],
      [3, { slowMs: chance.pick([300, 900, 4_000]) }],
    ]);
    return this.#redisFault(label, what);
  }

  #redisFault(label: string, what: Mishap): Mishap {
    this.counts.redisFaults += 1;
    this.trace.note('redis', `${label}: ${typeof what === 'string' ? what : `slow by ${String(what.slowMs)} ms`}`);
    return what;
  }

  #tick(chance: Chance): void {
    const { engine } = this.simulation;
    const prices = Object.fromEntries(engine.assets().map((asset) => [asset, parse(engine.price(asset).toFixed())]));
    for (const { machine, seats } of this.#running.values()) {
      for (const seat of seats) {
        if (chance.is(0.2)) continue;
        this.agenda.later(chance.int(10, 300), () => machine.enter(() => seat.onPrices(prices)));
      }
    }
  }

  #play(event: Event): void {
    const { agenda } = this;
    switch (event.kind) {
      case 'deed':
        this.#deed(event);
        return;
      case 'fault': {
        const id = this.simulation.faults.add(event.fault);
        this.counts.faults += 1;
        this.trace.note('world', `fault ${JSON.stringify(event.fault)} for ${String(event.forMs)} ms`);
        if (event.forMs !== Infinity) agenda.later(event.forMs, () => this.simulation.faults.remove(id));
        return;
      }
      case 'bell':
        for (let left = event.times; left > 0; left -= 1) this.#shared[event.account]?.lane.add('somebody rang', false);
        return;
      case 'bellsLost':
        this.#shared[event.account]?.lane.lose();
        return;
      case 'unreachable':
        this.trace.note('world', `venues out of reach for ${String(event.forMs)} ms`);
        this.#unreachable += 1;
        agenda.later(event.forMs, () => (this.#unreachable -= 1));
        return;
      case 'redisGone':
        this.trace.note('world', `Redis is away for ${String(event.forMs)} ms`);
        this.#redisGone += 1;
        agenda.later(event.forMs, () => (this.#redisGone -= 1));
        return;
      case 'skew':
        this.simulation.clock.skewMs = event.byMs;
        return;
      case 'pause':
        this.#pause(event);
        return;
      case 'rewind': {
        const snapshot = this.#snapshots.find(({ at }) => at <= agenda.now - event.byMs || event.at <= event.byMs);
        this.trace.note('world', `Redis forgets ${String(event.byMs)} ms`);
        if (snapshot !== undefined) this.#redis.restore(snapshot.taken);
        return;
      }
    }
  }

  #pause({ account, forMs }: Extract<Event, { kind: 'pause' }>): void {
    const plan = this.plan.accounts[account];
    if (plan === undefined) return;
    const until = this.agenda.now + forMs;
    this.trace.note('world', `${plan.setup.name} is paused for ${String(forMs)} ms`);
    const paused = JSON.stringify({ by: 'ann', why: 'a test', at: this.agenda.now, until });
    this.#redis.command('SET', this.log.key(plan, 'paused'), paused, 'PXAT', until);
  }

  #deed({ venue, deed }: Extract<Event, { kind: 'deed' }>): void {
    const what = JSON.stringify(deed);
    try {
      this.#truth.during({ kind: 'deed', what }, () => this.simulation.booksOf(venue).act?.(deed));
      this.counts.deeds += 1;
      this.log.deeds.push({ at: this.agenda.now, account: String((deed as { account?: string }).account), what });
      this.trace.note('world', `deed ${what}`);
    } catch (error) {
      // The venue refuses what does not fit the account, as it would.
      this.trace.note('world', `deed refused ${what}: ${error instanceof Error ? error.message : ''}`);
    }
  }
}
