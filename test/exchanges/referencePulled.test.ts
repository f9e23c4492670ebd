/** The second price source of simulated exchanges: read before and after the venue is, because a tape moves meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { parse } from '../../src/core/money.ts';
import { cleanUp, feedFor, peer, tickers, until } from './referenceSupport.ts';
import type { Script } from './referenceSupport.ts';

afterEach(cleanUp);

describe('a pulled source', () => {
  it('is read when it is asked for, and only then, and says what it said before and after', async () => {
    const { rest, seen } = await peer(() => tickers({ BTCUSDT: String(100 + seen.length) }));
    const feed = feedFor(rest, { venue: 'okx', pulled: true, refreshMs: 1 });
    feed.watch(['BTC']);
    await systemClock.sleep(60);
    expect([seen.length, feed.prices()]).toEqual([0, {}]);
    for (const [was, price] of [
      ['101', '102'],
      ['103', '104'],
    ]) {
      await feed.mark();
      await feed.refresh();
      expect(feed.prices()['BTC']).toMatchObject({ was: parse(was ?? ''), price: parse(price ?? '') });
    }
  });

  it('is read anew for whoever asks while it is being read: that read may have begun too early', async () => {
    const { rest, seen } = await peer(() => tickers({ BTCUSDT: String(100 + seen.length) }));
    const feed = feedFor(rest, { venue: 'okx', pulled: true });
    const reads = [feed.mark(), feed.refresh(), feed.refresh(), feed.refresh()];
    await Promise.all(reads);
    expect(seen).toHaveLength(2);
  });

  it('says nothing that it did not say both times, because the other time was another moment', async () => {
    const served = await peer(() => tickers({ BTCUSDT: '100' }));
    const feed = feedFor(served.rest, { venue: 'okx', pulled: true, refreshMs: 1 });
    const round = async (before: Script, after: Script): Promise<number> => {
      // The pause that a failed read earns passes first.
      await until(async () => {
        served.script = () => tickers({ BTCUSDT: '100' });
        await feed.refresh();
        feed.watch(['BTC']);
        await feed.mark();
        expect(feed.prices()).toHaveProperty('BTC');
      });
      served.script = before;
      await feed.mark();
      served.script = after;
      await feed.refresh();
      return Object.keys(feed.prices()).length;
    };
    const fine: Script = () => tickers({ BTCUSDT: '100' });
    expect(await round(fine, fine)).toBe(1);
    expect(await round(fine, () => 'reset')).toBe(0);
    expect(await round(() => 'reset', fine)).toBe(0);
  });

  it('that hangs is waited for no longer than one deadline', async () => {
    const served = await peer(() => 'hang');
    const feed = feedFor(served.rest, { venue: 'okx', pulled: true, deadlineMs: 50 });
    feed.watch(['BTC']);
    const began = systemClock.mono();
    await feed.mark();
    await feed.refresh();
    expect(systemClock.mono() - began).toBeLessThan(2_000);
    expect([feed.prices(), served.seen.length]).toEqual([{}, 1]);
  });
});
