/** The page: what it shows depends on the address; what it knows comes from one stream. */
import type { Access, Board, LoanDetail, Tracks } from '../wire.ts';
import { BoardView } from './board.ts';
import { after } from './clock.ts';
import { DetailView } from './detail.ts';
import { askLogin, askPause, askResume } from './dialogs.ts';
import { byId, fill, h, refill } from './dom.ts';
import { get, logOut, operatorName, Refused, token } from './session.ts';
import { Store } from './store.ts';
import { listen } from './stream.ts';

const DETAIL_EVERY_MS = 2_000;
const AGAIN_MS = 2_000;

const store = new Store();
const main = byId('main', HTMLElement);
const link = byId('link', HTMLElement);
const tools = byId('tools', HTMLElement);
const foot = byId('foot', HTMLElement);
const said = byId('said', HTMLElement);

let view: BoardView | DetailView | null = null;
let place = '';
let stop: (() => void) | null = null;

/** The view of the address, made anew when the address has changed. */
function show(board: Board): void {
  if (view === null || place !== location.pathname + location.search) {
    const changed = view !== null;
    place = location.pathname + location.search;
    const query = new URLSearchParams(location.search);
    const [loan, account] = [query.get('id'), query.get('account')];
    const isLoan = location.pathname === '/loan' && loan !== null && account !== null;
    const alert = /^\/alerts\/(.+)$/.exec(location.pathname)?.[1] ?? null;
    view = isLoan
      ? new DetailView(store, account, loan)
      : new BoardView(store, alert === null ? null : decodeURIComponent(alert));
    document.title = isLoan ? `${loan} · Ballast` : 'Ballast';
    fill(main, view.element);
    if (changed) main.focus();
    if (changed) scrollTo(0, 0);
    if (view instanceof DetailView && account !== null && loan !== null) void follow(view, account, loan);
  }
  view.update(board);
}

/** The story of a loan changes with its decisions: asked for now and then while it is open. */
async function follow(open: DetailView, account: string, loan: string): Promise<void> {
  if (view !== open) return;
  const query = new URLSearchParams({ account, loan }).toString();
  await get<LoanDetail>(`/api/loan?${query}`).then(
    (detail) => {
      open.tell(detail);
    },
    () => undefined,
  );
  after(DETAIL_EVERY_MS, () => void follow(open, account, loan));
}

function showTools({ acts, accounts }: Board): void {
  const all = accounts.filter(({ own }) => own);
  const paused = all.length > 0 && all.every(({ standing }) => standing.pauses.some(({ loan }) => loan === null));
  refill(tools, [acts, paused, token() !== null, operatorName()], () => {
    if (!acts) return [h('span', { class: 'who', title: 'the policy file names no token' }, 'reading only')];
    const words = paused ? 'Resume all' : 'Pause all';
    const act = (): void =>
      void (paused ? askResume({ kind: 'all' }, 'everything') : askPause({ kind: 'all' }, 'everything'));
    const login =
      token() === null
        ? h(
            'button',
            { type: 'button', onclick: () => void logInAndStart('Reading is free here; acting needs the token.') },
            'Log in',
          )
        : h('button', { type: 'button', onclick: leave }, 'Log out');
    const name = operatorName();
    return [
      token() === null || name === '' ? null : h('span', { class: 'who' }, name),
      h('button', { type: 'button', onclick: act }, words),
      login,
    ];
  });
}

function leave(): void {
  logOut();
  location.assign('/');
}

function onBoard(board: Board): void {
  store.setBoard(board);
  document.body.classList.remove('lost-view');
  link.className = 'link live';
  setText(link, 'live');
  show(board);
  showTools(board);
  refill(foot, [board.version, board.policy], () => [
    h(
      'p',
      {},
      `Ballast ${board.version}, policy ${board.policy}. Amounts are rounded for reading; the journal holds all digits.`,
    ),
  ]);
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function onLost(words: string): void {
  link.className = 'link lost';
  setText(link, words);
  document.body.classList.add('lost-view');
}

/** The first answer of a server that may only just be starting. */
async function reached<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      onLost('the server does not answer');
      await new Promise<void>((resolve) => after(AGAIN_MS, resolve));
    }
  }
}

async function start(): Promise<void> {
  stop?.();
  stop = null;
  const { reads } = await reached(() => get<Access>('/api/access'));
  if (reads === 'token' && token() === null) {
    onLost('not logged in');
    void logInAndStart('This page needs the token of the policy file.');
    return;
  }
  await get<Tracks>('/api/tracks').then(
    (tracks) => {
      store.setTracks(tracks);
    },
    (error: unknown) => {
      // The stream says it too, and asks for the login.
      if (!(error instanceof Refused)) throw error;
    },
  );
  stop = listen({
    onBoard,
    onTrouble: () => {
      onLost('the server cannot read its journal');
    },
    onLost: () => {
      onLost('connection lost: what you see is old');
    },
    onRefused: (refused) => {
      logOut();
      onLost('not logged in');
      void logInAndStart(refused.trouble.happened);
    },
  });
}

async function logInAndStart(why: string): Promise<void> {
  const done = await askLogin(why);
  if (done) {
    said.textContent = 'You are logged in.';
    await start();
    return;
  }
  if (view !== null) return;
  const again = h('button', { type: 'button', class: 'main', onclick: () => void logInAndStart(why) }, 'Log in');
  fill(main, h('div', { class: 'notice' }, h('p', {}, why), again));
}

/** Links inside the page change the view and keep the stream. */
document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target.closest('a[data-in-page]') : null;
  if (!(target instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)
    return;
  event.preventDefault();
  history.pushState(null, '', target.href);
  if (store.board !== null) show(store.board);
});
addEventListener('popstate', () => {
  if (store.board !== null) show(store.board);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  view?.redraw();
});

void start();
