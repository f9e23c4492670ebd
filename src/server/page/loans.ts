/** The list of all loans: one card each, the most endangered first. */
import type { Loan } from '../wire.ts';
import { Chart } from './chart.ts';
import { askPause, askResume } from './dialogs.ts';
import { h, refill } from './dom.ts';
import type { Store } from './store.ts';
import { keyOf } from './store.ts';
import { pausedBy } from './times.ts';
import {
  coinOf,
  coins,
  cushion,
  happens,
  move,
  percent,
  price,
  rank,
  SENDS,
  shortName,
  stateOf,
  survives,
  toneOf,
} from './words.ts';

export function placeOf({ account, loan }: Pick<Loan, 'account' | 'loan'>): string {
  return `/loan?${new URLSearchParams({ account, id: loan }).toString()}`;
}

export class LoanList {
  readonly element = h('div', { class: 'loans' });
  readonly #store: Store;
  readonly #cards = new Map<string, Card>();

  constructor(store: Store) {
    this.#store = store;
  }

  update(loans: readonly Loan[]): void {
    const sorted = [...loans].sort((a, b) => rank(a) - rank(b) || (keyOf(a) < keyOf(b) ? -1 : 1));
    const keys = new Set(sorted.map(keyOf));
    for (const [key, card] of this.#cards) {
      if (keys.has(key)) continue;
      card.element.remove();
      this.#cards.delete(key);
    }
    for (const loan of sorted) {
      const key = keyOf(loan);
      const card = this.#cards.get(key) ?? new Card(this.#store.tapeAt(loan.account) !== null);
      this.#cards.set(key, card);
      card.update(loan, this.#store.board?.acts ?? false);
      card.chart.set(this.#store.pointsOf(key));
    }
    this.#order(sorted.map(keyOf));
  }

  redraw(): void {
    for (const { chart } of this.#cards.values()) chart.redraw();
  }

  /** Nothing moves under the hands of somebody who is in the list. */
  #order(keys: readonly string[]): void {
    const isUsed = this.element.contains(document.activeElement) || this.element.matches(':hover');
    keys.forEach((key, index) => {
      const { element } = this.#cards.get(key) ?? {};
      if (element === undefined) return;
      const there = this.element.children[index];
      if (there === element || (isUsed && element.isConnected)) return;
      this.element.insertBefore(element, there ?? null);
    });
  }
}

class Card {
  readonly element = h('article', { class: 'loan' });
  readonly chart: Chart;
  readonly #who = h('div', { class: 'who-loan' });
  readonly #figures = h('div', { class: 'figures' });
  readonly #says = h('div', { class: 'says' });

  constructor(tape: boolean) {
    this.chart = new Chart({ big: false, tape });
    this.element.append(this.#who, this.chart.element, this.#figures, this.#says);
  }

  update(loan: Loan, acts: boolean): void {
    const { word, means } = stateOf(loan.state);
    const tone = toneOf(loan);
    this.element.className = `loan ${tone}`;
    this.element.dataset['loan'] = loan.loan;
    refill(this.#who, [loan.loan, loan.account, loan.state, tone, loan.mode], () => {
      const { product, key } = shortName(loan);
      const title = h('a', { href: placeOf(loan), 'data-in-page': true }, `${loan.account} · ${product}`);
      const detail = key === '' ? [] : [h('span', { class: 'num small soft' }, key)];
      const mode = h('span', { class: 'small soft' }, SENDS[loan.mode] ?? loan.mode);
      return [
        h('h3', {}, title),
        ...detail,
        h('p', { class: 'row' }, h('span', { class: `pill ${tone}`, title: means }, word), mode),
      ];
    });
    refill(this.#figures, [loan.ltv, loan.levels, loan.survival, loan.next, loan.debts], () => figures(loan));
    refill(this.#says, [loan.says, loan.paused, acts], () => [
      h('p', {}, loan.paused === null ? (loan.says ?? 'no decision yet') : `paused ${pausedBy(loan.paused)}`),
      pauseButton(loan, acts),
    ]);
  }
}

function figures(loan: Loan): HTMLElement[] {
  const { ltv, levels, survival, next, debts } = loan;
  const left = cushion(loan);
  const owes = debts.filter(({ amount }) => Number(amount) > 0).map(({ asset, amount }) => `${coins(amount)} ${asset}`);
  const soon = next.find(({ what }) => what === 'act') ?? next[0];
  return [
    h('p', { class: 'ltv' }, ltv === null ? '–' : percent(ltv), ' ', h('small', {}, 'LTV')),
    ...(survival === null ? [] : [keeps(loan)]),
    ...(left === null || levels === null
      ? []
      : [h('p', { class: 'small soft more' }, `${left} below its line at ${percent(levels.line)}`)]),
    ...(soon === undefined
      ? []
      : [h('p', { class: 'small soft' }, `${happens(soon.what)} at ${soon.asset} ${price(soon.price)}`)]),
    ...(owes.length === 0 ? [] : [h('p', { class: 'small soft more' }, `owes ${owes.join(', ')}`)]),
  ];
}

/** `survives −37.0 % of BTC`. */
export function keeps({ survival }: Pick<Loan, 'survival'>): HTMLElement {
  const rows = survives(survival?.moves ?? []);
  if (rows.length === 0) return h('p', { class: 'keeps' }, 'no price alone reaches its line');
  const words = rows.map((row) => `${move(row.without ?? '0')} of ${coinOf(row)}`);
  const with_ = rows.map((row) => (row.with === null ? 'any' : move(row.with)));
  return h(
    'p',
    { class: 'keeps', title: `with the permitted money: ${with_.join(', ')}` },
    `survives ${words.join(', ')}`,
  );
}

/** `null` where nobody acts through the page. */
export function pauseButton(loan: Loan, acts: boolean): HTMLButtonElement | null {
  if (!acts) return null;
  const [name, isPaused] = [loan.loan, loan.paused !== null];
  const target = { kind: 'loan', account: loan.account, loan: loan.loan } as const;
  const words = isPaused ? 'Resume' : 'Pause';
  const onclick = (): void => void (isPaused ? askResume(target, name) : askPause(target, name));
  return h('button', { type: 'button', 'aria-label': `${words} ${name}`, onclick }, words);
}
