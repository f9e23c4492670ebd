/** What was decided about a loan and why, and what was done about it. */
import type { Action, DecisionDetail, LoanDetail } from '../wire.ts';
import { grid, h, part } from './dom.ts';
import { coins, percent, usd } from './words.ts';

export type When = (ms: number) => HTMLElement;

export function story({ decision, lastAct, history, actions, acts }: LoanDetail, when: When): HTMLElement[] {
  const none = h('p', { class: 'soft' }, 'No payment was needed so far.');
  return [
    part('Why', ...(decision === null ? [h('p', {}, 'Nothing was decided yet.')] : explained(decision, when))),
    ...(lastAct === null ? [] : [part('The last time it acted', ...explained(lastAct, when))]),
    part('Actions', actions.length === 0 ? none : table(actions, when)),
    ...(history.length === 0 ? [] : [part('Decisions before', past(history, when))]),
    ...(acts.length === 0 ? [] : [part('What operators did', operators(acts, when))]),
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
const TONES: Readonly<Record<string, string>> = {
  confirmed: 'calm',
  sending: 'busy',
  settling: 'busy',
  planned: 'busy',
  unknown: 'bad',
  expired: 'bad',
};

function table(actions: readonly Action[], when: When): HTMLElement {
  const rows = actions.map((action) => {
    const { what, state, tier, chargeUsd, plannedAt, sentAt, ltvBefore, ltvAfter } = action;
    const charge = `${usd(chargeUsd)} of the budgets${tier === 'urgent' ? ', urgent' : ''}`;
    return [
      when(sentAt ?? plannedAt),
      h('div', {}, what, h('div', { class: 'small soft' }, charge)),
      h('span', { class: `pill ${TONES[state] ?? ''}` }, state),
      h('span', { class: 'nobreak' }, `${percent(ltvBefore)} → ${ltvAfter === null ? '…' : percent(ltvAfter)}`),
      evidence(action),
    ];
  });
  return grid('Actions', HEADS, rows);
}

function evidence({ note, ref, reads }: Action): HTMLElement {
  const last = reads.at(-1);
  const many = `${String(reads.length)} ${reads.length === 1 ? 'reading' : 'readings'} of its records`;
  return h(
    'div',
    { class: 'small' },
    note,
    ref === null ? null : h('div', { class: 'soft' }, 'reference of the venue ', h('span', { class: 'num' }, ref)),
    last === undefined ? null : h('div', { class: 'soft' }, `${many}: ${last.verdict}`),
  );
}

function past(history: LoanDetail['history'], when: When): HTMLElement {
  const heads = ['First', 'Decision', 'Verdict', 'LTV', 'Looks'];
  const rows = history.map(({ says, verdict, firstAt, count, ltv }) => {
    return [when(firstAt), says, verdict, h('span', { class: 'nobreak' }, percent(ltv)), String(count)];
  });
  const title = `${String(history.length)} earlier decisions`;
  return h('details', {}, h('summary', {}, title), grid('Earlier decisions', heads, rows));
}

function operators(acts: LoanDetail['acts'], when: When): HTMLElement {
  const rows = acts.map(({ act, by, why, at }) => [when(at), act, by, why]);
  return grid('What operators did', ['When', 'What', 'Who', 'Why'], rows);
}
