/**
 * What a start has to know about a key and its account (okx.md §1.7, §4.1; DESIGN §6 `examine`). Every line says what to
 * do about it and never shows a part of the key.
 */
import { VenueError, type Finding } from '../exchange.ts';
import type { OkxClient } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { OkxMarket } from './market.ts';
import { configRow, readOne, type ConfigRow, type StatusRow } from './wire.ts';

export interface ExamineOptions {
  readonly client: OkxClient;
  readonly market: OkxMarket;
  /** UID the key must belong to. */
  readonly expectUid: string | null;
  readonly spotBorrow: boolean;
  readonly allowWithdraw: boolean;
  readonly demo: boolean;
}

/** More than this is close to the window of 30 s, although the adapter corrects for it. */
const OFFSET_WARN_MS = 5_000;
/** Services of system/status that carry loans and transfers; sockets and order batches do not (okx.md §6). */
const OTHER_SERVICES: readonly string[] = ['0', '8', '9'];

export async function examine(options: ExamineOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  const { client, market } = options;
  try {
    await market.public.ensureClock();
  } catch (error) {
    return [unreachable(error)];
  }
  const findings = [...clockFindings(market), ...(await statusFindings(options))];
  try {
    const config = readOne('account/config', configRow, await client.read(ENDPOINTS.config, {}, signal));
    return [...findings, ...configFindings(config, options)];
  } catch (error) {
    return [...findings, keyFinding(error)];
  }
}

const ok = (check: string, says: string): Finding => ({ check, level: 'ok', says, remedy: '', exit: null });
const warn = (check: string, says: string, remedy: string): Finding => ({
  check,
  level: 'warn',
  says,
  remedy,
  exit: null,
});
const fail = (check: string, exit: 69 | 77 | 78, says: string, remedy: string): Finding => ({
  check,
  level: 'fail',
  says,
  remedy,
  exit,
});

function unreachable(error: unknown): Finding {
  const why = error instanceof VenueError ? error.message : 'unexpected failure';
  return fail(
    'host',
    69,
    `OKX does not answer: ${why}.`,
    'Check the network and the host of the account: it depends on the region of the account (okx.com, my.okx.com, app.okx.com).',
  );
}

function clockFindings(market: OkxMarket): Finding[] {
  const offset = market.public.venueClock.offsetMs();
  if (offset === null) return [fail('clock', 69, 'The venue clock could not be measured.', 'Try again.')];
  const says = `This machine's clock is ${String(Math.abs(offset))} ms ${offset > 0 ? 'behind' : 'ahead of'} the venue's.`;
  if (Math.abs(offset) <= OFFSET_WARN_MS) return [ok('clock', says)];
  return [warn('clock', says, 'The signature is corrected for it, but switch time synchronisation (NTP) on.')];
}

async function statusFindings({ market, client, demo }: ExamineOptions): Promise<Finding[]> {
  try {
    const now = client.clock.wall();
    const relevant = (await market.status()).filter((row) => concernsUs(row, demo ? '2' : '1'));
    const running = relevant.filter(({ state }) => state === 'ongoing');
    const coming = relevant.filter(
      (row) => row.state === 'scheduled' && row.begin !== null && row.begin - now < 86_400_000,
    );
    const warnings = [...running, ...coming].map((row) =>
      warn(
        'status',
        `Maintenance (${row.state}): ${plain(row.title)}.`,
        'Money calls may fail meanwhile; keep loans well below their line.',
      ),
    );
    return warnings.length > 0 ? warnings : [ok('status', 'No maintenance is announced.')];
  } catch (error) {
    const why = error instanceof VenueError ? error.message : 'unexpected failure';
    return [warn('status', `Maintenance could not be read: ${why}.`, 'Look at okx.com/status.')];
  }
}

function concernsUs(row: StatusRow, env: string): boolean {
  return (row.env === '' || row.env === env) && !OTHER_SERVICES.includes(row.service);
}

/** Text of the venue goes to terminals and pages: one printable line. */
function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{Zs}]/gu, ' ').slice(0, 120);
}

function configFindings(config: ConfigRow, options: ExamineOptions): Finding[] {
  return [
    uidFinding(config, options.expectUid),
    ...permissionFindings(config, options),
    ipFinding(config),
    ...modeFindings(config, options.spotBorrow),
  ];
}

