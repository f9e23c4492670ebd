/** What changes between two policy files: nothing is forgotten, and nothing that loosens passes as something else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change, Effect } from '../../src/config/difference.ts';
import { differenceOf, loosening, needingRestart } from '../../src/config/difference.ts';
import type { Config } from '../../src/config/types.ts';
import { BASE, SIMULATED, change, load } from './helpers.ts';

/** With everything that a file may leave out. */
const RICH =
  BASE.replace('    limits:', '    confirm: { act: 3 looks, urgent: 1 look }\n    limits:') +
  `    coolDown: 60s
    whenShort: partial
    whenUnsettled: hold
    whenDislocated: aim urgent
    dust: leave
    survive: { fall: 30% }
    release: { below: cushion 60%, upTo: cushion 50%, after: 24h, perDay: 5000 USD }
  bold:
    extends: careful
    bands: { warn: [cushion 14%], target: cushion 20%, act: cushion 10%, urgent: cushion 5% }
assets: { STRANGE: { stable: USD } }
dislocation: { coins: 3%, stables: 2%, wrapped: 2% }
alerts:
  to: { phone: { url: "\${env:HOOK}", least: warning } }
  deadMan: "https://ping.example.com/one"
  repeat: [1m, 5m]
server: { listen: "127.0.0.1:8420" }
redis: { dataDir: data }
timing: { lookEvery: 5s }
journal: { keep: 90d }
`;

interface Row {
  readonly from: string;
  readonly to: string;
  readonly there: Effect;
  readonly back: Effect;
  readonly says: RegExp;
}

function row(from: string, to: string, there: Effect, back: Effect, says: RegExp): Row {
  return { from, to, there, back, says };
}

const RULE = '      - { product: crossMargin, policy: careful }\n';
const PAIR = '      - { product: isolatedMargin, match: { symbol: BTCUSDT }, policy: bold }\n';

