/** Secrets come out by `reveal()` and in no other way: not printed, not in JSON, not in an error (DESIGN §2.10). */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, problemText } from '../../src/config/problems.ts';
import { Secret } from '../../src/config/secret.ts';
import { loadConfig } from '../../src/config/load.ts';
import { planInWords } from '../../src/config/plan.ts';
import { worldOf } from '../../src/config/world.ts';
import { BASE, ENV, SIMULATED, change, errorOf, load } from './helpers.ts';

const FULL = `${BASE}alerts: { to: { a: "\${env:HOOK}", b: "\${env:HOOK2}" } }\nredis: { url: "\${env:REDIS}" }\n`;
const WITH_REDIS = { ...ENV, REDIS: 'redis://user:redis-password@h:1' };
const HIDDEN = ['env-key-id', 'file-secret-text', 'hook-token', 'mail-password', 'redis-password'];

describe('a secret', () => {
  const secret = new Secret('deep-down');

  it.each([
    ['a template', () => `${String(secret)}`],
    ['joining', () => ['a', secret].join()],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ secret }, { depth: 9, showHidden: true })],
    ['its keys', () => JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(secret)))],
    ['a copy', () => inspect({ ...secret })],
    ['an error', () => new Error('x', { cause: secret }).stack ?? ''],
    ['structuredClone', () => inspect(structuredClone({ ...secret }))],
  ])('does not show in %s', (_name, print) => {
    expect(print()).not.toContain('deep-down');
  });

  it('is revealed on purpose', () => {
    expect(secret.reveal()).toBe('deep-down');
    expect(JSON.stringify(secret)).toBe('"[secret]"');
  });
});

describe('a configuration', () => {
  const config = load(FULL, undefined, WITH_REDIS);

  it.each([
    ['inspect', () => inspect(config, { depth: 99, showHidden: true })],
    ['JSON', () => JSON.stringify(config)],
    ['plan', () => planInWords(config).join('\n')],
    ['warnings', () => config.warnings.map(problemText).join('\n')],
    ['world', () => JSON.stringify(worldOf(config))],
  ])('does not show secrets in %s', (_name, print) => {
    const text = print();
    for (const hidden of HIDDEN) expect(text).not.toContain(hidden);
  });

  it('is frozen all the way down', () => {
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const plain = Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value);
      if (!plain) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(walk);
    };
    walk(config);
    walk(load(SIMULATED));
  });
});

describe('an error', () => {
  it.each([
    ['a literal secret', change(FULL, 'secret: "${file:/run/secrets/main}"', 'secret: plain-secret-text')],
    [
      'a literal beside another problem',
      change(FULL, 'secret: "${file:/run/secrets/main}"', 'secret: plain-secret-text').replace(
        'mode: dry-run',
        'mode: x',
      ),
    ],
    ['a secret where a map belongs', FULL.replace(/key: \{.*\}/, 'key: plain-secret-text')],
    ['a half reference around a secret', change(FULL, '"${env:KEY}"', '"plain-secret-text${env:KEY}"')],
    ['a password in an address', change(FULL, 'url: "${env:REDIS}"', 'url: "redis://u:plain-secret-text@h:1"')],
    ['a broken address', change(FULL, 'a: "${env:HOOK}"', 'a: "ftp://plain-secret-text"')],
    [
      'a secret as a misspelt key',
      FULL.replace(/key: \{.*\}/, 'key: { id: "${env:KEY}", secrets: plain-secret-text }'),
    ],
  ])('shows nothing of %s', (_name, text) => {
    const error = errorOf(text);
    for (const printed of [error.message, inspect(error, { depth: 9 }), JSON.stringify(error.problems)]) {
      for (const hidden of ['plain-secret-text', ...HIDDEN]) expect(printed).not.toContain(hidden);
    }
  });

  it('of a reader that talks too much is reduced to its code', () => {
    const read = (): Config =>
      loadConfig({
        path: 'x.yaml',
        text: BASE,
        env: ENV,
        readSecret: () => {
          throw new Error('content was file-secret-text');
        },
      });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/cannot be read \(error\)/);
    expect(read).not.toThrow(/file-secret-text/);
  });
});

type Config = ReturnType<typeof load>;

describe('the digest', () => {
  it('does not change with keys, waits, comments, order or layout', () => {
    const { digest } = load(BASE);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const other = load(
      `# a comment\n${change(BASE, '${env:KEY}', '${env:KEY2}')}timing: { lookEvery: 9s }\nalerts: { to: { a: "\${env:HOOK}" } }\nredis: { dataDir: x }\n`,
    );
    expect(other.digest).toBe(digest);
    const reordered = change(
      change(BASE, '      perAction: 10000 USD\n', ''),
      '      perDay: 40000 USD\n',
      '      perDay: 40000 USD\n      perAction: 10000.00 USD\n',
    );
    expect(load(reordered).digest).toBe(digest);
    expect(load(change(BASE, '    bands:', '    survive: { fall: 30% }\n    bands:')).digest).toBe(digest);
  });

  it.each([
    ['a cap', '40000 USD', '40001 USD'],
    ['a level', 'act: cushion 16%', 'act: cushion 16.1%'],
    ['a reserve', '500 USDT', '501 USDT'],
    ['a rung', 'with: [BTC, ETH]', 'with: [ETH, BTC]'],
    ['a selector', 'product: crossMargin', 'product: isolatedMargin'],
    ['the UID', '"111"', '"112"'],
    ['unlisted', 'unlisted: alert', 'unlisted: ignore'],
    ['a default written out differently', '    bands:', '    coolDown: 61s\n    bands:'],
    ['what prices are believed', 'mode: dry-run', 'mode: dry-run\ndislocation: { coins: 4% }'],
  ])('changes with %s', (_name, from, to) => {
    expect(load(change(BASE, from, to)).digest).not.toBe(load(BASE).digest);
  });

  it('changes when an account becomes live', () => {
    const live = change(change(BASE, 'mode: dry-run', 'mode: live'), 'live: no', 'live: yes');
    expect(load(live).digest).not.toBe(load(BASE).digest);
    expect(load(live, { dryRun: true }).digest).toBe(load(BASE).digest);
  });
});
