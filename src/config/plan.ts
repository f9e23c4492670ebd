/** What the configuration means, in words: at which level money moves, where it stops, what it may cost (`ballast check`). */
import { LevelsError, levelsAt } from '../core/levels.ts';
import { format } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Levels } from '../core/need.ts';
import type { Bands, Caps, LoanRule, Policy } from '../core/policy.ts';
import { PRODUCT_FACTS } from '../core/products.ts';
import { CROSS_LINE } from './simulation.ts';
import type { AccountConfig, Config, SimulatedAccount } from './types.ts';
import { durationText } from './units.ts';
import { possible } from './users.ts';

/** A line of liquidation that is known before the venue is asked: that of a simulated loan. */
interface KnownLine {
  readonly what: string;
  readonly line: Dec;
  readonly call: Dec;
}

/** The plan of every loan rule, line by line. */
export function planInWords(config: Config): readonly string[] {
  const lines = [`mode: ${config.mode}; policy digest ${config.digest.slice(0, 12)}`];
  for (const account of config.accounts) {
    lines.push('', `account ${account.name}: ${accountWords(account)}`);
    lines.push(...walletWords(account).map((line) => `  ${line}`));
    for (const rule of account.loans) lines.push(...ruleWords(config, account, rule).map((line) => `  ${line}`));
    lines.push(`  loans that no rule names: ${unlistedWords(account)}`);
  }
  return lines;
}

function accountWords({ venue, simulated, sends, expectUid }: AccountConfig): string {
  const what = {
    live: 'LIVE, money moves',
    simulated: 'acts on the simulated exchange, no real money',
    dryRun: 'dry-run, says what it would do and moves nothing',
  };
  const uid = expectUid === null ? 'any UID' : `UID ${expectUid} only`;
  return `${simulated ? 'simulated ' : ''}${venue}, ${uid}; ${what[sends]}`;
}

function walletWords({ wallets }: AccountConfig): readonly string[] {
  return wallets.map(({ name, keep }) => {
    const kept = Object.entries(keep).map(([asset, amount]) => `${format(amount)} ${asset}`);
    return `${name}: never below ${kept.length === 0 ? 'nothing' : kept.join(', ')}`;
  });
}

function unlistedWords({ unlisted }: AccountConfig): string {
  if (unlisted.kind === 'use') return `follow policy ${unlisted.policy}`;
  return unlisted.kind === 'alert' ? 'raise an alert, are not acted on' : 'are ignored';
}

function ruleWords(config: Config, account: AccountConfig, rule: LoanRule): readonly string[] {
  const policy = config.policies[rule.policy];
  const match = Object.entries(rule.match).map(([field, value]) => `${field} ${value}`);
  const head = `${rule.product}, ${match.length === 0 ? 'all' : match.join(', ')} -> policy ${rule.policy}`;
  if (policy === undefined) return [head];
  const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
  const lines = knownLines(config, account, rule).map((known) => lineWords(policy.bands, known));
  return [
    head,
    ...indent([
      levelWords(policy),
      ...lines,
      ...spendWords(policy),
      ...ladderWords(account, policy, rule),
      releaseWords(policy),
    ]),
  ];
}

function percent(ratio: Dec): string {
  return `${ratio.times(100).toDecimalPlaces(2).toFixed()} %`;
}

function level(scale: Bands['scale'], ratio: Dec): string {
  return scale === 'ltv' ? `LTV ${percent(ratio)}` : `a cushion of ${percent(ratio)}`;
}

function levelWords({ bands, confirm, coolDownMs }: Policy): string {
  const say = (ratio: Dec): string => level(bands.scale, ratio);
  const warn = bands.warn.length === 0 ? 'warns at no level' : `warns at ${bands.warn.map(say).join(' and ')}`;
  const act = `acts at ${say(bands.act)} (${looks(confirm.act)}), stops at ${say(bands.target)}`;
  return `${warn}; ${act}; urgent at ${say(bands.urgent)} (${looks(confirm.urgent)}); pause ${durationText(coolDownMs)} after an action`;
}

function looks(count: number): string {
  return count === 1 ? '1 look' : `${String(count)} looks`;
}

function lineWords(bands: Bands, { what, line, call }: KnownLine): string {
  const head = `${what}: liquidated at LTV ${percent(line)}, called at ${percent(call)}`;
  try {
    const levels: Levels = levelsAt(bands, line, call);
    return `${head}; acts at LTV ${percent(levels.act)}, stops at ${percent(levels.target)}, urgent at ${percent(levels.urgent)}`;
  } catch (error) {
    if (error instanceof LevelsError) return `${head}; ${error.message}`;
    throw error;
  }
}

function capWords(caps: Caps): string {
  const one = (cap: Dec | null, per: string): readonly string[] => (cap === null ? [] : [`${format(cap)} USD ${per}`]);
  const words = [
    ...one(caps.perAction, 'per action'),
    ...one(caps.perHour, 'per hour'),
    ...one(caps.perDay, 'per day'),
    ...one(caps.perIncident, 'per incident'),
  ];
  return words.length === 0 ? 'without limit' : `at most ${words.join(', ')}`;
}

function spendWords({ limits }: Policy): readonly string[] {
  const fuse = `${String(limits.actions.count)} sends without effect in ${durationText(limits.actions.perMs)} stop it`;
  return [`may spend ${capWords(limits)}; beyond urgent ${capWords(limits.urgent)}; ${fuse}`];
}

function ladderWords(account: AccountConfig, policy: Policy, rule: LoanRule): readonly string[] {
  const facts = PRODUCT_FACTS[rule.product];
  return policy.ladder.map((rung) => {
    const verdict = possible(rung, rule);
    const places = rung.from.map((from) => (from === 'wallet' ? facts.wallet : from)).join(' or ');
    const kept = account.wallets.some(({ name, keep }) => name === facts.wallet && Object.keys(keep).length > 0);
    const reserve = rung.from.includes('wallet') && kept ? ', above its reserve' : '';
    return `${String(rung.number)}. ${rung.text} (${places}${reserve})${verdict.ok ? '' : `: skipped here, ${verdict.why}`}`;
  });
}

function releaseWords({ release, bands }: Policy): string {
  if (release === null) return 'never releases collateral';
  const from = level(bands.scale, release.below);
  return `releases after ${durationText(release.afterMs)} below ${from}, up to ${level(bands.scale, release.upTo)}, at most ${format(release.perDay)} USD per day`;
}

function knownLines(config: Config, account: AccountConfig, rule: LoanRule): readonly KnownLine[] {
  const held = config.simulation?.accounts.find(({ name }) => name === account.name);
  if (!account.simulated || held === undefined) return [];
  if (rule.product === 'binance.crossMargin') return crossLine(held);
  if (rule.product !== 'okx.flexibleLoan') return [];
  return held.loans
    .filter(
      ({ ordId, debt }) =>
        (rule.match['ordId'] ?? ordId) === ordId &&
        Object.keys(debt).every((asset) => (rule.match['borrow'] ?? asset) === asset),
    )
    .map(({ ordId, line, call }) => ({ what: `loan ${ordId}`, line, call }));
}

/** Margin levels 1.3 and 1.16 call an account of 3x and 5x (binance.md §5.8). */
function crossLine({ cross }: SimulatedAccount): readonly KnownLine[] {
  if (cross === null) return [];
  const call = CROSS_LINE.times('1.1').div(cross.leverage === 5 ? '1.16' : '1.3');
  return [{ what: 'cross margin account', line: CROSS_LINE, call }];
}