const ROWS: readonly Row[] = [
  row(
    'perAction: 10000 USD',
    'perAction: 15000 USD',
    'loosens',
    'tightens',
    /policy careful: at most per action: 10000 USD -> 15000 USD/,
  ),
  row('perDay: 40000 USD', 'perDay: 50000 USD', 'loosens', 'tightens', /per day: 40000 USD -> 50000 USD/),
  row('perAction: 25000 USD', 'perAction: 26000 USD', 'loosens', 'tightens', /beyond urgent, at most per action/),
  row('12 per hour', '20 per hour', 'loosens', 'tightens', /sends without effect that stop it: 12 in 1h -> 20 in 1h/),
  row(
    '[500 USDT, 0.05 BTC]',
    '[400 USDT, 0.05 BTC]',
    'loosens',
    'tightens',
    /account main: spot, never below: 500 USDT -> 400 USDT/,
  ),
  row('[500 USDT, 0.05 BTC]', '[500 USDT]', 'loosens', 'tightens', /never below: 0.05 BTC -> 0 BTC/),
  row('act: cushion 16%', 'act: cushion 12%', 'loosens', 'tightens', /acts at: a cushion of 16 % -> a cushion of 12 %/),
  row('target: cushion 26%', 'target: cushion 25%', 'loosens', 'tightens', /stops at/),
  row('urgent: cushion 8%', 'urgent: cushion 6%', 'loosens', 'tightens', /urgent at/),
  row(
    '[cushion 24%, cushion 20%]',
    '[cushion 24%]',
    'loosens',
    'tightens',
    /warns at: a cushion of 24 % and a cushion of 20 %/,
  ),
  row('[cushion 24%, cushion 20%]', '[cushion 23%, cushion 20%]', 'loosens', 'tightens', /warns at/),
  row('act: 3 looks', 'act: 2 looks', 'loosens', 'tightens', /looks that must agree before it acts: 3 -> 2/),
  row(
    'repeat: [1m, 5m]',
    'repeat: [1m, 5m]\n  drill: off',
    'loosens',
    'neutral',
    /reminder to try the channels after: 30d -> off/,
  ),
  row(
    '    live: no\n',
    '    live: no\n    allowWithdraw: yes\n',
    'restart',
    'restart',
    /a key that may withdraw is accepted: no -> yes/,
  ),
  row(
    'journal: { keep: 90d }',
    'journal: { keep: 30d, decisions: 7d }',
    'neutral',
    'neutral',
    /journal: keep: 90d -> 30d/,
  ),
  row('coolDown: 60s', 'coolDown: 10s', 'loosens', 'tightens', /pause after an action/),
  row('whenShort: partial', 'whenShort: skip', 'loosens', 'loosens', /when money is short: partial -> skip/),
  row('whenUnsettled: hold', 'whenUnsettled: otherMoney', 'loosens', 'tightens', /while a payment is undecided/),
  row('whenDislocated: aim urgent', 'whenDislocated: aim target', 'loosens', 'tightens', /while a price is in dispute/),
  row('dust: leave', 'dust: clear', 'loosens', 'tightens', /below the smallest amount/),
  row('fall: 30%', 'fall: 40%', 'neutral', 'neutral', /should survive/),
  row('below: cushion 60%', 'below: cushion 55%', 'loosens', 'tightens', /releases collateral beyond/),
  row('after: 24h', 'after: 12h', 'loosens', 'tightens', /releases collateral after: 1d -> 12h/),
  row('perDay: 5000 USD', 'perDay: 6000 USD', 'loosens', 'tightens', /releases collateral, at most per day/),
  row(
    'release: { below: cushion 60%, upTo: cushion 50%, after: 24h, perDay: 5000 USD }',
    'release: off',
    'tightens',
    'loosens',
    /releases collateral: beyond .* -> never/,
  ),
  row(
    'atMost: 20000 USDT per day',
    'atMost: 30000 USDT per day',
    'loosens',
    'tightens',
    /20000 USDT per day -> 30000 USDT per day/,
  ),
  row(', atMost: 20000 USDT per day', '', 'loosens', 'tightens', /-> without a limit of its own/),
  row('with: [BTC, ETH]', 'with: [BTC]', 'loosens', 'loosens', /no longer: add/),
  row(
    'STRANGE: { stable: USD }',
    'STRANGE: { wraps: BTC }',
    'loosens',
    'loosens',
    /STRANGE: stands for USD -> wraps BTC/,
  ),
  row('coins: 3%', 'coins: 4%', 'loosens', 'tightens', /prices of coins are in dispute beyond: 3 % -> 4 %/),
  row(RULE, `${RULE}${PAIR}`, 'restart', 'loosens', /isolatedMargin, symbol BTCUSDT: new, and of a product/),
  row(
    'product: crossMargin, policy: careful',
    'product: crossMargin, policy: careful, priority: 3',
    'neutral',
    'neutral',
    /priority/,
  ),
  row('unlisted: alert', 'unlisted: { use: bold }', 'loosens', 'loosens', /loans that no rule names: raise an alert/),
  row('unlisted: alert', 'unlisted: ignore', 'restart', 'restart', /loans that no rule names/),
  row(
    'least: warning',
    'least: critical',
    'loosens',
    'tightens',
    /told: phone .*warnings and critical alerts -> phone .*critical alerts/,
  ),
  row('phone: {', 'desk: {', 'loosens', 'loosens', /no longer told: phone/),
  row(
    'url: "${env:HOOK}"',
    'url: "https://alerts.example.com/other-token"',
    'loosens',
    'loosens',
    /phone .*: at another address/,
  ),
  row('/one"', '/two"', 'loosens', 'loosens', /dead-man ping: another address/),
  row('repeat: [1m, 5m]', 'repeat: [2m, 5m]', 'neutral', 'neutral', /repeated after/),
  row('mode: dry-run', 'mode: live', 'restart', 'restart', /mode: dry-run -> live/),
  row('expectUid: "111"', 'expectUid: "112"', 'restart', 'restart', /UID: 111 -> 112/),
  row('"${env:KEY}"', '"${env:KEY2}"', 'restart', 'restart', /its key: changed/),
  row('  main:\n', '  other:\n', 'restart', 'restart', /account main: is no longer watched/),
  row('127.0.0.1:8420', '127.0.0.1:8421', 'restart', 'restart', /where the page is served/),
  row('dataDir: data', 'dataDir: other', 'restart', 'restart', /which Redis/),
  row('lookEvery: 5s', 'lookEvery: 4s', 'restart', 'restart', /lookEvery: 5s -> 4s/),
];

