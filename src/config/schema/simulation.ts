/** Shape of the simulated exchanges: which days of prices, how fast, who holds what. */
import { z } from 'zod';
import { amount, duration, percent, speed, MINUTE_MS } from '../units.ts';
import { digits, oneOf, pair, tapeName } from '../words.ts';

const startLtv = percent.optional().meta({
  description:
    'LTV at the first prices of the tape: all collateral is scaled by one factor to reach it. Left out: collateral as written.',
});
const debt = z.array(amount).min(1).meta({ description: 'Debt, a list of amounts, e.g. `[30000 USDT]`.' });
const collateral = z
  .array(amount)
  .min(1)
  .meta({ description: 'Collateral, a list of amounts, e.g. `[0.7 BTC, 5 ETH]`.' });

const account = z.strictObject({
  uid: digits.meta({ description: 'UID of the simulated account, digits.', example: '100000001' }),
  wallets: z
    .partialRecord(z.enum(['spot', 'funding', 'trading']), z.array(amount))
    .prefault({})
    .meta({
      description:
        'Free coins by wallet, e.g. `spot: [20000 USDT, 0.5 BTC]`. Binance: `spot`, `funding`. OKX: `funding`, `trading`.',
    }),
  cross: z
    .strictObject({
      leverage: oneOf(['3x', '5x']).prefault('3x').meta({
        description: 'Tier of the margin account: it is called at 76.9% (3x) or 86.2% (5x) and liquidated at 90.9%.',
      }),
      debt,
      collateral,
      startLtv,
    })
    .optional()
    .meta({ description: 'Cross margin loan, `simulatedBinance` only.' }),
  isolated: z
    .array(
      z.strictObject({
        symbol: pair.meta({
          description:
            'Pair; debt and collateral are in its two coins. The tier, and with it the line, follows from the debt: BTCUSDT is liquidated at 95.2% up to 70000 USDT or 9 BTC, other pairs at 87.0%.',
        }),
        debt,
        collateral,
        startLtv,
      }),
    )
    .prefault([])
    .meta({ description: 'Isolated margin loans, one for each pair, `simulatedBinance` only.' }),
  flexible: z
    .array(
      z.strictObject({
        debt: debt.meta({ description: 'Debt, one coin, e.g. `[20000 USDT]`.' }),
        collateral: collateral.meta({
          description:
            'Collateral, one coin, e.g. `[8 ETH]`. It gives the line: 91% for BTC, ETH, USDT and USDC, 83% for BNB, SOL and DOGE.',
        }),
        startLtv,
      }),
    )
    .prefault([])
    .meta({ description: 'Flexible loans of Binance, one for each pair of coins, `simulatedBinance` only.' }),
  loans: z
    .array(
      z.strictObject({
        ordId: digits.meta({ description: 'Number of the loan, digits.', example: '2000000000000000001' }),
        debt,
        collateral,
        line: percent.prefault('85%').meta({ description: 'LTV at which the venue liquidates.' }),
        call: percent
          .optional()
          .meta({ description: 'LTV at which the venue warns. Left out: 10 percentage points below `line`.' }),
        startLtv,
      }),
    )
    .prefault([])
    .meta({ description: 'Flexible loans of OKX, `simulatedOkx` only.' }),
  spotBorrow: z
    .strictObject({
      debt,
      collateral: collateral.meta({
        description:
          'Coins in the trading account, e.g. `[8 ETH]`: they are the collateral, and `wallets` names none there.',
      }),
      startLtv,
    })
    .optional()
    .meta({
      description:
        'Spot-mode borrowing, `simulatedOkx` only. The account is in spot mode with borrowing switched on. A debt of usual size is liquidated at 96.6%.',
    }),
});

export const simulationSchema = z.strictObject({
  tape: tapeName.meta({ description: 'Days of real prices: name of a folder in `tapes/`.' }),
  speed: speed.prefault('300').meta({ description: 'Tape seconds per second; `max`: as fast as the server keeps up.' }),
  settle: duration(0, MINUTE_MS, '100ms')
    .prefault('100ms')
    .meta({ description: 'How long a simulated exchange takes to carry out an accepted call.' }),
  waits: oneOf(['tenth', 'full'])
    .prefault('tenth')
    .meta({ description: 'Waits (`timing`) of simulated accounts: a tenth of those of real ones, or the same.' }),
  accounts: z
    .record(z.string(), account)
    .meta({ description: 'What each simulated account holds, by the name it has under `accounts`.' }),
});

export type SimulationShape = z.output<typeof simulationSchema>;
export type SimulatedAccountShape = SimulationShape['accounts'][string];
