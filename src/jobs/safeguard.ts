/** What keeps an account that moves real money safe from a journal that forgot (DESIGN §4 "Durability"). */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Reports } from '../exchanges/exchange.ts';
import type { Stored } from '../machines/types.ts';
import { StaleEpochError } from './journal.ts';
import type { AccountAddress, AccountKey } from './keys.ts';
import { JOURNAL_ID_KEY, prefixOf } from './keys.ts';
import { NOW } from './scripts.ts';
import { Witness } from './witness.ts';
import { WitnessOnDisk } from './witnessFile.ts';

/**
 * The journal knows less than was sent (DESIGN §4 "Durability"). KEYS: epoch account halt. ARGV: epoch, the account's machine.
 * Intents are numbered by epochs, so the epoch goes on from the clock: no number that was ever used is used again, as long
 * as looks are rarer than one in a millisecond. That an outcome met no intent is answered by the quarantine as well.
 */
const DISTRUST = `${NOW}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'stale' end
if string.find(redis.call('GET', KEYS[3]) or '', ' is missing and then ', 1, true) then redis.call('DEL', KEYS[3]) end
redis.call('SET', KEYS[2], ARGV[2])
if tonumber(now) > tonumber(ARGV[1]) then redis.call('SET', KEYS[1], now) end
return 'ok'`;

export interface Safeguard {
  readonly witness: Witness;
  readonly trust: Trust;
  readonly external: Reports['external'];
  /** Longest time for which a signed request of this venue is valid, ms. */
  readonly validityMs: number;
}

export interface SafeguardOptions {
  readonly redis: Redis;
  readonly address: AccountAddress;
  readonly clock: Clock;
  /** The journal's own id. */
  readonly journal: string;
  /** Folder of the witness files, outside Redis. */
  readonly folder: string;
  readonly reports: Pick<Reports, 'external'>;
  readonly validityMs: number;
}

/** One witness per account, shared by all processes of this machine. */
export function openSafeguard(options: SafeguardOptions): Safeguard {
  const { redis, address, clock, journal, folder, reports, validityMs } = options;
  const file = new WitnessOnDisk(join(folder, `${address.venue}-${address.uid}`), clock);
  return {
    witness: new Witness({ file, clock, journal }),
    trust: new Trust(redis, address),
    external: (sinceMs, ours, signal) => reports.external(sinceMs, ours, signal),
    validityMs,
  };
}

/** What the journal itself holds about being trusted. */
export class Trust {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, address: AccountAddress) {
    this.#redis = redis;
    this.#prefix = prefixOf(address);
  }

  /** The id of the journal as it is now; `null`: whatever was there is gone. */
  async journal(): Promise<string | null> {
    return this.#redis.get(JOURNAL_ID_KEY);
  }

  /** Gives a journal that has no id this one. @returns the id that it has */
  async name(journal: string): Promise<string> {
    await this.#redis.set(JOURNAL_ID_KEY, journal, 'NX');
    return (await this.journal()) ?? journal;
  }

  /**
   * The journal was lost or taken back: writes what the account's machine makes of it, and numbers looks and intents anew.
   * @throws StaleEpochError
   */
  async distrust(epoch: number, account: Stored): Promise<void> {
    const keys = [this.#key('epoch'), this.#key('account'), this.#key('halt')] as const;
    const verdict = await this.#redis.eval(DISTRUST, '3', ...keys, String(epoch), JSON.stringify(account));
    if (verdict !== 'ok') throw new StaleEpochError(`the look with epoch ${String(epoch)} is not the newest`);
  }

  /** A process that trusts this journal has looked just now. */
  async vouch(forMs: number): Promise<void> {
    await this.#redis.set(this.#key('vouch'), '1', 'PX', String(forMs));
  }

  async vouched(): Promise<boolean> {
    return (await this.#redis.exists(this.#key('vouch'))) === 1;
  }

  #key(name: AccountKey): string {
    return this.#prefix + name;
  }
}
