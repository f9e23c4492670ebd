/** What the configuration means, in words: at which level money moves, where it stops, what it may cost (`ballast check`). */
import { LevelsError, levelsAt, ltvOf } from '../core/levels.ts';
import { format } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { Levels } from '../core/need.ts';
import type { Bands, Caps, LoanRule, Policy, ReleaseRule } from '../core/policy.ts';
import { PRODUCT_FACTS } from '../core/products.ts';
import { alertsInWords } from './alerts.ts';
import { crossLine, flexibleLine, isolatedLine, spotLine } from './simulatedLines.ts';
import type { Line } from './simulatedLines.ts';
import type {
  AccountConfig,
  Config,
  PolicyConfig,
  ServerConfig,
  SimulatedAccount,
  Survive,
  Unlisted,
} from './types.ts';
import { durationText } from './units.ts';
import { possible } from './users.ts';

/** A line of liquidation that is known before the venue is asked: that of a simulated loan. */
interface KnownLine extends Line {
  readonly what: string;
}

/** The plan of every loan rule, line by line. */
export function planInWords(config: Config): readonly string[] {
  const lines = [`mode: ${config.mode}; policy digest ${config.digest.slice(0, 12)}`, pageWords(config.server)];
  for (const account of config.accounts) {
    lines.push('', `account ${account.name}: ${accountWords(account)}`);
    lines.push(...walletWords(account).map((line) => `  ${line}`));
    for (const rule of account.loans) lines.push(...ruleWords(config, account, rule).map((line) => `  ${line}`));
    lines.push(`  loans that no rule names: ${unlistedWords(account.unlisted)}`);
  }
  lines.push('', 'alerts:', ...alertsInWords(config.alerts).map((line) => `  ${line}`));
  return lines;
}

function pageWords(server: ServerConfig | null): string {
  if (server === null) return 'page: off';
  const { host, port, token } = server;
  const where = `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const who =
    token === null
      ? 'anybody on this machine may read it; acting needs the token that a start on a terminal shows'
      : 'reading and acting need the token';
  return `page: ${where}; ${who}`;
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

export function unlistedWords(unlisted: Unlisted): string {
  if (unlisted.kind === 'use') return `follow policy ${unlisted.policy}`;
  return unlisted.kind === 'alert' ? 'raise an alert, are not acted on' : 'are ignored';
}

function ruleWords(config: Config, account: AccountConfig, rule: LoanRule): readonly string[] {
  const policy = config.policies[rule.policy];
  const head = `${ruleName(rule)} -> policy ${rule.policy}`;
  if (policy === undefined) return [head];
  const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
  const lines = knownLines(config, account, rule).map((known) => lineWords(policy, known));
  return [
    head,
    ...indent([
      levelWords(policy),
      ...lines,
      ...spendWords(policy),
      ...ladderWords(account, policy, rule),
      releaseWords(policy, rule),
      ...surviveWords(policy),
    ]),
  ];
}

/** The loans that a rule names: two rules of an account with one name name the same ones. */
export function ruleName({ product, match }: Pick<LoanRule, 'product' | 'match'>): string {
  const words = Object.entries(match).map(([field, value]) => `${field} ${value}`);
  return `${product}, ${words.length === 0 ? 'all' : words.join(', ')}`;
}

export function percent(ratio: Dec): string {
  return `${ratio.times(100).toDecimalPlaces(2).toFixed()} %`;
}

export function level(scale: Bands['scale'], ratio: Dec): string {
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

function lineWords({ bands, release }: Policy, { what, line, call }: KnownLine): string {
  const head = `${what}: liquidated at LTV ${percent(line)}${call === null ? '' : `, called at ${percent(call)}`}`;
  try {
    const levels: Levels = levelsAt(bands, line, call);
    const acts = `acts at LTV ${percent(levels.act)}, stops at ${percent(levels.target)}, urgent at ${percent(levels.urgent)}`;
    return `${head}; ${acts}${release === null ? '' : `; ${releaseLevels(bands.scale, release, line)}`}`;
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

function releaseLevels(scale: Bands['scale'], { below, upTo }: ReleaseRule, line: Dec): string {
  return `releases below LTV ${percent(ltvOf(scale, below, line))}, up to ${percent(ltvOf(scale, upTo, line))}`;
}

function releaseWords({ release, bands }: Policy, { product }: LoanRule): string {
  if (release === null) return 'never releases collateral';
  const { wallet, release: steps } = PRODUCT_FACTS[product];
  const from = `${bands.scale === 'ltv' ? 'below' : 'beyond'} ${level(bands.scale, release.below)}`;
  const how = `${steps.map(({ verb }) => RELEASES[verb] ?? verb).join(', then ')} to ${wallet}`;
  return `releases collateral after ${durationText(release.afterMs)} ${from}, up to ${level(bands.scale, release.upTo)}, at most ${format(release.perDay)} USD per day (${how})`;
}

const RELEASES: Readonly<Record<string, string>> = {
  transferOut: 'transfer out of the loan',
  reduce: 'less collateral in the loan',
};

function surviveWords({ survive }: PolicyConfig): readonly string[] {
  return survive === null ? [] : [`should survive ${moves(survive).join(' and ')} with the money it may use`];
}

export function moves({ fall, rise }: Survive): readonly string[] {
  const one = (what: string, share: Dec | null): readonly string[] =>
    share === null ? [] : [`a ${what} of prices by ${percent(share)}`];
  return [...one('fall', fall), ...one('rise', rise)];
}

function knownLines(config: Config, account: AccountConfig, rule: LoanRule): readonly KnownLine[] {
  const held = config.simulation?.accounts.find(({ name }) => name === account.name);
  if (!account.simulated || held === undefined) return [];
  const selects = (field: string, values: readonly string[]): boolean =>
    values.every((value) => (rule.match[field] ?? value) === value);
  switch (rule.product) {
    case 'binance.crossMargin':
      return crossLines(held);
    case 'binance.isolatedMargin':
      return held.isolated
        .filter(({ symbol }) => selects('symbol', [symbol]))
        .map(({ symbol, debt }) => ({ what: `pair ${symbol}`, ...isolatedLine(symbol, debt) }));
    case 'binance.flexibleLoan':
      return held.flexible
        .filter(
          ({ loanCoin, collateralCoin }) => selects('borrow', [loanCoin]) && selects('collateral', [collateralCoin]),
        )
        .flatMap(({ loanCoin, collateralCoin }) => {
          const line = flexibleLine(collateralCoin);
          return line === undefined ? [] : [{ what: `loan ${loanCoin}-${collateralCoin}`, ...line }];
        });
    case 'okx.flexibleLoan':
      return held.loans
        .filter(({ ordId, debt }) => selects('ordId', [ordId]) && selects('borrow', Object.keys(debt)))
        .map(({ ordId, line, call }) => ({ what: `loan ${ordId}`, line, call }));
    case 'okx.spotBorrow':
      return held.spotBorrow === null ? [] : [{ what: 'trading account', ...spotLine(held.spotBorrow.debt) }];
  }
}

function crossLines({ cross }: SimulatedAccount): readonly KnownLine[] {
  return cross === null ? [] : [{ what: 'cross margin account', ...crossLine(cross.leverage) }];
}
