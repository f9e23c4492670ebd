/** The three questions the page asks: who are you, why is it paused, why does it go on. */
import type { Account, Target } from '../wire.ts';
import { h } from './dom.ts';
import { logIn, operatorName, post, Refused, token } from './session.ts';

interface Asked {
  readonly title: string;
  readonly explains: string;
  readonly fields: readonly HTMLElement[];
  readonly button: string;
  readonly danger?: boolean;
  /** @throws Refused */
  readonly send: (form: FormData) => Promise<void>;
}

/** @returns whether it was done, rather than left */
function ask({ title, explains, fields, button, danger = false, send }: Asked): Promise<boolean> {
  return new Promise((resolve) => {
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    const submit = h('button', { type: 'submit', class: danger ? 'danger' : 'main' }, button);
    const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
    const form = h('form', { method: 'dialog' }, ...fields, wrong, h('div', { class: 'buttons' }, cancel, submit));
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'asked' },
      h('h2', { id: 'asked' }, title),
      h('p', { class: 'soft' }, explains),
      form,
    );
    let done = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      submit.disabled = true;
      wrong.textContent = '';
      send(new FormData(form)).then(
        () => {
          done = true;
          dialog.close();
        },
        (error: unknown) => {
          submit.disabled = false;
          wrong.textContent =
            error instanceof Refused ? `${error.trouble.happened} ${error.trouble.operator}` : String(error);
        },
      );
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(done);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

export function askLogin(why: string): Promise<boolean> {
  const field = h('input', {
    name: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    autofocus: true,
  });
  const name = h('input', { name: 'by', autocomplete: 'username', maxlength: '80', value: operatorName() });
  return ask({
    title: 'Log in',
    explains: why,
    fields: [h('label', {}, 'Your name, for the journal', name), h('label', {}, 'Token', field)],
    button: 'Log in',
    send: (form) => logIn(text(form, 'token'), text(form, 'by')),
  });
}

/** @returns whether there is a login now */
async function loggedIn(): Promise<boolean> {
  return (
    token() !== null || askLogin('Acting needs the token: that of the policy file, or the one that the start showed.')
  );
}

const ENDS: readonly (readonly [words: string, minutes: string])[] = [
  ['after 30 minutes', '30'],
  ['after 2 hours', '120'],
  ['after 8 hours', '480'],
  ['after 24 hours', '1440'],
  ['after 7 days', '10080'],
];
const MINUTE_MS = 60_000;

function reason(example: string): HTMLElement {
  const field = h('textarea', {
    name: 'why',
    required: true,
    maxlength: '500',
    rows: '2',
    placeholder: example,
    autofocus: true,
  });
  return h('label', {}, 'Reason, for the journal', field);
}

export async function askPause(target: Target, name: string): Promise<boolean> {
  if (!(await loggedIn())) return false;
  const ends = h('select', { name: 'for' }, ...ENDS.map(([words, minutes]) => h('option', { value: minutes }, words)));
  return ask({
    title: `Pause ${name}?`,
    explains:
      'It is still watched, and what is in flight is still settled. Nothing new is sent: nothing rescues it until it goes on.',
    fields: [reason('e.g. I move collateral by hand'), h('label', {}, 'It ends by itself', ends)],
    button: 'Pause',
    danger: true,
    send: (form) => {
      const forMs = Number(text(form, 'for')) * MINUTE_MS;
      return post('/api/pause', { target, forMs, why: text(form, 'why'), by: operatorName() });
    },
  });
}

export async function askResume(target: Target, name: string): Promise<boolean> {
  if (!(await loggedIn())) return false;
  return ask({
    title: `Resume ${name}?`,
    explains: 'Its policy acts again from the next look on, which comes at once.',
    fields: [reason('e.g. done')],
    button: 'Resume',
    send: (form) => post('/api/resume', { target, why: text(form, 'why'), by: operatorName() }),
  });
}

/** Lifts what only a person may lift, as far as this person sees it now. */
export async function askAcknowledge({ account, standing, forAPerson }: Account): Promise<boolean> {
  if (!(await loggedIn())) return false;
  const meant = standing.causes.filter(({ kind }) => forAPerson.includes(kind));
  return ask({
    title: `Acknowledge ${account}?`,
    explains: `Only after you have looked at the account at its venue. You acknowledge: ${meant.map(({ why }) => why).join('; ')}`,
    fields: [reason('what you found and mended')],
    button: 'Acknowledge',
    danger: true,
    send: (form) => {
      const causes = Object.fromEntries(meant.map(({ kind, why }) => [kind, why]));
      return post('/api/acknowledge', { account, causes, why: text(form, 'why'), by: operatorName() });
    },
  });
}

export async function askAlert(id: string, says: string): Promise<boolean> {
  if (!(await loggedIn())) return false;
  return ask({
    title: 'Acknowledge this alert?',
    explains: says,
    fields: [reason('e.g. I am on it')],
    button: 'Acknowledge',
    send: (form) => post('/api/alerts/acknowledge', { id, why: text(form, 'why'), by: operatorName() }),
  });
}
