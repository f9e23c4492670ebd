/** One loan in full: where it stands and why, what comes next at which price, what was done and what it did, what is left. */
import type { Board, Loan, LoanDetail, Point } from '../wire.ts';
import { Chart } from './chart.ts';
import { grid, h, pairs, part, refill } from './dom.ts';
import { keeps, pauseButton } from './loans.ts';
import type { Store } from './store.ts';
import { keyOf } from './store.ts';
import { story } from './story.ts';
import { moment, shownAt } from './times.ts';
import {
  coinOf,
  coins,
  cushion,
  happens,
  move,
  percent,
  price,
  SENDS,
  shortName,
  stateOf,
  toneOf,
  usd,
} from './words.ts';

const LIMITS: Readonly<Record<string, string>> = {
  perAction: 'one action',
  perHour: 'this hour',
  perDay: 'this day',
  perIncident: 'this incident',
};

export class DetailView {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #key: string;
  readonly #loan: Pick<Loan, 'account' | 'loan'>;
  readonly #title = h('div', { class: 'title' });
  readonly #chart: Chart;
  readonly #tip = h('p', { class: 'legend tip' });
  readonly #says = h('div', {});
  readonly #story = h('div', {});
  readonly #facts = h('div', { class: 'cols' });
  #track: readonly Point[] = [];

  constructor(store: Store, account: string, loan: string) {
    this.#store = store;
    this.#loan = { account, loan };
    this.#key = keyOf(this.#loan);
    const tape = store.tapeAt(account) !== null;
    this.#chart = new Chart({
      big: true,
      tape,
      onPoint: (words) => {
        this.#tip.textContent = words;
      },
    });
    this.#tip.textContent = tape ? 'Times of the chart are those of the tape, UTC.' : '';
    const back = h('a', { class: 'back', href: '/', 'data-in-page': true }, '← All loans');
    const top = h('div', { class: 'panel' }, this.#says, this.#chart.element, this.#tip);
    this.element = h('div', {}, back, this.#title, top, this.#story, this.#facts);
  }

  update(board: Board): void {
    const loan = board.loans.find((one) => keyOf(one) === this.#key);
    if (loan === undefined) {
      refill(this.#title, 'gone', () => [h('h1', {}, `${this.#loan.loan} is not watched any more`)]);
      return;
    }
    const { product, key } = shortName(loan);
    const { word, means } = stateOf(loan.state);
    const tone = toneOf(loan);
    refill(this.#title, [loan.state, tone, loan.mode, loan.paused], () => [
      h('h1', {}, `${loan.account} · ${product}`),
      key === '' ? null : h('span', { class: 'num soft' }, key),
      h('span', { class: `pill ${tone}` }, word),
      h('span', { class: 'small soft' }, `${SENDS[loan.mode] ?? loan.mode}; ${means}`),
      h('span', { class: 'end' }, pauseButton(loan, board.acts)),
    ]);
    refill(this.#says, [loan.ltv, loan.says, loan.survival, loan.levels], () => [
      h('p', { class: 'big-says' }, loan.says ?? 'No decision yet.'),
      standing(loan),
    ]);
    refill(
      this.#facts,
      [loan.budgets, loan.fuse, loan.terms, loan.debts, loan.collateral, loan.next, loan.survival],
      () => facts(loan),
    );
    this.#chart.set(this.#joined());
  }

  tell(detail: LoanDetail): void {
    this.#track = detail.track;
    this.#chart.set(this.#joined());
    const tape = this.#store.tapeAt(detail.account) !== null;
    refill(this.#story, [detail.decision, detail.lastAct, detail.history, detail.actions, detail.acts], () =>
      story(detail, (ms) => (tape ? moment(shownAt(detail.track, ms), true) : moment(ms))),
    );
  }

  redraw(): void {
    this.#chart.redraw();
  }

  /** The fine points of the journal, then those that have come since. */
  #joined(): readonly Point[] {
    const live = this.#store.pointsOf(this.#key);
    const last = this.#track.at(-1);
    if (last === undefined) return live;
    return [...this.#track, ...live.filter(([, shown]) => shown > last[1])];
  }
}

