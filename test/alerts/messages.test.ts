/** What a channel is sent: words, folding, routing, and the form of each service. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { CATALOGUE } from '../../src/alerts/catalogue.ts';
import { escapeHtml, postOf } from '../../src/alerts/formats.ts';
import type { HttpPreset } from '../../src/alerts/formats.ts';
import { compose, plainText, testMessage } from '../../src/alerts/message.ts';
import type { Due } from '../../src/alerts/message.ts';
import { reaches, takes } from '../../src/alerts/routing.ts';
import type { Route } from '../../src/alerts/routing.ts';
import { anAlert } from './build.ts';

const due = (more: Partial<Alert> = {}, reason: Due['reason'] = 'new', before = 0): Due => ({
  alert: anAlert(more),
  reason,
  before,
});

describe('a message', () => {
  it('says what happened, what Ballast does, what the operator can do, and how to acknowledge it', () => {
    const message = compose([due()], 'https://ballast.example/');
    expect(message.title).toBe('🔴 CRITICAL main/okx.flexibleLoan/7001: needs money that is not there');
    expect(plainText(message)).toBe(
      `${message.title}
it needs money that the policy has no more of: no USDT in funding.
Ballast: ${CATALOGUE.starved.does}
You can: ${CATALOGUE.starved.can}
Since 1970-01-01 00:00:00 UTC. It is told again until acknowledged: https://ballast.example/alerts/17 or \`ballast alert acknowledge 17 --why "…"\`.`,
    );
    expect(compose([due()], null).items[0]).toMatchObject({ link: null, note: expect.not.stringContaining('http') });
  });

  it('names the account and the loan where the advice needs them', () => {
    const [halted] = compose([due({ category: 'halt', loan: null, account: 'fund-7' })], null).items;
    expect(halted?.can).toContain('`ballast acknowledge fund-7 --why "…"`');
    const [paused] = compose([due({ category: 'paused', severity: 'warning' })], null).items;
    expect(paused?.can).toContain('`ballast resume main/okx.flexibleLoan/7001`');
    expect(paused?.note).not.toContain('acknowledge');
  });

  it('of a simulated or dry-run account says so in its first line', () => {
    expect(compose([due({ mode: 'simulated' })], null).title).toContain('7001 (simulated):');
    expect(compose([due({ mode: 'dryRun' })], null).title).toContain('7001 (dry-run):');
  });

  it('of a storm tells the gravest in full and counts all others: every alert is in one of the two', () => {
    const some = fc.constantFrom('starved', 'blind', 'warn', 'capped');
    const one = fc.record({
      category: some,
      severity: fc.constantFrom('warning' as const, 'critical' as const),
      reason: fc.constantFrom('new' as const, 'again' as const, 'over' as const),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 60 }), (list) => {
        const { items, more, title } = compose(
          list.map(({ reason, ...rest }, index) => due({ ...rest, id: String(index) }, reason)),
          null,
        );
        const counted = [...more.matchAll(/(\d+) × /g)].reduce((sum, [, count]) => sum + Number(count), 0);
        expect(items.length + counted).toBe(list.length);
        expect(items).toHaveLength(Math.min(list.length, 5));
        if (list.length > 1) expect(title).toContain(`(and ${String(list.length - 1)} more)`);
        const grave = list.filter(({ severity, reason }) => severity === 'critical' && reason !== 'over').length;
        const shown = items.filter(({ severity, reason }) => severity === 'critical' && reason !== 'over').length;
        expect(shown).toBe(Math.min(grave, 5));
      }),
    );
  });

  it('that only says what is over is good news', () => {
    const over = due({ over: 600_000 }, 'over', 3);
    expect(compose([over], null)).toMatchObject({ isGood: true, title: expect.stringMatching(/^✅ over, main/) });
    expect(compose([over], null).items[0]?.note).toContain('lasted 10 min');
    expect(compose([over, due()], null)).toMatchObject({ isGood: false, title: expect.stringMatching(/^🔴 CRITICAL/) });
  });
});

describe('a channel', () => {
  const all: Route = { name: 'a', least: 'warning', topics: null, accounts: null };

  it.each<readonly [string, Partial<Route>, Partial<Alert>, boolean]>([
    ['takes everything', {}, {}, true],
    ['for critical alerts takes no warning', { least: 'critical' }, { severity: 'warning' }, false],
    ['for critical alerts takes those', { least: 'critical' }, {}, true],
    ['for a topic takes it', { topics: ['loan'] }, {}, true],
    ['for another topic does not', { topics: ['payment'] }, {}, false],
    ['of an account takes it', { accounts: ['main'] }, {}, true],
    ['of another account does not', { accounts: ['other'] }, {}, false],
    ['of an account hears of the server', { accounts: ['other'] }, { account: null, category: 'journal' }, true],
    ['does not hear of itself', {}, { account: null, category: 'channel', about: 'a' }, false],
    ['hears of others', {}, { account: null, category: 'channel', about: 'b' }, true],
  ])('%s', (_what, route, alert, taken) => {
    expect(takes({ ...all, ...route }, anAlert(alert))).toBe(taken);
  });

  it('that nobody has for an account leaves that account without anybody', () => {
    expect(reaches([], 'main')).toBe(false);
    expect(
      reaches(
        [
          { ...all, accounts: ['other'] },
          { ...all, topics: ['server'] },
        ],
        'main',
      ),
    ).toBe(false);
    expect(reaches([{ ...all, least: 'critical' }], 'main')).toBe(true);
  });
});

describe('the form of', () => {
  const NASTY = 'a <b>bold</b> & "quoted" <!channel> @everyone text';
  const message = compose([due({ says: NASTY })], 'https://ballast.example');
  const made = (preset: HttpPreset, url: string): { readonly url: string; readonly body: Record<string, unknown> } => {
    const post = postOf(preset, url, message);
    return { url: post.url, body: JSON.parse(post.body) as Record<string, unknown> };
  };

  it('Telegram is HTML with everything escaped, to the chat of the address', () => {
    const { url, body } = made('telegram', 'https://api.telegram.org/bot1:T?chat_id=-100&message_thread_id=3');
    expect(url).toBe('https://api.telegram.org/bot1:T/sendMessage');
    expect(body).toMatchObject({ chat_id: '-100', message_thread_id: '3', parse_mode: 'HTML' });
    expect(body['text']).toMatch(/^<b>🔴 CRITICAL [^<]*<\/b>\na &lt;b&gt;bold&lt;\/b&gt; &amp; "quoted"/);
    expect(made('telegram', 'https://api.telegram.org/bot1:T/sendMessage?chat_id=1').url).toBe(url);
  });

  it('Telegram never cuts a tag or an entity, however long the texts are', () => {
    const texts = fc.array(fc.string({ minLength: 0, maxLength: 3_000, unit: fc.constantFrom('<', '&', 'x', '🔴') }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(texts, (list) => {
        const long = compose(
          list.map((says) => due({ says })),
          null,
        );
        const { text } = JSON.parse(postOf('telegram', 'https://t.example/bot1:T?chat_id=1', long).body) as {
          text: string;
        };
        expect(text.length).toBeLessThanOrEqual(4_096);
        const bare = text.replace(/<\/?b>/g, '').replace(/&(?:amp|lt|gt);/g, '');
        expect(bare).not.toMatch(/[<>&]/);
        expect(text.split('<b>')).toHaveLength(text.split('</b>').length);
      }),
      { numRuns: 50 },
    );
  });

  it('Slack calls nobody, Discord neither', () => {
    const slack = made('slack', 'https://hooks.slack.com/services/x').body['text'] as string;
    expect(slack).toContain('&lt;!channel&gt;');
    expect(slack).not.toContain('<!channel>');
    expect(made('discord', 'https://discord.com/api/webhooks/1/x').body).toMatchObject({
      content: expect.stringContaining('**🔴 CRITICAL'),
      allowed_mentions: { parse: [] },
    });
  });

  it('Discord fits into what Discord takes', () => {
    const long = compose([due({ says: 'x'.repeat(5_000) })], null);
    const { content } = JSON.parse(postOf('discord', 'https://d.example', long).body) as { content: string };
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(content).toContain('ballast alert list');
  });

  it('ntfy has title, priority and link, and the password of the address in a header', () => {
    const post = postOf('ntfy', 'https://me:pass@ntfy.example/sub/topic-1', message);
    expect(post.url).toBe('https://ntfy.example/sub/');
    expect(post.headers['authorization']).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    expect(JSON.parse(post.body)).toMatchObject({
      ...{ topic: 'topic-1', title: message.title, priority: 5, click: 'https://ballast.example/alerts/17' },
    });
  });

  it('an Apprise API knows bad news from good', () => {
    const { body } = made('apprise', 'http://apprise:8000/notify/key');
    expect(body).toMatchObject({ title: message.title, type: 'failure', format: 'text' });
    const over = postOf('apprise', 'http://apprise:8000/notify/key', compose([due({ over: 1 }, 'over')], null));
    expect(JSON.parse(over.body)).toMatchObject({ type: 'success' });
  });

  it('a webhook has every part by itself', () => {
    expect(made('webhook', 'https://x.example/y').body).toMatchObject({
      ...{ from: 'ballast', severity: 'critical', title: message.title, more: '' },
      alerts: [{ id: '17', category: 'starved', happened: NASTY, account: 'main' }],
    });
  });

  it('a test cannot be taken for an alert', () => {
    const words = plainText(testMessage('phone'));
    expect(words).toMatch(/^🔔 TEST of channel phone: nothing is wrong/);
    expect(words).not.toMatch(/CRITICAL|warning/);
  });
});

it('escaping leaves nothing that opens a tag', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>]/.test(escapeHtml(text))));
});
