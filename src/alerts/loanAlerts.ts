/** Rows of the catalogue about loans, their protection and payments for them. */
import type { Category } from './category.ts';

export const LOANS = {
  warn: {
    kind: 'lasts',
    topic: 'loan',
    means: 'warning level reached',
    does: 'It watches. It acts by itself if LTV reaches `act`.',
    can: 'Nothing has to be done. See that the wallets of the ladder hold enough: `ballast why {loan}`.',
  },
  distance: {
    kind: 'lasts',
    topic: 'loan',
    means: 'the line is near',
    does: 'It looks every second and acts as far as money, limits and the venue let it.',
    can: 'Look at the loan at the venue now; repay or add collateral by hand if Ballast does not get it down. `ballast why {loan}` says what it waits for.',
  },
  starved: {
    kind: 'lasts',
    topic: 'loan',
    means: 'needs money that is not there',
    does: 'It looks again and again, and acts as soon as a wallet of the ladder holds something.',
    can: 'Move the debt coin into the wallet that the ladder names, lower `keep`, or repay by hand.',
  },
  capped: {
    kind: 'lasts',
    topic: 'loan',
    means: 'a limit forbids what it needs',
    does: 'It holds the limit, and acts as soon as the limit allows something again.',
    can: '`ballast why {loan}` names the limit: raise it in the file and start again, or act by hand.',
  },
  cannotAct: {
    kind: 'lasts',
    topic: 'loan',
    means: 'needs help and gets none',
    does: 'It tries again at every look, and acts as soon as what stands in the way is gone.',
    can: 'Look at what stands in the way (`ballast why {loan}`), and repay or add collateral by hand before the line is there.',
  },
  liquidating: {
    kind: 'lasts',
    topic: 'loan',
    means: 'the venue is liquidating',
    does: 'It stays away from the loan, because the venue refuses everybody else now. It goes on when the venue is done.',
    can: 'Look at the account at the venue, and keep its messages.',
  },
  blind: {
    kind: 'lasts',
    topic: 'loan',
    means: 'cannot be seen',
    does: 'It stays still there, because a failed reading decides nothing, and tries again.',
    can: 'Look at the account yourself; mostly it is the venue or the network.',
  },
  machine: {
    kind: 'lasts',
    topic: 'loan',
    means: 'stored state is broken',
    does: 'It does nothing for this loan. The other loans go on.',
    can: 'Look after this loan by hand, and report the text.',
  },
} as const satisfies Record<string, Category>;

export const COVERAGE = {
  unlisted: {
    kind: 'lasts',
    topic: 'coverage',
    means: 'no rule protects this loan',
    does: 'It watches the loan and does nothing for it.',
    can: 'Name it once under `loans`, or write `unlisted: { use: POLICY }`, and start again.',
  },
  levels: {
    kind: 'lasts',
    topic: 'coverage',
    means: "the policy's levels do not fit",
    does: 'It does nothing for this loan: the thresholds of the venue leave no room for the levels of the policy.',
    can: 'Choose levels that fit this loan, e.g. as cushions, and start again. Look after the loan until then.',
  },
  sourceEmpty: {
    kind: 'lasts',
    topic: 'coverage',
    means: 'nothing to pay with',
    does: 'Nothing yet, as nothing is needed yet. If it were, nothing could be paid.',
    can: 'Move money into a wallet that the ladder of the policy names, or lower `keep`.',
  },
  remediesBlocked: {
    kind: 'lasts',
    topic: 'coverage',
    means: 'the policy allows no remedy',
    does: 'It watches. If the loan needed something, it could do nothing.',
    can: 'Raise the limit or add a rung to the ladder, and start again.',
  },
  tooSmall: {
    kind: 'lasts',
    topic: 'coverage',
    means: 'too small for the venue',
    does: 'It watches. The venue takes no payment that this loan would need before it is much worse.',
    can: 'Nothing may be right. Else close it by hand, or write `dust: clear` into its policy.',
  },
  dust: {
    kind: 'happened',
    topic: 'coverage',
    means: 'a rest of debt stays',
    does: 'It leaves it: the venue or the policy lets it pay no less.',
    can: 'Clear the rest by hand if it disturbs you.',
  },
  paused: {
    kind: 'lasts',
    topic: 'coverage',
    means: 'paused',
    does: 'It watches, settles what is in flight, and sends nothing new.',
    can: '`ballast resume {target}` ends the pause.',
  },
  unwatched: {
    kind: 'happened',
    topic: 'coverage',
    means: 'a loan of a product that no rule names',
    does: 'It does not watch this loan. It looks for such loans now and then.',
    can: 'Add the rule that the text names, and start again.',
    each: true,
  },
  noNotifier: {
    kind: 'served',
    topic: 'coverage',
    means: 'nobody is told',
    does: 'It prints alerts in its terminal and keeps them for `ballast alert list`.',
    can: 'Add a channel under `alerts.to` that takes critical alerts of this account, and start again.',
  },
} as const satisfies Record<string, Category>;

export const PAYMENTS = {
  unresolved: {
    kind: 'lasts',
    topic: 'payment',
    means: 'a payment without a result',
    does: 'It sends nothing twice, reads the records of the venue at every look, and settles it by them.',
    can: 'Wait some minutes. Do not repeat the payment by hand before you have seen the history of the venue.',
  },
  stuck: {
    kind: 'lasts',
    topic: 'payment',
    means: 'a payment hangs',
    does: 'It does not send it again, leaves the money that it may have used alone, and helps with what needs no transfer.',
    can: 'Ask the venue about it, with the reference in the text.',
  },
  expired: {
    kind: 'happened',
    topic: 'payment',
    means: 'a payment was given up',
    does: 'It counts it as spent and goes on from what it sees.',
    can: 'Find out at the venue what became of it.',
    each: true,
  },
  word: {
    kind: 'happened',
    topic: 'payment',
    means: 'settled by the word of an operator',
    does: 'It took the word of the operator, and goes on looking at what the venue shows.',
    can: 'Compare it with the history of the venue. If it was a mistake, correct what is missing by hand.',
    each: true,
  },
  witness: {
    kind: 'happened',
    topic: 'payment',
    means: 'the witness file cannot be written',
    does: 'It does not send what it cannot witness.',
    can: 'See that the disk has room and that Ballast may write there.',
  },
} as const satisfies Record<string, Category>;
