/** Values of the command line: text in, or a message that says what is expected. */
import { InvalidArgumentError } from 'commander';

/** What the key of a simulated account may do; what is not named it may not. */
export const PERMISSIONS = ['read', 'trade', 'margin', 'transfer', 'withdraw'] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Permissions = Readonly<Record<string, readonly Permission[]>>;

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
