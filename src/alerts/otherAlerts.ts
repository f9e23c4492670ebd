/** Rows of the catalogue about accounts, venues and the server. */
import type { Category } from './category.ts';

export const ACCOUNTS = {
  halt: {
    kind: 'lasts',
    topic: 'account',
    means: 'HALTED',
    does: 'It moves no money in this account, and goes on watching it.',
    can: 'Mend the cause, look at the account at the venue, then `ballast acknowledge {account} --why "…"`.',
  },
  journalLost: {
    kind: 'lasts',
    topic: 'account',
    means: 'in quarantine',
    does: 'It sends nothing until everything that was sent before can be seen.',
    can: 'Wait. Look after the account meanwhile. If another Ballast works on this account, stop one of them.',
  },
  quarantine: {
    kind: 'lasts',
    topic: 'account',
    means: 'the quarantine goes on',
    does: 'It sends nothing, and tries to read the records of the venue again at every look.',
    can: 'Look after the account by hand until the venue answers.',
  },
  acknowledged: {
    kind: 'happened',
    topic: 'account',
    means: 'an acknowledgement',
    does: 'It has lifted what the operator had seen, and nothing newer.',
    can: '`ballast status` shows how the account stands.',
    each: true,
  },
  refused: {
    kind: 'until a look',
    topic: 'account',
    means: 'IS NOT WATCHED, its key was refused',
    does: 'It does not watch this account and does not try again. The other accounts go on.',
    can: 'Correct what the text names and start again. Look after the account until then.',
  },
  examination: {
    kind: 'happened',
    topic: 'account',
    means: 'the key has a weakness',
    does: 'It goes on.',
    can: 'Change the key at the venue as the text says.',
    each: true,
  },
} as const satisfies Record<string, Category>;

export const VENUES = {
  readsFailing: {
    kind: 'lasts',
    topic: 'venue',
    means: 'readings fail',
    does: 'It goes on with one payment at a time, and lets no collateral go, until readings are good again.',
    can: 'Look at the status page of the venue, and at the account.',
  },
  dislocated: {
    kind: 'lasts',
    topic: 'venue',
    means: 'a price is in dispute',
    does: 'It only lowers risk, never adds a coin in dispute, and lets no collateral go, until the sources agree.',
    can: 'Look whether the coin has lost its peg or the venue has a wrong price.',
  },
  definitionChanged: {
    kind: 'lasts',
    topic: 'venue',
    means: 'thresholds changed',
    does: 'It only lowers risk until a person has seen it.',
    can: 'See that the levels of the policy still fit, then `ballast acknowledge {account} --why "…"`.',
  },
  implausible: {
    kind: 'lasts',
    topic: 'venue',
    means: 'a reading that cannot be true',
    does: 'It leaves alone what is in doubt, until three readings agree or a record explains it. The rest goes on.',
    can: 'Look at the account yourself.',
  },
  venueRisk: {
    kind: 'lasts',
    topic: 'venue',
    means: 'the venue may act by itself',
    does: 'It goes on watching it, and everything else goes on as before.',
    can: 'Follow the advice of the text: nothing can be done about it from outside.',
  },
  external: {
    kind: 'happened',
    topic: 'venue',
    means: 'somebody else acted',
    does: 'It goes on from what is there now, and charges no budget for it.',
    can: 'Nothing, if it was you. Else look at the account, and change its keys.',
    each: true,
  },
  unreachable: {
    kind: 'until a look',
    topic: 'venue',
    means: 'IS NOT WATCHED, its venue does not answer',
    does: 'It tries again until the venue answers. The other accounts go on.',
    can: 'Look at this account yourself until then.',
  },
} as const satisfies Record<string, Category>;

export const SERVERS = {
  clockJumped: {
    kind: 'lasts',
    topic: 'server',
    means: 'the clock of the machine jumped',
    does: 'It only lowers risk until the clock has been steady.',
    can: 'See that the machine keeps its time (NTP).',
  },
  silent: {
    kind: 'until a look',
    topic: 'server',
    means: 'not looked at for too long',
    does: 'It starts the lane of the account again.',
    can: 'If it comes again, look at the load of the machine and of Redis, and at the account yourself.',
  },
  stray: {
    kind: 'happened',
    topic: 'server',
    means: 'an unexpected turn',
    does: 'It ignored what it did not expect, and decides afresh at the next look.',
    can: 'Report the text if it comes again.',
  },
  errand: {
    kind: 'happened',
    topic: 'server',
    means: 'a slow reading fails',
    does: 'It tries again at its next turn. No look waits for it.',
    can: 'Nothing, unless it stays so for hours.',
  },
  observer: {
    kind: 'happened',
    topic: 'server',
    means: 'this process only observes',
    does: 'It says what it would do and sends nothing, as long as processes with another policy act.',
    can: 'Stop the others, or start this one with their file.',
  },
  reloaded: {
    kind: 'happened',
    topic: 'server',
    means: 'the policy was loosened',
    does: 'It acts by the new policy from the next look of each account on.',
    can: 'Nothing, if you know of it. Else put the old file back and `ballast reload`, and see who may write it.',
    each: true,
  },
  channel: {
    kind: 'served',
    topic: 'server',
    means: 'an alert channel fails',
    does: 'It keeps what could not be told and tries again, more and more slowly, up to every five minutes.',
    can: 'Correct the channel; `ballast alert test --channel NAME` shows whether it works.',
  },
  drill: {
    kind: 'served',
    topic: 'server',
    means: 'alerts were not tried for long',
    does: 'It goes on telling what there is, without knowing whether it arrives.',
    can: '`ballast alert test` while the server runs; see that each message has arrived.',
  },
  deadMan: {
    kind: 'served',
    topic: 'server',
    means: 'the dead-man ping does not arrive',
    does: 'It goes on pinging. The service behind it will raise an alarm meanwhile.',
    can: 'See that the address is right and that this machine may reach it.',
  },
  journal: {
    kind: 'served',
    topic: 'server',
    means: 'Redis does not answer',
    does: 'It sends no money without its journal. It waits some seconds, then ends.',
    can: 'See that Redis runs. What was in flight is settled at the next start.',
  },
  storage: {
    kind: 'served',
    topic: 'server',
    means: 'the journal runs out of room',
    does: 'It keeps no more records of decisions, gives up the old ones, and goes on with everything else. When nothing can be written any more it sends nothing.',
    can: 'Make room on the disk of the data folder, or give Redis more memory. See `journal` in the file.',
  },
  ended: {
    kind: 'served',
    topic: 'server',
    means: 'BALLAST HAS ENDED',
    does: 'It stopped; nothing is watched by this process any more.',
    can: 'Start it again, and look at the accounts yourself until then.',
  },
} as const satisfies Record<string, Category>;

const TERMINAL = { kind: 'terminal', topic: 'server', does: 'Nothing more.', can: 'Nothing has to be done.' } as const;

/** What is good to know while one watches, and no reason to call anybody. */
export const NOTES = {
  helped: { ...TERMINAL, means: 'somebody else helped' },
  restart: { ...TERMINAL, means: 'a look died with its process' },
  records: { ...TERMINAL, means: 'records of others are incomplete' },
  reachable: { ...TERMINAL, means: 'the venue answers' },
  mode: { ...TERMINAL, means: 'the account is active again' },
  held: { ...TERMINAL, means: 'held back, as told before' },
} as const satisfies Record<string, Category>;
