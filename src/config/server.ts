/** Reads what belongs to the server itself: Redis, waits, prices to compare with. */
import { dirname, resolve } from 'node:path';
import { readPart } from './issues.ts';
import type { References } from './references.ts';
import type { Report } from './report.ts';
import { SECTIONS } from './schema.ts';
import { dislocationSchema, journalSchema } from './schema/server.ts';
import type { RedisShape } from './schema/server.ts';
import { Secret } from './secret.ts';
import type { Path } from './tree.ts';
import type { DislocationConfig, RedisConfig, Retention, Timing } from './types.ts';
import type { Given } from './words.ts';

export interface RedisOverrides {
  readonly dataDir?: string | undefined;
  readonly redisUrl?: string | undefined;
}

const EMBEDDED: RedisConfig = { kind: 'embedded', dataDir: null };

export function readRedis(
  report: Report,
  references: References,
  sourcePath: string,
  overrides: RedisOverrides,
): RedisConfig {
  const shape = readPart(report, SECTIONS.redis, ['redis']);
  const fromFile =
    shape === undefined || shape === 'embedded' ? EMBEDDED : redisOf(report, references, sourcePath, shape);
  if (overrides.redisUrl !== undefined) {
    const acceptWriteLoss = fromFile.kind === 'url' && fromFile.acceptWriteLoss;
    return { kind: 'url', url: new Secret(overrides.redisUrl), acceptWriteLoss };
  }
  return overrides.dataDir === undefined ? fromFile : { kind: 'embedded', dataDir: resolve(overrides.dataDir) };
}

function redisOf(
  report: Report,
  references: References,
  sourcePath: string,
  shape: Exclude<RedisShape, 'embedded'>,
): RedisConfig {
  if (shape.url === undefined) {
    if (shape.acceptWriteLoss !== undefined) {
      report.error(['redis', 'acceptWriteLoss'], 'belongs to a Redis of your own', 'add `url`, or remove it');
    }
    if (shape.dataDir === undefined) {
      report.error(['redis'], 'names neither `url` nor `dataDir`', 'write `redis: embedded`, or add one of them');
    }
    return {
      kind: 'embedded',
      dataDir: shape.dataDir === undefined ? null : resolve(dirname(sourcePath), shape.dataDir),
    };
  }
  if (shape.dataDir !== undefined) {
    report.error(
      ['redis', 'dataDir'],
      'stands beside `url`: only the embedded Redis has a folder',
      'keep one of the two',
    );
  }
  const path = ['redis', 'url'];
  const url = references.secret(shape.url, path);
  if (url === undefined) return EMBEDDED;
  const parsed = urlOf(report, path, url, ['redis:', 'rediss:']);
  if (shape.url.kind === 'literal' && parsed !== undefined && parsed.password !== '') {
    report.error(
      path,
      'the address holds a password',
      'move the whole address out and write `${env:NAME}` or `${file:PATH}`',
    );
  }
  return { kind: 'url', url, acceptWriteLoss: shape.acceptWriteLoss ?? false };
}

/** Checks an address without showing it. */
export function urlOf(report: Report, path: Path, url: Secret, protocols: readonly string[]): URL | undefined {
  const text = url.reveal();
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed !== undefined && protocols.includes(parsed.protocol) && parsed.host !== '') {
    return parsed;
  }
  report.error(
    path,
    'is not an address of the right kind',
    `write one that starts with ${protocols.map((one) => `\`${one}//\``).join(' or ')}`,
  );
  return undefined;
}

/** Address of a venue, checked; `null` for none. Keys and prices go over encrypted connections, or stay on this machine. */
export function hostOf(
  { report, references }: { readonly report: Report; readonly references: References },
  path: Path,
  given: Given | undefined,
  protocols: readonly string[],
): string | null {
  const url = given === undefined ? undefined : references.secret(given, path);
  const parsed = url === undefined ? undefined : urlOf(report, path, url, protocols);
  const plain = parsed?.protocol === 'http:' || parsed?.protocol === 'ws:';
  if (plain && !['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname)) {
    report.error(
      path,
      'would carry keys or prices over a connection that is not encrypted',
      'write https:// or wss://; plain connections are for this machine only',
    );
  }
  return url?.reveal() ?? null;
}

export function readDislocation(report: Report, references: References): DislocationConfig {
  const { hosts, ...bounds } = readPart(report, SECTIONS.dislocation, ['dislocation']) ?? dislocationSchema.parse({});
  const read = (venue: 'binance' | 'okx'): string | null =>
    hostOf({ report, references }, ['dislocation', 'hosts', venue], hosts[venue], ['https:', 'http:']);
  return { ...bounds, hosts: { binance: read('binance'), okx: read('okx') } };
}

export function readRetention(report: Report): Retention {
  return readPart(report, SECTIONS.journal, ['journal']) ?? journalSchema.parse({});
}

/** Checks the waits against each other: an early lease or a short lock would let two processes look at one account. */
export function readTiming(report: Report): Timing | undefined {
  const timing = readPart(report, SECTIONS.timing, ['timing']);
  if (timing === undefined) return undefined;
  const longer = (key: string, one: number, than: string, other: number): void => {
    if (one > other) return;
    report.error(
      ['timing', key],
      `is not longer than ${than}`,
      `write more than ${String(other)}ms (the value of ${than})`,
    );
  };
  longer('lock', timing.lockMs, 'requestDeadline', timing.requestDeadlineMs);
  longer('lock', timing.lockMs, 'stalled', timing.stalledMs);
  longer('requestDeadline', timing.requestDeadlineMs, 'settleInLane', timing.settleInLaneMs);
  longer('giveUp', timing.giveUpMs, 'evidenceSpread', timing.evidenceSpreadMs);
  longer('giveUp', timing.giveUpMs, 'lagMargin', timing.lagMarginMs);
  if (timing.lookSoonMs > timing.lookEveryMs) {
    report.error(['timing', 'lookSoon'], 'is longer than lookEvery', 'write at most the value of lookEvery');
  }
  return timing;
}
