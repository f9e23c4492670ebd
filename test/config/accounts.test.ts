/** Accounts: keys by reference, live only on purpose, reserves, selectors, and no account twice. */
import { describe, expect, it } from 'vitest';
import { BASE, SIMULATED, accountOf, change, expectProblem, load, problemsOf } from './helpers.ts';
import type { Expected } from './helpers.ts';

type Case = readonly [name: string, from: string, to: string, expected: Expected];
const at = (path: string): string => `accounts.main.${path}`;
const SECRET = 'secret: "${file:/run/secrets/main}"';

const KEYS: readonly Case[] = [
  [
    'a literal secret',
    SECRET,
    'secret: plain-secret-text',
    { at: 'key:', key: at('key.secret'), says: /the secret itself stands in the file/, remedy: /\$\{env:NAME\}/ },
  ],
  [
    'a literal key id',
    'id: "${env:KEY}"',
    'id: plain-id',
    { at: 'key:', key: at('key.id'), says: /the secret itself stands/, remedy: /replace the key/ },
  ],
  [
    'a variable that is not set',
    '${env:KEY}',
    '${env:NO_KEY}',
    { at: 'key:', key: at('key.id'), says: /the environment variable NO_KEY is not set/, remedy: /set it/ },
  ],
  [
    'a file that is not there',
    '/run/secrets/main',
    '/run/secrets/none',
    {
      at: 'key:',
      key: at('key.secret'),
      says: /the file \/run\/secrets\/none cannot be read \(ENOENT\)/,
      remedy: /may read it/,
    },
  ],
  [
    'an empty file',
    '/run/secrets/main',
    '/run/secrets/empty',
    { at: 'key:', key: at('key.secret'), says: /the file \/run\/secrets\/empty is empty/, remedy: /fill it/ },
  ],
  [
    'a file of several lines',
    '/run/secrets/main',
    '/run/secrets/long',
    { at: 'key:', key: at('key.secret'), says: /more than one line/, remedy: /one line/ },
  ],
  [
    'a reference that is part of a value',
    '"${env:KEY}"',
    '"prefix-${env:KEY}"',
    { at: 'key:', key: at('key.id'), says: /is not a value without/, remedy: /whole reference/ },
  ],
  [
    'an unknown kind of reference',
    '"${env:KEY}"',
    '"${vault:KEY}"',
    { at: 'key:', key: at('key.id'), says: /is not a value without/, remedy: /`\$\{env:NAME\}` or `\$\{file:PATH\}`/ },
  ],
  [
    'a reference with a default',
    '"${env:KEY}"',
    '"${env:KEY:-x}"',
    { at: 'key:', key: at('key.id'), says: /names no environment variable/, remedy: /env:NAME/ },
  ],
  [
    'a passphrase for Binance',
    SECRET,
    `${SECRET}, passphrase: "\${env:PHRASE}"`,
    { at: 'key:', key: at('key.passphrase'), says: /no passphrase/, remedy: /remove it/ },
  ],
  [
    'no secret',
    `, ${SECRET}`,
    '',
    { at: 'key:', key: at('key.secret'), says: /is missing/, remedy: /Secret of the API key/ },
  ],
  [
    'no key',
    `    key: { id: "\${env:KEY}", ${SECRET} }\n`,
    '',
    { at: 'main:', key: at('key'), says: /is missing/, remedy: /add `key:/ },
  ],
];

const REST: readonly Case[] = [
  [
    'an unknown venue',
    'venue: binance',
    'venue: binanse',
    { at: 'binanse', key: at('venue'), says: /is not one of/, remedy: /did you mean `binance`/ },
  ],
  [
    'a misspelt key',
    '    unlisted: alert',
    '    unlsited: alert',
    { at: 'unlsited', key: at('unlsited'), says: /not a key of the language/, remedy: /did you mean `unlisted`/ },
  ],
  [
    'a role',
    '    unlisted: alert',
    '    role: treasury',
    { at: 'role:', key: at('role'), says: /is not offered yet/, remedy: /remove it|write|cap/ },
  ],
  [
    'an egress',
    '    unlisted: alert',
    '    egress: a',
    { at: 'egress:', key: at('egress'), says: /is not offered yet/, remedy: /remove it|write|cap/ },
  ],
  [
    'a word that is not yes or no',
    'live: no',
    'live: NO',
    { at: 'live: NO', key: at('live'), says: /"NO" is not `yes` or `no`/, remedy: /e\.g\. `no`/ },
  ],
  [
    'a UID that is no number',
    '"111"',
    '"1E5"',
    { at: '1E5', key: at('expectUid'), says: /"1E5" is not a number of the venue/, remedy: /354937868/ },
  ],
  [
    'a value left out',
    'live: no',
    'live:',
    { at: 'live:', key: at('live'), says: /has no value/, remedy: /`yes` or `no`/ },
  ],
  [
    'a wallet of the other venue',
    'spot: { keep',
    'funding: { keep',
    { at: 'funding:', key: at('wallets.funding'), says: /not a wallet of binance/, remedy: /spot, crossInside/ },
  ],
  [
    'a wallet that does not exist',
    'spot: { keep',
    'spott: { keep',
    { at: 'spott:', key: at('wallets.spott'), says: /cannot stand here|not a key/, remedy: /did you mean `spot`/ },
  ],
  [
    'a misspelt reserve',
    '500 USDT',
    '500 USTD',
    {
      at: '500 USTD',
      key: at('wallets.spot.keep[0]'),
      says: /`USTD` is not a coin the server knows/,
      remedy: /did you mean USDT\? if it is a real asset, name it under assets/,
    },
  ],
  [
    'a coin kept twice',
    '0.05 BTC',
    '600 USDT',
    { at: '600 USDT', key: at('wallets.spot.keep[1]'), says: /USDT is listed twice/, remedy: /one amount per coin/ },
  ],
  [
    'a reserve in USD',
    '500 USDT',
    '500 USD',
    { at: '500 USD', key: at('wallets.spot.keep[0]'), says: /"500 USD" is in USD/, remedy: /`500 USDT`/ },
  ],
  [
    'a reserve with an exponent',
    '500 USDT',
    '5E2 USDT',
    { at: '5E2', key: at('wallets.spot.keep[0]'), says: /"5E2 USDT" is not an amount of a coin/, remedy: /500 USDT/ },
  ],
  [
    'a reserve that is one value',
    '[500 USDT, 0.05 BTC]',
    '500 USDT',
    { at: 'keep: 500', key: at('wallets.spot.keep'), says: /must be a list/, remedy: /\[500 USDT, 0.05 BTC\]/ },
  ],
  [
    'a product of the other venue',
    'product: crossMargin',
    'product: spotBorrow',
    {
      at: 'spotBorrow',
      key: at('loans[0].product'),
      says: /not a product of binance/,
      remedy: /crossMargin, isolatedMargin, flexibleLoan/,
    },
  ],
  [
    'a selector that selects nothing',
    'product: crossMargin',
    'product: crossMargin, match: { borrow: USDT }',
    { at: 'match:', key: at('loans[0].match.borrow'), says: /selects nothing/, remedy: /one such loan only/ },
  ],
  [
    'a misspelt selector',
    'product: crossMargin',
    'product: flexibleLoan, match: { borow: USDT }',
    { at: 'match:', key: at('loans[0].match.borow'), says: /not a key/, remedy: /did you mean `borrow`/ },
  ],
  [
    'a selector with a misspelt coin',
    'product: crossMargin',
    'product: flexibleLoan, match: { borrow: USTD }',
    { at: 'USTD', key: at('loans[0].match.borrow'), says: /`USTD`/, remedy: /USDT/ },
  ],
  [
    'hosts without encryption',
    '    unlisted: alert',
    '    hosts: { rest: "http://api.example.com" }',
    { at: 'hosts:', key: at('hosts.rest'), says: /not encrypted/, remedy: /https/ },
  ],
  [
    'a host that is none',
    '    unlisted: alert',
    '    hosts: { ws: "example" }',
    { at: 'hosts:', key: at('hosts.ws'), says: /not an address/, remedy: /wss:/ },
  ],
];

describe('keys', () => {
  it.each(KEYS)('%s', (_name, from, to, expected) => {
    expectProblem(change(BASE, from, to), expected);
  });

  it('come from variables and files; a relative path starts beside the configuration file', () => {
    const { key } = accountOf(load(change(BASE, '/run/secrets/main', 'beside')), 'main');
    expect([key.id.reveal(), key.secret.reveal(), key.passphrase]).toEqual(['env-key-id', 'beside-secret-text', null]);
  });

  it('OKX needs a passphrase', () => {
    const text = change(
      change(BASE, 'venue: binance', 'venue: okx'),
      'product: crossMargin',
      'product: flexibleLoan',
    ).replace('      spot: {', '      funding: {');
    expectProblem(text, { at: 'key:', key: at('key.passphrase'), says: /is missing/, remedy: /passphrase/ });
  });

  it('blanks around a value are refused without showing it', () => {
    expect(() => load(BASE, undefined, { KEY: ' padded-id ' })).toThrow(/KEY starts or ends with a blank/);
    expect(() => load(BASE, undefined, { KEY: '' })).toThrow(/KEY is empty/);
  });
});

describe('everything else of an account', () => {
  it.each(REST)('%s', (_name, from, to, expected) => {
    expectProblem(change(BASE, from, to), expected);
  });

  it('an asset that the file names is known', () => {
    const text = change(`${BASE}assets:\n  NEWCOIN: {}\n  WRAPPED: { wraps: NEWCOIN }\n`, '500 USDT', '500 NEWCOIN');
    const config = load(text);
    expect(accountOf(config, 'main').wallets[0]?.keep['NEWCOIN']?.toFixed()).toBe('500');
    expect(config.groups).toMatchObject({
      WRAPPED: { wraps: 'NEWCOIN', stable: null },
      USDT: { wraps: null, stable: 'USD' },
      WBETH: { wraps: 'ETH' },
    });
  });

  it('groups that contradict', () => {
    const [first, second, third] = problemsOf(
      `${BASE}assets:\n  A: { wraps: A }\n  B: { wraps: ETH, stable: USD }\n  C: { reference: [x] }\n`,
    );
    expect(first).toMatchObject({ key: 'assets.C.reference', says: 'is not offered yet' });
    expect([second, third]).toEqual([undefined, undefined]);
    expect(
      problemsOf(`${BASE}assets:\n  A: { wraps: A }\n  B: { wraps: ETH, stable: USD }\n`).map(({ key }) => key),
    ).toEqual(['assets.A.wraps', 'assets.B']);
  });

  it('no loans and a name that is none', () => {
    const loans = BASE.slice(BASE.indexOf('    loans:'), BASE.indexOf('    unlisted:'));
    expect(load(change(BASE, loans, '')).warnings.map(({ key }) => key)).toEqual([
      'accounts.main.loans',
      'policies.careful',
    ]);
    expectProblem(change(BASE, '  main:', '  1main:'), {
      at: '1main',
      key: 'accounts.1main',
      says: /not a name/,
      remedy: /starting with a letter/,
    });
  });

  it('hosts of one machine may be plain, others are kept as written', () => {
    const text = change(
      BASE,
      '    unlisted: alert',
      '    hosts: { rest: "http://127.0.0.1:8080", ws: "wss://stream.example.com" }',
    );
    expect(accountOf(load(text), 'main').hosts).toEqual({
      rest: 'http://127.0.0.1:8080',
      ws: 'wss://stream.example.com',
    });
  });
});

describe('live', () => {
  const live = (mode: string, word: string): string =>
    BASE.replace('mode: dry-run', `mode: ${mode}`).replace('live: no', `live: ${word}`);

  it.each([
    ['dry-run', 'no', 'dryRun'],
    ['dry-run', 'yes', 'dryRun'],
    ['live', 'no', 'dryRun'],
    ['live', 'yes', 'live'],
  ])('mode %s and live %s: %s', (mode, word, sends) => {
    expect(accountOf(load(live(mode, word)), 'main').sends).toBe(sends);
  });

  it('the command line can only make it safer', () => {
    const config = load(live('live', 'yes'), { dryRun: true });
    expect([config.mode, accountOf(config, 'main').sends]).toEqual(['dry-run', 'dryRun']);
    expect(load(BASE, { dryRun: false }).mode).toBe('dry-run');
  });

  it('needs the UID', () => {
    expectProblem(live('live', 'yes').replace('    expectUid: "111"\n', ''), {
      at: 'main:',
      key: at('expectUid'),
      says: /is missing on an account that may move money/,
      remedy: /add the UID/,
    });
  });

  it('half of it is a warning', () => {
    expect(load(live('dry-run', 'yes')).warnings.map(({ key }) => key)).toEqual([at('live')]);
    expect(load(live('live', 'no')).warnings.map(({ key }) => key)).toContain('mode');
  });
});

describe('selectors', () => {
  const rules = (...lines: readonly string[]): string => {
    const okx = BASE.replace('venue: binance', 'venue: okx')
      .replace('      spot: {', '      funding: {')
      .replace(SECRET, `${SECRET}, passphrase: "\${env:PHRASE}"`);
    return change(
      okx,
      '      - { product: crossMargin, policy: careful }\n',
      lines.map((line) => `      - { product: flexibleLoan, ${line}policy: careful }\n`).join(''),
    );
  };

  it('the same loans twice', () => {
    expectProblem(rules('match: { borrow: USDT }, ', 'match: { borrow: USDT }, priority: 2, '), {
      at: 'priority: 2',
      key: at('loans[1]'),
      says: /selects the same loans as rule 1/,
      remedy: /unlisted/,
    });
  });

  it('loans that another rule selects as well', () => {
    expectProblem(rules('match: { borrow: any }, ', 'match: { borrow: USDT }, '), {
      at: 'borrow: USDT',
      key: at('loans[1]'),
      says: /selects loans that rule 1 selects as well/,
      remedy: /make the selectors differ/,
    });
  });

  it('loans that may overlap are a warning, loans apart are fine', () => {
    expect(load(rules('match: { borrow: USDT }, ', 'match: { ordId: "7" }, ')).warnings.map(({ key }) => key)).toEqual([
      at('loans[1]'),
    ]);
    expect(
      load(rules('match: { borrow: USDT }, ', 'match: { borrow: USDC }, ')).warnings.filter(({ key }) =>
        key.includes('loans'),
      ),
    ).toEqual([]);
  });

  it.each(['match: { eMode: no }, ', 'match: { borrow: USDT, eMode: yes }, '])('%s selects nothing', (line) => {
    expectProblem(rules(line), {
      at: 'eMode',
      key: at('loans[0].match.eMode'),
      says: /selects nothing: the venue does not report E-Mode per order/,
      remedy: /match by `ordId`/,
    });
  });

  it('become rules that the core understands', () => {
    const { loans } = accountOf(load(rules('match: { borrow: any }, priority: 3, ')), 'main');
    expect(loans).toEqual([{ product: 'okx.flexibleLoan', match: {}, policy: 'careful', priority: 3 }]);
  });
});

describe('no account twice', () => {
  const second = (uid: string, key: string): string =>
    change(
      BASE,
      'policies:',
      `  second:\n    venue: binance\n    expectUid: '${uid}'\n    key: { id: "\${env:${key}}", secret: "\${env:SECRET}" }\n    loans:\n      - { product: crossMargin, policy: careful }\npolicies:`,
    );

  it('one UID', () => {
    expectProblem(second('111', 'KEY2'), {
      at: "'111'",
      key: 'accounts.second.expectUid',
      says: /is the UID of account `main` as well/,
      remedy: /one entry/,
    });
  });

  it('one key, without showing it', () => {
    const [problem] = problemsOf(second('222', 'KEY'));
    expect(problem).toMatchObject({ key: 'accounts.second.key.id', says: 'is the key of account `main` as well' });
    expect(JSON.stringify(problem)).not.toContain('env-key-id');
    expect(load(second('222', 'KEY2')).accounts).toHaveLength(2);
  });
});

describe('simulated accounts', () => {
  it('act on the simulator whatever the mode, at a tenth of the waits, with made-up keys', () => {
    for (const text of [SIMULATED, SIMULATED.replace('mode: dry-run', 'mode: live')]) {
      const account = accountOf(load(text), 'loans');
      expect(account).toMatchObject({ venue: 'okx', simulated: true, sends: 'simulated', expectUid: '2001' });
      expect([account.key.id.reveal(), account.key.secret.reveal(), account.key.passphrase?.reveal()]).toEqual([
        'simulated-key-loans',
        'simulated-secret-loans',
        'simulated-passphrase-loans',
      ]);
      expect(account.timing).toMatchObject({
        requestDeadlineMs: 800,
        lockMs: 1500,
        okxWindowMs: 3000,
        clockJumpMs: 5000,
      });
    }
    expect(
      accountOf(load(change(SIMULATED, '  tape: may-2021', '  tape: may-2021\n  waits: full')), 'loans').timing.lockMs,
    ).toBe(15_000);
  });

  it('with a key, or with hosts', () => {
    expectProblem(
      change(
        SIMULATED,
        'venue: simulatedOkx',
        'venue: simulatedOkx\n    key: { id: "${env:KEY}", secret: "${env:SECRET}" }',
      ),
      { at: 'key:', key: 'accounts.loans.key', says: /needs no key/, remedy: /remove it/ },
    );
    expectProblem(
      change(SIMULATED, 'venue: simulatedOkx', 'venue: simulatedOkx\n    hosts: { rest: "https://x.example" }'),
      { at: 'hosts:', key: 'accounts.loans.hosts.rest', says: /address of its own/, remedy: /remove it/ },
    );
    expect(
      load(change(SIMULATED, 'venue: simulatedOkx', 'venue: simulatedOkx\n    live: yes')).warnings.map(
        ({ key }) => key,
      ),
    ).toEqual(['accounts.loans.live']);
  });
});
