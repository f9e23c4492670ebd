/** Values of the command line: text in, or a message that says what is expected. */
import { InvalidArgumentError } from 'commander';

/** What the key of a simulated account may do; what is not named it may not. */
export const PERMISSIONS = ['read', 'trade', 'margin', 'transfer', 'withdraw'] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Permissions = Readonly<Record<string, readonly Permission[]>>;

export const TAPE = [
  '--tape <name|file...>',
  'a shipped tape by name, or CSV files (SYMBOL=path names the symbol)',
] as const;

/** One word without a dot or slash is the name of a shipped tape; anything else are files. */
export function tapeOf(given: readonly string[] | undefined): string | readonly string[] | null {
  if (given === undefined || given.length === 0) return null;
  const [first] = given;
  return given.length === 1 && first !== undefined && /^[\w-]+$/.test(first) ? first : given;
}

export function speedFrom<Word extends string>(word: Word): (text: string) => number | Word {
  return (text) => {
    if (text === word) return word;
    const speed = Number(text);
    if (text.trim() === '' || !Number.isFinite(speed) || speed <= 0) {
      throw new InvalidArgumentError(`a speed is \`${word}\` or a number above 0: tape seconds per second.`);
    }
    return speed;
  };
}

export function portFrom(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number up to 65535.');
  return port;
}

const MOST_DAYS = 400;

export function daysFrom(text: string): number {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > MOST_DAYS) {
    throw new InvalidArgumentError(`days are a whole number from 1 to ${String(MOST_DAYS)}.`);
  }
  return days;
}

/** `account=read,trade`, once per account. */
export function permissionsFrom(text: string, before: Permissions = {}): Permissions {
  const [account = '', words] = text.split('=', 2);
  const may = (words ?? '').split(',').filter((word) => word !== '');
  const known = PERMISSIONS.filter((one) => may.includes(one));
  if (account === '' || words === undefined || known.length !== may.length) {
    throw new InvalidArgumentError(`write ACCOUNT=LIST, with a list of ${PERMISSIONS.join(', ')}.`);
  }
  return { ...before, [account]: known };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_DAYS = 365;

function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 0);
}

/** `90s`, `30m`, `2h`, `7d` → ms. */
export function durationFrom(text: string): number {
  const ms = durationMs(text);
  if (ms === 0 || ms > LONGEST_DAYS * 86_400_000) {
    throw new InvalidArgumentError(
      `a duration is a number with s, m, h or d, e.g. 2h, up to ${String(LONGEST_DAYS)}d.`,
    );
  }
  return ms;
}

/** A moment on the command line: wall ms, given what time it is now. */
export type Moment = (now: number) => number;

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?(Z|[+-]\d\d:\d\d)?$/;

/** `2026-05-19`, `2026-05-19T12:30:00Z` (without a zone it is UTC), or `24h`: so long ago. */
export function momentFrom(text: string): Moment {
  const agoMs = durationMs(text.replace(/ ago$/, ''));
  if (agoMs > 0) return (now) => now - agoMs;
  const [, day = '', time = '00:00', zone = 'Z'] = DATE.exec(text) ?? [];
  const at = Date.parse(`${day}T${time}${zone}`);
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('a moment is 2026-05-19, 2026-05-19T12:30:00Z, or so long ago: 90m, 24h, 7d.');
  }
  return () => at;
}

const MOST_ROWS = 10_000;

export function rowsFrom(text: string): number {
  const rows = Number(text);
  if (!/^\d+$/.test(text) || rows < 1 || rows > MOST_ROWS) {
    throw new InvalidArgumentError(`rows are a whole number from 1 to ${String(MOST_ROWS)}.`);
  }
  return rows;
}
