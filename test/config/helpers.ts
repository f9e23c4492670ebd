/** A small valid file, ways to spoil it, and what a spoilt one is told. */
import { expect } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Overrides } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import type { Problem } from '../../src/config/problems.ts';
import type { AccountConfig, Config, PolicyConfig } from '../../src/config/types.ts';

export const FILE = '/etc/ballast/test.yaml';

export const ENV: Readonly<Record<string, string>> = {
  KEY: 'env-key-id',
  SECRET: 'env-secret-text',
  KEY2: 'other-key-id',
  PHRASE: 'env-passphrase-text',
  HOOK: 'https://alerts.example.com/hook-token',
  HOOK2: 'smtps://user:mail-password@mail.example.org/?from=b@example.org&to=me@example.org',
};

export const FILES: Readonly<Record<string, string>> = {
  '/run/secrets/main': 'file-secret-text\n',
  '/etc/ballast/beside': 'beside-secret-text',
  '/run/secrets/empty': '\n',
  '/run/secrets/long': 'one\ntwo\n',
};

/** Binance cross margin and OKX flexible loans, one policy. */
export const BASE = `version: 1
mode: dry-run
accounts:
  main:
    venue: binance
    live: no
    expectUid: "111"
    key: { id: "\${env:KEY}", secret: "\${file:/run/secrets/main}" }
    wallets:
      spot: { keep: [500 USDT, 0.05 BTC] }
    loans:
      - { product: crossMargin, policy: careful }
    unlisted: alert
policies:
  careful:
    bands:
      warn: [cushion 24%, cushion 20%]
      target: cushion 26%
      act: cushion 16%
      urgent: cushion 8%
    ladder:
      - { do: repay, with: USDT, from: wallet, atMost: 20000 USDT per day }
      - { do: add, with: [BTC, ETH], from: wallet }
    limits:
      perAction: 10000 USD
      perHour: 20000 USD
      perDay: 40000 USD
      urgent: { perAction: 25000 USD, perDay: 60000 USD }
      actions: 12 per hour
`;

/** A simulated pair of accounts on the same policy. */
export const SIMULATED = `version: 1
mode: dry-run
accounts:
  margin:
    venue: simulatedBinance
    loans:
      - { product: crossMargin, policy: careful }
  loans:
    venue: simulatedOkx
    loans:
      - { product: flexibleLoan, match: { borrow: USDT }, policy: careful }
${BASE.slice(BASE.indexOf('policies:'))}simulation:
  tape: may-2021
  accounts:
    margin:
      uid: "1001"
      wallets: { spot: [20000 USDT] }
      cross: { debt: [30000 USDT], collateral: [1 BTC], startLtv: 60% }
    loans:
      uid: "2001"
      loans:
        - { ordId: "1", debt: [1000 USDT], collateral: [1 BTC] }
`;

/** The text with one piece replaced; fails when the piece is not there. */
export function change(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, () => to);
}

export function load(
  text: string | Uint8Array,
  overrides?: Overrides,
  env: Readonly<Record<string, string | undefined>> = ENV,
): Config {
  return loadConfig({
    path: FILE,
    text,
    env,
    readSecret: (path) => {
      const content = FILES[path];
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
    overrides,
  });
}

export function problemsOf(text: string | Uint8Array): readonly Problem[] {
  return errorOf(text).problems;
}

export function errorOf(text: string | Uint8Array): ConfigError {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

export interface Expected {
  /** A piece of the line that must be pointed at. */
  readonly at: string;
  readonly key: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
}

/** Exactly this problem, with place, key, words and remedy. */
export function expectProblem(text: string, { at, key, says, remedy }: Expected): void {
  const problems = problemsOf(text);
  const line = text.split('\n').findIndex((one) => one.includes(at)) + 1;
  expect(line).toBeGreaterThan(0);
  expect(problems.map((one) => `${one.key}: ${one.says}; ${one.remedy}`)).toHaveLength(1);
  const [problem] = problems;
  expect(problem).toMatchObject({ file: FILE, line, key });
  expect(problem?.column).toBeGreaterThan(0);
  expect(problem?.says).toMatch(says);
  expect(problem?.remedy).toMatch(remedy);
}

export function accountOf(config: Config, name: string): AccountConfig {
  const account = config.accounts.find((one) => one.name === name);
  if (account === undefined) throw new Error(`no account ${name}`);
  return account;
}

export function policyOf(config: Config, name = 'careful'): PolicyConfig {
  const policy = config.policies[name];
  if (policy === undefined) throw new Error(`no policy ${name}`);
  return policy;
}
