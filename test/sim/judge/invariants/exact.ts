import { parse } from '../../../../src/core/money.ts';
import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

const PLAIN = /^\d+(?:\.\d{1,18})?$/;

/** DESIGN §2.8: what stands on the wire is what stands in the journal, digit by digit. */
export const exact: Invariant = {
  name: 'exact',
  keeps: '§2.8 wire text and journal text of an amount are one plain decimal',
  judge: (log) => {
    const fresh = cursor(log.sent);
    return {
      *step() {
        for (const { request, intent, tag } of fresh()) {
          if (intent === null) continue;
          const { amount, full } = intent;
          if (!PLAIN.test(amount) || parse(amount).lte(0)) yield `${tag} is for ${amount}`;
          const text = `${request.query}&${request.body}`;
          const found = new RegExp(`[="]${amount.replace('.', '\\.')}(?:["&]|$)`).test(text);
          if (!found && !full) yield `${tag} is for ${amount}, the request says ${text.replace(/signature=[^&]*/, '')}`;
        }
      },
    };
  },
};
