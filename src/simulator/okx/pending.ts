/** Accepted moves on their way: nothing of them is seen until they settle (okx.md §3.4: code 0 means accepted only). */
import type { Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import type { Holdings } from './holdings.ts';
import type { LoanBook } from './loanBook.ts';
import type { Move } from './moves.ts';

interface Underway {
  readonly account: Account;
  readonly move: Move;
  /** The paying side was debited when the move was accepted. */
  readonly taken: boolean;
  readonly fate: 'done' | 'failed';
  readonly finish: () => void;
  /** Settles only when it is released. */
  readonly held: boolean;
}

/** The moves that the venue has accepted and not yet carried out. */
export class Pending {
  readonly #core: Core;
  readonly #book: LoanBook;
  readonly #underway = new Set<Underway>();

  constructor(core: Core, book: LoanBook) {
    this.#core = core;
    this.#book = book;
  }

  /** True while something settles by itself. What is held until a release does not count: it could last for ever. */
  busy(): boolean {
    return [...this.#underway].some(({ held }) => !held);
  }

  /** Holdings as new requests are judged by: whatever is already promised has left its place, nothing has arrived. */
  uncommitted(account: Account): Holdings {
    let holdings = account.holdings;
    for (const one of this.#underway) {
      if (one.account === account && !one.taken) holdings = one.move.take(holdings) ?? holdings;
    }
    return holdings;
  }

  /** Accepts a move. `finish` is called when it is settled or lost. */
  accept(account: Account, move: Move, mood: Mood, finish: () => void): void {
    const { settleMs, switches } = this.#core.settings;
    const delayMs = mood.settleMs === undefined ? settleMs : mood.settleMs;
    const taken = switches.debitAt === 'accept' ? move.take(account.holdings) : undefined;
    if (taken !== undefined) this.#book.commit(account, move.ordId, taken);
    const one: Underway = {
      account,
      move,
      taken: taken !== undefined,
      fate: mood.fate ?? 'done',
      finish,
      held: delayMs === null,
    };
    this.#underway.add(one);
    if (delayMs !== null) {
      this.#core.market.host.later(delayMs, () => {
        this.#settle(one);
      });
    }
  }

  /** Settles the account's held moves now. @returns how many */
  release(account: Account): number {
    const held = [...this.#underway].filter((one) => one.account === account && one.held);
    for (const one of held) this.#settle(one);
    return held.length;
  }

  #settle(one: Underway): void {
    this.#underway.delete(one);
    const { account, move } = one;
    const taken = one.taken ? account.holdings : move.take(account.holdings);
    // An order that was liquidated meanwhile, or money that went elsewhere, loses the move without a trace: no record type
    // for a failed one exists (okx.md §12.3).
    if (taken !== undefined && one.fate === 'done') {
      this.#book.commit(account, move.ordId, move.put(taken));
      this.#book.closeIfPaid(account, move.ordId);
    } else if (one.taken) {
      this.#book.commit(account, move.ordId, move.back(account.holdings));
    }
    one.finish();
  }
}
