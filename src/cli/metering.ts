/** The metrics of a server: made of its policy file, between everything that tells something and `/metrics`. */
import type { Redis } from 'ioredis';
import type { Channel } from '../alerts/channel.ts';
import type { Verdict } from '../alerts/deadMan.ts';
import type { Config } from '../config/types.ts';
import type { ReportingVenue } from '../exchanges/exchange.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Exposition } from '../server/metrics.ts';
import type { AppOptions } from './appOptions.ts';

/** So many letters of the policy digest tell two policies apart. */
const SHOWN = 8;

export class Metering {
  /** What the server is to be started with: what it says is counted first. */
  readonly options: AppOptions;
  readonly #metrics: Metrics;

  constructor(given: AppOptions) {
    const { clock, config, observeOnly, page } = given;
    const metrics = new Metrics({
      ...{ clock, version: page.version },
      accounts: config.accounts.map(({ name, venue, sends }) => ({
        ...{ name, venue },
        sends: observeOnly ? 'dryRun' : sends,
      })),
    });
    this.#metrics = metrics;
    this.options = {
      ...given,
      traffic: metrics,
      onEvent: (account, event) => {
        metrics.hear(account, event);
        given.onEvent(account, event);
      },
      onError: (where, error) => {
        metrics.error(where);
        given.onError(where, error);
      },
    };
  }

  join(account: string, venue: ReportingVenue): void {
    this.#metrics.join(account, venue);
  }

  /** The same channel, with its messages counted. */
  counted(channel: Channel): Channel {
    this.#metrics.channel(channel.route.name);
    return {
      route: channel.route,
      send: async (message) => {
        const failure = await channel.send(message);
        this.#metrics.messaged(channel.route.name, failure);
        return failure;
      },
    };
  }

  pinged(verdict: Verdict, failure: string | null): void {
    this.#metrics.pinged(failure !== null ? 'failed' : verdict.is === 'well' ? 'well' : 'bad');
  }

  /**
   * @param redis a connection that no lane uses
   * @param current the policy file that acts
   */
  exposition(redis: Redis, current: () => Config): Exposition {
    return {
      contentType: this.#metrics.contentType,
      text: (snapshot) =>
        this.#metrics.text(snapshot === null ? null : { status: snapshot.status, alerts: snapshot.board.alerts }, {
          redis,
          policy: current().digest.slice(0, SHOWN),
        }),
    };
  }
}
