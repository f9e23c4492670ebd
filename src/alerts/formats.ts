/**
 * A message in the words of each service. Pure: what is posted where; nothing is sent here. What does not fit into the
 * service's size is cut at its end, with a word about it.
 */
import { bodyLines, plainText } from './message.ts';
import type { Item, Message } from './message.ts';

export type HttpPreset = 'telegram' | 'slack' | 'discord' | 'ntfy' | 'apprise' | 'webhook';

export interface Post {
  /** Carries the token of the service: shown to nobody. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sizes that the services document, in characters, less some room for their own counting. */
const MOST = { telegram: 3_900, slack: 12_000, discord: 1_900, ntfy: 3_500, apprise: 30_000 } as const;

/** @param address one that the configuration has checked to fit its service */
export function postOf(preset: HttpPreset, address: string, message: Message): Post {
  const url = new URL(address);
  const auth = takeAuth(url);
  const { to, body } = MAKERS[preset](url, message);
  return { url: to.toString(), headers: { 'content-type': 'application/json', ...auth }, body: JSON.stringify(body) };
}

/** Credentials in an address become a header: no HTTP client sends them by itself. */
function takeAuth(url: URL): Readonly<Record<string, string>> {
  if (url.username === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}

interface Made {
  readonly to: URL;
  readonly body: unknown;
}

const MAKERS: Readonly<Record<HttpPreset, (url: URL, message: Message) => Made>> = {
  telegram: (url, message) => {
    const to = new URL(url);
    if (!to.pathname.endsWith('/sendMessage')) to.pathname = `${to.pathname.replace(/\/+$/, '')}/sendMessage`;
    to.search = '';
    const more = Object.fromEntries(url.searchParams);
    const text = telegramText(message);
    return { to, body: { ...more, text, parse_mode: 'HTML', link_preview_options: { is_disabled: true } } };
  },
  slack: (to, message) => ({ to, body: { text: fitting(slackText(message), MOST.slack) } }),
  discord: (to, message) => ({
    to,
    body: { content: fitting(discordText(message), MOST.discord), allowed_mentions: { parse: [] } },
  }),
  ntfy: (url, message) => {
    const to = new URL(url);
    const topic = topicOf(url);
    to.pathname = url.pathname.replace(/\/+$/, '').slice(0, -topic.length);
    const link = message.items.length === 1 ? message.items[0]?.link : null;
    const body = {
      topic: decodeURIComponent(topic),
      title: message.title,
      message: fitting(withoutTitle(message), MOST.ntfy),
      priority: message.isGood ? 3 : message.severity === 'critical' ? 5 : 4,
      ...(link === null || link === undefined ? {} : { click: link }),
    };
    return { to, body };
  },
  apprise: (to, message) => {
    const type = message.isGood ? 'success' : message.severity === 'critical' ? 'failure' : 'warning';
    const body = fitting(withoutTitle(message), MOST.apprise);
    return { to, body: { title: message.title, body, type, format: 'text' } };
  },
  webhook: (to, message) => {
    const { title, severity, items, more } = message;
    return { to, body: { from: 'ballast', title, severity, text: plainText(message), alerts: items, more } };
  },
};

function topicOf(url: URL): string {
  return url.pathname.split('/').findLast((part) => part !== '') ?? '';
}

/** Where the title stands elsewhere, the first headline need not be said twice. */
function withoutTitle(message: Message): string {
  const [first, ...rest] = message.items;
  if (first === undefined || rest.length > 0) return plainText(message);
  return [...bodyLines(first), ...(message.more === '' ? [] : [message.more])].join('\n');
}

const CUT = '… (cut: `ballast alert list` has the rest)';

function fitting(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - CUT.length).replace(/[\uD800-\uDBFF]$/, '')}${CUT}`;
}

/** Telegram refuses a message whose tags do not close, so whole items are left out, never half of one. */
function telegramText(message: Message): string {
  const items = message.items.map((item) => telegramItem(item));
  const tail = message.more === '' ? [] : [escapeHtml(message.more)];
  for (let count = items.length; count > 0; count -= 1) {
    const left = count === items.length ? [] : [CUT];
    const text = [...items.slice(0, count), ...tail, ...left].join('\n\n');
    if (text.length <= MOST.telegram) return text;
  }
  return `${escapeHtml(message.title)
    .slice(0, MOST.telegram / 2)
    .replace(/&[^;]*$/, '')}\n${CUT}`;
}

/** A text of a venue may be long; the sentences that help come after it. */
const LONGEST_HAPPENED = 1_500;

function telegramItem(item: Item): string {
  const short = { ...item, happened: fitting(item.happened, LONGEST_HAPPENED) };
  return [`<b>${escapeHtml(item.headline)}</b>`, ...bodyLines(short).map(escapeHtml)].join('\n');
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack reads `<…>` as a link or a call of people. */
function slackText(message: Message): string {
  const blocks = message.items.map((item) => [`*${escapeHtml(item.headline)}*`, ...bodyLines(item).map(escapeHtml)]);
  return [...blocks.map((lines) => lines.join('\n')), ...(message.more === '' ? [] : [message.more])].join('\n\n');
}

function discordText(message: Message): string {
  const blocks = message.items.map((item) => [`**${item.headline}**`, ...bodyLines(item)].join('\n'));
  return [...blocks, ...(message.more === '' ? [] : [message.more])].join('\n\n');
}
