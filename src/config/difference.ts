/**
 * What changes when a running server takes over another policy file: in the words of the plan, each change with what it
 * means for the money. Pure; names no secret.
 */
import type { AssetGroup, LoanRule, WalletRule } from '../core/policy.ts';
import type { Asset } from '../core/loan.ts';
import { Dec, format, ZERO } from '../core/money.ts';
import { alertsDifference } from './alertsDifference.ts';
import type { Change, Comparers, Effect, Part } from './change.ts';
import { at, graded, moved } from './change.ts';
import { percent, ruleName, unlistedWords } from './plan.ts';
import { policyDifference } from './policyDifference.ts';
import { Secret } from './secret.ts';
import type { AccountConfig, Config, Retention, Timing, Unlisted } from './types.ts';
import { durationText } from './units.ts';

export type { Change, Effect } from './change.ts';

type Compared = Omit<Config, 'version' | 'digest' | 'sourcePath' | 'warnings'>;

/** What changes from one file to the other; empty when nothing does. */
export function differenceOf(before: Config, after: Config): readonly Change[] {
  return (Object.keys(FILE) as (keyof Compared)[]).flatMap((key) => FILE[key](before, after));
}

/** Those that a server takes over only with an operator's word. */
export function loosening(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ effect }) => effect === 'loosens');
}

/** Those that a running server cannot take over. */
export function needingRestart(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ effect }) => effect === 'restart');
}

const FILE: { readonly [Key in keyof Compared]-?: (before: Config, after: Config) => readonly Change[] } = {
  mode: (before, after) => at('mode', moved('mode', before.mode, after.mode, 'restart')),
  redis: (before, after) => at('redis', unlessSame('which Redis holds the journal', before.redis, after.redis)),
  journal: (before, after) => at('journal', journalParts(before.journal, after.journal)),
  timing: (before, after) => at('timing', timingParts(before.timing, after.timing)),
  server: (before, after) =>
    at('server', unlessSame('where the page is served, and to whom', before.server, after.server)),
  simulation: (before, after) =>
    at('simulation', unlessSame('the simulated exchanges', before.simulation, after.simulation)),
  accounts: accountsChanges,
  policies: policiesChanges,
  groups: (before, after) => at('assets', groupParts(before.groups, after.groups)),
  dislocation: (before, after) => at('dislocation', dislocationParts(before.dislocation, after.dislocation)),
  alerts: (before, after) => alertsDifference(before.alerts, after.alerts),
};

/** Only told that it changed: parts of it are secret, or long. */
function unlessSame(what: string, before: unknown, after: unknown): readonly Part[] {
  return isSame(before, after) ? [] : [{ effect: 'restart', says: `${what}: changed` }];
}

function isSame(before: unknown, after: unknown): boolean {
  return revealed(before) === revealed(after);
}

/** Secrets count as what they hold. The text is compared, and goes nowhere. */
function revealed(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, shown: unknown) {
    const one = this[key];
    if (one instanceof Secret) return one.reveal();
    return one instanceof Dec ? format(one) : shown;
  });
}

function journalParts(before: Retention, after: Retention): readonly Part[] {
  return [
    ...moved('keep', durationText(before.keepMs), durationText(after.keepMs), 'neutral'),
    ...moved('decisions', durationText(before.decisionsMs), durationText(after.decisionsMs), 'neutral'),
  ];
}

function timingParts(before: Timing, after: Timing): readonly Part[] {
  return (Object.keys(before) as (keyof Timing)[]).flatMap((key) =>
    moved(key.replace(/Ms$/, ''), durationText(before[key]), durationText(after[key]), 'restart'),
  );
}

