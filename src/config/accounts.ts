/** Reads the accounts: whose they are, what they may send, their reserves and their loan rules. */
import type { Mode } from '../core/intent.ts';
import type { VenueName } from '../core/loan.ts';
import type { WalletRule } from '../core/policy.ts';
import type { KnownAssets } from './assets.ts';
import { holdings } from './holdings.ts';
import { readPart } from './issues.ts';
import { readLoanRules } from './loanRules.ts';
import { checkName, checkPolicyName } from './policies.ts';
import type { References } from './references.ts';
import type { Report } from './report.ts';
import { accountSchema } from './schema/account.ts';
import type { AccountShape } from './schema/account.ts';
import { Secret } from './secret.ts';
import { hostOf } from './server.ts';
import { nodeAt } from './tree.ts';
import type { Path } from './tree.ts';
import type { AccountConfig, AccountKey, SimulationConfig, Timing, Unlisted } from './types.ts';
import { tenth } from './waits.ts';

const WALLETS: Readonly<Record<VenueName, readonly string[]>> = {
  binance: ['spot', 'crossInside', 'isolatedInside'],
  okx: ['funding', 'trading'],
};

export interface AccountContext {
  readonly report: Report;
  readonly known: KnownAssets;
  readonly references: References;
  readonly policyNames: readonly string[];
  readonly mode: 'dry-run' | 'live';
  readonly timing: Timing;
  readonly simulation: SimulationConfig | null;
}

export function readAccounts(context: AccountContext): readonly AccountConfig[] {
  const { report } = context;
  const node = nodeAt(report.tree, ['accounts']);
  if (node?.kind !== 'map' || node.entries.size === 0) {
    report.error(
      ['accounts'],
      node === undefined ? 'is missing' : 'must be a map of accounts',
      'write at least one account, e.g. one of the shipped config.yaml',
    );
    return [];
  }
  const accounts = [...node.entries.keys()].flatMap((name) => {
    checkName(report, ['accounts'], name);
    const shape = readPart(report, accountSchema, ['accounts', name]);
    const account = shape === undefined ? undefined : build(context, name, shape);
    return account === undefined ? [] : [account];
  });
  unique(report, accounts);
  if (context.mode === 'live' && accounts.length > 0 && !accounts.some((account) => account.sends === 'live')) {
    report.warn(['mode'], 'mode is live, but no account is', 'write `live: yes` on the accounts that may move money');
  }
  return accounts;
}

/** Venue of an account word, and whether it is one of the simulated exchanges. */
export function venueOf(word: AccountShape['venue']): { readonly venue: VenueName; readonly simulated: boolean } {
  switch (word) {
    case 'simulatedBinance':
      return { venue: 'binance', simulated: true };
    case 'simulatedOkx':
      return { venue: 'okx', simulated: true };
    default:
      return { venue: word, simulated: false };
  }
}

function build(context: AccountContext, name: string, shape: AccountShape): AccountConfig | undefined {
  const { report, known, policyNames } = context;
  const path = ['accounts', name];
  const { venue, simulated } = venueOf(shape.venue);
  const key = simulated ? simulatedKey(report, path, name, venue, shape) : realKey(context, path, venue, shape);
  const expectUid = simulated ? simulatedUid(context, path, name, shape) : realUid(context, path, shape);
  const wallets = readWallets(context, path, venue, shape);
  const loans = readLoanRules({ report, known, venue, policyNames }, [...path, 'loans'], shape.loans);
  const unlisted = readUnlisted(context, path, shape);
  if (loans.length === 0) {
    report.warn(
      [...path, 'loans'],
      'no rule names a product, so no loan of this account is protected',
      'add rules under `loans`; `unlisted` speaks of the products that they name',
    );
  }
  const hosts = readHosts(context, path, simulated, shape);
  if (shape.allowWithdraw) {
    const remedy = 'remove it, and take the right to withdraw away from the key';
    report.warn([...path, 'allowWithdraw'], 'accepts a key that may withdraw', remedy);
  }
  if (key === undefined) return undefined;
  return {
    name,
    venue,
    simulated,
    live: shape.live,
    sends: sendsOf(context.mode, simulated, shape.live),
    expectUid,
    key,
    allowWithdraw: shape.allowWithdraw,
    hosts,
    wallets,
    loans,
    unlisted,
    timing: simulated && context.simulation?.waits !== 'full' ? tenth(context.timing) : context.timing,
  };
}

/** DESIGN §2.11: live needs both words; a simulated exchange moves nothing real, so it is always acted on. */
function sendsOf(mode: 'dry-run' | 'live', simulated: boolean, live: boolean): Mode {
  if (simulated) return 'simulated';
  return mode === 'live' && live ? 'live' : 'dryRun';
}

