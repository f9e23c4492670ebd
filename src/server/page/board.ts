/** The first screen: what is wrong, the accounts, money on its way, and all loans. */
import type { Account, Alert, Board } from '../wire.ts';
import { askAcknowledge, askAlert, askPause, askResume } from './dialogs.ts';
import { h, refill } from './dom.ts';
import { LoanList, placeOf } from './loans.ts';
import { inFlight, others } from './movements.ts';
import type { Store } from './store.ts';
import { pausedBy } from './times.ts';
import type { Tone } from './words.ts';
import { age, coins, MODE_WORDS, SENDS, stateOf, toneOf } from './words.ts';

interface Matter {
  readonly tone: Tone;
  readonly what: string;
  readonly says: string;
  readonly place?: string;
  readonly button?: { readonly words: string; readonly act: () => void };
}

export class BoardView {
  readonly element: HTMLElement;
  readonly #attention = h('div', { 'aria-live': 'polite' });
  readonly #accounts = h('div', { class: 'accounts' });
  readonly #flight = h('div', {});
  readonly #others = h('div', {});
  readonly #list: LoanList;
  readonly #cards = new Map<string, HTMLElement>();
  /** An alert that a link of its own led here. */
  readonly #wanted: string | null;

  constructor(store: Store, wanted: string | null) {
    this.#list = new LoanList(store);
    this.#wanted = wanted;
    const part = (title: string, ...content: HTMLElement[]): HTMLElement =>
      h('section', {}, h('h2', {}, title), ...content);
    this.element = h(
      'div',
      {},
      h('h1', { class: 'said' }, 'All loans'),
      this.#attention,
      this.#flight,
      part('Loans', this.#list.element, legend()),
      part('Accounts', this.#accounts),
      this.#others,
    );
  }

  update(board: Board): void {
    const found = mattersOf(board, this.#wanted);
    const matters = board.acts ? found : found.map(({ button: _, ...rest }) => rest);
    refill(this.#attention, matters, () => [attention(matters, board)]);
    this.#list.update(board.loans);
    this.#updateAccounts(board.accounts, board.acts);
    refill(
      this.#flight,
      board.inFlight.map(({ sinceMs, ...rest }) => [age(sinceMs), rest]),
      () => inFlight(board),
    );
    refill(
      this.#others,
      board.externals.map(({ agoMs, ...rest }) => [age(agoMs), rest]),
      () => others(board),
    );
  }

  redraw(): void {
    this.#list.redraw();
  }

  #updateAccounts(accounts: readonly Account[], acts: boolean): void {
    const names = new Set(accounts.map(({ account }) => account));
    for (const [name, card] of this.#cards) {
      if (names.has(name)) continue;
      card.remove();
      this.#cards.delete(name);
    }
    for (const account of accounts) {
      let card = this.#cards.get(account.account);
      if (card === undefined) {
        card = h('article', { class: 'account' });
        this.#cards.set(account.account, card);
        this.#accounts.append(card);
      }
      updateAccount(card, account, acts);
    }
  }
}

function mattersOf(board: Board, wanted: string | null): readonly Matter[] {
  const { accounts, absent, loans, inFlight: flying, alerts } = board;
  const open = alerts ?? [];
  const alert = (one: Alert): Matter => ({
    tone: one.over !== null ? 'calm' : one.severity === 'critical' ? 'bad' : 'warn',
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

function attention(matters: readonly Matter[], { loans }: Board): HTMLElement {
  if (matters.length > 0) {
    return h('ul', { class: 'attention', 'aria-label': 'What needs attention' }, ...matters.map(matterRow));
  }
  const count = loans.length === 1 ? 'The one loan is' : `All ${String(loans.length)} loans are`;
  if (loans.length === 0) return h('p', { class: 'allwell' }, 'No loan has been seen yet.');
  return h('p', { class: 'allwell' }, `Nothing needs you. `, h('span', {}, `${count} watched and short of nothing.`));
}

function matterRow({ tone, what, says, place, button }: Matter): HTMLElement {
  const words = place === undefined ? says : h('a', { href: place, 'data-in-page': true }, says);
  const act =
    button === undefined
      ? null
      : h('button', { type: 'button', onclick: button.act, 'aria-label': `${button.words}: ${says}` }, button.words);
  return h('li', { class: tone }, h('strong', {}, what), h('span', {}, words), h('span', { class: 'act' }, act));
}

function legend(): HTMLElement {
  const key = (kind: string, words: string): HTMLElement => h('span', {}, h('i', { class: kind }), words);
  return h(
    'p',
    { class: 'legend' },
    key('target', 'target'),
    key('act', 'money moves'),
    key('urgent', 'urgent'),
    key('line', 'the venue liquidates'),
  );
}

const MODE_TONES: Readonly<Record<string, Tone>> = { active: 'calm', reducing: 'warn' };

function updateAccount(card: HTMLElement, account: Account, acts: boolean): void {
  const { seenMs, lane, wallets, standing, unread } = account;
  const ages = [seenMs === null ? null : age(seenMs), lane.nextLookMs === null ? null : age(lane.nextLookMs)];
  const rest = [
    account.accountMode,
    account.mode,
    lane.failed,
    lane.processes,
    wallets,
    standing,
    unread,
    account.account,
  ];
  const name = account.account;
  const paused = standing.pauses.some(({ loan }) => loan === null);
  refill(card, [ages, rest, acts], () => {
    const target = { kind: 'account', account: name } as const;
    const words = paused ? 'Resume' : 'Pause';
    const act = (): void => void (paused ? askResume(target, name) : askPause(target, name));
    return [
      h(
        'div',
        { class: 'row' },
        h('h3', {}, name),
        h('span', { class: 'small soft' }, `${account.venue}, ${SENDS[account.mode] ?? account.mode}`),
        h(
          'span',
          { class: 'end' },
          acts && h('button', { type: 'button', 'aria-label': `${words} account ${name}`, onclick: act }, words),
        ),
      ),
      h(
        'p',
        { class: 'row' },
        h('span', { class: `pill ${MODE_TONES[account.accountMode] ?? 'bad'}` }, account.accountMode),
        paused ? h('span', { class: 'pill' }, 'paused') : null,
        h('span', { class: 'small soft' }, MODE_WORDS[account.accountMode] ?? ''),
      ),
      facts(account, ages),
    ];
  });
}

function facts({ lane, wallets, unread, uid, mode }: Account, [seen, next]: readonly (string | null)[]): HTMLElement {
  const venue =
    lane.failed > 0
      ? `${String(lane.failed)} failed looks in a row`
      : unread.length > 0
        ? `not read: ${unread.map(({ section, reason }) => `${section} (${reason})`).join(', ')}`
        : 'all of it was read';
  const processes = mode === 'dryRun' || lane.processes < 2 ? '' : `, ${String(lane.processes)} processes`;
  const rows: readonly (readonly [string, string])[] = [
    ['seen', seen === null ? 'not yet' : `${seen} ago, next look in ${next ?? '?'}${processes}`],
    ['venue', venue],
    ...wallets.map(
      ({ wallet, coins: held }) => [wallet, held.map((one) => walletWords(one)).join(' · ') || 'empty'] as const,
    ),
    ['UID', uid],
  ];
  return h('dl', { class: 'pairs' }, ...rows.flatMap(([term, words]) => [h('dt', {}, term), h('dd', {}, words)]));
}

function walletWords({
  asset,
  free,
  keep,
}: {
  readonly asset: string;
  readonly free: string;
  readonly keep: string | null;
}): string {
  return `${coins(free)} ${asset}${keep === null ? '' : ` (${coins(keep)} kept)`}`;
}
