/** `ballast alert test`, `list` and `acknowledge`. */
import type { Redis } from 'ioredis';
import type { Alert } from '../alerts/alert.ts';
import { categoryOf } from '../alerts/catalogue.ts';
import { openChannel } from '../alerts/channel.ts';
import { AlertLedger } from '../alerts/ledger.ts';
import { testPing } from '../alerts/deadMan.ts';
import { testMessage } from '../alerts/message.ts';
import { RedisStore } from '../alerts/store.ts';
import type { Clock } from '../clock.ts';
import { isoOf } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { ExitCode } from './exit.ts';
import { Ending, EXIT } from './exit.ts';
import { readerOf, withJournal } from './journalView.ts';
import type { Operation } from './operate.ts';
import type { Output } from './output.ts';

/**
 * Fires every channel and the dead-man ping, or one channel; needs no running server, but only a Redis that runs can note
 * that they were tried. @throws Ending @returns 0 only when all took it
 */
export async function testAlerts(
  { config, clock, output, json }: { config: Config; clock: Clock; output: Output; json: boolean },
  only: string | null,
): Promise<ExitCode> {
  const chosen = config.alerts.to.filter(({ name }) => only === null || name === only);
  const address = only === null ? config.alerts.deadMan : null;
  if (chosen.length === 0 && address === null) throw noChannel(config, only);
  const results = await Promise.all(
    chosen.map(async (options) => {
      const failure = await openChannel(options, clock).send(testMessage(options.name));
      return { channel: options.name, preset: options.preset, ok: failure === null, says: failure };
    }),
  );
  const failure = address === null ? null : await testPing(address.reveal(), clock);
  const deadMan = address === null ? null : { ok: failure === null, says: failure };
  const taken = results.filter(({ ok }) => ok).map(({ channel }) => channel);
  const noted = await note(config, taken, clock);
  if (json) output.json({ channels: results, deadMan, noted });
  else {
    for (const { channel, preset, says } of results) output.say(`${channel} (${preset}): ${says ?? 'ok'}`);
    if (deadMan !== null)
      output.say(`the dead-man ping, which now counts as one that said all is well: ${failure ?? 'ok'}`);
    if (!noted && taken.length > 0 && config.alerts.drillMs !== null) output.say(NOT_NOTED);
  }
  return results.every(({ ok }) => ok) && failure === null ? EXIT.ok : EXIT.unavailable;
}

const NOT_NOTED =
  'No server of this file runs, so it is not noted that they were tried: the reminder (`alerts.drill`) will come all the same.';

/** Restarts the time of the reminder. @returns whether it could */
async function note(config: Config, channels: readonly string[], clock: Clock): Promise<boolean> {
  const redis = readerOf(config);
  try {
    await redis.connect();
    const store = new RedisStore(redis, 'test');
    for (const name of channels) await store.setTried(name, clock.wall(), 'newest');
    return true;
  } catch {
    return false; // The test itself needs no Redis.
  } finally {
    redis.disconnect();
  }
}

function noChannel({ alerts, sourcePath }: Config, only: string | null): Ending {
  const names = alerts.to.map(({ name }) => name);
  return new Ending(EXIT.usage, {
    happened: only === null ? `${sourcePath} names no channel.` : `no channel is called ${only}.`,
    ballast: 'it sent nothing.',
    operator: names.length === 0 ? 'add one under `alerts.to`.' : `name one of these: ${names.join(', ')}`,
  });
}

export async function listAlerts(config: Config, output: Output, json: boolean): Promise<void> {
  const open = await withAlerts(config, (ledger) => ledger.open());
  if (json) output.json({ alerts: open });
  else if (open.length === 0) output.say('No alert is open.');
  else for (const alert of open) for (const line of linesOf(alert)) output.say(line);
}

function linesOf(alert: Alert): readonly string[] {
  const { id, severity, loan, account, category, says, since, over, acknowledged, told } = alert;
  const state = over === null ? severity : 'over';
  const channels = Object.entries(told).map(([name, { times }]) => `${name} ${String(times)} times`);
  const who = acknowledged === null ? [] : [`  acknowledged by ${acknowledged.by}: ${acknowledged.why}`];
  return [
    `${id}  ${state}  ${loan ?? account ?? 'Ballast'}: ${categoryOf(category).means}, since ${isoOf(since).slice(0, 19).replace('T', ' ')} UTC`,
    `  ${says}`,
    channels.length === 0 ? '  nobody was told yet' : `  told ${channels.join(', ')}`,
    ...who,
  ];
}

const ALL = 'all';

/** Silences what this person has taken on; lifts nothing. @throws Ending */
export async function acknowledgeAlert({ config, clock, output, json, by, why, target }: Operation): Promise<void> {
  const done = await withAlerts(config, async (ledger) => {
    const open = await ledger.open();
    const meant = open.filter(({ id }) => target === ALL || id === target);
    if (meant.length === 0) throw noAlert(open, target);
    const act = { by, why, at: clock.wall() };
    const all = await Promise.all(meant.map(({ id }) => ledger.acknowledge(id, act)));
    return all.filter((alert) => alert !== null);
  });
  if (json) output.json({ acknowledged: done });
  for (const { id, loan, account, category } of json ? [] : done) {
    const what = `${loan ?? account ?? 'Ballast'}: ${categoryOf(category).means}`;
    output.say(`${id} is acknowledged (${what}). It is told again only if it gets worse. Nothing else changes.`);
  }
}

function noAlert(open: readonly Alert[], target: string): Ending {
  const ids = open.map(({ id }) => id).join(', ');
  return new Ending(EXIT.usage, {
    happened: target === ALL ? 'no alert is open.' : `no open alert has the number ${target}.`,
    ballast: 'it changed nothing.',
    operator: ids === '' ? 'do nothing.' : `\`ballast alert list\` shows them; open are ${ids}.`,
  });
}

function withAlerts<T>(config: Config, use: (ledger: AlertLedger) => Promise<T>): Promise<T> {
  return withJournal(config, (_accounts, _absent, _isServed, redis: Redis) => use(AlertLedger.on(redis)));
}
