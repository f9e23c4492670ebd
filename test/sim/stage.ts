/** Builds the world of one plan and plays it: venues, Redis, lanes, processes, and everything that goes wrong. */
import type { Reference } from '../../src/core/dislocation.ts';
import { parse } from '../../src/core/money.ts';
import type { ReferenceFeed } from '../../src/exchanges/reference.ts';
import type { WireReply, WireRequest } from '../../src/simulator/contract.ts';
import { JOURNAL_ID_KEY } from '../../src/jobs/keys.ts';
import { Operator } from '../../src/jobs/operator.ts';
import { isForAPerson } from '../../src/machines/accountMachine.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { Tape } from '../../src/simulator/tape/tape.ts';
import { Agenda } from './engine/agenda.ts';
import { Chance } from './engine/chance.ts';
import { Host } from './engine/host.ts';
import { LaneStore } from './engine/lane.ts';
import { ConnectionGone, Machine } from './engine/machine.ts';
import type { Cut, Mishap } from './engine/machine.ts';
import { Network } from './engine/network.ts';
import { Process, addressOf, witnessOf } from './engine/process.ts';
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
  rewinds: number;
  clocksSet: number;
  reloads: number;
}

export class Stage {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly trace: Trace;
  readonly log: Log;
  readonly simulation: Simulation;
  readonly counts: Counts = {
    ...{ faults: 0, crashes: 0, freezes: 0, deeds: 0, redisFaults: 0, looks: 0 },
    ...{ rewinds: 0, clocksSet: 0, reloads: 0 },
  };
  readonly #chance: Chance;
  readonly #spoil: Spoil;
  readonly #truth: Truth;
  readonly #redis: MemoryRedis;
  readonly #shared: readonly Shared[];
  readonly #running = new Map<number, Process>();
  readonly #snapshots = new Map<Event, Snapshot>();
  readonly #hosts: readonly Host[];
  /** ms by which the wall clocks of machines are ahead. */
  readonly #hostClocks: number[];
  /** Processes whose policy file is the other one. */
  readonly #otherwise = new Set<number>();
  #redisClock = 0;
  #journals = 0;
  #runs = 0;
  #redisGone = 0;
  #unreachable = 0;

