/** `alerts`: channels in their short and long form, what a wrong one is told, and what `check` says of them. */
import { describe, expect, it } from 'vitest';
import { planInWords } from '../../src/config/plan.ts';
import { BASE, expectProblem, load } from './helpers.ts';
import type { Expected } from './helpers.ts';

const WRONG: readonly (readonly [name: string, line: string, expected: Expected])[] = [
  [
    'a channel that is no address',
    'alerts: { to: { phone: none } }',
    { at: 'alerts:', key: 'alerts.to.phone', says: /not an address/, remedy: /https:\/\// },
  ],
  [
    'a channel that is not set',
    'alerts: { to: { phone: "${env:NO_HOOK}" } }',
    { at: 'alerts:', key: 'alerts.to.phone', says: /NO_HOOK is not set/, remedy: /set it/ },
  ],
  [
    'a dead man by mail',
    'alerts: { deadMan: "${env:HOOK2}" }',
    { at: 'alerts:', key: 'alerts.deadMan', says: /not an address/, remedy: /https:\/\// },
  ],
  [
    'an unknown key of alerts',
    'alerts: { too: {} }',
    { at: 'alerts:', key: 'alerts.too', says: /not a key/, remedy: /did you mean `to`/ },
  ],
  [
    'an unknown key of a channel',
    'alerts: { to: { a: { url: "${env:HOOK}", topic: [loan] } } }',
    { at: 'alerts:', key: 'alerts.to.a.topic', says: /not a key/, remedy: /did you mean `topics`/ },
  ],
  [
    'a channel without an address',
    'alerts: { to: { a: { least: critical } } }',
    { at: 'alerts:', key: 'alerts.to.a.url', says: /is missing/, remedy: /add it/ },
  ],
  [
    'an unknown preset',
    'alerts: { to: { a: { url: "${env:HOOK}", preset: slak } } }',
    { at: 'alerts:', key: 'alerts.to.a.preset', says: /not one of/, remedy: /did you mean `slack`/ },
  ],
  [
    'a preset of another protocol',
    'alerts: { to: { a: { url: "${env:HOOK2}", preset: slack } } }',
    { at: 'alerts:', key: 'alerts.to.a.preset', says: /does not fit/, remedy: /smtp/ },
  ],
  [
    'a Telegram bot that knows no chat',
    'alerts: { to: { a: "https://api.telegram.org/bot1:bot-token" } }',
    { at: 'alerts:', key: 'alerts.to.a', says: /no address of a Telegram chat/, remedy: /chat_id/ },
  ],
  [
    'ntfy without a topic',
    'alerts: { to: { a: "https://ntfy.sh/" } }',
    { at: 'alerts:', key: 'alerts.to.a', says: /names no topic/, remedy: /TOPIC/ },
  ],
  [
    'a mail to nobody',
    'alerts: { to: { a: "smtp://user:mail-pass@mail.example.org?from=b@example.org" } }',
    { at: 'alerts:', key: 'alerts.to.a', says: /to whom/, remedy: /from=ADDRESS&to=ADDRESS/ },
  ],
  [
    'alerts of an account that is not there',
    'alerts: { to: { a: { url: "${env:HOOK}", accounts: [nobody] } } }',
    { at: 'alerts:', key: 'alerts.to.a.accounts', says: /`nobody` is no account/, remedy: /main/ },
  ],
  [
    'repetitions that do not grow',
    'alerts: { repeat: [5m, 1m] }',
    { at: 'alerts:', key: 'alerts.repeat', says: /does not grow/, remedy: /1m, 5m, 15m/ },
  ],
];

it.each(WRONG)('%s is told', (_name, line, expected) => {
  expectProblem(`${BASE}${line}\n`, expected);
});

describe('a channel', () => {
  const PRESETS: readonly (readonly [string, string])[] = [
    ['https://api.telegram.org/bot1:x/sendMessage?chat_id=5', 'telegram'],
    ['https://hooks.slack.com/services/T/B/x', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://ntfy.sh/ballast-of-me', 'ntfy'],
    ['https://alerts.example.com/x', 'webhook'],
    ['smtps://u:p@mail.example.org/?from=a@b.example&to=c@d.example', 'mail'],
    // A host that only looks like one of them is none.
    ['https://hooks.slack.com.example.org/x', 'webhook'],
  ];

  it.each(PRESETS)('at %s is written as its host wants', (url, preset) => {
    const [channel] = load(`${BASE}alerts: { to: { a: "${url}" } }\n`).alerts.to;
    expect(channel).toMatchObject({ name: 'a', preset, least: 'warning', topics: null, accounts: null });
    expect(channel?.url.reveal()).toBe(url);
  });

  it('may say what it takes, and what is not said has a default', () => {
    const to =
      '{ a: { url: "${env:HOOK}", preset: apprise, least: critical, topics: [loan, payment], accounts: [main] } }';
    const { alerts } = load(`${BASE}alerts: { to: ${to}, repeat: [2m], calm: 5s }\n`);
    expect(alerts.to[0]).toMatchObject({
      ...{ preset: 'apprise', least: 'critical', topics: ['loan', 'payment'], accounts: ['main'] },
      host: 'alerts.example.com',
    });
    expect(alerts).toMatchObject({ repeatMs: [120_000], calmMs: 5_000, quietMs: 900_000, spacingMs: 10_000 });
    expect(alerts.drillMs).toBe(30 * 86_400_000);
    expect(load(`${BASE}alerts: { drill: off }\n`).alerts.drillMs).toBeNull();
    expect(load(BASE).alerts).toMatchObject({
      ...{ to: [], deadMan: null, deadManEveryMs: 60_000, repeatMs: [60_000, 300_000, 900_000] },
    });
  });
});

describe('a live server', () => {
  const live = BASE.replace('mode: dry-run', 'mode: live').replace('live: no', 'live: yes');
  const keys = (alerts: string): readonly string[] => load(`${live}${alerts}\n`).warnings.map(({ key }) => key);

  it('with fewer than two companies, or without a dead man, is warned', () => {
    expect(keys('')).toEqual(['alerts.to', 'alerts.deadMan']);
    expect(keys('alerts: { to: { a: "${env:HOOK}", b: "${env:HOOK}" }, deadMan: "${env:HOOK}" }')).toEqual([
      'alerts.to',
    ]);
    expect(keys('alerts: { to: { a: "${env:HOOK}", b: "${env:HOOK2}" }, deadMan: "${env:HOOK}" }')).toEqual([]);
    const partly = '{ url: "${env:HOOK2}", topics: [loan] }';
    expect(keys(`alerts: { to: { a: "\${env:HOOK}", b: ${partly} }, deadMan: "\${env:HOOK}" }`)).toEqual(['alerts.to']);
  });
});

it('check says what would be told where, and shows no address', () => {
  const to =
    '{ phone: "${env:HOOK}", post: { url: "${env:HOOK2}", least: critical, topics: [loan], accounts: [main] } }';
  const words = planInWords(load(`${BASE}alerts: { to: ${to}, deadMan: "\${env:HOOK}" }\n`)).join('\n');
  expect(words).toContain('phone (webhook at alerts.example.com): warnings and critical alerts\n');
  expect(words).toContain(
    'post (mail at mail.example.org): critical alerts about loan of main and of the server itself',
  );
  expect(words).toContain('again after 1m, 5m, 15m, then every 15m, until it is acknowledged');
  expect(words).toContain('a dead-man ping every 1m');
  expect(words).not.toMatch(/hook-token|mail-password/);
  expect(planInWords(load(BASE)).join('\n')).toContain('nobody is told');
});
