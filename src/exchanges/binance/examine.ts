/**
 * Is this key the right one, may it do what is needed and nothing worse, and does the venue answer? (binance.md §2.5)
 * Every finding says what to do. Never throws for what the venue says.
 */
import type { Product } from '../../core/loan.ts';
import { VenueError, type Finding, type FindingLevel } from '../exchange.ts';
import { Reader } from '../parse.ts';
import { SigningError } from './ccxtSigner.ts';
import type { BinanceClient } from './client.ts';
import { CLASSIC } from './crossView.ts';
import { ENDPOINTS } from './endpoints.ts';

export interface ExamineOptions {
  readonly products: readonly Product[];
  /** `null`: the UID is not checked. */
  readonly expectUid: string | null;
  /** The operator accepts a key that can withdraw. */
  readonly allowWithdraw: boolean;
}

const CLOCK_WARN_MS = 1_000;
const DAY_MS = 86_400_000;
const EXPIRY_WARN_MS = 14 * DAY_MS;

function finding(check: string, level: FindingLevel, says: string, remedy = '', exit: Finding['exit'] = null): Finding {
  return { check, level, says, remedy, exit };
}

const KEY_REMEDY =
  'Check that key and secret belong together, that the key is not deleted or expired, and that this machine’s address is in its IP list at Binance (API Management).';

export async function examine(client: BinanceClient, options: ExamineOptions, signal: AbortSignal): Promise<Finding[]> {
  const reach = await examineReach(client);
  if (reach.some((one) => one.level === 'fail')) return reach;
  const [status, uid, permissions, modes] = await Promise.all([
    guarded('venue status', () => examineStatus(client, signal)),
    guarded('account UID', () => examineUid(client, options.expectUid, signal)),
    guarded('key permissions', () => examinePermissions(client, options, signal)),
    guarded('account mode', () => examineMode(client, options.products, signal)),
  ]);
  return [...reach, ...status, ...uid, ...permissions, ...modes];
}

async function examineReach(client: BinanceClient): Promise<Finding[]> {
  client.time.doubt();
  try {
    const offset = await client.time.known();
    const says = `the venue clock differs from ours by ${String(Math.round(offset))} ms`;
    const level = Math.abs(offset) > CLOCK_WARN_MS ? 'warn' : 'ok';
    return [
      finding('host', 'ok', `${client.host} answers`),
      finding(
        'clock',
        level,
        says,
        level === 'ok' ? '' : 'Keep this machine’s clock right (NTP). Ballast corrects the difference itself.',
      ),
    ];
  } catch (error) {
    return [
      finding(
        'host',
        'fail',
        `${client.host} does not answer: ${reasonOf(error)}`,
        'Check the network, DNS and the host in the policy file.',
        69,
      ),
    ];
  }
}

async function examineStatus(client: BinanceClient, signal: AbortSignal): Promise<Finding[]> {
  const status = Reader.of(await client.read(ENDPOINTS.systemStatus, {}, { signal }), 'system/status').count('status');
  return status === 0
    ? [finding('venue status', 'ok', 'normal')]
    : [
        finding(
          'venue status',
          'warn',
          'the venue is in maintenance',
          'Wait; Ballast watches on and acts when the venue does.',
        ),
      ];
}

async function examineUid(client: BinanceClient, expected: string | null, signal: AbortSignal): Promise<Finding[]> {
  const uid = await readUid(client, signal);
  if (expected === null)
    return [finding('account UID', 'warn', `UID ${uid}, not checked`, `Write expectUid: "${uid}" into the account.`)];
  if (uid === expected) return [finding('account UID', 'ok', `UID ${uid} as expected`)];
  const says = `the key belongs to UID ${uid}, the policy file expects ${expected}`;
  return [
    finding('account UID', 'fail', says, 'Put the key of the right account into the file, or correct expectUid.', 77),
  ];
}

export async function readUid(client: BinanceClient, signal: AbortSignal): Promise<string> {
  const json = await client.read(ENDPOINTS.spotAccount, { omitZeroBalances: 'true' }, { signal });
  return Reader.of(json, 'account').text('uid');
}

const READING = 'enableReading';

/** Which boxes a product's money calls need (§2.5). */
function neededBoxes(products: readonly Product[]): { readonly field: string; readonly box: string }[] {
  const margin = products.some((product) => product !== 'binance.flexibleLoan');
  return [
    { field: READING, box: 'Enable Reading' },
    { field: 'enableSpotAndMarginTrading', box: 'Enable Spot & Margin Trading' },
    ...(margin ? [{ field: 'enableMargin', box: 'Enable Margin Loan, Repay & Transfer' }] : []),
    ...(margin ? [{ field: 'permitsUniversalTransfer', box: 'Permits Universal Transfer' }] : []),
  ];
}

