import type { Product } from '../../../../src/core/loan.ts';
import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** The read that says how a loan of the product stands. */
const SECTION: Readonly<Record<Product, string>> = {
  'binance.crossMargin': '/sapi/v1/margin/account',
  'binance.isolatedMargin': '/sapi/v1/margin/isolated/account',
  'binance.flexibleLoan': '/sapi/v2/loan/flexible/ongoing/orders',
  'okx.flexibleLoan': '/api/v5/finance/flexible-loan/loan-info',
  'okx.spotBorrow': '/api/v5/account/balance',
};

/** DESIGN §2.4: a claim rests on an answer of the venue that is not older than `maxAge`. */
export const blind: Invariant = {
  name: 'blind',
  keeps: '§2.4 no decision rests on sections older than maxAge; a failed read is no reading',
  judge: (log) => {
    const fresh = cursor(log.sent);
    return {
      *step() {
        for (const { intent, machine, account, tag } of fresh()) {
          if (intent?.sentAt === undefined || intent.sentAt === null) continue;
          const claimedAt = log.claimedAt(tag);
          const path = SECTION[intent.product];
          const last = log.reads.findLast(
            (read) =>
              read.machine === machine &&
              read.account === account.setup.name &&
              read.path === path &&
              read.at <= claimedAt,
          );
          const age = claimedAt - (last?.at ?? 0);
          if (age > account.setup.timing.maxAgeMs)
            yield `${tag} was claimed ${String(age)} ms after the last answer of ${path}`;
        }
      },
    };
  },
};
