/** Shape of what belongs to the server itself: Redis, waits, risk groups of assets. */
import { z } from 'zod';
import type { Dec } from '../../core/money.ts';
import type { Retention, Timing } from '../types.ts';
import { DAY_MS, duration, move, HOUR_MS, MINUTE_MS } from '../units.ts';
import { asset, given, oneOf, text, yesNo } from '../words.ts';

export const redisSchema = z.union([
  oneOf(['embedded']),
  z.strictObject({
    dataDir: text
      .optional()
      .meta({ description: "Folder of the server's own Redis, relative to this file. Not together with `url`." }),
    url: given.optional().meta({
      description:
        'Redis of your own, `redis://` or `rediss://`. May be a reference; must be one if it holds a password.',
    }),
    acceptWriteLoss: yesNo.optional().meta({
      description:
        'Only with `url`: this Redis may lose acknowledged writes. Without it a start that moves real money refuses a Redis that does not sync each of them. A loss is noticed by the witness of the machine that sent, and puts the account into quarantine. Default `no`.',
    }),
  }),
]);

const LONGEST_KEPT_MS = 10_000 * DAY_MS;

export const journalSchema = z
  .strictObject({
    keep: wait(
      '400d',
      LONGEST_KEPT_MS,
      'Money calls with what proves them, what others and operators did. What is undecided, and what limits or evidence still need, stays longer.',
      7 * DAY_MS,
    ),
    decisions: wait(
      '30d',
      LONGEST_KEPT_MS,
      'Why nothing was done, or something: one record per change of a decision, at most about 20000 per account. The decision of a money call is kept with that one.',
      DAY_MS,
    ),
  })
  .transform(({ keep, decisions }): Retention => ({ keepMs: keep, decisionsMs: decisions }));

function wait(
  example: string,
  mostMs: number,
  description: string,
  leastMs = 1,
): z.ZodPrefault<z.ZodType<number, string>> {
  return duration(leastMs, mostMs, example).prefault(example).meta({ description });
}

export const timingSchema = z
  .strictObject({
    requestDeadline: wait('8s', MINUTE_MS, 'From the start of a request to the end of its answer.', 100),
    lock: wait('15s', 5 * MINUTE_MS, 'Lease of one run of a lane; longer than `requestDeadline`.', 500),
    stalled: wait('5s', MINUTE_MS, 'How often leases of dead processes are looked for.', 100),
    lookEvery: wait('5s', HOUR_MS, 'Between two looks at an account that needs nothing.', 100),
    lookSoon: wait(
      '1s',
      HOUR_MS,
      'Between two looks while a loan of the account is beyond `act` or an action is settling.',
      50,
    ),
    maxAge: wait('8s', 5 * MINUTE_MS, 'Older readings decide nothing, older plans are not sent.', 100),
    claimReply: wait('500ms', 10_000, 'A claim answered later than this is not followed by a send.', 10),
    settleInLane: wait(
      '2s',
      30_000,
      'How long a look waits for its own action to show before it ends and another one goes on.',
    ),
    lagMargin: wait(
      '10s',
      10 * MINUTE_MS,
      'After the validity of a request has ended: wait this long before records may prove that nothing happened.',
    ),
    reflectTimeout: wait('60s', HOUR_MS, 'A confirmed action that readings do not show for this long raises an alert.'),
    evidenceSpread: wait('30s', HOUR_MS, 'Readings that prove "it did not happen" are spread over at least this.'),
    giveUp: wait(
      '10m',
      24 * HOUR_MS,
      'An undecided action with stable readings is given up, charged and reported after this.',
    ),
    plausibleAfter: wait('10s', HOUR_MS, 'An implausible reading is believed after three that agree over this long.'),
    recordsEvery: wait(
      '3m',
      24 * HOUR_MS,
      'How often the records of the venue are searched for what others did. A change that nobody explains hurries it.',
      100,
    ),
    spacing: wait('100ms', MINUTE_MS, 'Between two money calls of one account.', 0),
    binanceRecvWindow: wait('3s', MINUTE_MS, 'How long a signed Binance request is valid.', 100),
    okxWindow: wait('30s', MINUTE_MS, 'How long a signed OKX request is valid; the venue fixes it.', 100),
    clockJump: wait('5s', HOUR_MS, 'A larger jump of the clock lets accounts only reduce risk.', 100),
  })
  .transform((wait): Timing => ({
    requestDeadlineMs: wait.requestDeadline,
    lockMs: wait.lock,
    stalledMs: wait.stalled,
    lookEveryMs: wait.lookEvery,
    lookSoonMs: wait.lookSoon,
    maxAgeMs: wait.maxAge,
    claimReplyMs: wait.claimReply,
    settleInLaneMs: wait.settleInLane,
    lagMarginMs: wait.lagMargin,
    reflectTimeoutMs: wait.reflectTimeout,
    evidenceSpreadMs: wait.evidenceSpread,
    giveUpMs: wait.giveUp,
    plausibleAfterMs: wait.plausibleAfter,
    recordsEveryMs: wait.recordsEvery,
    spacingMs: wait.spacing,
    binanceRecvWindowMs: wait.binanceRecvWindow,
    okxWindowMs: wait.okxWindow,
    clockJumpMs: wait.clockJump,
  }));

function apart(byDefault: string, description: string): z.ZodPrefault<z.ZodType<Dec, string>> {
  return move('0.1', '50', byDefault).prefault(byDefault).meta({ description });
}

function source(venue: string, other: string, usual: string) {
  const description = `Base URL of the public prices of ${venue}, for accounts of ${other}; https; may be a reference.`;
  return given.optional().meta({ description, example: usual });
}

export const dislocationSchema = z.strictObject({
  coins: apart('3%', 'For coins, against what another venue says.'),
  stables: apart('1.5%', 'For stable coins.'),
  wrapped: apart(
    '25%',
    'For wrapped coins without a price of their own elsewhere, against the coin inside. One that earns interest is worth more than that coin: allow for it.',
  ),
  hosts: z
    .strictObject({
      binance: source('Binance', 'OKX', 'https://data-api.binance.vision'),
      okx: source('OKX', 'Binance', 'https://openapi.okx.com'),
    })
    .prefault({})
    .meta({ description: 'Other addresses of the prices that are compared with. No key is sent there.' }),
});

export const assetsSchema = z.record(
  asset,
  z.strictObject({
    wraps: asset.optional().meta({ description: 'Coin that this one wraps, e.g. `ETH` for WBETH.', example: 'ETH' }),
    stable: oneOf(['USD', 'EUR']).optional().meta({ description: 'Currency that this one is pegged to.' }),
  }),
);

export type RedisShape = z.output<typeof redisSchema>;
export type AssetsShape = z.output<typeof assetsSchema>;
