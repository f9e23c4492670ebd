/** Shape of one account: whose it is, what may be touched, which loans follow which policy. */
import { z } from 'zod';
import { amount, whole } from '../units.ts';
import { assetOrAny, digits, given, name, oneOf, pairOrAny, yesNo } from '../words.ts';

export const VENUES = ['binance', 'okx', 'simulatedBinance', 'simulatedOkx'] as const;
export const WALLET_NAMES = ['spot', 'crossInside', 'isolatedInside', 'funding', 'trading'] as const;

const reference = 'Written as `${env:NAME}` or `${file:PATH}`, never as the text itself.';

const key = z.strictObject({
  id: given.meta({ description: `API key. ${reference}` }),
  secret: given.meta({ description: `Secret of the API key. ${reference}` }),
  passphrase: given.optional().meta({ description: `Passphrase of the API key, OKX only. ${reference}` }),
});

const hosts = z.strictObject({
  rest: given.optional().meta({
    description: 'Base URL of requests, https; may be a reference. Left out: the venue itself.',
    example: 'https://api.example.com',
  }),
  ws: given.optional().meta({
    description: 'Base URL of streams, wss; may be a reference. Left out: the venue itself.',
    example: 'wss://stream.example.com',
  }),
});

const match = z.strictObject({
  symbol: pairOrAny.optional().meta({ description: 'Pair of an isolated margin account, e.g. `BTCUSDT`, or `any`.' }),
  borrow: assetOrAny.optional().meta({ description: 'Debt coin of a flexible loan, or `any`.' }),
  collateral: assetOrAny
    .optional()
    .meta({ description: 'Collateral coin of a Binance flexible loan, or `any`.', example: 'BTC' }),
  ordId: digits.optional().meta({ description: 'Number of one OKX flexible loan.', example: '2000000000000000001' }),
});

const loan = z.strictObject({
  product: oneOf(['crossMargin', 'isolatedMargin', 'flexibleLoan', 'spotBorrow']).meta({
    description:
      'Loan product. Binance: `crossMargin`, `isolatedMargin`, `flexibleLoan`. OKX: `flexibleLoan`, `spotBorrow`.',
  }),
  match: match
    .prefault({})
    .meta({ description: 'Which loans of the product, also future ones. What is left out matches anything.' }),
  policy: name.meta({ description: 'Name of the policy that these loans follow.', example: 'stableDebt' }),
  priority: whole(1, 9, '2').prefault('1').meta({
    description:
      'From 1 (default) to 9. When money is short, a higher number is served first among equally endangered loans.',
  }),
});

export const accountSchema = z.strictObject({
  venue: oneOf(VENUES).meta({
    description:
      'Exchange. `simulatedBinance` and `simulatedOkx` are built in, move no real money and take their holdings from `simulation`.',
  }),
  live: yesNo.prefault('no').meta({
    description:
      'Whether this account may move money. Needs `mode: live` as well; otherwise it only says what it would do.',
  }),
  expectUid: digits.optional().meta({
    description:
      'UID that the key must belong to; the server refuses to act on another one. Required with `live: yes`.',
  }),
  key: key
    .optional()
    .meta({ description: 'API key: may read and trade, may not withdraw. Not needed for a simulated exchange.' }),
  allowWithdraw: yesNo.prefault('no').meta({
    description:
      'Whether a key that may withdraw is accepted all the same. Ballast never withdraws; whoever steals such a key can.',
  }),
  hosts: hosts.prefault({}).meta({ description: 'Other addresses of the venue, e.g. a regional one.' }),
  wallets: z
    .partialRecord(
      z.enum(WALLET_NAMES),
      z.strictObject({
        keep: z.array(amount).meta({ description: 'Coins that no plan ever touches, e.g. `[500 USDT, 0.05 BTC]`.' }),
      }),
    )
    .prefault({})
    .meta({
      description:
        'Reserves by wallet. Binance: `spot`; `crossInside` and `isolatedInside` for what stays inside margin accounts. OKX: `funding`, `trading`. A spot or funding wallet that is not named is never used: name it, with `keep: []` at least.',
    }),
  loans: z.array(loan).prefault([]).meta({ description: 'Rules. Each loan must be matched by one rule at most.' }),
  unlisted: z
    .union([
      oneOf(['alert', 'ignore']),
      z.strictObject({
        use: name.meta({
          description: 'Name of the policy for every loan that no rule names, of the products that the rules name.',
          example: 'stableDebt',
        }),
      }),
    ])
    .prefault('alert')
    .meta({
      description:
        'Loans that no rule names: tell (`alert`), say nothing (`ignore`), or `use` a policy. Loans of products that no rule names are told, unless ignored, and never acted on.',
    }),
});

export type AccountShape = z.output<typeof accountSchema>;
export type LoanRuleShape = AccountShape['loans'][number];
export type MatchShape = z.output<typeof match>;
