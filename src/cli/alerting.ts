/** The alert desk of a server: made of its policy file, between the looks and whoever else listens. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Alert } from '../alerts/alert.ts';
import type { DeskAccount } from '../alerts/desk.ts';
import { AlertDesk } from '../alerts/desk.ts';
import { categoryOf } from '../alerts/catalogue.ts';
import { openChannel } from '../alerts/channel.ts';
import { AlertLedger } from '../alerts/ledger.ts';
import { RedisStore } from '../alerts/store.ts';
import { within } from '../clock.ts';
import { alertsDifference } from '../config/alertsDifference.ts';
import type { AccountConfig, Config } from '../config/types.ts';
import type { AccountAddress } from '../jobs/keys.ts';
import { prefixOf } from '../jobs/keys.ts';
import type { Registry } from '../jobs/registry.ts';
import type { Judged } from '../jobs/storage.ts';
import type { AlertLedger as PageAlerts } from '../server/alerts.ts';
import type { Alert as WireAlert } from '../server/wire.ts';
import type { AppOptions } from './appOptions.ts';
import type { Metering } from './metering.ts';
import type { Connections } from './redis.ts';

/** Longest that a stop waits for messages that are on their way. */
const STOP_WITHIN_MS = 3_000;
const LAST_WORDS_WITHIN_MS = 4_000;

const SHORT = { ballast: categoryOf('storage').does, operator: categoryOf('storage').can };

export class Alerting {
  /** What the server is to be started with: everything it says is heard here first. */
  readonly options: AppOptions;
  readonly #metering: Metering;
  #desk: AlertDesk | null = null;
  #ground: { readonly redis: Connections; readonly registry: Registry; readonly run: string } | null = null;
  readonly #joined = new Map<string, string>();
  #lastWords: Promise<void> = Promise.resolve();

  constructor(given: AppOptions, metering: Metering) {
    this.#metering = metering;
    this.options = {
      ...given,
      onEvent: (account, event) => {
        this.#desk?.hear(account, event);
        given.onEvent(account, event);
      },
      onFatal: (ending) => {
        this.#lastWords = this.#desk?.lastWords(ending.trouble.happened) ?? this.#lastWords;
        given.onFatal(ending);
      },
    };
  }

  async open(redis: Connections, registry: Registry, run: string): Promise<void> {
    this.#ground = { redis, registry, run };
    this.#desk = this.#deskOf(this.options.config, redis, run);
    await this.#start(this.#desk, registry);
    redis.storage.onChange((judged) => this.#tellRoom(judged));
    redis.storage.start();
  }

  #tellRoom({ shortage, says }: Judged): void {
    const { ballast, operator } = SHORT;
    const severity = shortage === 'critical' ? 'critical' : 'warning';
    this.#desk?.storage(shortage === 'none' ? null : says, severity);
    if (shortage !== 'none') this.options.onError('journal', new Error(`${says}. ${ballast} ${operator}`));
  }

  /** The file that acts from now on. The new desk hears before the old one ends: told twice is better than not told. */
  async reload(before: Config, after: Config, loosened: string | null): Promise<void> {
    const [ground, old] = [this.#ground, this.#desk];
    if (ground === null) return;
    if (loosened !== null) old?.reloaded(after.digest, loosened);
    if (alertsDifference(before.alerts, after.alerts).length === 0) return;
    const desk = this.#deskOf(after, ground.redis, ground.run);
    for (const [account, scope] of this.#joined) desk.join(account, scope);
    this.#desk = desk;
    await old?.stop(STOP_WITHIN_MS);
    await this.#start(desk, ground.registry);
  }

  #deskOf(config: Config, redis: Connections, run: string): AlertDesk {
    const { clock, observeOnly, onError } = this.options;
    const { to, deadMan, deadManEveryMs, repeatMs: steps, calmMs, quietMs, spacingMs, drillMs } = config.alerts;
    const onPinged: Metering['pinged'] = (verdict, failure) => {
      this.#metering.pinged(verdict, failure);
    };
    return new AlertDesk({
      store: new RedisStore(redis.fast, run),
      clock,
      channels: to.map((channel) => this.#metering.counted(openChannel(channel, clock))),
      rules: { steps, calmMs, quietMs },
      spacingMs,
      drillMs,
      page: config.server?.url ?? null,
      file: fileOf(config),
      accounts: config.accounts.map((account) => deskAccount(account, observeOnly)),
      deadMan: deadMan === null ? null : { url: deadMan, everyMs: deadManEveryMs, onPinged },
      onError: (error) => {
        onError('alerts', error);
      },
    });
  }

  async #start(desk: AlertDesk, registry: Registry): Promise<void> {
    const living = await registry.living();
    await desk.start((scope) => {
      const [, world] = /^ballast:\w+:([^:{]+):\{/.exec(scope) ?? [];
      return world === undefined || living === null || living.has(world);
    });
  }

  join(account: string, address: AccountAddress): void {
    this.#joined.set(account, prefixOf(address));
    this.#desk?.join(account, prefixOf(address));
    if (address.mode === 'live') void this.#endRehearsal(address).catch(() => undefined);
  }

  /** What a dry-run of the same account warned of is judged anew under the live journal. Another one may still be running. */
  async #endRehearsal(address: AccountAddress): Promise<void> {
    const { registry } = this.#ground ?? {};
    if (registry === undefined) return;
    const rehearsal = prefixOf({ ...address, mode: 'dryRun' });
    const living = await registry.living();
    const runs = (await registry.accounts()).filter((one) => prefixOf(one.address) === rehearsal);
    if (living !== null && !runs.some(({ run }) => living.has(run))) this.#desk?.leave(rehearsal);
  }

  async close(): Promise<void> {
    await within(this.options.clock, LAST_WORDS_WITHIN_MS, this.#lastWords);
    await this.#desk?.stop(STOP_WITHIN_MS);
  }
}

/** The open alerts as the page lists them: whom each channel told stays inside. */
export function alertsForPage(redis: Redis): PageAlerts {
  const ledger = AlertLedger.on(redis);
  return {
    open: async () => (await ledger.open()).map(wireOf),
    acknowledge: (id, act) => ledger.acknowledge(id, act),
  };
}

function wireOf({ id, severity, category, account, loan, says, since, over, acknowledged }: Alert): WireAlert {
  return {
    ...{ id, severity, category, account, loan, says, since, over },
    means: categoryOf(category).means,
    acknowledged,
  };
}

/** Servers of one file tell the same: its accounts, how they are watched, and the names of its channels. */
function fileOf({ accounts, alerts }: Config): string {
  const text = JSON.stringify([
    accounts.map(({ name, venue, sends }) => `${name} ${venue} ${sends}`).sort(),
    alerts.to.map(({ name }) => name).sort(),
  ]);
  return `file:${createHash('sha256').update(text).digest('hex').slice(0, FILE_LETTERS)}`;
}

const FILE_LETTERS = 12;

/** Nobody is worried before a dead process would have been taken over, and the next look has read. */
function deskAccount({ name, sends, timing }: AccountConfig, observeOnly: boolean): DeskAccount {
  const { lookEveryMs, lockMs, stalledMs, maxAgeMs } = timing;
  const limitMs = Math.max(2 * lookEveryMs, lockMs + stalledMs) + lookEveryMs + maxAgeMs;
  return { name, mode: observeOnly ? 'dryRun' : sends, limitMs };
}
