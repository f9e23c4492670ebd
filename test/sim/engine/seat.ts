/** One account in one process: what `Runner` is on real Redis. */
import type { AccountView, Asset } from '../../../src/core/loan.ts';
import type { Dec } from '../../../src/core/money.ts';
import { worthALook } from '../../../src/core/watch.ts';
import { VenueError } from '../../../src/exchanges/exchange.ts';
import type { ReportingVenue } from '../../../src/exchanges/exchange.ts';
import type { Meter } from '../../../src/exchanges/limits.ts';
import type { AccountSetup, LookDeps, LookEvent } from '../../../src/jobs/account.ts';
import { Errands } from '../../../src/jobs/errands.ts';
import { Journal } from '../../../src/jobs/journal.ts';
import { look } from '../../../src/jobs/look.ts';
import { followed } from '../../../src/jobs/needing.ts';
import { Observer } from '../../../src/jobs/observer.ts';
import { NotActingError, Office } from '../../../src/jobs/office.ts';
import { OUTSIDERS, outsiders } from '../../../src/jobs/outsiders.ts';
import { PASS_BY } from '../../../src/jobs/points.ts';
import type { Safeguard } from '../../../src/jobs/safeguard.ts';
import { Trust } from '../../../src/jobs/safeguard.ts';
import { LookTimer } from '../../../src/jobs/timers.ts';
import { Witness } from '../../../src/jobs/witness.ts';
import type { AccountPlan } from '../world/plan.ts';
import { Worker } from './lane.ts';
import type { ProcessOptions, Shared } from './process.ts';
import { VALIDITY_MS, addressOf, venueOf, witnessOf } from './process.ts';

export class Seat {
  readonly #options: ProcessOptions;
  readonly #shared: Shared;
  readonly #office: Office | null;
  readonly #safeguard: Safeguard | null;
  readonly #journal: Journal;
  readonly #venue: ReportingVenue;
  readonly #errands: Errands;
  #setup: AccountSetup;
  /** While this process's policy acts. */
  #acting: { worker: Worker; readonly timer: LookTimer } | null = null;
  #view: AccountView | null = null;

