/** Elements without a framework: made once, changed where they differ. */

type Child = Node | string | null | false;

interface Attributes {
  readonly [name: string]: string | boolean | ((event: Event) => void) | null | undefined;
}

/** `h('button', { class: 'quiet', onclick: f }, 'Pause')`. Text is text: nothing is ever parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (typeof value === 'string') element.setAttribute(key, value);
  }
  fill(element, ...children);
  return element;
}

export function fill(element: Element, ...children: readonly (Child | readonly Child[])[]): void {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== false));
}

/** Replaces the content only if what it is made of has changed, so that focus, selection and open parts stay. */
export function refill(element: HTMLElement, key: unknown, make: () => readonly Child[]): void {
  const text = JSON.stringify(key);
  if (made.get(element) === text) return;
  made.set(element, text);
  fill(element, ...make());
}

const made = new WeakMap<HTMLElement, string>();

/** An element of the document that is always there. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

/** A titled part of a view. */
export function part(title: string, ...content: readonly Child[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), h('div', { class: 'panel' }, ...content));
}

/** A table that scrolls by itself where it is too wide, also by keyboard. */
export function grid(name: string, heads: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  const head = h('tr', {}, ...heads.map((words) => h('th', { scope: 'col' }, words)));
  const body = rows.map((cells) => h('tr', {}, ...cells.map((cell) => h('td', {}, cell))));
  const table = h('table', {}, h('thead', {}, head), h('tbody', {}, ...body));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name }, table);
}

export function pairs(rows: readonly (readonly [term: string, words: string])[]): HTMLElement {
  return h('dl', { class: 'pairs' }, ...rows.flatMap(([term, words]) => [h('dt', {}, term), h('dd', {}, words)]));
}