function accountsChanges(before: Config, after: Config): readonly Change[] {
  const find = ({ accounts }: Config, name: string): AccountConfig | undefined =>
    accounts.find((account) => account.name === name);
  const gone = before.accounts.filter(({ name }) => find(after, name) === undefined);
  const come = after.accounts.filter(({ name }) => find(before, name) === undefined);
  const restart = (name: string, says: string): Change => ({ where: `account ${name}`, effect: 'restart', says });
  return [
    ...gone.map(({ name }) => restart(name, 'is no longer watched')),
    ...come.map(({ name }) => restart(name, 'is new')),
    ...before.accounts.flatMap((old) => {
      const now = find(after, old.name);
      return now === undefined ? [] : accountChanges({ file: before, account: old }, { file: after, account: now });
    }),
  ];
}

/** An account in its file: its rules name policies there. */
interface Placed {
  readonly file: Config;
  readonly account: AccountConfig;
}

type Own = Omit<AccountConfig, 'name' | 'timing' | 'loans' | 'unlisted'>;

function accountChanges(one: Placed, other: Placed): readonly Change[] {
  const [before, after] = [one.account, other.account];
  const own = (Object.keys(ACCOUNT) as (keyof Own)[]).flatMap((key) => ACCOUNT[key](before, after));
  return [
    ...at(`account ${before.name}`, own),
    ...rulesChanges(one, other),
    ...at(`account ${before.name}`, unlistedParts(one, other)),
  ];
}

/** Its waits follow from `timing` and `simulation`, which are compared themselves. */
const ACCOUNT: Comparers<Own> = {
  venue: (before, after) => moved('venue', before.venue, after.venue, 'restart'),
  simulated: (before, after) => moved('simulated', yes(before.simulated), yes(after.simulated), 'restart'),
  live: (before, after) => moved('live', yes(before.live), yes(after.live), 'restart'),
  sends: (before, after) => moved('sends', before.sends, after.sends, 'restart'),
  expectUid: (before, after) => moved('UID', before.expectUid ?? 'any', after.expectUid ?? 'any', 'restart'),
  key: (before, after) => unlessSame('its key', before.key, after.key),
  allowWithdraw: (before, after) =>
    moved('a key that may withdraw is accepted', yes(before.allowWithdraw), yes(after.allowWithdraw), 'restart'),
  hosts: (before, after) => unlessSame('its hosts', before.hosts, after.hosts),
  wallets: (before, after) => walletParts(before.wallets, after.wallets),
};

function yes(is: boolean): string {
  return is ? 'yes' : 'no';
}

function walletParts(before: readonly WalletRule[], after: readonly WalletRule[]): readonly Part[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const keepIn = (rules: readonly WalletRule[], wallet: string): Readonly<Record<Asset, Dec>> =>
    rules.find(({ name }) => name === wallet)?.keep ?? {};
  return names.flatMap((wallet) => {
    const [old, now] = [keepIn(before, wallet), keepIn(after, wallet)];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((asset) => {
      const [had, has] = [old[asset] ?? ZERO, now[asset] ?? ZERO];
      const texts = [`${format(had)} ${asset}`, `${format(has)} ${asset}`] as const;
      return graded(`${wallet}, never below`, texts, has.comparedTo(had), 'tightens');
    });
  });
}

function rulesChanges(one: Placed, other: Placed): readonly Change[] {
  const [before, after] = [one.account, other.account];
  const find = ({ loans }: AccountConfig, rule: LoanRule): LoanRule | undefined =>
    loans.find((each) => ruleName(each) === ruleName(rule));
  const where = (rule: LoanRule): string => `account ${before.name}, ${ruleName(rule)}`;
  const gone = before.loans.filter((rule) => find(after, rule) === undefined);
  const come = after.loans.filter((rule) => find(before, rule) === undefined);
  return [
    ...gone.map((rule) => ({
      where: where(rule),
      effect: 'loosens' as const,
      says: `no longer named: ${rule.policy} does not protect it any more`,
    })),
    ...come.map((rule) => ({ where: where(rule), ...newRule(before, rule) })),
    ...before.loans.flatMap((old) => {
      const now = find(after, old);
      if (now === undefined) return [];
      return at(where(old), [
        ...followParts(one.file, old.policy, other.file, now.policy),
        ...moved('priority', String(old.priority), String(now.priority), 'neutral'),
      ]);
    }),
  ];
}

