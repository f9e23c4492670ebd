/**
 * One channel: a message goes out or it does not, within a deadline, and why not is said without the address, which holds
 * the token. Nothing is tried twice here: who calls does that, more and more slowly.
 */
import { Agent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { timeout } from '../clock.ts';
import type { HttpPreset } from './formats.ts';
import { postOf } from './formats.ts';
import { sendMail } from './mail.ts';
import type { Message } from './message.ts';
import type { Route } from './routing.ts';

export type Preset = HttpPreset | 'mail';

export interface ChannelOptions extends Route {
  readonly preset: Preset;
  /** https, http, smtp or smtps; often holds a token. */
  readonly url: { reveal(): string };
}

export interface Channel {
  readonly route: Route;
  /** @returns `null` when the service took it; else why not, in words that hold nothing secret */
  send(message: Message): Promise<string | null>;
}

/** Longest that one attempt may take. */
export const SEND_WITHIN_MS = 10_000;

export function openChannel({ preset, url, ...route }: ChannelOptions, clock: Clock): Channel {
  const send = (message: Message): Promise<string | null> =>
    preset === 'mail'
      ? sendMail(url.reveal(), message, SEND_WITHIN_MS)
      : attempt(clock, SEND_WITHIN_MS, async (signal) => {
          const { url: to, headers, body } = postOf(preset, url.reveal(), message);
          return post(to, { method: 'POST', headers, body, signal });
        });
  return { route, send };
}

/** Runs one attempt; whatever it throws becomes a word. */
export async function attempt(
  clock: Clock,
  withinMs: number,
  work: (signal: AbortSignal) => Promise<string | null>,
): Promise<string | null> {
  const signal = timeout(clock, withinMs);
  const over = new Promise<string>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(`no answer within ${String(withinMs / 1_000)} s`);
    });
  });
  return Promise.race([over, work(signal).catch((error: unknown) => reasonOf(error))]);
}

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

const MOST_ANSWER_BYTES = 64 * 1024;
/** One connection per message: they are rare, and an idle one would be stale by the next. No redirect is followed. */
const agent = new Agent({ pipelining: 0, maxResponseSize: MOST_ANSWER_BYTES, connect: { timeout: SEND_WITHIN_MS } });

/** @returns `null` for an answer of the two hundreds; else its status, with the service's own words where they are known to hold nothing secret */
export async function post(url: string, { method, headers, body, signal }: Sent): Promise<string | null> {
  const answer = await request(url, { method, headers: { ...headers }, body, signal, dispatcher: agent });
  const text = await answer.body.text().catch(() => '');
  if (answer.statusCode >= 200 && answer.statusCode < 300) return null;
  return `the service answers ${String(answer.statusCode)}${descriptionIn(text)}`;
}

/** Telegram says in `description` what is wrong with a chat or a token, and quotes neither. */
function descriptionIn(text: string): string {
  const found = /^\{"ok":false,"error_code":\d+,"description":"([\w ,:;.'/@-]{1,120})"/.exec(text);
  return found === null ? '' : `: ${found[1] ?? ''}`;
}

/** A code or a name: messages of lower layers may quote addresses, which hold tokens. */
export function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return error instanceof Error ? error.name : 'unknown failure';
}
