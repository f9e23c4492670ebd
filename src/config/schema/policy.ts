/** Shape of one policy: how far, with what, how much, how fast. */
import { z } from 'zod';
import { amountPer, cap, duration, level, looks, move, percent, rate, ratio, usd, DAY_MS } from '../units.ts';
import { assetOrDebt, name, oneOf } from '../words.ts';

/** One value or a list of them; read as a list. */
function oneOrMore<T>(one: z.ZodType<T, string>): z.ZodType<readonly T[], string | string[]> {
  return z.union([one.transform((value): readonly T[] => [value]), z.array(one).min(1)]);
}

const bands = z.strictObject({
  warn: z
    .array(level)
    .prefault([])
    .meta({ description: 'Levels between `target` and `act` at which you are told. Nothing is moved.' }),
  target: level.meta({
    description: 'Level that a remedy aims at. It lies clearly below `act`, so that one remedy lasts.',
    example: 'cushion 26%',
  }),
  act: level.meta({
    description:
      'Level from which money is moved. At run time it never lies above the call level of the venue minus 1 percentage point.',
  }),
  urgent: level.meta({
    description: 'Level beyond which one look is enough, the cool-down is skipped and the urgent limits hold.',
    example: 'cushion 8%',
  }),
  minMarginRatio: z
    .strictObject({
      act: ratio.meta({ description: 'Margin ratio below which money is moved, a plain number.' }),
      target: ratio.meta({ description: 'Margin ratio that a remedy aims at, above `act`.', example: '4' }),
    })
    .optional()
    .meta({
      description:
        'Second scale of OKX `spotBorrow`; the worse of the two scales decides. Other products do not read it.',
    }),
});

/** DESIGN §5.1. */
const DEFAULT_BANDS = {
  warn: ['cushion 24%', 'cushion 20%'],
  target: 'cushion 26%',
  act: 'cushion 16%',
  urgent: 'cushion 8%',
};

const rung = z.strictObject({
  do: oneOf(['repay', 'add'], { later: ['sell'] }).meta({ description: 'Repay debt, or add collateral.' }),
  with: oneOrMore(assetOrDebt).meta({
    description:
      "Coin to use, or a list of coins in order. `debt` stands for the loan's own debt coin, and is then the only one.",
  }),
  from: oneOrMore(oneOf(['inside', 'wallet'], { later: ['treasury'] })).meta({
    description:
      "Where the coin comes from: `inside` is the loan's own account (cross margin balance), `wallet` is the wallet of the same venue account.",
  }),
  atMost: amountPer
    .optional()
    .meta({ description: 'Cap of this rung alone, in coins of one asset or in USD, per minute, hour or day.' }),
  notWhen: oneOf(['dislocated'])
    .optional()
    .meta({ description: 'Skip the rung while price sources of its coin disagree.' }),
});

const caps = {
  perAction: cap.meta({ description: 'Most that one action may move, in USD, or `unlimited`.' }),
  perHour: cap.meta({ description: 'Most in any 60 minutes, in USD, or `unlimited`.' }),
  perDay: cap.meta({ description: 'Most in any 24 hours, in USD, or `unlimited`.' }),
};
const perIncident = cap.optional().meta({
  description:
    'Most between the moment a loan passes `act` and its return to `target`, in USD. Left out: no limit of its own.',
});

const limits = z.strictObject({
  ...caps,
  perIncident,
  urgent: z
    .strictObject({
      perAction: caps.perAction,
      perHour: cap
        .optional()
        .meta({ description: 'Most in any 60 minutes beyond `urgent`, in USD. Left out: `perDay` alone holds.' }),
      perDay: caps.perDay,
      perIncident,
    })
    .meta({ description: 'The wider caps beyond `urgent`. No figure is below its normal one.' }),
  actions: rate.meta({
    description:
      'Fuse: this many sends without effect per minute, hour or day stop the loan. Successful steps do not count.',
  }),
});

