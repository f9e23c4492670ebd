/** One price socket per stream host and process, whoever asks first. */
import type { Clock } from '../../clock.ts';
import { PriceFeed, type FeedOptions } from './feed.ts';

const HUBS = new WeakMap<Clock, Map<string, PriceFeed>>();

export const FeedHub = {
  of(clock: Clock, options: FeedOptions): PriceFeed {
    let hubs = HUBS.get(clock);
    if (hubs === undefined) {
      hubs = new Map();
      HUBS.set(clock, hubs);
    }
    let feed = hubs.get(options.ws);
    if (feed === undefined) {
      feed = new PriceFeed(options);
      hubs.set(options.ws, feed);
    }
    return feed;
  },
};
