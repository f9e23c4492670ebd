/** What needs a person: in full where it is bad, folded into one line where it is a warning or over. */
import type { Account, Alert, Board } from '../wire.ts';
import { askAcknowledge, askAlert, askResume } from './dialogs.ts';
import { h, refill } from './dom.ts';
import { placeOf } from './loans.ts';
import { pausedBy } from './times.ts';
import type { Tone } from './words.ts';
import { age, stateOf, toneOf } from './words.ts';

interface Matter {
  readonly tone: Tone;
  readonly what: string;
  readonly says: string;
  readonly place?: string;
  readonly button?: { readonly words: string; readonly act: () => void };
  /** Says of a loan what its card shows as well, or is over: folded away, so that the loans stay in sight. */
  readonly folded?: boolean;
}

export class AttentionView {
  readonly element: HTMLElement;
  readonly #loud = h('div', { 'aria-live': 'polite' });
  readonly #folded = h('div');
  #isUnfolded = false;

  constructor() {
    this.element = h('div', {}, this.#loud, this.#folded);
  }

  /** @param wanted the alert that the page was opened for, by its id */
  update(board: Board, wanted: string | null): void {
    const found = mattersOf(board, wanted);
    const matters = board.acts ? found : found.map(({ button: _, ...rest }) => rest);
    const [loud, folded] = [matters.filter((one) => one.folded !== true), matters.filter((one) => one.folded === true)];
    refill(this.#loud, [loud, folded.some(({ tone }) => tone === 'warn')], () => [attention(loud, folded, board)]);
    refill(this.#folded, folded, () => [this.#fold(folded)]);
  }

  #fold(matters: readonly Matter[]): HTMLElement | null {
    if (matters.length === 0) return null;
    const over = matters.filter(({ tone }) => tone === 'calm').length;
    const parts = [
      counted(matters.length - over, 'warning'),
      counted(over, 'alert', ' that is over', ' that are over'),
    ];
    const summary = h('summary', {}, parts.filter((words) => words !== '').join(' and '));
    const list = h('ul', { class: 'attention', 'aria-label': 'Warnings' }, ...matters.map(matterRow));
    const details = h('details', { class: over === matters.length ? 'folded' : 'folded warn', open: this.#isUnfolded });
    details.append(summary, list);
    details.addEventListener('toggle', () => (this.#isUnfolded = details.open));
    return details;
  }
}

function mattersOf(board: Board, wanted: string | null): readonly Matter[] {
  const { accounts, absent, loans, inFlight: flying, alerts } = board;
  const open = alerts ?? [];
  const alert = (one: Alert): Matter => ({
    tone: one.over !== null ? 'calm' : one.severity === 'critical' ? 'bad' : 'warn',
    folded: (one.over !== null || one.severity === 'warning') && one.id !== wanted,
    what: `alert ${one.id}${one.id === wanted ? ' (opened)' : ''}`,
    says: sayingOf(one),
    ...(one.acknowledged === null && one.over === null
      ? { button: { words: 'Acknowledge', act: () => void askAlert(one.id, one.says) } }
      : {}),
  });
  const gone = wanted !== null && alerts !== null && !open.some(({ id }) => id === wanted);
  const over: Matter = { tone: 'calm', what: 'alert', says: 'The alert that this link is about is no longer open.' };
  const matters: readonly Matter[] = [
    ...absent.map(({ account, says }): Matter => ({ tone: 'bad', what: account, says: `is not watched: ${says}` })),
    ...accounts.flatMap(ofAccount),
    ...open.map(alert),
    ...loans
      .filter((loan) => toneOf(loan) === 'bad')
      .map((loan): Matter => {
        return {
          tone: 'bad',
          what: stateOf(loan.state).word,
          says: `${loan.loan}: ${loan.says ?? stateOf(loan.state).means}`,
          place: placeOf(loan),
        };
      }),
    ...flying
      .filter(({ state }) => state === 'unknown')
      .map(({ what, loan, note }): Matter => {
        return {
          tone: 'bad',
          what: 'undecided',
          says: `${what} for ${loan}: ${note}. It is not sent again; the venue's records decide.`,
        };
      }),
    ...(gone ? [over] : []),
  ];
  const order: readonly Tone[] = ['bad', 'warn', 'busy', 'off', 'calm'];
  return [...matters].sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));
}

function sayingOf({ account, loan, means, says, over, acknowledged }: Alert): string {
  const by = acknowledged === null ? '' : ` Acknowledged by ${acknowledged.by}.`;
  const end = over === null ? '' : /[.!?]$/.test(says) ? ' It is over.' : '. It is over.';
  return `${loan ?? account ?? 'Ballast'}: ${means}: ${says}${end}${by}`;
}

function ofAccount(account: Account): readonly Matter[] {
  const { standing, seenMs, seenWithinMs, forAPerson } = account;
  const name = account.account;
  const late = seenMs !== null && seenWithinMs !== null && seenMs > seenWithinMs;
  return [
    ...standing.causes.map(({ kind, why }): Matter => ({
      tone: account.accountMode === 'reducing' ? 'warn' : 'bad',
      what: `${name} is ${account.accountMode}`,
      says: standing.acknowledging ? `${why}. Acknowledged; the next look takes that.` : why,
      ...(forAPerson.includes(kind) && !standing.acknowledging
        ? { button: { words: 'Acknowledge', act: () => void askAcknowledge(account) } }
        : {}),
    })),
    ...(late ? [{ tone: 'bad' as const, what: name, says: `was not seen for more than ${age(seenWithinMs)}.` }] : []),
    ...standing.pauses.map(({ loan, paused }): Matter => ({
      tone: 'off',
      what: 'paused',
      says: `${loan ?? `${name}, all of it`}, ${pausedBy(paused)}`,
      button: {
        words: 'Resume',
        act: () =>
          void askResume(
            loan === null ? { kind: 'account', account: name } : { kind: 'loan', account: name, loan },
            loan ?? name,
          ),
      },
    })),
  ];
}

function attention(loud: readonly Matter[], folded: readonly Matter[], { loans }: Board): HTMLElement | null {
  if (loud.length > 0) {
    return h('ul', { class: 'attention', 'aria-label': 'What needs attention' }, ...loud.map(matterRow));
  }
  if (folded.some(({ tone }) => tone === 'warn')) return null;
  const count = loans.length === 1 ? 'The one loan is' : `All ${String(loans.length)} loans are`;
  if (loans.length === 0) return h('p', { class: 'allwell' }, 'No loan has been seen yet.');
  return h('p', { class: 'allwell' }, `Nothing needs you. `, h('span', {}, `${count} watched and short of nothing.`));
}

/** `2 warnings`; nothing where there is none. */
function counted(count: number, what: string, one = '', many = ''): string {
  return count === 0 ? '' : `${String(count)} ${what}${count === 1 ? one : `s${many}`}`;
}

function matterRow({ tone, what, says, place, button }: Matter): HTMLElement {
  const words = place === undefined ? says : h('a', { href: place, 'data-in-page': true }, says);
  const act =
    button === undefined
      ? null
      : h('button', { type: 'button', onclick: button.act, 'aria-label': `${button.words}: ${says}` }, button.words);
  return h('li', { class: tone }, h('strong', {}, what), h('span', {}, words), h('span', { class: 'act' }, act));
}