function standing(loan: Loan): HTMLElement {
  const { ltv, levels } = loan;
  const left = cushion(loan);
  if (ltv === null || levels === null) return h('p', {});
  const { target, act, urgent, line, call } = levels;
  const called = call === null ? '' : `, the venue warns at ${percent(call)}`;
  return h(
    'div',
    { class: 'row' },
    h('p', { class: 'ltv' }, percent(ltv), ' ', h('small', {}, `LTV, ${left ?? '?'} below its line`)),
    loan.survival === null ? null : h('span', { class: 'end' }, keeps(loan)),
    h(
      'p',
      { class: 'small soft' },
      `target ${percent(target)}, money moves at ${percent(act)}, urgent at ${percent(urgent)}, liquidated at ${percent(line)}${called}`,
    ),
  );
}

function facts(loan: Loan): HTMLElement[] {
  const held = (what: string, rows: Loan['debts']): readonly (readonly [string, string])[] =>
    rows
      .filter(({ amount }) => Number(amount) > 0)
      .map((one) => [what, `${coins(one.amount)} ${one.asset}, ${usd(one.usd)}`]);
  const soft = (words: string): HTMLElement => h('p', { class: 'soft' }, words);
  const next = loan.next.map(({ asset, price: at, what }) => [`${asset} ${price(at)}`, happens(what)] as const);
  return [
    part('Next, at which price', next.length === 0 ? soft('No price alone changes anything.') : pairs(next)),
    part('Survives', survival(loan)),
    part('Owes and holds', pairs([...held('owes', loan.debts), ...held('holds', loan.collateral)])),
    part('Budgets left', ...budgets(loan)),
    part('Terms', loan.terms.length === 0 ? soft('Rates were not read yet.') : pairs(loan.terms.map(termsWords))),
  ];
}

function termsWords({ asset, ratePerYear, room }: Loan['terms'][number]): readonly [string, string] {
  const rate = ratePerYear === null ? 'rate unknown' : `${percent(ratePerYear)} a year`;
  return [asset, room === null ? rate : `${rate}, room for ${coins(room.coins)} more`];
}

function survival({ survival: found }: Loan): HTMLElement {
  if (found === null) return h('p', { class: 'soft' }, 'Not known until it is seen.');
  const any = (share: string | null): string => (share === null ? 'any' : move(share));
  const rows = found.moves.map((row) => [coinOf(row), row.direction, any(row.without), any(row.with)]);
  const wanted = found.targets.map(({ wanted: share, shortBy }) => {
    const words = shortBy === null ? 'ok' : `short by ${(Number(shortBy) * 100).toFixed(1)} points`;
    const pill = h('span', { class: `pill ${shortBy === null ? 'calm' : 'warn'}` }, words);
    return h('p', { class: 'small' }, `wanted ${move(share)}: `, pill);
  });
  const heads = ['Price of', 'Move', 'Without money', 'With the permitted money'];
  return h('div', {}, grid('Survives', heads, rows), ...wanted);
}

function budgets({ budgets: rows, fuse, policy }: Loan): (HTMLElement | null)[] {
  if (policy === null) return [h('p', { class: 'soft' }, 'It follows no policy: nothing is spent on it.')];
  const meters = rows.map(({ tier, limit, cap, left }) => {
    const name = `${tier === 'urgent' ? 'beyond urgent, ' : ''}${LIMITS[limit] ?? limit}`;
    const words = h('span', { class: 'soft' }, `${usd(left)} of ${usd(cap)}`);
    const bar = h('progress', { max: cap, value: left, 'aria-label': `${name}: left` });
    return h('div', { class: 'meter' }, h('div', { class: 'row' }, h('span', {}, name), words), bar);
  });
  const small = (words: string): HTMLElement => h('p', { class: 'small soft' }, words);
  return [
    small(`policy ${policy}; shared by its loans in this account`),
    ...meters,
    fuse === null ? null : small(fuseWords(fuse)),
  ];
}

function fuseWords({ blown, count, of }: NonNullable<Loan['fuse']>): string {
  if (blown) return 'The fuse has blown: too many sends without effect.';
  return `${String(count)} of ${String(of)} sends without effect in a row`;
}