async function examinePermissions(
  client: BinanceClient,
  options: ExamineOptions,
  signal: AbortSignal,
): Promise<Finding[]> {
  const check = 'key permissions';
  const key = Reader.of(await client.read(ENDPOINTS.apiRestrictions, {}, { signal }), 'account/apiRestrictions');
  const findings: Finding[] = [];
  for (const { field, box } of neededBoxes(options.products)) {
    if (key.flagOrNull(field) === true) continue;
    const remedy = `Tick “${box}” for this key at Binance (API Management).`;
    const onlyForSending = field !== READING;
    findings.push({ ...finding(check, 'fail', `the key lacks “${box}”`, remedy, 77), onlyForSending });
  }
  if (key.flag('enableWithdrawals')) {
    const remedy = 'Take “Enable Withdrawals” away from this key: Ballast never withdraws.';
    findings.push(
      options.allowWithdraw
        ? finding(check, 'warn', 'the key may withdraw, as the policy file allows', remedy)
        : finding(check, 'fail', 'the key may withdraw', remedy, 77),
    );
  }
  findings.push(...superfluous(key, options.products));
  if (findings.length === 0) findings.push(finding(check, 'ok', 'all that is needed, nothing worse'));
  return [...findings, examineBinding(key), examineExpiry(key, client.clock.wall())];
}

/** Rights that no call of Ballast uses, by what they open to whoever gets hold of the key. */
const SUPERFLUOUS: Readonly<Record<string, string>> = {
  enableFutures: 'Enable Futures',
  enableVanillaOptions: 'Enable European Options',
  enableInternalTransfer: 'Enable Internal Transfer',
  enableFixApiTrade: 'FIX API trading',
  enablePortfolioMarginTrading: 'Enable Portfolio Margin Trading',
};
const MARGIN_BOXES: Readonly<Record<string, string>> = {
  enableMargin: 'Enable Margin Loan, Repay & Transfer',
  permitsUniversalTransfer: 'Permits Universal Transfer',
};

function superfluous(key: Reader, products: readonly Product[]): Finding[] {
  const needed = neededBoxes(products).map(({ field }) => field);
  const boxes = Object.entries({ ...SUPERFLUOUS, ...MARGIN_BOXES }).filter(
    ([field]) => !needed.includes(field) && key.flagOrNull(field) === true,
  );
  if (boxes.length === 0) return [];
  const names = boxes.map(([, box]) => `“${box}”`).join(', ');
  const says = `the key may more than Ballast needs: ${names}`;
  return [finding('key permissions', 'warn', says, 'Take that away from this key at Binance (API Management).')];
}

function examineBinding(key: Reader): Finding {
  if (key.flag('ipRestrict')) return finding('key IP binding', 'ok', 'the key works from listed addresses only');
  const remedy = 'Restrict the key to this machine’s address at Binance.';
  return finding('key IP binding', 'warn', 'the key works from any address', remedy);
}

function examineExpiry(key: Reader, now: number): Finding {
  const expires = key.timeOrNull('tradingAuthorityExpirationTime') ?? 0;
  const remedy = 'Renew the key, or bind it to an address: then it does not expire.';
  if (expires <= 0) return finding('key expiry', 'ok', 'the venue names no end of the trading rights');
  if (expires <= now) {
    return { ...finding('key expiry', 'fail', 'the trading rights have ended', remedy, 77), onlyForSending: true };
  }
  const says = `trading rights end in ${String(Math.floor((expires - now) / DAY_MS))} days`;
  return expires - now < EXPIRY_WARN_MS
    ? finding('key expiry', 'warn', says, remedy)
    : finding('key expiry', 'ok', says);
}

async function examineMode(
  client: BinanceClient,
  products: readonly Product[],
  signal: AbortSignal,
): Promise<Finding[]> {
  if (!products.includes('binance.crossMargin')) return [];
  const account = Reader.of(await client.read(ENDPOINTS.marginAccount, {}, { signal }), 'margin/account');
  const type = account.text('accountType');
  if (type.toUpperCase() === CLASSIC) return [finding('account mode', 'ok', 'classic cross margin')];
  return [
    finding(
      'account mode',
      'fail',
      `account type ${type} is not supported`,
      'Only classic cross margin (MARGIN_1) works with Ballast: switch the account at Binance.',
      78,
    ),
  ];
}

async function guarded(check: string, run: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SigningError)
      return [finding(check, 'fail', `the request could not be signed: ${error.message}`, KEY_REMEDY, 77)];
    if (error instanceof VenueError && error.kind === 'permission') {
      const missing = error.code === '-3003';
      return missing
        ? [
            finding(
              check,
              'fail',
              'the account has no cross margin account',
              'Open cross margin at Binance, or take the loan out of the policy file.',
              78,
            ),
          ]
        : [finding(check, 'fail', error.message, KEY_REMEDY, 77)];
    }
    return [
      finding(
        check,
        'fail',
        reasonOf(error),
        'The venue did not give a usable answer: try again, then check its status page.',
        69,
      ),
    ];
  }
}

function reasonOf(error: unknown): string {
  return error instanceof VenueError ? error.message : 'an unexpected failure';
}
