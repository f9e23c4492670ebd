/** One loan in full: where it stands and why, what comes next at which price, what was done and what it did, what is left. */
import type { Action, Board, DecisionDetail, Loan, LoanDetail, Point } from '../wire.ts';
import { Chart } from './chart.ts';
import { h, refill } from './dom.ts';
import { keeps, pauseButton } from './loans.ts';
import type { Store } from './store.ts';
import { keyOf } from './store.ts';
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
      h('h1', {}, `${loan.account} ${product}`),
      key === '' ? null : h('span', { class: 'num soft' }, key),
      h('span', { class: `pill ${tone}` }, word),
      h('span', { class: 'small soft' }, `${SENDS[loan.mode] ?? loan.mode}; ${means}`),
      h('span', { class: 'end' }, pauseButton(loan)),
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

type When = (ms: number) => HTMLElement;

function story({ decision, lastAct, history, actions, acts }: LoanDetail, when: When): HTMLElement[] {
  const panel = (title: string, ...content: (HTMLElement | null)[]): HTMLElement =>
    h('section', {}, h('h2', {}, title), h('div', { class: 'panel' }, ...content));
  return [
    panel('Why', ...(decision === null ? [h('p', {}, 'Nothing was decided yet.')] : explained(decision, when))),
    ...(lastAct === null ? [] : [panel('The last time it acted', ...explained(lastAct, when))]),
    panel(
      'Actions',
      actions.length === 0 ? h('p', { class: 'soft' }, 'No payment was needed so far.') : table(actions, when),
    ),
    ...(history.length === 0 ? [] : [panel('Decisions before', past(history, when))]),
    ...(acts.length === 0 ? [] : [panel('What operators did', operators(acts, when))]),
  ];
}

function explained(decision: DecisionDetail, when: When): HTMLElement[] {
  const { says, trace, firstAt, lastAt, count, amount, ltv } = decision;
  const rows = trace.map(({ rule, fired, says: words }) =>
    h(
      'li',
      { class: fired ? 'fired' : '' },
      h('span', { class: 'mark', 'aria-label': fired ? 'decided' : 'did not decide' }, fired ? '●' : '○'),
      h('span', {}, rule),
      h('span', {}, words),
    ),
  );
  const times = count > 1 ? [`${String(count)} looks agreed, the last `, when(lastAt)] : ['decided '];
  return [
    h('p', {}, says),
    h(
      'p',
      { class: 'small soft' },
      ...times,
      ...(count > 1 ? [', the first ', when(firstAt)] : [when(firstAt)]),
      `, at LTV ${percent(ltv)}`,
    ),
    h('ul', { class: 'trace' }, ...rows),
    ...(amount === null ? [] : [amountOf(amount)]),
  ];
}

function amountOf({
  formula,
  inputs,
  unbounded,
  bounds,
  amount,
  ltvAfter,
}: NonNullable<DecisionDetail['amount']>): HTMLElement {
  const steps = bounds.map(({ by, to }) => h('li', {}, `${by}: `, h('span', { class: 'num' }, to)));
  return h(
    'details',
    {},
    h('summary', {}, `The amount: ${coins(amount)}, for LTV ${percent(ltvAfter)} afterwards`),
    h('p', { class: 'small' }, `${formula} gives `, h('span', { class: 'num' }, unbounded)),
    h('ul', { class: 'small' }, ...steps),
    h(
      'p',
      { class: 'small soft num' },
      Object.entries(inputs)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', '),
    ),
  );
}

const HEADS = ['Sent', 'What', 'Outcome', 'LTV before → after', 'Evidence'];

function table(actions: readonly Action[], when: When): HTMLElement {
  const rows = actions.map((action) => {
    const { what, state, tier, chargeUsd, plannedAt, sentAt, ltvBefore, ltvAfter, ref, note, reads } = action;
    const tone = {
      confirmed: 'calm',
      sending: 'busy',
      settling: 'busy',
      planned: 'busy',
      unknown: 'bad',
      expired: 'bad',
    }[state];
    const read = reads.at(-1);
    return h(
      'tr',
      {},
      h('td', {}, when(sentAt ?? plannedAt)),
      h(
        'td',
        {},
        what,
        h('div', { class: 'small soft' }, `${usd(chargeUsd)} of the budgets${tier === 'urgent' ? ', urgent' : ''}`),
      ),
      h('td', {}, h('span', { class: `pill ${tone ?? ''}` }, state)),
      h('td', { class: 'nobreak' }, `${percent(ltvBefore)} → ${ltvAfter === null ? '…' : percent(ltvAfter)}`),
      h(
        'td',
        { class: 'small' },
        note,
        ref === null ? null : h('div', { class: 'soft' }, 'reference of the venue ', h('span', { class: 'num' }, ref)),
        read === undefined
          ? null
          : h(
              'div',
              { class: 'soft' },
              `${String(reads.length)} ${reads.length === 1 ? 'reading' : 'readings'} of its records: ${read.verdict}`,
            ),
      ),
    );
  });
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Actions' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...HEADS.map((head) => h('th', { scope: 'col' }, head)))),
      h('tbody', {}, ...rows),
    ),
  );
}

