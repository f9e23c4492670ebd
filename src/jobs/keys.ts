/**
 * Every Redis key of the journal, in one place. All keys of an account share one hash tag, so that one Lua script may
 * touch them together on any Redis.
 *
 * | key | type | meaning |
 * |---|---|---|
 * | epoch | string | grows by one with every look; the fence of commit and claim |
 * | open | set | ids of intents that are planned or undecided |
 * | intent:ID | hash | one intent: immutable `body` plus its mutable fields |
 * | dossier:ID | hash | what proves it to others: its decision, the venue's answers without secrets, and the clocks |
 * | index | zset | intent ids by the time they were planned |
 * | loans | hash | loan id → stored machine |
 * | account | string | stored account machine |
 * | charges | zset | budget charges by time |
 * | fruitless | hash | loan id → times of the sends in a row that had no effect |
 * | learned | hash | minima by product and asset, and precisions by asset, learned from refusals |
 * | why | hash | loan id → newest decision with its trace |
 * | last | hash | loan id → signature of the newest decision record |
 * | span | hash | loan id → first time, last time and count of the newest decision record |
 * | decisions | stream | decision records that a different one has followed, each with its span |
 * | seen | string | quantities of the last good look |
 * | suspect | string | quantities of implausible reads that wait for agreement |
 * | disputes | string | prices that were seen to be in dispute, and how far they have calmed down |
 * | next | string | wall ms at which the next look is due |
 * | looked | string | wall ms at which the last look finished |
 * | paused | string | who paused the account, why, until when; ends with the pause |
 * | paused:LOAN | string | the same for one loan |
 * | acknowledged | string | who acknowledged which causes of the account's mode, until the next look takes it |
 * | modes | stream | changes of the account's mode, with their causes |
 * | acts | stream | what operators did: pauses, resumptions, acknowledgements, words on intents, reloads |
 * | words | zset | ids of intents whose fate an operator said, by the Redis ms until which the venue's records are read on |
 * | told | hash | conditions that were alerted and still last, so that each is told once |
 * | health | string | failed looks in a row; below zero: good ones since |
 * | rest | string | Redis ms between which nothing is sent, because the venue turned the last call down |
 * | halt | string | a contradiction that the account's machine has not been told yet; no claim while it is there |
 * | terms | string | rates, room to borrow and next interest as last read, with their time; for `status` |
 * | interest | string | interest by day, loan and coin, and how far it is known; for `costs` |
 * | external | zset | what others did, by the venue's dates |
 * | externalReach | string | since when, and up to when, the venue's records were searched for that |
 * | acting | string | digest of the policy whose processes act; others only observe |
 * | posts | zset | `DIGEST RUN` of every acting process by the Redis ms at which it counts as gone |
 * | clock | string | latest Redis ms that was reached: windows of limits never go back |
 * | track:LOAN | list | how the LTV of one loan moved against its bands; for people, thinned with age |
 * | trimmed | string | the newest look whose intent has left by its age |
 * | vouch | string | a process that trusts this journal has looked at the account a moment ago; ends by itself |
 */
import type { Mode } from '../core/intent.ts';

export const ACCOUNT_KEYS = [
  'epoch',
  'open',
  'index',
  'loans',
  'account',
  'charges',
  'fruitless',
  'learned',
  'why',
  'last',
  'span',
  'decisions',
  'seen',
  'suspect',
  'disputes',
  'next',
  'looked',
  'paused',
  'acknowledged',
  'modes',
  'acts',
  'words',
  'told',
  'health',
  'halt',
  'rest',
  'terms',
  'interest',
  'external',
  'externalReach',
  'acting',
  'posts',
  'clock',
  'trimmed',
  'vouch',
] as const;
export type AccountKey = (typeof ACCOUNT_KEYS)[number];

/** The journal's own identity, and the root of everything Ballast writes. */
export const JOURNAL_ID_KEY = 'ballast:journal';

/**
 * Where one account's part of the journal lives. Modes have namespaces of their own, so that a dry run can never read
 * or charge what a live run did (DESIGN §2.11). `world` tells apart runs of the built-in simulated exchanges.
 */
export interface AccountAddress {
  readonly mode: Mode;
  readonly world: string;
  readonly venue: 'binance' | 'okx';
  readonly uid: string;
}

export function tagOf(address: AccountAddress): string {
  return `{${address.venue}-${address.uid}}`;
}

export function prefixOf(address: AccountAddress): string {
  const world = address.world === '' ? '' : `${address.world}:`;
  return `ballast:${address.mode}:${world}${tagOf(address)}:`;
}

/** Prefix of the lane's own keys, so that queue and journal of an account share the hash tag. */
export function lanePrefixOf(address: AccountAddress): string {
  return `${prefixOf(address)}lane`;
}

/** Name of the lane's queue. */
export const QUEUE = 'looks';

/** Where BullMQ lists the look that runs. @param prefix of the lane */
export function runningKeyOf(prefix: string): string {
  return `${prefix}:${QUEUE}:active`;
}

/** Where the pause of one loan stands. */
export function pauseKeyOf(prefix: string, loan: string): string {
  return `${prefix}paused:${loan}`;
}

/** Where intents and their dossiers lie. */
export function intentKeyOf(prefix: string, id: string): string {
  return `${prefix}intent:${id}`;
}

export function dossierKeyOf(prefix: string, id: string): string {
  return `${prefix}dossier:${id}`;
}

/** Where the track of one loan lies. */
export function trackKeyOf(prefix: string, loan: string): string {
  return `${prefix}track:${loan}`;
}
