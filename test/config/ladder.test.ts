/** Ladders: rungs that are spelt well and can work for the loans that use them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { BASE, change, expectProblem, load, policyOf, problemsOf } from './helpers.ts';
import type { Expected } from './helpers.ts';

type Case = readonly [name: string, from: string, to: string, expected: Expected];
const at = (path: string): string => `policies.careful.${path}`;

const LADDER: readonly Case[] = [
  [
    'a misspelt coin',
    'with: [BTC, ETH]',
    'with: [BTC, ETHH]',
    {
      at: 'ETHH',
      key: at('ladder[1].with[1]'),
      says: /`ETHH` is not a coin the server knows/,
      remedy: /did you mean \w+\? if it is a real asset, name it under assets/,
    },
  ],
  [
    'debt beside other coins',
    'with: [BTC, ETH]',
    'with: [BTC, debt]',
    {
      at: '[BTC, debt]',
      key: at('ladder[1].with'),
      says: /`debt` stands beside other coins/,
      remedy: /a rung of their own/,
    },
  ],
  [
    'a cap in a coin that the rung never moves',
    'atMost: 20000 USDT',
    'atMost: 20000 USDC',
    {
      at: 'atMost',
      key: at('ladder[0].atMost'),
      says: /the cap is in USDC, the rung uses USDT/,
      remedy: /in the coin of the rung or in USD/,
    },
  ],
  [
    'a cap without its window',
    'atMost: 20000 USDT per day',
    'atMost: 20000 USDT',
    {
      at: 'atMost',
      key: at('ladder[0].atMost'),
      says: /"20000 USDT" is not an amount per/,
      remedy: /20000 USDT per day/,
    },
  ],
  [
    'the treasury',
    'from: wallet, atMost',
    'from: [wallet, treasury], atMost',
    {
      at: 'treasury',
      key: at('ladder[0].from[1]'),
      says: /`treasury` is not offered yet/,
      remedy: /`inside`, `wallet`/,
    },
  ],
  [
    'selling',
    'do: add',
    'do: sell',
    { at: 'do: sell', key: at('ladder[1].do'), says: /`sell` is not offered yet/, remedy: /`repay`, `add`/ },
  ],
  [
    'a misspelt verb',
    'do: add',
    'do: ad',
    {
      at: 'do: ad,',
      key: at('ladder[1].do'),
      says: /"ad" is not one of `repay`, `add`/,
      remedy: /did you mean `add`\?/,
    },
  ],
  [
    'a rung twice',
    'do: add, with: [BTC, ETH]',
    'do: repay, with: USDT',
    {
      at: 'do: repay, with: USDT, from: wallet }',
      key: at('ladder[1]'),
      says: /rung 2 repeats rung 1/,
      remedy: /remove one/,
    },
  ],
  [
    'a rung that the product cannot have',
    'do: add, with: [BTC, ETH], from: wallet',
    'do: add, with: [BTC, ETH], from: inside',
    {
      at: 'from: inside',
      key: at('ladder[1]'),
      says: /rung 2 .* can never work for accounts.main.loans\[0\]: what is inside the loan already counts/,
      remedy: /from: wallet/,
    },
  ],
];

describe('the ladder', () => {
  it.each(LADDER)('%s', (_name, from, to, expected) => {
    expectProblem(change(BASE, from, to), expected);
  });

  it('an unknown key and the missing one are both told', () => {
    const problems = problemsOf(change(BASE, 'do: add', 'doo: add'));
    expect(problems.map(({ key, remedy }) => [key, remedy.slice(0, 20)])).toEqual([
      [at('ladder[1].do'), 'add it (Repay debt, '],
      [at('ladder[1].doo'), 'did you mean `do`?'],
    ]);
  });

  it('empty: nothing would ever be done', () => {
    const ladder = BASE.slice(BASE.indexOf('    ladder:'), BASE.indexOf('    limits:'));
    expectProblem(change(BASE, ladder, '    ladder: []\n'), {
      at: 'ladder: []',
      key: at('ladder'),
      says: /empty/,
      remedy: /do: repay, with: debt/,
    });
  });

  it('rungs carry number, windows, sources and their own words', () => {
    const [first, second] = policyOf(load(BASE)).ladder;
    expect(first).toMatchObject({
      number: 1,
      do: 'repay',
      with: ['USDT'],
      from: ['wallet'],
      notWhen: null,
      text: 'repay USDT from wallet, at most 20000 USDT per day',
    });
    expect(first?.atMost?.perMs).toBe(86_400_000);
    expect(second).toMatchObject({ number: 2, with: ['BTC', 'ETH'], atMost: null });
  });

  it('a rung that works for some users only is a warning that names the others', () => {
    const text = change(
      BASE,
      'policies:',
      '  other:\n    venue: okx\n    key: { id: "${env:KEY2}", secret: "${env:SECRET}", passphrase: "${env:PHRASE}" }\n    loans:\n      - { product: flexibleLoan, match: { borrow: ETH }, policy: careful }\npolicies:',
    );
    const config = load(text);
    expect(config.warnings.map(({ key, says }) => [key, says])).toEqual([
      [
        at('ladder[0]'),
        'rung 1 (repay USDT from wallet, at most 20000 USDT per day) can never work for accounts.other.loans[0]: the debt is ETH, not USDT',
      ],
    ]);
  });

  it.each([
    ['okx', 'flexibleLoan, match: { borrow: BTC }', 'do: add, with: BTC, from: wallet', /own debt coin/],
    ['okx', 'flexibleLoan', 'do: add, with: debt, from: wallet', /own debt coin/],
    ['okx', 'flexibleLoan', 'do: repay, with: debt, from: inside', /no inside/],
    [
      'binance',
      'flexibleLoan, match: { collateral: ETH }',
      'do: add, with: BTC, from: wallet',
      /takes ETH as collateral/,
    ],
    [
      'binance',
      'isolatedMargin, match: { symbol: ETHUSDT }',
      'do: repay, with: BTC, from: wallet',
      /not one of the two coins of ETHUSDT/,
    ],
  ])('%s %s cannot %s', (venue, product, rung, says) => {
    const passphrase = venue === 'okx' ? ', passphrase: "${env:PHRASE}"' : '';
    let text = change(BASE, 'product: crossMargin', `product: ${product}`);
    text = change(text, 'venue: binance', `venue: ${venue}`);
    text = change(text, 'secret: "${file:/run/secrets/main}"', `secret: "\${env:SECRET}"${passphrase}`);
    text = change(text, '    wallets:\n      spot: { keep: [500 USDT, 0.05 BTC] }\n', '');
    const ladder = BASE.slice(BASE.indexOf('    ladder:'), BASE.indexOf('    limits:'));
    text = change(text, ladder, `    ladder:\n      - { ${rung} }\n`);
    expectProblem(text, { at: rung, key: at('ladder[0]'), says, remedy: /./ });
  });

  it('one policy for two products: rungs that only one of them has are told for the other', () => {
    const text = readFileSync(new URL('fixtures/individual.yaml', import.meta.url), 'utf8');
    const env = {
      NTFY_URL: 'https://push.example.com/t',
      SMTP_URL: 'smtps://u:p@mail.example.org/?from=b@example.org&to=me@example.org',
      HC_URL: 'https://ping.example.net/1',
      BNB_KEY: 'a',
      OKX_KEY: 'b',
    };
    const config = loadConfig({ path: 'individual.yaml', text, env, readSecret: (path) => `content of ${path}` });
    expect(config.accounts.map(({ name, sends }) => [name, sends])).toEqual([
      ['bnb', 'dryRun'],
      ['okx', 'dryRun'],
    ]);
    expect(config.warnings.map(({ key, says }) => [key, says.replace(/.*: /, '')])).toEqual([
      ['policies.stableDebt.ladder[0]', 'okx.flexibleLoan has no inside to repay from'],
      ['policies.stableDebt.ladder[2]', 'a flexible loan does not take its own debt coin as collateral'],
    ]);
  });
});