function realKey(
  { report, references }: AccountContext,
  path: Path,
  venue: VenueName,
  shape: AccountShape,
): AccountKey | undefined {
  const at = [...path, 'key'];
  if (shape.key === undefined) {
    report.error(
      at,
      'is missing',
      'add `key: { id: "${env:NAME}", secret: "${file:PATH}" }`; OKX needs a passphrase as well',
    );
    return undefined;
  }
  const id = references.neverLiteral(shape.key.id, [...at, 'id']);
  const secret = references.neverLiteral(shape.key.secret, [...at, 'secret']);
  const passphrase =
    shape.key.passphrase === undefined ? null : references.neverLiteral(shape.key.passphrase, [...at, 'passphrase']);
  if (venue === 'okx' && shape.key.passphrase === undefined) {
    report.error(
      [...at, 'passphrase'],
      'is missing',
      'add the passphrase of the OKX key as `${env:NAME}` or `${file:PATH}`',
    );
  }
  if (venue === 'binance' && shape.key.passphrase !== undefined) {
    report.error([...at, 'passphrase'], 'Binance keys have no passphrase', 'remove it');
  }
  return id === undefined || secret === undefined || passphrase === undefined ? undefined : { id, secret, passphrase };
}

/** Keys of simulated accounts are made up, and look made up. */
function simulatedKey(report: Report, path: Path, name: string, venue: VenueName, shape: AccountShape): AccountKey {
  if (shape.key !== undefined) {
    report.error([...path, 'key'], 'a simulated exchange needs no key', 'remove it; the server makes one up');
  }
  return {
    id: new Secret(`simulated-key-${name}`),
    secret: new Secret(`simulated-secret-${name}`),
    passphrase: venue === 'okx' ? new Secret(`simulated-passphrase-${name}`) : null,
  };
}

function realUid({ report, mode }: AccountContext, path: Path, shape: AccountShape): string | null {
  if (shape.live && shape.expectUid === undefined) {
    report.error(
      [...path, 'expectUid'],
      'is missing on an account that may move money',
      'add the UID of the account in quotes, or write `live: no`',
    );
  }
  if (shape.live && mode !== 'live') {
    report.warn([...path, 'live'], 'moves nothing while mode is dry-run', 'write `mode: live` to let it act');
  }
  return shape.expectUid ?? null;
}

function simulatedUid(
  { report, simulation }: AccountContext,
  path: Path,
  name: string,
  shape: AccountShape,
): string | null {
  if (shape.live) {
    report.warn([...path, 'live'], 'says nothing on a simulated exchange, which never holds real money', 'remove it');
  }
  const uid = simulation?.accounts.find((account) => account.name === name)?.uid;
  if (shape.expectUid !== undefined && uid !== undefined && shape.expectUid !== uid) {
    report.error(
      [...path, 'expectUid'],
      `is not the UID of simulation.accounts.${name}`,
      'remove it: the simulated UID is taken',
    );
  }
  return uid ?? shape.expectUid ?? null;
}

function readHosts(
  context: AccountContext,
  path: Path,
  simulated: boolean,
  shape: AccountShape,
): AccountConfig['hosts'] {
  const read = (name: 'rest' | 'ws', protocols: readonly string[]): string | null => {
    const given = shape.hosts[name];
    if (given === undefined) return null;
    const at = [...path, 'hosts', name];
    if (simulated) {
      context.report.error(at, 'a simulated exchange runs at an address of its own', 'remove it');
      return null;
    }
    return hostOf(context, at, given, protocols);
  };
  return { rest: read('rest', ['https:', 'http:']), ws: read('ws', ['wss:', 'ws:']) };
}

function readWallets(
  { report, known }: AccountContext,
  path: Path,
  venue: VenueName,
  shape: AccountShape,
): readonly WalletRule[] {
  return Object.entries(shape.wallets).map(([name, wallet]) => {
    const at = [...path, 'wallets', name];
    if (!WALLETS[venue].includes(name)) {
      report.errorAtKey(
        [...path, 'wallets'],
        name,
        `is not a wallet of ${venue}`,
        `there is: ${WALLETS[venue].join(', ')}`,
      );
    }
    return { name, keep: holdings(report, known, [...at, 'keep'], wallet.keep) };
  });
}

function readUnlisted({ report, policyNames }: AccountContext, path: Path, { unlisted }: AccountShape): Unlisted {
  if (unlisted === 'alert' || unlisted === 'ignore') return { kind: unlisted };
  checkPolicyName(report, [...path, 'unlisted', 'use'], unlisted.use, policyNames);
  return { kind: 'use', policy: unlisted.use };
}

/** Two entries of one account would each keep a lane, and both would move its money (DESIGN §1). */
function unique(report: Report, accounts: readonly AccountConfig[]): void {
  const uids = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const { name, venue, simulated, expectUid, key } of accounts) {
    const where = `${venue}/${String(simulated)}`;
    const sameUid = expectUid === null ? undefined : uids.get(`${where}/${expectUid}`);
    if (sameUid !== undefined) {
      report.error(
        ['accounts', name, 'expectUid'],
        `is the UID of account \`${sameUid}\` as well`,
        'keep one entry per account of a venue',
      );
    }
    if (expectUid !== null) uids.set(`${where}/${expectUid}`, name);
    const id = `${where}/${key.id.reveal()}`;
    const sameKey = keys.get(id);
    if (sameKey !== undefined) {
      report.error(
        ['accounts', name, 'key', 'id'],
        `is the key of account \`${sameKey}\` as well`,
        'keep one entry per account of a venue',
      );
    }
    keys.set(id, name);
  }
}
