/** The login of this tab: a token in the tab's own memory, sent as a header and never as a cookie. */
import type { Trouble } from '../wire.ts';

const TOKEN = 'ballast-token';
const NAME = 'ballast-name';

export function token(): string | null {
  return sessionStorage.getItem(TOKEN);
}

/** Who acts, as the journal will say. */
export function operatorName(): string {
  return sessionStorage.getItem(NAME) ?? '';
}

export function logOut(): void {
  sessionStorage.removeItem(TOKEN);
}

export function headers(): Record<string, string> {
  const known = token();
  return known === null ? {} : { authorization: `Bearer ${known}` };
}

/** What the server refused, in its words. */
export class Refused extends Error {
  readonly status: number;
  readonly trouble: Trouble;

  constructor(status: number, trouble: Trouble) {
    super(trouble.happened);
    this.status = status;
    this.trouble = trouble;
  }
}

const GONE: Trouble = {
  happened: 'The server does not answer.',
  ballast: 'Whether it still watches the loans cannot be seen from here.',
  operator: 'See whether it runs.',
};

export async function refusalOf(response: Response): Promise<Refused> {
  const body = (await response.json().catch(() => ({}))) as { readonly error?: Trouble };
  return new Refused(response.status, body.error ?? GONE);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch(() => {
    throw new Refused(0, GONE);
  });
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** @throws Refused */
export async function get<T>(path: string): Promise<T> {
  return (await (await ask(path, { headers: headers() })).json()) as T;
}

/** @throws Refused */
export async function post(path: string, body: object): Promise<void> {
  const json = { ...headers(), 'content-type': 'application/json' };
  await ask(path, { method: 'POST', headers: json, body: JSON.stringify(body) });
}

/** @throws Refused */
export async function logIn(given: string, name: string): Promise<void> {
  const json = { authorization: `Bearer ${given}`, 'content-type': 'application/json' };
  await ask('/api/login', { method: 'POST', headers: json, body: '{}' });
  sessionStorage.setItem(TOKEN, given);
  sessionStorage.setItem(NAME, name.trim());
}
