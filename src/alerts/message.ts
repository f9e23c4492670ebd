/**
 * What is due on a channel, as one message. Pure. A storm becomes one message: the gravest in full, of the rest how many
 * there are of what; nothing is left out without a word.
 */
import { isoOf } from '../clock.ts';
import type { Alert, Severity } from './alert.ts';
import { categoryOf } from './catalogue.ts';
import type { Reason } from './schedule.ts';

export interface Due {
  readonly alert: Alert;
  readonly reason: Reason;
  /** How often this channel was told of it before. */
  readonly before: number;
}

/** One alert in words. */
export interface Item {
  readonly id: string;
  readonly reason: Reason | 'test';
  readonly severity: Severity;
  readonly category: string;
  readonly account: string | null;
  readonly loan: string | null;
  readonly headline: string;
  readonly happened: string;
  readonly does: string;
  readonly can: string;
  /** When it began, how often it was told, how to acknowledge it; may be empty. */
  readonly note: string;
  /** Where it can be acknowledged; `null` without a page. */
  readonly link: string | null;
}

export interface Message {
  /** What a telephone shows first: one line. */
  readonly title: string;
  readonly severity: Severity;
  /** Nothing in it is new trouble. */
  readonly isGood: boolean;
  readonly items: readonly Item[];
  /** `and 37 more: 30 × starved, 7 × blind`; empty when there are none. */
  readonly more: string;
}

/** Alerts that a message tells in full. */
const IN_FULL = 5;

const RANK: Readonly<Record<Reason, number>> = { worse: 0, new: 1, nearer: 2, again: 3, more: 4, over: 5 };

/** @param page public base address of Ballast's page; `null`: there is none */
export function compose(due: readonly Due[], page: string | null): Message {
  const sorted = [...due].sort(
    (a, b) => gravity(a) - gravity(b) || RANK[a.reason] - RANK[b.reason] || a.alert.since - b.alert.since,
  );
  const items = sorted.slice(0, IN_FULL).map((one) => itemOf(one, page));
  const isGood = due.every(({ reason }) => reason === 'over');
  const severity = due.some(({ alert }) => alert.severity === 'critical') ? 'critical' : 'warning';
  const first = items[0]?.headline ?? '';
  const others = due.length - 1;
  const title = others <= 0 ? first : `${first} (and ${String(others)} more)`;
  return { title, severity, isGood, items, more: moreWords(sorted.slice(IN_FULL)) };
}

/** What is over comes last, whatever it was. */
function gravity({ alert, reason }: Due): number {
  if (reason === 'over') return 2;
  return alert.severity === 'critical' ? 0 : 1;
}

function moreWords(rest: readonly Due[]): string {
  if (rest.length === 0) return '';
  const counts = new Map<string, number>();
  for (const { alert, reason } of rest) {
    const name = `${alert.category}${reason === 'over' ? ' over' : ''}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const kinds = [...counts].map(([name, count]) => `${String(count)} × ${name}`);
  return `and ${String(rest.length)} more: ${kinds.join(', ')}. \`ballast alert list\` has them all.`;
}

function itemOf({ alert, reason, before }: Due, page: string | null): Item {
  const { id, severity, category, account, loan } = alert;
  const { means, does, can } = categoryOf(category);
  const link = page === null ? null : `${page.replace(/\/+$/, '')}/alerts/${id}`;
  const over = reason === 'over';
  return {
    ...{ id, reason, severity, category, account, loan, link },
    headline: `${markOf(alert, reason)} ${whereOf(alert)}: ${means}`,
    happened: over ? `Over: ${alert.says}` : `${alert.says}${timesWords(alert)}`,
    does: over ? 'It has closed this alert.' : filled(does, alert),
    can: over ? 'Nothing has to be done.' : filled(can, alert),
    note: over ? lastedWords(alert) : noteOf(alert, before, link),
  };
}

function markOf({ severity }: Alert, reason: Reason): string {
  if (reason === 'over') return '✅ over,';
  return severity === 'critical' ? '🔴 CRITICAL' : '🟠 warning';
}

const MODES: Readonly<Record<string, string>> = { live: '', simulated: ' (simulated)', dryRun: ' (dry-run)' };

/** A loan's name begins with its account's. */
function whereOf({ loan, account, mode }: Alert): string {
  return `${loan ?? account ?? 'Ballast'}${MODES[mode ?? 'live'] ?? ''}`;
}

function timesWords({ count }: Alert): string {
  return count > 1 ? ` (${String(count)} times)` : '';
}

function filled(text: string, { account, loan }: Alert): string {
  const names: Readonly<Record<string, string>> = {
    account: account ?? 'ACCOUNT',
    loan: loan ?? 'LOAN',
    target: loan ?? account ?? 'all',
  };
  return text.replace(/\{(account|loan|target)\}/g, (_, name: string) => names[name] ?? '');
}

function noteOf({ id, severity, since, acknowledged }: Alert, before: number, link: string | null): string {
  const told = before === 0 ? '' : `, told ${String(before)} times before`;
  const began = `Since ${timeOf(since)}${told}.`;
  if (severity !== 'critical') return began;
  if (acknowledged !== null) return `${began} Acknowledged by ${acknowledged.by}: ${acknowledged.why}.`;
  const command = `\`ballast alert acknowledge ${id} --why "…"\``;
  return `${began} It is told again until acknowledged: ${link === null ? command : `${link} or ${command}`}.`;
}

function lastedWords({ since, over }: Alert): string {
  const minutes = Math.max(0, Math.round(((over ?? since) - since) / 60_000));
  const long = minutes === 0 ? 'less than a minute' : `${String(minutes)} min`;
  return `It began ${timeOf(since)} and lasted ${long}.`;
}

function timeOf(wallMs: number): string {
  return `${isoOf(wallMs).slice(0, 19).replace('T', ' ')} UTC`;
}

/** What `ballast alert test` sends: like an alert in every way, and marked in every line that is shown first. */
export function testMessage(channel: string): Message {
  const headline = `🔔 TEST of channel ${channel}: nothing is wrong`;
  const item: Item = {
    ...{ id: 'test', reason: 'test' as const, severity: 'warning' as const, category: 'test' },
    ...{ account: null, loan: null, link: null, headline },
    happened: 'somebody ran `ballast alert test`.',
    does: 'Nothing. Real alerts come the same way and look like this one.',
    can: 'Nothing has to be done, as this message has arrived.',
    note: '',
  };
  return { title: headline, severity: 'warning', isGood: true, items: [item], more: '' };
}

/** Everything of an item below its headline. */
export function bodyLines({ happened, does, can, note }: Item): readonly string[] {
  return [sentence(happened), `Ballast: ${does}`, `You can: ${can}`, ...(note === '' ? [] : [note])];
}

function sentence(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

/** The whole message as plain text. */
export function plainText({ items, more }: Message): string {
  const blocks = items.map((item) => [item.headline, ...bodyLines(item)].join('\n'));
  return [...blocks, ...(more === '' ? [] : [more])].join('\n\n');
}
