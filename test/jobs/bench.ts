/** One account on a bench: a real journal on a real Redis, a fake venue, a clock that a test can move on. */
import type { Redis } from 'ioredis';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import { DISLOCATION_RULES } from '../../src/core/dislocation.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Product } from '../../src/core/loan.ts';
import type { Venue } from '../../src/exchanges/exchange.ts';
import type { ReferenceFeed } from '../../src/exchanges/reference.ts';
import type { AccountSetup, LookDeps, LookEvent } from '../../src/jobs/account.ts';
import type { Errand } from '../../src/jobs/errands.ts';
import type { Opened } from '../../src/jobs/journal.ts';
import { Journal } from '../../src/jobs/journal.ts';
import type { AccountAddress } from '../../src/jobs/keys.ts';
import { Operator } from '../../src/jobs/operator.ts';
import { Lease } from '../../src/jobs/lease.ts';
import { look } from '../../src/jobs/look.ts';
import { outsiders } from '../../src/jobs/outsiders.ts';
import type { Safeguard } from '../../src/jobs/safeguard.ts';
import { PASS_BY } from '../../src/jobs/points.ts';
import type { Passing } from '../../src/jobs/points.ts';
import type { Timing } from '../../src/jobs/timing.ts';
import { policy, rung } from '../core/build.ts';
import { FakeVenue } from './fakeVenue.ts';
import type { FakeOptions } from './fakeVenue.ts';
import { freshAddress } from './fixtures.ts';

/** Waits of a real server where a test moves the clock; short where it really waits. */
export const TIMING: Timing = {
  requestDeadlineMs: 2_000,
  lockMs: 15_000,
  stalledMs: 5_000,
  lookEveryMs: 5_000,
  lookSoonMs: 1_000,
  maxAgeMs: 8_000,
  claimReplyMs: 1_000,
  settleInLaneMs: 2_000,
  lagMarginMs: 10_000,
  reflectTimeoutMs: 60_000,
  giveUpMs: 600_000,
  evidenceSpreadMs: 30_000,
  plausibleAfterMs: 10_000,
  recordsEveryMs: 180_000,
  spacingMs: 100,
  clockJumpMs: 5_000,
};

/** Time that stands still, however slow the machine is, and passes as a test wants: every sleep is over at once. */
export class TestClock implements Clock {
  readonly #began = systemClock.wall();
  passed = 0;
  /** Moves the wall clock alone: somebody set it. */
  skew = 0;

  wall(): number {
    return Math.round(this.#began + this.passed + this.skew);
  }
  mono(): number {
    return this.passed;
  }
  pass(ms: number): void {
    this.passed += ms;
  }
  later(ms: number, run: () => void): () => void {
    return systemClock.later(ms, run);
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(0, signal);
    this.pass(ms);
  }
}

/** A journal whose Redis lives as fast as the test's clock. */
class FastJournal extends Journal {
  readonly #clock: TestClock;

  constructor(redis: Redis, address: AccountAddress, clock: TestClock) {
    super(redis, address);
    this.#clock = clock;
  }

  override async open(): Promise<Opened> {
    const opened = await super.open();
    return { ...opened, redisNow: this.#clock.wall() - this.#clock.skew };
  }
}

/** Repays from the wallet, in one look, without a cool-down. */
export const PLAIN: Policy = policy({
  confirm: { act: 1, urgent: 1 },
  coolDownMs: 0,
  ladder: [
    rung(1, { do: 'repay', with: 'debt', from: ['inside'] }),
    rung(2, { do: 'repay', with: 'debt', from: ['wallet'] }),
    rung(3, { do: 'add', with: ['BTC'], from: ['wallet'] }),
  ],
});

export type LoanSpecs = FakeOptions['loans'];

export interface BenchOptions {
  readonly product?: Product;
  readonly loans?: LoanSpecs;
  readonly wallet?: FakeOptions['wallet'];
  readonly policy?: Policy;
  readonly setup?: Partial<AccountSetup>;
  readonly timing?: Partial<Timing>;
  readonly address?: AccountAddress;
  readonly clock?: Clock;
}

/** At LTV 0.8 with act 0.75, urgent 0.82, target 0.62: it needs 1800 USDT of repayment. */
export const BREACHED: LoanSpecs = { one: { debt: '8000', btc: '1' } };
export const HEALTHY: LoanSpecs = { one: { debt: '5000', btc: '1' } };

export class Bench {
  readonly clock: TestClock;
  readonly venue: FakeVenue;
  readonly journal: Journal;
  readonly operator: Operator;
  readonly address: AccountAddress;
  readonly events: LookEvent[] = [];
  readonly rings: string[] = [];
  /** How often at most the looks wanted the records searched. */
  readonly asked: number[] = [];
  readonly stop = new AbortController();
  setup: AccountSetup;
  mayClaim = true;
  reference: ReferenceFeed | null = null;
  #errand: Errand | null = null;
  passing: Passing = PASS_BY;
  safeguard: Safeguard | null = null;
  /** What the lane's lock answers to a renewal. */
  extend: () => Promise<boolean> = () => Promise.resolve(true);