const words = (changes: readonly Change[]): readonly string[] => changes.map(({ where, says }) => `${where}: ${says}`);
const effects = (changes: readonly Change[]): ReadonlySet<Effect> => new Set(changes.map(({ effect }) => effect));

/** What a server would do with it. */
function verdict(changes: readonly Change[]): Effect {
  return (['restart', 'loosens', 'tightens'] as const).find((one) => effects(changes).has(one)) ?? 'neutral';
}

describe('the difference between two policy files', () => {
  it('of a file and itself is nothing', () => {
    const shipped = readFileSync(join(import.meta.dirname, '../../config.yaml'), 'utf8');
    for (const text of [BASE, SIMULATED, RICH, shipped]) expect(differenceOf(load(text), load(text))).toEqual([]);
  });

  it.each(ROWS.map((one) => [one.from.trim(), one.to.trim(), one] as const))('%s -> %s', (_from, _to, one) => {
    const [before, after] = [load(RICH), load(change(RICH, one.from, one.to))];
    const [there, back] = [differenceOf(before, after), differenceOf(after, before)];
    expect(verdict(there)).toBe(one.there);
    expect(verdict(back)).toBe(one.back);
    expect(words(there).join('\n')).toMatch(one.says);
    expect(words(there).join('\n')).not.toMatch(/token|secret-text|env-key|other-key/);
  });

  it('names everything that changes the policy digest, and never passes both ways as no loosening', () => {
    const files: Config[] = [load(RICH)];
    let text = RICH;
    for (const { from, to } of ROWS) {
      // What another row has taken away, or put beyond what a file may say.
      if (!text.includes(from) || from.startsWith('target')) continue;
      text = text.replace(from, () => to);
      files.push(load(text));
    }
    expect(files.length).toBeGreaterThan(ROWS.length / 2);
    for (const [index, before] of files.entries()) {
      for (const after of files.slice(index + 1)) {
        const [there, back] = [differenceOf(before, after), differenceOf(after, before)];
        expect(there.length > 0).toBe(back.length > 0);
        if (before.digest !== after.digest) expect(there).not.toEqual([]);
        const isAsked = (changes: readonly Change[]): boolean =>
          loosening(changes).length > 0 || needingRestart(changes).length > 0;
        const neutral = [...there, ...back].every(({ effect }) => effect === 'neutral');
        expect(neutral || isAsked(there) || isAsked(back), words(there).join('\n')).toBe(true);
      }
    }
  });

  it('of a loan that follows another policy is that of the two policies', () => {
    const after = load(change(RICH, 'policy: careful', 'policy: bold'));
    expect(words(differenceOf(load(RICH), after))).toEqual([
      'account main, binance.crossMargin, all: follows policy bold instead of careful',
      'account main, binance.crossMargin, all: by policy bold, warns at: a cushion of 24 % and a cushion of 20 % -> a cushion of 14 %',
      'account main, binance.crossMargin, all: by policy bold, acts at: a cushion of 16 % -> a cushion of 10 %',
      'account main, binance.crossMargin, all: by policy bold, stops at: a cushion of 26 % -> a cushion of 20 %',
      'account main, binance.crossMargin, all: by policy bold, urgent at: a cushion of 8 % -> a cushion of 5 %',
    ]);
  });

  it('of a policy that only changes its name is nothing that decides', () => {
    const after = load(RICH.replaceAll('careful', 'wary'));
    expect(effects(differenceOf(load(RICH), after))).toEqual(new Set(['neutral']));
  });

  it('of a policy that no loan follows decides nothing', () => {
    const changes = differenceOf(load(RICH), load(change(RICH, 'act: cushion 10%', 'act: cushion 9%')));
    expect(changes).toMatchObject([{ where: 'policy bold', effect: 'neutral' }]);
  });

  it('of another order of remedies asks: what a rung may spend is counted by its number', () => {
    const [, first = '', second = ''] = /ladder:\n( .*\n)( .*\n)/.exec(RICH) ?? [];
    const changes = differenceOf(load(RICH), load(change(RICH, first + second, second + first)));
    expect(effects(changes)).toEqual(new Set(['loosens', 'neutral']));
    expect(words(changes)[0]).toMatch(/^policy careful: order of remedies/);
  });
});