function uidFinding({ uid, mainUid }: ConfigRow, expectUid: string | null): Finding {
  const role = uid === mainUid ? 'master account' : `sub-account of ${mainUid}`;
  if (expectUid === null)
    return warn(
      'uid',
      `The key belongs to UID ${uid} (${role}).`,
      `Write expectUid: "${uid}" so that another account's key is refused.`,
    );
  if (expectUid === uid) return ok('uid', `UID ${uid} (${role}).`);
  return fail(
    'uid',
    77,
    `The key belongs to UID ${uid}, the policy expects ${expectUid}.`,
    'Use the key of the account the policy names, or correct expectUid.',
  );
}

function permissionFindings({ perm }: ConfigRow, { allowWithdraw }: ExamineOptions): Finding[] {
  const findings: Finding[] = [];
  if (perm.includes('withdraw')) {
    const says = 'The key may withdraw; Ballast never withdraws.';
    const remedy = 'Create a key with Read and Trade only and delete this one.';
    findings.push(allowWithdraw ? warn('withdraw', says, remedy) : fail('withdraw', 77, says, remedy));
  }
  if (!perm.includes('trade')) {
    const says = 'The key may not trade, so it can neither repay nor transfer.';
    findings.push({ ...fail('trade', 77, says, 'Create a key with Read and Trade.'), onlyForSending: true });
  }
  return findings.length > 0 ? findings : [ok('permissions', `The key may: ${perm.join(', ')}.`)];
}

function ipFinding({ ip }: ConfigRow): Finding {
  if (ip !== '') return ok('ip', 'The key is bound to IP addresses.');
  return warn(
    'ip',
    'The key is bound to no IP address: OKX deletes it after 14 days without use, and anyone who has it can use it.',
    'Bind the key to the addresses of this server.',
  );
}

function modeFindings(config: ConfigRow, spotBorrow: boolean): Finding[] {
  if (config.acctLv !== '1') {
    return [
      fail(
        'mode',
        78,
        `Account mode ${config.acctLv} is not supported, only Spot mode (1) is.`,
        'Switch the account to Spot mode on the web or in the app, or use another sub-account.',
      ),
    ];
  }
  if (!spotBorrow) return [ok('mode', 'Spot mode.')];
  if (!config.enableSpotBorrow) {
    return [
      fail(
        'mode',
        78,
        'Spot mode without borrowing: manual repayments are refused.',
        'Switch borrowing on in the account settings, or take spotBorrow out of the policy.',
      ),
    ];
  }
  const mode = ok('mode', 'Spot mode with borrowing.');
  if (!config.autoRepay) return [mode, ok('auto-repay', 'Auto-repay is off.')];
  const remedy = 'Expect debts to fall without an action of Ballast, or switch it off.';
  return [mode, warn('auto-repay', 'Auto-repay is on: any inflow of a debt coin repays by itself.', remedy)];
}

/** The signed read failed: is it the key, the environment, or the road to the venue? */
function keyFinding(error: unknown): Finding {
  if (!(error instanceof VenueError))
    return fail('key', 77, 'The key could not be used to sign.', 'Check key, secret and passphrase.');
  const remedy = error.code === null ? undefined : REMEDIES[error.code];
  if (remedy !== undefined) return fail('key', 77, `OKX refuses the key: ${error.message}.`, remedy);
  if (error.kind === 'permission')
    return fail('key', 77, `OKX refuses the account: ${error.message}.`, 'Look at the account on okx.com.');
  if (error.kind === 'clock')
    return fail('clock', 69, `OKX refuses the timestamp: ${error.message}.`, 'Synchronise this machine’s clock.');
  return unreachable(error);
}

const REMEDIES: Readonly<Record<string, string>> = {
  '50101': 'A demo key works only with demo trading and a live key only without it.',
  '50105': 'The passphrase is the one chosen when this key was created; it is not the login password.',
  '50110': 'Add this server’s address to the key’s list.',
  '50111': 'Check the key id, and that the host belongs to the region of the account.',
  '50113': 'Check the secret: it must belong to this key, without spaces or line ends.',
  '50119': 'Check the key id, and that the host belongs to the region of the account.',
  '50120': 'Create a key with Read and Trade.',
};
