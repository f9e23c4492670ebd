/** The server's own sections: top keys, Redis, waits, simulation. */
import { describe, expect, it } from 'vitest';
import { BASE, SIMULATED, change, expectProblem, load, problemsOf } from './helpers.ts';
import type { Expected } from './helpers.ts';

type Case = readonly [name: string, line: string, expected: Expected];

const TOP: readonly Case[] = [
  [
    'an unknown section',
    'polices: {}',
    { at: 'polices', key: 'polices', says: /not a key of the language/, remedy: /did you mean `policies`/ },
  ],
  [
    'account sets',
    'accountSets: {}',
    { at: 'accountSets', key: 'accountSets', says: /is not offered yet/, remedy: /remove it|write|cap/ },
  ],
  [
    'egress',
    'egress: { a: { address: 192.0.2.11 } }',
    { at: 'egress', key: 'egress', says: /is not offered yet/, remedy: /remove it|write|cap/ },
  ],
  [
    'limits of the whole firm',
    'limits: { perDay: 3000000 USD }',
    { at: 'limits: { perDay', key: 'limits', says: /is not offered yet/, remedy: /remove it|write|cap/ },
  ],
  [
    'redis as an unknown word',
    'redis: embeded',
    { at: 'redis:', key: 'redis', says: /"embeded" is not `embedded`/, remedy: /did you mean `embedded`/ },
  ],
  [
    'redis as a list',
    'redis: [a]',
    { at: 'redis:', key: 'redis', says: /must be a single value or a map/, remedy: /rewrite it/ },
  ],
  [
    'redis with a password in the file',
    'redis: { url: "redis://u:redis-password@h:1" }',
    { at: 'redis:', key: 'redis.url', says: /holds a password/, remedy: /\$\{env:NAME\}/ },
  ],
  [
    'redis at a web address',
    'redis: { url: "https://h" }',
    { at: 'redis:', key: 'redis.url', says: /not an address of the right kind/, remedy: /redis:\/\// },
  ],
  [
    'redis with folder and address',
    'redis: { url: "redis://h", dataDir: data }',
    { at: 'redis:', key: 'redis.dataDir', says: /only the embedded Redis has a folder/, remedy: /keep one/ },
  ],
  [
    'write loss without an address',
    'redis: { dataDir: data, acceptWriteLoss: yes }',
    { at: 'redis:', key: 'redis.acceptWriteLoss', says: /a Redis of your own/, remedy: /add `url`/ },
  ],
  [
    'a page for other machines without a token',
    'server: { listen: "0.0.0.0:80" }',
    { at: 'server:', key: 'server.listen', says: /no `token` keeps them out/, remedy: /127\.0\.0\.1/ },
  ],
  [
    'a page at a name that may lead anywhere',
    'server: { listen: "ballast.example:80" }',
    { at: 'server:', key: 'server.listen', says: /reached by other machines/, remedy: /token/ },
  ],
  [
    'a page at no port',
    'server: { listen: "127.0.0.1:70000" }',
    { at: 'server:', key: 'server.listen', says: /has no port/, remedy: /127\.0\.0\.1:8420/ },
  ],
  [
    'a token that could be guessed',
    'server: { token: "${env:KEY}" }',
    { at: 'server:', key: 'server.token', says: /shorter than 16/, remedy: /openssl rand/ },
  ],
  [
    'a token in the file',
    'server: { token: a-token-that-everybody-reads }',
    { at: 'server:', key: 'server.token', says: /secret itself stands in the file/, remedy: /\$\{env:NAME\}/ },
  ],
  [
    'an address of the page with a path',
    'server: { url: "https://h/ballast" }',
    { at: 'server:', key: 'server.url', says: /has a path/, remedy: /host name of its own/ },
  ],
  ['redis with nothing', 'redis: { }', { at: 'redis:', key: 'redis', says: /neither/, remedy: /embedded/ }],
  [
    'a journal that would forget what is still needed',
    'journal: { keep: 3d }',
    { at: 'journal:', key: 'journal.keep', says: /does not lie between 7d and 10000d/, remedy: /400d/ },
  ],
  [
    'an unknown wait',
    'timing: { lookEvry: 5s }',
    { at: 'timing:', key: 'timing.lookEvry', says: /not a key/, remedy: /did you mean `lookEvery`/ },
  ],
  [
    'a wait without its unit',
    'timing: { lookEvery: 5 }',
    { at: 'timing:', key: 'timing.lookEvery', says: /"5" is not a duration/, remedy: /`5s`/ },
  ],
  [
    'a wait out of bounds',
    'timing: { maxAge: 1ms }',
    { at: 'timing:', key: 'timing.maxAge', says: /does not lie between 100ms and 5m/, remedy: /8s/ },
  ],
  [
    'a lease shorter than a request',
    'timing: { lock: 8s }',
    { at: 'timing:', key: 'timing.lock', says: /not longer than requestDeadline/, remedy: /more than 8000ms/ },
  ],
  [
    'giving up before the evidence',
    'timing: { giveUp: 20s }',
    { at: 'timing:', key: 'timing.giveUp', says: /not longer than evidenceSpread/, remedy: /more than 30000ms/ },
  ],
  [
    'looking soon later than ever',
    'timing: { lookSoon: 6s }',
    { at: 'timing:', key: 'timing.lookSoon', says: /longer than lookEvery/, remedy: /at most/ },
  ],
];

const SIMULATION: readonly (readonly [name: string, from: string, to: string, expected: Expected])[] = [
  [
    'holdings of nobody',
    '    margin:\n      uid',
    '    margn:\n      uid',
    { at: 'simulation:', key: '', says: /./, remedy: /./ },
  ],
  [
    'no tape',
    '  tape: may-2021\n',
    '',
    { at: 'simulation:', key: 'simulation.tape', says: /is missing/, remedy: /tape: may-2021/ },
  ],
  [
    'a tape that climbs out',
    'tape: may-2021',
    'tape: ../../etc',
    { at: 'tape:', key: 'simulation.tape', says: /is not the name of a folder/, remedy: /may-2021/ },
  ],
  [
    'a speed of nothing',
    '  tape: may-2021',
    '  tape: may-2021\n  speed: 0',
    { at: 'speed:', key: 'simulation.speed', says: /"0" is not a whole number/, remedy: /300/ },
  ],
  [
    'a loan that starts past its line',
    'collateral: [1 BTC] }',
    'collateral: [1 BTC], startLtv: 86% }',
    {
      at: 'ordId',
      key: 'simulation.accounts.loans.loans[0].startLtv',
      says: /at or above the line 85.0%/,
      remedy: /below it/,
    },
  ],
  [
    'a call past the line',
    'collateral: [1 BTC] }',
    'collateral: [1 BTC], call: 85% }',
    { at: 'ordId', key: 'simulation.accounts.loans.loans[0].call', says: /not below line/, remedy: /warns before/ },
  ],
  [
    'debt as its own collateral',
    'collateral: [1 BTC] }',
    'collateral: [1 USDT] }',
    {
      at: 'ordId',
      key: 'simulation.accounts.loans.loans[0].collateral',
      says: /USDT is the debt/,
      remedy: /own debt coin/,
    },
  ],
  [
    'a loan number twice',
    '        - { ordId: "1", debt: [1000 USDT], collateral: [1 BTC] }',
    '        - { ordId: "1", debt: [1000 USDT], collateral: [1 BTC] }\n        - { ordId: "1", debt: [9 USDT], collateral: [1 BTC] }',
    { at: '[9 USDT]', key: 'simulation.accounts.loans.loans[1].ordId', says: /used twice/, remedy: /of its own/ },
  ],
  [
    'a cross loan at OKX',
    '      loans:\n        - { ordId: "1"',
    '      cross: { debt: [1 USDT], collateral: [1 BTC] }\n      loans:\n        - { ordId: "1"',
    {
      at: 'cross: { debt: [1 ',
      key: 'simulation.accounts.loans.cross',
      says: /a loan of Binance/,
      remedy: /write `loans`/,
    },
  ],
  [
    'an empty debt',
    'debt: [30000 USDT]',
    'debt: []',
    { at: 'cross:', key: 'simulation.accounts.margin.cross.debt', says: /empty list/, remedy: /at least one/ },
  ],
  [
    'a wallet of the other venue',
    'wallets: { spot: [20000 USDT] }',
    'wallets: { trading: [20000 USDT] }',
    {
      at: 'trading',
      key: 'simulation.accounts.margin.wallets.trading',
      says: /not a wallet of binance/,
      remedy: /spot, funding/,
    },
  ],
  [
    'another UID',
    '    venue: simulatedOkx',
    '    venue: simulatedOkx\n    expectUid: "9"',
    {
      at: 'expectUid',
      key: 'accounts.loans.expectUid',
      says: /not the UID of simulation.accounts.loans/,
      remedy: /remove it/,
    },
  ],
];

describe('sections', () => {
  it.each(TOP)('%s', (_name, line, expected) => {
    expectProblem(`${BASE}${line}\n`, expected);
  });

  it.each(['version', 'mode', 'accounts', 'policies'])('%s is required', (key) => {
    const lines = BASE.split('\n');
    const start = lines.findIndex((line) => line.startsWith(`${key}:`));
    const end = lines.findIndex((line, index) => index > start && /^\w/.test(line));
    const text = [...lines.slice(0, start), ...(end < 0 ? [] : lines.slice(end))].join('\n');
    expect(problemsOf(text)).toEqual(expect.arrayContaining([expect.objectContaining({ key, says: 'is missing' })]));
  });

  it('another version and another mode', () => {
    expectProblem(change(BASE, 'version: 1', 'version: 2'), {
      at: 'version',
      key: 'version',
      says: /"2" is not `1`/,
      remedy: /write `1`/,
    });
    expectProblem(change(BASE, 'mode: dry-run', 'mode: Live'), {
      at: 'mode',
      key: 'mode',
      says: /is not one of/,
      remedy: /did you mean `live`/,
    });
  });

  it('nothing but accounts and policies need be written', () => {
    const config = load(BASE);
    expect(config).toMatchObject({
      version: 1,
      mode: 'dry-run',
      redis: { kind: 'embedded', dataDir: null },
      alerts: { to: [], deadMan: null },
      simulation: null,
    });
    expect(config.timing).toEqual({
      requestDeadlineMs: 8000,
      lockMs: 15_000,
      stalledMs: 5000,
      lookEveryMs: 5000,
      lookSoonMs: 1000,
      maxAgeMs: 8000,
      claimReplyMs: 500,
      settleInLaneMs: 2000,
      lagMarginMs: 10_000,
      reflectTimeoutMs: 60_000,
      evidenceSpreadMs: 30_000,
      giveUpMs: 600_000,
      plausibleAfterMs: 10_000,
      recordsEveryMs: 180_000,
      spacingMs: 100,
      binanceRecvWindowMs: 3000,
      okxWindowMs: 30_000,
      clockJumpMs: 5000,
    });
  });
});

describe('dislocation', () => {
  it('has defaults, and each bound stands alone', () => {
    const bounds = (text: string): readonly string[] => {
      const { coins, stables, wrapped } = load(text).dislocation;
      return [coins, stables, wrapped].map((bound) => bound.toFixed());
    };
    expect(bounds(BASE)).toEqual(['0.03', '0.015', '0.25']);
    expect(bounds(`${BASE}dislocation: { wrapped: 30% }\n`)).toEqual(['0.03', '0.015', '0.3']);
  });

  it('may name other addresses of the prices, which decide nothing about money', () => {
    const text = `${BASE}dislocation: { hosts: { okx: "https://my.example.com" } }\n`;
    expect(load(BASE).dislocation.hosts).toEqual({ binance: null, okx: null });
    expect(load(text).dislocation.hosts).toEqual({ binance: null, okx: 'https://my.example.com' });
    expect(load(text).digest).toBe(load(BASE).digest);
    expect(load(text).warnings).toEqual(load(BASE).warnings);
  });

  it.each([
    ['{ hosts: { okx: "http://my.example.com" } }', 'hosts.okx', /not encrypted/, /https/],
    ['{ hosts: { binance: "example" } }', 'hosts.binance', /not an address/, /https/],
    ['{ coins: 0% }', 'coins', /does not lie between 0.1% and 50%/, /3%/],
    ['{ stables: 51% }', 'stables', /does not lie between 0.1% and 50%/, /1.5%/],
    ['{ stables: 0.01 }', 'stables', /"0.01" is not a percentage/, /1.5%/],
    ['{ coin: 3% }', 'coin', /not a key/, /did you mean `coins`/],
  ])('refuses %s', (value, key, says, remedy) => {
    expectProblem(`${BASE}dislocation: ${value}\n`, { at: 'dislocation:', key: `dislocation.${key}`, says, remedy });
  });
});

describe('redis', () => {
  it('of its own, with a password from outside', () => {
    const config = load(`${BASE}redis: { url: "\${env:REDIS}", acceptWriteLoss: yes }\n`, undefined, {
      KEY: 'k',
      REDIS: 'rediss://u:p@h:1/0',
    });
    expect(config.redis).toMatchObject({ kind: 'url', acceptWriteLoss: true });
    expect(config.redis.kind === 'url' && config.redis.url.reveal()).toBe('rediss://u:p@h:1/0');
  });

  it('a folder starts beside the configuration file; the command line wins', () => {
    expect(load(`${BASE}redis: { dataDir: data }\n`).redis).toEqual({ kind: 'embedded', dataDir: '/etc/ballast/data' });
    expect(load(BASE, { dataDir: '/var/lib/ballast' }).redis).toEqual({
      kind: 'embedded',
      dataDir: '/var/lib/ballast',
    });
    expect(load(BASE, { redisUrl: 'redis://h' }).redis).toMatchObject({ kind: 'url', acceptWriteLoss: false });
  });
});

describe('simulation', () => {
  it.each(SIMULATION.slice(1))('%s', (_name, from, to, expected) => {
    expectProblem(change(SIMULATED, from, to), expected);
  });

  it('and accounts name each other', () => {
    expect(
      problemsOf(change(SIMULATED, '    margin:\n      uid', '    margn:\n      uid')).map(({ key, says }) => [
        key,
        says,
      ]),
    ).toEqual([
      ['simulation.accounts', 'says nothing about account `margin`'],
      ['simulation.accounts.margn', 'is not a simulated account'],
    ]);
    const without = SIMULATED.slice(0, SIMULATED.indexOf('simulation:'));
    expect(problemsOf(without)).toMatchObject([{ key: 'simulation', says: 'is missing, but margin, loans run on it' }]);
  });

  it('defaults, and what the command line says over them', () => {
    expect(load(SIMULATED).simulation).toMatchObject({ tape: 'may-2021', speed: 300, settleMs: 100, waits: 'tenth' });
    expect(load(SIMULATED, { tape: 'ftx-2022', speed: 'max' }).simulation).toMatchObject({
      tape: 'ftx-2022',
      speed: 'max',
    });
    const loan = load(SIMULATED).simulation?.accounts[1]?.loans[0];
    expect([loan?.line.toFixed(), loan?.call.toFixed(), loan?.startLtv]).toEqual(['0.85', '0.75', null]);
  });
});

describe('the page', () => {
  const server = (line: string) => load(`${BASE}\n${line}\n`).server;

  it('is on at this machine only when the file says nothing, and off when it says so', () => {
    expect(load(BASE).server).toEqual({ host: '127.0.0.1', port: 8420, token: null, url: null });
    expect(server('server: off')).toBeNull();
  });

  it('may be elsewhere with a token', () => {
    const there = server('server: { listen: "[::]:0", token: "${env:PHRASE}", url: "https://b.example/" }');
    expect(there).toMatchObject({ host: '::', port: 0, url: 'https://b.example' });
    expect(there?.token?.reveal()).toBe('env-passphrase-text');
  });
});