  constructor(redis: Redis, options: BenchOptions = {}) {
    this.clock = new TestClock();
    this.address = options.address ?? freshAddress();
    const product = options.product ?? 'okx.flexibleLoan';
    this.venue = new FakeVenue({
      clock: options.clock ?? this.clock,
      account: 'desk',
      product,
      loans: options.loans ?? BREACHED,
      wallet: options.wallet ?? { USDT: '50000' },
    });
    this.journal = new FastJournal(redis, this.address, this.clock);
    this.operator = new Operator(redis, this.address);
    this.setup = {
      name: 'desk',
      venue: this.venue.name,
      mode: 'simulated',
      digest: 'd1',
      policies: { plain: options.policy ?? PLAIN },
      loans: [{ product, match: {}, policy: 'plain', priority: 1 }],
      unlisted: { kind: 'alert' },
      wallets: [
        { name: 'funding', keep: {} },
        { name: 'spot', keep: {} },
      ],
      groups: {},
      dislocation: DISLOCATION_RULES,
      timing: { ...TIMING, ...options.timing },
      ...options.setup,
    };
  }

  /** What a look is given; a test replaces parts of it. */
  deps(over: { readonly journal?: Journal; readonly venue?: Venue } = {}): LookDeps {
    return {
      setup: () => this.setup,
      journal: over.journal ?? this.journal,
      venue: over.venue ?? this.venue,
      reference: this.reference,
      clock: this.clock,
      stamp: 'abc',
      emit: (_account, event) => this.events.push(event),
      ring: async (reason) => {
        this.rings.push(reason);
        return Promise.resolve();
      },
      askRecords: (leastMs) => this.asked.push(leastMs),
      mayClaim: () => this.mayClaim,
      passing: (point) => this.passing(point),
      safeguard: this.safeguard,
    };
  }

  lease(): Lease {
    return new Lease(this.clock, this.setup.timing.lockMs, () => this.extend());
  }

  async look(deps: LookDeps = this.deps(), lease = this.lease()): Promise<void> {
    await look(deps, 'test', lease, this.stop.signal);
  }

  /** One turn of the errand that searches the venue's records; its ring is not answered. */
  async readRecords(): Promise<void> {
    this.#errand ??= outsiders(this.deps(), this.venue);
    await this.#errand.run(this.stop.signal);
  }

  /** Looks, with time passing between them. */
  async looks(count: number, betweenMs = 1_000): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      await this.look();
      this.clock.pass(betweenMs);
    }
  }

  /** Looks for as long as the last one asked for another one. */
  async untilQuiet(): Promise<void> {
    for (let i = 0; i < 20; i += 1) {
      const rung = this.rings.length;
      await this.look();
      if (this.rings.length === rung) return;
    }
    throw new Error('the account never comes to rest');
  }

  async states(): Promise<Record<string, string>> {
    return Object.fromEntries([...(await this.journal.loans())].map(([id, stored]) => [id, stored.state]));
  }

  async state(key = 'one'): Promise<string | undefined> {
    return (await this.states())[this.venue.id(key)];
  }

  async intentStates(): Promise<string[]> {
    return (await this.journal.intents()).map(({ state }) => state);
  }

  /** USD that budgets count at this moment. */
  async charged(): Promise<number> {
    const { charges } = await this.journal.open();
    return charges.reduce((total, charge) => total + Number(charge.usd), 0);
  }

  async record(key = 'one'): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse((await this.journal.why(this.venue.id(key))) ?? '{}') as Record<string, unknown>;
  }

  async says(key = 'one'): Promise<string> {
    const { decision } = await this.record(key);
    return (decision as { readonly says: string }).says;
  }

  alerts(category?: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'alert' && (category === undefined || event.category === category) ? [event.says] : [],
    );
  }

  last<Type extends LookEvent['type']>(type: Type): Extract<LookEvent, { readonly type: Type }> | undefined {
    return this.events.findLast((event): event is Extract<LookEvent, { readonly type: Type }> => event.type === type);
  }

  ltv(key = 'one'): number {
    const { debt, btc, inside } = this.venue.books(key);
    return debt.div(btc.times(this.venue.price).plus(inside)).toNumber();
  }
}
