/** Money that moved or moves: our calls that are not settled, and what others did. */
import { h } from './dom.ts';
import { age } from './words.ts';
import type { Board } from '../wire.ts';

/** With what would prove each, and what waits for it. */
export function inFlight({ inFlight: flying }: Board): HTMLElement[] {
  if (flying.length === 0) return [];
  const rows = flying.map(({ what, loan, state, sinceMs, note, ledger }) =>
    h(
      'li',
      { class: 'busy' },
      h('strong', {}, state),
      h(
        'span',
        {},
        `${what} for ${loan}. ${note}`,
        h('ul', { class: 'small soft ledger' }, ...ledger.map((line) => h('li', {}, line))),
      ),
      h('span', { class: 'small soft' }, age(sinceMs)),
    ),
  );
  return [h('section', {}, h('h2', {}, 'Money on its way'), h('ul', { class: 'attention' }, ...rows))];
}

export function others({ externals }: Board): HTMLElement[] {
  if (externals.length === 0) return [];
  const rows = externals.map(({ account, loan, kind, says, agoMs }) =>
    h(
      'li',
      {},
      h('strong', {}, kind),
      h('span', {}, `${loan ?? account}: ${says}`),
      h('span', { class: 'small soft' }, `${age(agoMs)} ago`),
    ),
  );
  return [h('section', {}, h('h2', {}, 'Done by others'), h('ul', { class: 'attention' }, ...rows))];
}
