/** The first screen: what is wrong, the accounts, money on its way, and all loans. */
import type { Account, Board } from '../wire.ts';
import { AttentionView } from './attention.ts';
import { askPause, askResume } from './dialogs.ts';
import { h, refill } from './dom.ts';
import { LoanList } from './loans.ts';
import { inFlight, others } from './movements.ts';
import type { Store } from './store.ts';
import type { Tone } from './words.ts';
import { age, coins, MODE_WORDS, SENDS } from './words.ts';

export class BoardView {
  readonly element: HTMLElement;
  readonly #attention = new AttentionView();
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
      this.#attention.element,
      this.#flight,
      part('Loans', this.#list.element, legend()),
      part('Accounts', this.#accounts),
      this.#others,
    );
  }

  update(board: Board): void {
    this.#attention.update(board, this.#wanted);
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