/** Money may leave for loans that were none of Ballast's business: a person is asked. */
function newRule({ loans }: AccountConfig, { product, policy }: LoanRule): Part {
  if (loans.some((rule) => rule.product === product)) {
    return { effect: 'loosens', says: `new: watched and protected by policy ${policy}` };
  }
  return { effect: 'restart', says: `new, and of a product that this account was not connected to: policy ${policy}` };
}

/** What another policy's name means. Changes within a policy of one name are told once, not for each rule. */
function followParts(before: Config, old: string, after: Config, now: string): readonly Part[] {
  const [from, to] = [before.policies[old], after.policies[now]];
  if (old === now || from === undefined || to === undefined) return [];
  return [
    { effect: 'neutral', says: `follows policy ${now} instead of ${old}` },
    ...policyDifference(from, to).map(({ effect, says }) => ({ effect, says: `by policy ${now}, ${says}` })),
  ];
}

/** Loans of products that no rule names are read apart, which only a start arranges. */
function unlistedParts(one: Placed, other: Placed): readonly Part[] {
  const [before, after] = [one.account.unlisted, other.account.unlisted];
  const parts = moved(
    'loans that no rule names',
    unlistedWords(before),
    unlistedWords(after),
    unlistedEffect(before, after),
  );
  if (before.kind !== 'use' || after.kind !== 'use') return parts;
  return [...parts, ...followParts(one.file, before.policy, other.file, after.policy)];
}

function unlistedEffect(before: Unlisted, after: Unlisted): Effect {
  if ((before.kind === 'ignore') !== (after.kind === 'ignore')) return 'restart';
  return before.kind === after.kind ? 'neutral' : 'loosens';
}

function policiesChanges(before: Config, after: Config): readonly Change[] {
  const names = [...new Set([...Object.keys(before.policies), ...Object.keys(after.policies)])];
  return names.flatMap((name) => {
    const [old, now] = [before.policies[name], after.policies[name]];
    const where = `policy ${name}`;
    // Who comes to follow it, or does no more, is told where the rules are.
    if (old === undefined) return [{ where, effect: 'neutral', says: 'is new' } as const];
    if (now === undefined) return [{ where, effect: 'neutral', says: 'is gone' } as const];
    const parts = policyDifference(old, now);
    const isFollowed = follows(before, name) || follows(after, name);
    return at(
      where,
      isFollowed ? parts : parts.map(({ says }) => ({ effect: 'neutral', says: `${says} (no loan follows it)` })),
    );
  });
}

function follows({ accounts }: Config, policy: string): boolean {
  return accounts.some(
    ({ loans, unlisted }) =>
      loans.some((rule) => rule.policy === policy) || (unlisted.kind === 'use' && unlisted.policy === policy),
  );
}

function groupParts(
  before: Readonly<Record<Asset, AssetGroup>>,
  after: Readonly<Record<Asset, AssetGroup>>,
): readonly Part[] {
  const say = (group: AssetGroup = { wraps: null, stable: null }): string => {
    if (group.wraps !== null) return `wraps ${group.wraps}`;
    return group.stable === null ? 'stands for itself' : `stands for ${group.stable}`;
  };
  const coins = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return coins.flatMap((coin) => moved(coin, say(before[coin]), say(after[coin]), 'loosens'));
}

function dislocationParts(before: Config['dislocation'], after: Config['dislocation']): readonly Part[] {
  const one = (what: string, key: 'coins' | 'stables' | 'wrapped'): readonly Part[] =>
    graded(
      `prices of ${what} are in dispute beyond`,
      [percent(before[key]), percent(after[key])],
      after[key].comparedTo(before[key]),
      'loosens',
    );
  return [
    ...one('coins', 'coins'),
    ...one('stable coins', 'stables'),
    ...one('wrapped coins', 'wrapped'),
    ...unlessSame('where prices are compared', before.hosts, after.hosts),
  ];
}