const release = z.strictObject({
  below: level.meta({
    description:
      'Collateral leaves only after the LTV was seen below this level (a cushion larger than this) for `after`.',
    example: 'cushion 45%',
  }),
  upTo: level.meta({
    description:
      'Level that a release may bring the loan up to, safer than `target`. For Binance cross margin it lies below LTV 50%, a cushion above 45%: collateral leaves only while the collateral margin level is above 2.',
    example: 'cushion 32%',
  }),
  after: duration(60_000, 30 * DAY_MS, '24h').meta({
    description:
      'How long the loan must have been seen below `below`. It counts over restarts, and begins anew when the LTV was seen at or above the level, after ten minutes or more without sight (at the usual pace of looks), when these four keys change, and after a release that came to nothing.',
  }),
  perDay: usd.meta({
    description:
      'Most released in any 24 hours, in USD, by all loans of the account that follow this policy. `limits.perAction` bounds each release too; the other limits are for what protects.',
  }),
});

const survive = z.strictObject({
  fall: percent.optional().meta({ description: 'A fall of prices by this share.', example: '30%' }),
  rise: move('0.1', '1000', '30%')
    .optional()
    .meta({ description: 'A rise by this share; it endangers loans that owe the coin.' }),
});

/** A policy after `extends` was applied. */
export const policySchema = z.strictObject({
  extends: name.optional().meta({
    description: 'Name of a policy that this one starts from. Maps merge, lists and values replace. One level only.',
  }),
  bands: bands.prefault(DEFAULT_BANDS).meta({
    description:
      'Levels on one scale: plain LTV (`70%`), or `cushion 16%`, which is LTV = line × (1 − 0.16) and fits every line. Safest first: release, target, warn, act, urgent.',
  }),
  confirm: z
    .strictObject({
      act: looks.prefault('2 looks').meta({ description: 'Looks that must agree between `act` and `urgent`.' }),
      urgent: looks.prefault('1 look').meta({ description: 'Looks that must agree beyond `urgent`.' }),
    })
    .prefault({})
    .meta({ description: 'Looks at different price moments that must show the need before money moves.' }),
  ladder: z.array(rung).meta({
    description: 'Remedies, tried top down. A rung that is impossible for a loan, or too slow, is skipped and named.',
  }),
  limits: limits.meta({ description: 'Caps. Every line is required; write `unlimited` where you want none.' }),
  coolDown: duration(0, DAY_MS, '60s')
    .prefault('60s')
    .meta({ description: 'Pause after an action, only between `act` and `urgent`.' }),
  whenShort: oneOf(['partial', 'skip']).prefault('partial').meta({
    description: '`partial`: use what there is. `skip`: no money into a loan that it cannot bring below `urgent`.',
  }),
  whenUnsettled: oneOf(['otherMoney', 'hold']).prefault('otherMoney').meta({
    description:
      'Beyond `urgent`, while an earlier call is undecided. `otherMoney`: one more call, from money that the undecided one cannot have touched. `hold`: wait.',
  }),
  whenDislocated: oneOf(['aim urgent', 'aim target', 'hold'])
    .prefault('aim urgent')
    .meta({ description: 'While price sources disagree: how far a remedy goes.' }),
  dust: oneOf(['leave', 'clear']).prefault('leave').meta({
    description: 'A rest of debt below the minimum of the venue: leave it, or clear it if money and caps allow.',
  }),
  release: z
    .union([oneOf(['off']), release])
    .prefault('off')
    .meta({
      description:
        'Let collateral go to the wallet when the loan is far from its bands. `off` unless all four keys are given. Only in mode `active`, with nothing undecided and no loan of the account in need, when a source outside the venue attests every price of the loan, and within what the venue itself would let go.',
    }),
  survive: survive.optional().meta({
    description:
      'Moves of prices that each loan should survive with all the money this policy permits, whichever coin it is that moves. It moves nothing: `status` and `check --online` say whether it is so.',
  }),
});

export type PolicyShape = z.output<typeof policySchema>;
export type RungShape = z.output<typeof rung>;