  constructor(options: ProcessOptions, shared: Shared, meter: Meter) {
    this.#options = options;
    this.#shared = shared;
    const { machine, redis, spoil, transport, run } = options;
    const { plan } = shared;
    this.#setup = options.setupOf(plan);
    const client = redis.client((name, effect) => machine.call(`redis.${name}`, effect));
    const address = addressOf(plan);
    const { lookEveryMs, lockMs, stalledMs } = this.#setup.timing;
    const goneAfterMs = 2 * lookEveryMs + lockMs + stalledMs;
    const digest = (): string => this.#setup.digest;
    this.#office = address.mode === 'dryRun' ? null : new Office(client, address, { digest, run, goneAfterMs });
    this.#journal = new Journal(client, address, this.#office);
    this.#venue = venueOf(plan, machine, spoil.transport?.(transport) ?? transport, meter);
    this.#safeguard = this.#office === null ? null : this.#guard(new Trust(client, address));
    this.#errands = new Errands([outsiders(this.#deps(), this.#venue)], machine.clock, ({ cause }) => {
      if (!(cause instanceof VenueError)) options.onError(plan, cause);
    });
    void this.#open();
  }

  get account(): AccountPlan {
    return this.#shared.plan;
  }

  /** A price feed spoke. */
  onPrices(prices: Readonly<Record<Asset, Dec>>): void {
    const view = this.#view;
    if (view === null || this.#acting === null) return;
    const leveled = view.loans.flatMap((loan) => {
      const found = followed(this.#setup, loan);
      return 'none' in found ? [] : [{ loan, levels: found.levels }];
    });
    const why = worthALook(leveled, prices);
    if (why !== null) void this.#ring(why).catch(() => undefined);
  }

  /** The policy file was reloaded. */
  reload(setup: AccountSetup): void {
    this.#setup = setup;
  }

  async #open(): Promise<void> {
    const acting = (await this.#office?.take().catch(() => null)) ?? null;
    if (acting === null) this.#act();
    else this.#observe();
  }

  #guard(trust: Trust): Safeguard {
    const { plan } = this.#shared;
    const { host, machine, journal } = this.#options;
    const file = host.witness(witnessOf(plan), machine);
    return {
      witness: new Witness({ file, clock: machine.clock, journal }),
      trust,
      external: (since, ours, signal) => this.#venue.external(since, ours, signal),
      validityMs: VALIDITY_MS[plan.setup.venue],
    };
  }

  #act(): void {
    const { machine, onError } = this.#options;
    const { timing, name } = this.#setup;
    const timer = new LookTimer({
      account: name,
      journal: this.#journal,
      ring: (reason) => this.#ring(reason),
      clock: machine.clock,
      lookEveryMs: timing.lookEveryMs,
      takeOverMs: timing.lockMs + timing.stalledMs,
      revive: (reason) => this.#revive(reason),
      onSilent: () => undefined,
      onError: (error) => onError(this.account, error),
    });
    this.#acting = { worker: this.#hire(), timer };
    timer.start();
    this.#errands.start();
  }

  /** Processes with another policy act. */
  #observe(): void {
    const { machine, redis, onError } = this.#options;
    const address = addressOf(this.account);
    const client = redis.client((name, effect) => machine.call(`redis.${name}`, effect));
    new Observer({
      deps: {
        ...this.#spoiled(),
        setup: () => ({ ...this.#setup, mode: 'dryRun' }),
        journal: new Journal(client, { ...address, mode: 'dryRun' }),
        ring: () => Promise.resolve(),
        mayClaim: () => false,
        safeguard: null,
        emit: (_account, event) => this.#options.onObserved(this.account, event),
      },
      mayAct: async () => (await this.#office?.take()) === null,
      onAct: () => this.#act(),
      onError: (error) => onError(this.account, error),
    }).start();
  }

  /** The office was lost while this process was frozen or cut off. */
  #yield(): void {
    const acting = this.#acting;
    if (acting === null) return;
    this.#acting = null;
    acting.timer.stop();
    acting.worker.close();
    this.#observe();
  }

  #ring(reason: string): Promise<void> {
    const { lane } = this.#shared;
    return this.#options.machine.call('lane.ring', () => lane.add(reason, false));
  }

  async #revive(reason: string): Promise<void> {
    if (this.#acting === null) return;
    this.#acting.worker.close();
    this.#acting.worker = this.#hire();
    const { lane } = this.#shared;
    await this.#options.machine.call('lane.revive', () => lane.add(reason, true));
  }

  #hire(): Worker {
    const { lane } = this.#shared;
    const { lockMs, stalledMs } = this.#setup.timing;
    const { machine, onError } = this.#options;
    const deps = this.#spoiled();
    return new Worker({
      machine,
      store: lane,
      lockMs,
      stalledMs,
      look: (reason, lease, signal) =>
        look(deps, reason, lease, signal).catch((error: unknown) => {
          if (!(error instanceof NotActingError)) throw error;
          this.#yield();
        }),
      onError: (error) => onError(this.account, error),
    });
  }

  #spoiled(): LookDeps {
    const whole = this.#deps();
    return this.#options.spoil.deps?.(whole) ?? whole;
  }

  #deps(): LookDeps {
    const { plan } = this.#shared;
    const { machine, stamp, reference, onEvent } = this.#options;
    return {
      setup: () => this.#setup,
      journal: this.#journal,
      venue: this.#venue,
      reference: reference(plan),
      clock: machine.clock,
      stamp,
      ring: (reason) => this.#ring(reason),
      askRecords: (leastMs) => this.#errands.hurry(OUTSIDERS, leastMs),
      mayClaim: () => true,
      passing: PASS_BY,
      safeguard: this.#safeguard,
      emit: (_account, event: LookEvent) => {
        if (event.type === 'looked') this.#view = event.view;
        if (event.type === 'blind') this.#view = null;
        if (event.type === 'looked' || event.type === 'acted' || event.type === 'blind')
          this.#acting?.timer.due(event.nextLookAt);
        onEvent(plan, event);
      },
    };
  }
}
