/** The two accounts that are rescued again and again, their policy file, and the fall of prices that endangers them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '../../src/core/money.ts';
import type { SimulatorAddresses } from '../../src/replay/simulated.ts';
import type { WorldInput } from '../../src/simulator/world.ts';

export type Kind = 'binance' | 'okx';

/** Money calls that differ: a transfer and the repayment it feeds, one repayment straight from the wallet. */
export const LEGS: Readonly<Record<Kind, readonly string[]>> = {
  binance: ['transferIn', 'repay'],
  okx: ['repay'],
};

export const UIDS: Readonly<Record<Kind, string>> = { binance: '42', okx: '43' };
const KEY = { id: 'keyOfChaos', secret: 'secretOfChaos', passphrase: 'wordsOfChaos' };
/** What the server's process finds in its environment. */
export const SECRETS = { CHAOS_KEY: KEY.id, CHAOS_SECRET: KEY.secret, CHAOS_PASSPHRASE: KEY.passphrase };

export const TARGET = 0.62;
const ACT = 0.75;
/** Each fall takes a loan from `target` to between `act` and `urgent`. */
const FALL = '0.8';
/** Prices fall that often at most; then little is left to owe. */
const FALLS = 40;
const START_MS = 1_700_000_040_000;
const STEP_MS = 60_000;
const START_PRICE = '40000';

export const momentOf = (fall: number): number => START_MS + 2 * fall * STEP_MS;

/** @returns what to give as a tape: prices stand, fall within a minute, and stand again */
export function writeFallingTape(folder: string): string {
  const path = join(folder, 'BTCUSDT-falls.csv');
  const rows = ['timestamp_ms,price'];
  let price = parse(START_PRICE);
  for (let fall = 0; fall <= FALLS; fall += 1) {
    rows.push(`${String(momentOf(fall))},${price.toFixed()}`, `${String(momentOf(fall) + STEP_MS)},${price.toFixed()}`);
    price = price.times(FALL);
  }
  writeFileSync(path, `${rows.join('\n')}\n`);
  return `BTCUSDT=${path}`;
}

/** Calls take a moment, so that a look has to wait for its record. */
export function worldOf(kind: Kind): WorldInput {
  const timing = { settleMs: 80, latencyMs: 2 };
  const limits = { limits: { windowScale: 0.1 } };
  if (kind === 'binance') {
    return {
      timing,
      binance: [
        {
          name: 'desk',
          uid: UIDS.binance,
          key: { id: KEY.id, secret: KEY.secret },
          spot: { USDT: '9000000' },
          cross: { assets: { BTC: '100' }, debts: { USDT: '3000000' }, startLtv: String(TARGET) },
        },
      ],
      binanceSettings: limits,
      okx: [],
    };
  }
  const loan = { ordId: '680234819012345678', debt: { USDT: '3000000' }, collateral: { BTC: '100' }, liqLtv: '0.9' };
  return {
    timing,
    binance: [],
    okx: [
      {
        name: 'desk',
        uid: UIDS.okx,
        key: { ...KEY },
        funding: { USDT: '9000000' },
        loans: [{ ...loan, startLtv: String(TARGET) }],
      },
    ],
    okxSettings: { ...limits, clockWindowMs: 3_000 },
  };
}

/** The waits that a take-over is made of. */
const LANE = {
  tenth: 'lock: 1500ms, stalled: 500ms, lookEvery: 500ms',
  full: 'lock: 15s, stalled: 5s, lookEvery: 5s',
} as const;
export type LaneWaits = keyof typeof LANE;

/** Every wait of a real account at a tenth; those of the lane may be as they are. */
const waits = (lane: LaneWaits): string => `timing:
  { requestDeadline: 800ms, ${LANE[lane]}, lookSoon: 100ms, maxAge: 800ms,
    claimReply: 200ms, settleInLane: 200ms, lagMargin: 1s, reflectTimeout: 6s, evidenceSpread: 3s, giveUp: 1m,
    plausibleAfter: 1s, spacing: 10ms, binanceRecvWindow: 300ms, okxWindow: 3s }`;

export interface PolicyInput {
  readonly kind: Kind;
  readonly addresses: SimulatorAddresses;
  /** The `redis:` line. */
  readonly redis: string;
  /** Where this policy stops a remedy; another target is another policy. */
  readonly target?: number;
  readonly lane?: LaneWaits;
}

export function policyText({ kind, addresses, redis, target = TARGET, lane = 'tenth' }: PolicyInput): string {
  const { rest, ws } = addresses[kind];
  const passphrase = kind === 'okx' ? ', passphrase: "${env:CHAOS_PASSPHRASE}"' : '';
  const percent = (ratio: number): string => `${String(Math.round(ratio * 1000) / 10)}%`;
  return `version: 1
server: off
mode: live
${redis}
${waits(lane)}
accounts:
  desk:
    venue: ${kind}
    live: yes
    expectUid: "${UIDS[kind]}"
    key: { id: "\${env:CHAOS_KEY}", secret: "\${env:CHAOS_SECRET}"${passphrase} }
    hosts: { rest: "${rest}", ws: "${ws}" }
    wallets: { ${kind === 'okx' ? 'funding' : 'spot'}: { keep: [1000 USDT] } }
    loans: [{ product: ${kind === 'okx' ? 'flexibleLoan' : 'crossMargin'}, policy: falling }]
policies:
  falling:
    bands: { warn: [72%], target: ${percent(target)}, act: ${percent(ACT)}, urgent: 82% }
    confirm: { act: 1 look, urgent: 1 look }
    ladder: [{ do: repay, with: debt, from: wallet }]
    limits:
      perAction: unlimited
      perHour: unlimited
      perDay: 9000000 USD
      urgent: { perAction: unlimited, perDay: 9000000 USD }
      actions: 30 per hour
    coolDown: 100ms
    whenShort: partial
    whenUnsettled: hold
    whenDislocated: aim urgent
    dust: leave
    release: off
`;
}
