/** Counts what the looks of this process say. Hearing is cheap and waits for nothing: it happens inside of a look. */
import type { Clock } from '../clock.ts';
import type { Intent, Mode } from '../core/intent.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Meters } from './meters.ts';
import { numberOf } from './numbers.ts';
import { ReliefWatch } from './relief.ts';

/** An account of the policy file. */
export interface MeteredAccount {
  readonly name: string;
  readonly venue: 'binance' | 'okx';
  /** What it may send in this run. */
  readonly sends: Mode;
}

type Event<T extends LookEvent['type']> = Extract<LookEvent, { readonly type: T }>;

export class Listener {
  readonly #meters: Meters;
  readonly #clock: Clock;
  readonly #accounts: ReadonlyMap<string, MeteredAccount & { readonly relief: ReliefWatch }>;

  constructor(meters: Meters, clock: Clock, accounts: readonly MeteredAccount[]) {
    this.#meters = meters;
    this.#clock = clock;
    this.#accounts = new Map(accounts.map((one) => [one.name, { ...one, relief: new ReliefWatch() }]));
  }

  hear(account: string, event: LookEvent): void {
    switch (event.type) {
      case 'looked':
      case 'acted':
      case 'blind':
        this.#meters.count('ballast_looks_total', { account, result: event.type });
        return;
      case 'timed':
        this.#meters.time('ballast_lane_wait_seconds', { account }, event.waitedMs);
        this.#meters.time('ballast_look_duration_seconds', { account }, event.tookMs);
        return;
      case 'decided':
        this.#decided(account, event);
        return;
      case 'sent':
        this.#meters.count('ballast_money_calls_sent_total', {
          ...this.#callOf(account, event.intent),
          tier: event.intent.tier,
        });
        return;
      case 'outcome':
        this.#outcome(account, event);
        return;
      case 'confirmed':
        this.#confirmed(account, event.intent);
        return;
      case 'alert': {
        const { severity, category } = event;
        this.#meters.count('ballast_alert_events_total', { account, severity, category });
        return;
      }
      case 'external':
        this.#meters.count('ballast_external_acts_total', { account, kind: event.act.kind });
        return;
      case 'conditions':
        this.#accounts.get(account)?.relief.keep(new Set(event.loans.map(({ loan }) => loan)));
        return;
    }
  }

  #decided(account: string, { decision, mode }: Event<'decided'>): void {
    const known = this.#accounts.get(account);
    // What an observer would do by another policy is nothing that is done here.
    if (known?.sends !== mode) return;
    this.#meters.count('ballast_decisions_total', { account, verdict: decision.verdict });
    const relief = known.relief.decided(decision, this.#clock.mono());
    if (relief !== null) {
      const { until, tookMs } = relief;
      this.#meters.time('ballast_time_to_relief_seconds', { account, until }, tookMs);
    }
  }

  #outcome(account: string, { intent, state }: Event<'outcome'>): void {
    this.#meters.count('ballast_money_call_outcomes_total', { ...this.#callOf(account, intent), outcome: state });
  }

  #confirmed(account: string, intent: Intent): void {
    const { chargeUsd, sentAt, settledAt } = intent;
    const call = this.#callOf(account, intent);
    this.#meters.count('ballast_money_confirmed_usd_total', call, numberOf(chargeUsd));
    if (sentAt !== null && settledAt !== null)
      this.#meters.time('ballast_money_call_settle_seconds', { venue: call.venue }, settledAt - sentAt);
    const relief = this.#accounts.get(account)?.relief.confirmed(intent, this.#clock.mono()) ?? null;
    if (relief !== null)
      this.#meters.time('ballast_time_to_relief_seconds', { account, until: relief.until }, relief.tookMs);
  }

  #callOf(account: string, { verb, product }: Intent): { account: string; venue: string; verb: string } {
    return { account, venue: product.startsWith('okx') ? 'okx' : 'binance', verb };
  }
}