  constructor(plan: Plan, spoil: Spoil = {}) {
    this.#spoil = spoil;
    this.plan = plan;
    this.agenda = new Agenda(plan.startMs);
    this.trace = new Trace(() => this.agenda.now - plan.startMs);
    this.#chance = new Chance(plan.seed).stream('stage');
    this.#truth = new Truth(() => this.agenda.now);
    this.#redis = new MemoryRedis(() => this.agenda.now + this.#redisClock);
    this.simulation = this.#openVenues();
    this.log = new Log(plan, this.#truth, this.simulation, this.#redis, () => this.agenda.now);
    this.#truth.watch(this.simulation, (request, reply) => this.#noteHandled(request, reply));
    this.#shared = plan.accounts.map((account) => ({
      plan: account,
      lane: new LaneStore(() => this.agenda.now),
    }));
    this.#hosts = plan.processes.map(() => new Host());
    this.#hostClocks = plan.processes.map(() => 0);
    if (plan.trusted) this.#trustJournal();
    for (const [index, { otherwise }] of plan.processes.entries()) if (otherwise) this.#otherwise.add(index);
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
      if (event.kind !== 'rewind' || event.byMs === null) continue;
      agenda.later(Math.max(0, event.at - event.byMs), () => {
        this.#snapshots.set(event, this.#redis.snapshot());
      });
    }
    agenda.later(plan.calmMs, () => this.#calm());
    this.#attend();
    const feed = this.#chance.stream('feed');
    this.simulation.engine.onTick(() => this.#tick(feed));
  }

  #calm(): void {
    this.simulation.faults.remove();
    this.trace.note('world', 'the faults stop');
    for (const one of this.log.dislocated) one.until = Math.min(one.until, this.agenda.now);
    // A pause without an end would hold its loan for ever.
    for (const account of this.plan.accounts) this.#resume(account);
  }

  /** The journal's own id, as a server finds or makes it at its start. */
  #journalId(): string {
    const key = JOURNAL_ID_KEY;
    if (this.#redis.read(key) === undefined) this.#redis.command('SET', key, `journal${String((this.#journals += 1))}`);
    return String(this.#redis.read(key));
  }

  #trustJournal(): void {
    const trust = JSON.stringify({ kind: 'trust', journal: this.#journalId(), epoch: 0, at: this.agenda.now });
    for (const host of this.#hosts) for (const account of this.plan.accounts) host.write(witnessOf(account), trust);
  }

  #start(index: number, plan: ProcessPlan, cuts: readonly Cut[]): void {
    const { agenda } = this;
    const name = `p${String(index)}`;
    const chance = this.#chance.stream(`${name} ${String(agenda.now)}`);
    const machine: Machine = new Machine(name, cuts, {
      agenda,
      chance,
      skewMs: () => plan.skewMs + (this.#hostClocks[plan.host] ?? 0),
      isCalm: () => this.isCalm,
      note: (what) => {
        this.trace.note('world', what);
        if (what.includes('freeze') || what.includes('suspend')) this.counts.freezes += 1;
      },
      mishap: (label) => this.#mishap(label, chance),
      onCrash: (restartMs, wholeMachine) => {
        this.counts.crashes += 1;
        if (wholeMachine) this.#lose(plan.host, restartMs);
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
    const host = this.#hosts[plan.host];
    if (host === undefined) throw new Error(`no machine ${String(plan.host)}`);
    const journal = this.#journalId();
    const process = new Process({
      machine,
      host,
      redis: this.#redis,
      journal,
      stamp: journal.replace(/[^A-Za-z0-9]/g, ''),
      run: `${name}-${String((this.#runs += 1))}`,
      setupOf: (account) => (this.#otherwise.has(index) ? account.otherwise : account.setup),
      spoil: this.#spoil,
      transport,
      accounts: this.#shared,
      reference: ({ setup }) => this.#reference(setup.venue),
      onEvent: (account, event) => {
        if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind') this.counts.looks += 1;
        this.log.told.push({ at: agenda.now, machine: name, account, event });
        this.trace.event(name, event);
      },
      onObserved: (account, event) => {
        if (event.type === 'looked' || event.type === 'blind') this.trace.note(name, `observes ${account.setup.name}`);
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
        this.#noteLies(event);
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
      case 'clock':
        this.#setClock(`machine ${String(event.host)}`, event, (ms) => {
          this.#hostClocks[event.host] = (this.#hostClocks[event.host] ?? 0) + ms;
        });
        return;
      case 'redisClock':
        this.#setClock('Redis', event, (ms) => (this.#redisClock += ms));
        return;
      case 'reload':
        this.#reload(event.eachMs);
        return;
      case 'key':
        this.#loseKey(event);
        return;
      case 'pause':
        this.#pause(event);
        return;
      case 'resume': {
        const account = this.plan.accounts[event.account];
        if (account !== undefined) this.#resume(account);
        return;
      }
      case 'rewind':
        this.#rewind(event);
        return;
    }
  }

  #rewind(event: Extract<Event, { kind: 'rewind' }>): void {
    const snapshot = this.#snapshots.get(event);
    this.counts.rewinds += 1;
    this.trace.note('world', `Redis forgets ${event.byMs === null ? 'everything' : `${String(event.byMs)} ms`}`);
    if (snapshot === undefined) this.#redis.empty();
    else this.#redis.restore(snapshot);
    this.log.forgot();
  }

  /** The clock is wrong for a while, and is then set right; at the latest when the faults stop. */
  #setClock(whose: string, { byMs, forMs }: { byMs: number; forMs: number }, move: (ms: number) => void): void {
    const { agenda, plan } = this;
    this.counts.clocksSet += 1;
    this.log.clockOffMs = Math.max(this.log.clockOffMs, Math.abs(byMs));
    this.trace.note('world', `the clock of ${whose} jumps by ${String(byMs)} ms for ${String(forMs)} ms`);
    move(byMs);
    agenda.later(Math.min(forMs, plan.startMs + plan.calmMs - agenda.now), () => {
      this.trace.note('world', `the clock of ${whose} is set right`);
      move(-byMs);
    });
  }

  #reload(eachMs: number): void {
    this.counts.reloads += 1;
    for (const [index] of this.plan.processes.entries()) {
      this.agenda.later(index * eachMs, () => {
        if (!this.#otherwise.delete(index)) this.#otherwise.add(index);
        this.trace.note('world', `p${String(index)} reloads its policy`);
        for (const seat of this.#running.get(index)?.seats ?? []) {
          seat.reload(this.#otherwise.has(index) ? seat.account.otherwise : seat.account.setup);
        }
      });
    }
  }

  /** A machine with everything on it is gone; what starts again starts on an empty disk. */
  #lose(host: number, restartMs: number): void {
    this.trace.note('world', `machine ${String(host)} is lost with its disk`);
    this.#hosts[host]?.die();
    for (const [index, plan] of this.plan.processes.entries()) {
      if (plan.host === host) this.#running.get(index)?.machine.kill(restartMs);
    }
  }

  #noteLies({ fault, forMs }: Extract<Event, { kind: 'fault' }>): void {
    const { effect, match } = fault;
    if (match?.venue === undefined) return;
    const from = this.agenda.now;
    if (effect.kind === 'zeroBalances') this.log.emptied.push({ venue: match.venue, from, until: from + forMs });
    if (effect.kind !== 'dislocate') return;
    this.log.dislocated.push({
      venue: match.venue,
      asset: effect.asset,
      factor: Number(effect.factor),
      from,
      until: from + forMs,
    });
  }

  #loseKey({ account: index, loses, forMs }: Extract<Event, { kind: 'key' }>): void {
    const account = this.plan.accounts[index];
    if (account === undefined) return;
    const { name: of, venue } = account.setup;
    const set = (may: { readonly trade: boolean; readonly read: boolean }): void => {
      const { trade, read } = may;
      const perm = [read ? 'read_only' : '', trade ? 'trade' : ''].filter((one) => one !== '').join(',');
      const deed =
        venue === 'binance'
          ? { do: 'permissions', account: of, read, trade, margin: trade, transfer: trade }
          : { do: 'setKey', account: of, perm };
      this.simulation.booksOf(venue).act?.(deed);
      this.trace.note('world', `the key of ${of} may ${perm === '' ? 'do nothing' : perm}`);
    };
    this.log.unkeyed.add(of);
    set({ trade: false, read: loses !== 'all' });
    this.agenda.later(forMs, () => set({ trade: true, read: true }));
  }

  #pause({ account, loan, forMs }: Extract<Event, { kind: 'pause' }>): void {
    const plan = this.plan.accounts[account];
    if (plan === undefined) return;
    const until = forMs === null ? null : this.agenda.now + forMs;
    const [first = null] = loan ? [...this.log.hash(plan, 'loans').keys()] : [];
    this.trace.note('world', `${plan.setup.name} ${first ?? ''} is paused until ${String(until)}`);
    void this.#operator(plan).pause(first, { by: 'ann', why: 'a test', at: this.agenda.now, until });
  }

  #resume(account: AccountPlan): void {
    const act = { by: 'ann', why: 'a test', at: this.agenda.now };
    for (const loan of [null, ...this.log.hash(account, 'loans').keys()]) {
      void this.#operator(account).resume(loan, act);
    }
  }

  /** A person with a terminal: nothing befalls them. */
  #operator(account: AccountPlan): Operator {
    return new Operator(
      this.#redis.client((_name, effect) => Promise.resolve(effect())),
      addressOf(account),
    );
  }

  /** A person looks after what only a person may lift, some time after it was alerted, over and over. */
  #attend(): void {
    this.agenda.later(this.plan.personMs, () => {
      for (const account of this.plan.accounts) void this.#acknowledge(account);
      this.#attend();
    });
  }

  async #acknowledge(account: AccountPlan): Promise<void> {
    const operator = this.#operator(account);
    const { causes } = await operator.standing();
    const held = causes.filter(({ kind }) => isForAPerson(kind));
    if (held.length === 0) return;
    this.trace.note('world', `somebody acknowledges ${held.map(({ why }) => why).join('; ')}`);
    const seen = Object.fromEntries(held.map(({ kind, why }) => [kind, why]));
    await operator.acknowledge({ by: 'ann', why: 'seen to it', at: this.agenda.now, causes: seen });
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