function past(history: LoanDetail['history'], when: When): HTMLElement {
  const rows = history.map(({ says, verdict, firstAt, count, ltv }) =>
    h(
      'tr',
      {},
      h('td', {}, when(firstAt)),
      h('td', {}, says),
      h('td', {}, verdict),
      h('td', { class: 'nobreak' }, percent(ltv)),
      h('td', {}, String(count)),
    ),
  );
  const heads = ['First', 'Decision', 'Verdict', 'LTV', 'Looks'];
  return h(
    'details',
    {},
    h('summary', {}, `${String(history.length)} earlier decisions`),
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Earlier decisions' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', { scope: 'col' }, head)))),
        h('tbody', {}, ...rows),
      ),
    ),
  );
}

function operators(acts: LoanDetail['acts'], when: When): HTMLElement {
  return h(
    'ul',
    { class: 'trace' },
    ...acts.map(({ act, by, why, at }) =>
      h('li', {}, h('span', {}), h('span', {}, act), h('span', {}, when(at), ` by ${by}: ${why}`)),
    ),
  );
}

function facts(loan: Loan): HTMLElement[] {
  const part = (title: string, ...content: (HTMLElement | null)[]): HTMLElement =>
    h('section', {}, h('h2', {}, title), h('div', { class: 'panel' }, ...content));
  const list = (rows: readonly (readonly [string, string])[]): HTMLElement =>
    h('dl', { class: 'pairs' }, ...rows.flatMap(([term, words]) => [h('dt', {}, term), h('dd', {}, words)]));
  return [
    part(
      'Next, at which price',
      loan.next.length === 0
        ? h('p', { class: 'soft' }, 'No price alone changes anything.')
        : list(loan.next.map(({ asset, price: at, what }) => [`${asset} ${price(at)}`, happens(what)])),
    ),
    part('Survives', survival(loan)),
    part(
      'Owes and holds',
      list([
        ...loan.debts.map((one) => ['owes', `${coins(one.amount)} ${one.asset}, ${usd(one.usd)}`] as const),
        ...loan.collateral.map((one) => ['holds', `${coins(one.amount)} ${one.asset}, ${usd(one.usd)}`] as const),
      ]),
    ),
    part('Budgets left', ...budgets(loan)),
    part(
      'Terms',
      loan.terms.length === 0
        ? h('p', { class: 'soft' }, 'Rates were not read yet.')
        : list(
            loan.terms.map(({ asset, ratePerYear, room }) => [
              asset,
              `${ratePerYear === null ? 'rate unknown' : `${percent(ratePerYear)} a year`}${room === null ? '' : `, room for ${coins(room.coins)} more`}`,
            ]),
          ),
    ),
  ];
}

function survival({ survival: found }: Loan): HTMLElement {
  if (found === null) return h('p', { class: 'soft' }, 'Not known until it is seen.');
  const any = (share: string | null): string => (share === null ? 'any' : move(share));
  const rows = found.moves.map((row) =>
    h(
      'tr',
      {},
      h('td', {}, coinOf(row)),
      h('td', {}, row.direction),
      h('td', {}, any(row.without)),
      h('td', {}, any(row.with)),
    ),
  );
  const wanted = found.targets.map(({ wanted: share, shortBy }) =>
    h(
      'p',
      { class: 'small' },
      `wanted ${move(share)}: `,
      h(
        'span',
        { class: `pill ${shortBy === null ? 'calm' : 'warn'}` },
        shortBy === null ? 'ok' : `short by ${(Number(shortBy) * 100).toFixed(1)} points`,
      ),
    ),
  );
  const heads = ['Price of', 'Move', 'Without money', 'With the permitted money'];
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Survives' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', { scope: 'col' }, head)))),
        h('tbody', {}, ...rows),
      ),
    ),
    ...wanted,
  );
}

function budgets({ budgets: rows, fuse, policy }: Loan): (HTMLElement | null)[] {
  if (policy === null) return [h('p', { class: 'soft' }, 'It follows no policy: nothing is spent on it.')];
  return [
    h('p', { class: 'small soft' }, `policy ${policy}; shared by its loans in this account`),
    ...rows.map(({ tier, limit, cap, left }) => {
      const name = `${tier === 'urgent' ? 'beyond urgent, ' : ''}${LIMITS[limit] ?? limit}`;
      return h(
        'div',
        { class: 'meter' },
        h('div', { class: 'row' }, h('span', {}, name), h('span', { class: 'soft' }, `${usd(left)} of ${usd(cap)}`)),
        h('progress', { max: cap, value: left, 'aria-label': `${name}: left` }),
      );
    }),
    fuse === null
      ? null
      : h(
          'p',
          { class: 'small soft' },
          fuse.blown
            ? 'The fuse has blown: too many sends without effect.'
            : `${String(fuse.count)} of ${String(fuse.of)} sends without effect in a row`,
        ),
  ];
}
