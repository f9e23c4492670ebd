import type { Dec } from '../../../../src/core/money.ts';
import { parse } from '../../../../src/core/money.ts';
import type { Intent } from '../../../../src/core/intent.ts';
import type { Invariant, Log, Sent } from '../log.ts';
import { cursor } from '../log.ts';
import { placesOf } from '../places.ts';

/** DESIGN §2.1: what a plan was made from shows every earlier move of ours: it is a state the account was in since then. */
export const planned: Invariant = {
  name: 'planned',
  keeps: '§2.1 no intent is planned from an observation that does not show every earlier confirmed move',
  judge: (log) => {
    const fresh = cursor(log.sent);
    return {
      *step() {
        for (const sent of fresh()) if (sent.intent !== null) yield* unseen(log, sent, sent.intent);
      },
    };
  },
};

/** Rounding on the wire, and interest that falls due between two reads. */
const TOLERANCE = parse('0.000002');

function* unseen(log: Log, { others, account, tag }: Sent, intent: Intent): Iterable<string> {
  const { name } = account.setup;
  const lastAt = log.truth.moves.findLast(
    ({ account: of, cause, at }) =>
      of === name &&
      cause?.kind === 'request' &&
      cause.tag !== null &&
      cause.tag !== tag &&
      at <= log.plannedAt(tag) &&
      log.intent(account, cause.tag)?.state === 'confirmed',
  )?.at;
  if (lastAt === undefined || others.length > 0) return;
  const states = log.truth.since(name, lastAt);
  const { debt, collateral, wallet } = placesOf(intent);
  for (const [kind, shown, place] of [
    ['debt', intent.before.debt, debt],
    ['collateral', intent.before.collateral, collateral],
    ['wallet', intent.before.wallet, wallet],
  ] as const) {
    for (const [asset, text] of Object.entries(shown)) {
      const at = place(asset);
      if (at === null) continue;
      const seen = parse(text);
      const fits = states.some((state) => near(seen, state.get(at) ?? parse('0')));
      if (!fits)
        yield `${tag} was planned from ${kind} ${text} ${asset}, which the account has not had since its last move`;
    }
  }
}

function near(a: Dec, b: Dec): boolean {
  return a.minus(b).abs().lte(b.abs().times(TOLERANCE).plus(TOLERANCE));
}
