/** Policies: values with units, levels that cannot fight, caps that fit, `extends`, words. */
import { describe, expect, it } from 'vitest';
import { format } from '../../src/core/money.ts';
import { BASE, change, expectProblem, load, policyOf } from './helpers.ts';
import type { Expected } from './helpers.ts';

type Case = readonly [name: string, from: string, to: string, expected: Expected];
const at = (path: string): string => `policies.careful.${path}`;

const BANDS: readonly Case[] = [
  [
    'cushions in reversed order',
    'target: cushion 26%',
    'target: cushion 10%',
    {
      at: 'target:',
      key: at('bands.target'),
      says: /target cushion 10% is not safer than act cushion 16%/,
      remedy: /larger figure/,
    },
  ],
  [
    'act beyond urgent',
    'urgent: cushion 8%',
    'urgent: cushion 17%',
    {
      at: 'act:',
      key: at('bands.act'),
      says: /act cushion 16% is not safer than urgent cushion 17%/,
      remedy: /target > warn > act > urgent/,
    },
  ],
  [
    'equal levels',
    'urgent: cushion 8%',
    'urgent: cushion 16%',
    { at: 'act:', key: at('bands.act'), says: /not safer/, remedy: /larger figure/ },
  ],
  [
    'warn in the trigger zone',
    '[cushion 24%, cushion 20%]',
    '[cushion 24%, cushion 12%]',
    { at: 'warn:', key: at('bands.warn[1]'), says: /warn cushion 12% is not safer than act/, remedy: /warn > act/ },
  ],
  [
    'warn at the target',
    '[cushion 24%, cushion 20%]',
    '[cushion 30%]',
    {
      at: 'target:',
      key: at('bands.target'),
      says: /target cushion 26% is not safer than warn cushion 30%/,
      remedy: /warn/,
    },
  ],
  [
    'two scales',
    'act: cushion 16%',
    'act: 75%',
    {
      at: 'act: 75%',
      key: at('bands.act'),
      says: /75% is on another scale than the other levels, which are cushions/,
      remedy: /one scale/,
    },
  ],
  [
    'a release that ends in the zone of remedies',
    'bands:',
    'release: { below: cushion 45%, upTo: cushion 20%, after: 24h, perDay: 5000 USD }\n    bands:',
    {
      at: 'release:',
      key: at('release.upTo'),
      says: /release.upTo cushion 20% is not safer than target/,
      remedy: /release.upTo > target/,
    },
  ],
  [
    'a release with nothing to release',
    'bands:',
    'release: { below: cushion 30%, upTo: cushion 32%, after: 24h, perDay: 5000 USD }\n    bands:',
    { at: 'release:', key: at('release.below'), says: /nothing to release/, remedy: /larger figure/ },
  ],
  [
    'a margin ratio at liquidation',
    'urgent: cushion 8%',
    'urgent: cushion 8%\n      minMarginRatio: { act: 1, target: 4 }',
    { at: 'minMarginRatio', key: at('bands.minMarginRatio.act'), says: /at or below 1/, remedy: /above 1/ },
  ],
  [
    'a margin target below its trigger',
    'urgent: cushion 8%',
    'urgent: cushion 8%\n      minMarginRatio: { act: 4, target: 2.5 }',
    {
      at: 'minMarginRatio',
      key: at('bands.minMarginRatio.target'),
      says: /not above act/,
      remedy: /higher margin ratio is safer/,
    },
  ],
  [
    'a level of nothing',
    'act: cushion 16%',
    'act: cushion 0%',
    { at: 'act:', key: at('bands.act'), says: /"cushion 0%" does not lie between 0% and 100%/, remedy: /cushion 16%/ },
  ],
  [
    'a level without its unit',
    'act: cushion 16%',
    'act: cushion 0.16',
    { at: 'act:', key: at('bands.act'), says: /"cushion 0.16" is not an LTV or a cushion/, remedy: /`cushion 16%`/ },
  ],
  [
    'a level left out',
    '      act: cushion 16%\n',
    '',
    { at: 'bands:', key: at('bands.act'), says: /is missing/, remedy: /act: cushion 16%/ },
  ],
];

const LIMITS: readonly Case[] = [
  [
    'a line left out',
    '      perHour: 20000 USD\n',
    '',
    { at: 'limits:', key: at('limits.perHour'), says: /is missing/, remedy: /perHour: 25000 USD.*unlimited/ },
  ],
  [
    'the urgent tier left out',
    '      urgent: { perAction: 25000 USD, perDay: 60000 USD }\n',
    '',
    { at: 'limits:', key: at('limits.urgent'), says: /is missing/, remedy: /wider/ },
  ],
  [
    'an urgent figure below the normal one',
    'perAction: 25000 USD, perDay',
    'perAction: 9000 USD, perDay',
    {
      at: 'urgent: {',
      key: at('limits.urgent.perAction'),
      says: /urgent perAction 9000 USD is below the normal 10000 USD/,
      remedy: /at least 10000 USD/,
    },
  ],
  [
    'an urgent figure below unlimited',
    'perDay: 40000 USD',
    'perDay: unlimited',
    {
      at: 'urgent: {',
      key: at('limits.urgent.perDay'),
      says: /below the normal unlimited/,
      remedy: /at least unlimited/,
    },
  ],
  [
    'an action larger than its hour',
    'perHour: 20000 USD',
    'perHour: 9000 USD',
    {
      at: 'perAction: 10000',
      key: at('limits.perAction'),
      says: /can never be used under 9000 USD perHour/,
      remedy: /lower perAction or raise perHour/,
    },
  ],
  [
    'a cap without its unit',
    'perDay: 40000 USD',
    'perDay: 40000',
    {
      at: 'perDay: 40000',
      key: at('limits.perDay'),
      says: /"40000" is not an amount in USD or the word `unlimited`/,
      remedy: /25000 USD/,
    },
  ],
  [
    'a cap in another coin',
    'perDay: 40000 USD',
    'perDay: 40000 USDT',
    { at: 'perDay: 40000', key: at('limits.perDay'), says: /"40000 USDT" is not/, remedy: /25000 USD/ },
  ],
  [
    'a cap with thousands marked',
    'perDay: 40000 USD',
    'perDay: "40,000 USD"',
    { at: 'perDay: "40', key: at('limits.perDay'), says: /is not an amount/, remedy: /25000 USD/ },
  ],
  [
    'a cap of nothing',
    'perDay: 40000 USD',
    'perDay: 0 USD',
    { at: 'perDay: 0', key: at('limits.perDay'), says: /"0 USD" is nothing/, remedy: /25000 USD/ },
  ],
  [
    'a fuse in another spelling',
    '12 per hour',
    '12/h',
    { at: 'actions', key: at('limits.actions'), says: /"12\/h" is not a count/, remedy: /`12 per hour`/ },
  ],
  [
    'a cap from outside the file',
    'perDay: 40000 USD',
    'perDay: "${env:KEY}"',
    {
      at: 'perDay: "',
      key: at('limits.perDay'),
      says: /a reference is not taken here/,
      remedy: /the file shows what the server will do/,
    },
  ],
  [
    'a part of a value from outside',
    'perDay: 40000 USD',
    'perDay: "${env:KEY} USD"',
    { at: 'perDay: "', key: at('limits.perDay'), says: /is not an amount/, remedy: /25000 USD/ },
  ],
];

describe('levels', () => {
  it.each(BANDS)('%s', (_name, from, to, expected) => {
    expectProblem(change(BASE, from, to), expected);
  });

  it('LTVs in reversed order are told with the rule for LTVs', () => {
    const bands = BASE.slice(BASE.indexOf('      warn:'), BASE.indexOf('    ladder:'));
    const text = change(BASE, bands, '      target: 80%\n      act: 75%\n      urgent: 82%\n');
    expectProblem(text, {
      at: 'target: 80%',
      key: at('bands.target'),
      says: /target 80% is not safer than act 75%/,
      remedy: /smaller figure/,
    });
  });

  it('are ratios on one scale, the default ones when left out', () => {
    const bands = BASE.slice(BASE.indexOf('    bands:'), BASE.indexOf('    ladder:'));
    for (const text of [BASE, change(BASE, bands, '')]) {
      const { bands: read } = policyOf(load(text));
      expect(read.scale).toBe('cushion');
      expect([...read.warn, read.target, read.act, read.urgent].map(format)).toEqual([
        '0.24',
        '0.2',
        '0.26',
        '0.16',
        '0.08',
      ]);
    }
  });

  it('target and act close to each other is a warning', () => {
    const config = load(
      change(BASE, 'act: cushion 16%', 'act: cushion 25.5%').replace('warn: [cushion 24%, cushion 20%]', 'warn: []'),
    );
    expect(config.warnings.map((warning) => warning.key)).toEqual([at('bands.target')]);
  });

  it('an urgent LTV at the usual line of cross margin is a warning', () => {
    const bands = BASE.slice(BASE.indexOf('      warn:'), BASE.indexOf('    ladder:'));
    const config = load(change(BASE, bands, '      target: 70%\n      act: 80%\n      urgent: 91%\n'));
    expect(config.warnings.map(({ key }) => key)).toEqual([at('bands.urgent')]);
    expect(config.warnings[0]?.says).toMatch(/90\.9%/);
  });
});

describe('caps', () => {
  it.each(LIMITS)('%s', (_name, from, to, expected) => {
    expectProblem(change(BASE, from, to), expected);
  });

  it('unlimited is a word one has to write, and an endless urgent day is a warning', () => {
    const text = change(
      change(BASE, 'perDay: 40000 USD', 'perDay: unlimited'),
      'perDay: 60000 USD',
      'perDay: unlimited',
    );
    const config = load(text);
    const { limits } = policyOf(config);
    expect([limits.perDay, limits.urgent.perDay, limits.perIncident]).toEqual([null, null, null]);
    expect(config.warnings.map(({ key }) => key)).toEqual([at('limits.urgent.perDay')]);
  });

  it('a figure keeps every digit', () => {
    const text = change(BASE, 'keep: [500 USDT, 0.05 BTC]', 'keep: [123456789012345678.123456789012345678 USDT]');
    expect(load(text).accounts[0]?.wallets[0]?.keep['USDT']?.toFixed()).toBe('123456789012345678.123456789012345678');
  });
});

describe('extends', () => {
  const child = (body: string): string =>
    change(BASE, 'policies:\n', `policies:\n  child:\n${body}`).replace('policy: careful', 'policy: child');

  it('merges maps deep, replaces lists and values', () => {
    const config = load(
      child(
        '    extends: careful\n    bands: { act: cushion 15% }\n    ladder: [{ do: repay, with: debt, from: wallet }]\n    coolDown: 5s\n',
      ),
    );
    const policy = policyOf(config, 'child');
    expect([policy.bands.act, policy.bands.target].map(format)).toEqual(['0.15', '0.26']);
    expect(policy.ladder).toHaveLength(1);
    expect([policy.coolDownMs, policyOf(config).coolDownMs]).toEqual([5000, 60_000]);
    expect(config.warnings).toEqual([]);
  });

  const wrong: readonly (readonly [string, string, Expected])[] = [
    [
      'an unknown policy',
      '    extends: carefull\n',
      {
        at: 'extends:',
        key: 'policies.child.extends',
        says: /there is no policy `carefull`/,
        remedy: /did you mean `careful`/,
      },
    ],
    [
      'itself',
      '    extends: child\n',
      { at: 'extends:', key: 'policies.child.extends', says: /cannot extend itself/, remedy: /another policy/ },
    ],
    [
      'one that extends',
      '    extends: careful\n  grand:\n    extends: child\n',
      { at: 'extends: child', key: 'policies.grand.extends', says: /itself extends/, remedy: /one level only/ },
    ],
  ];
  it.each(wrong)('refuses %s', (_name, body, expected) => {
    expectProblem(child(body), expected);
  });

  it('a merged contradiction points at the line that it stands in', () => {
    expectProblem(child('    extends: careful\n    bands: { act: cushion 27% }\n'), {
      at: 'target: cushion 26%',
      key: 'policies.child.bands.target',
      says: /not safer than act cushion 27%/,
      remedy: /larger figure/,
    });
  });
});

describe('what a loan should survive', () => {
  const survive = (value: string): string => change(BASE, '    bands:', `    survive: ${value}\n    bands:`);

  it.each([
    ['{ fall: 30%, rise: 30% }', '0.3', '0.3'],
    ['{ fall: 55.5% }', '0.555', undefined],
    ['{ rise: 250% }', undefined, '2.5'],
  ])('%s', (value, fall, rise) => {
    const read = policyOf(load(survive(value))).survive;
    expect([read?.fall?.toFixed(), read?.rise?.toFixed()]).toEqual([fall, rise]);
  });

  it.each([
    ['{ }', 'survive', /neither `fall` nor `rise`/, /at least one/],
    ['{ fall: 100% }', 'survive.fall', /does not lie between 0% and 100%/, /70%/],
    ['{ fall: 30 }', 'survive.fall', /"30" is not a percentage/, /70%/],
    ['{ rise: 1001% }', 'survive.rise', /does not lie between 0.1% and 1000%/, /30%/],
    ['{ fal: 30% }', 'survive.fal', /not a key/, /did you mean `fall`/],
  ])('refuses %s', (value, key, says, remedy) => {
    expectProblem(survive(value), { at: 'survive:', key: at(key), says, remedy });
  });
});

describe('a release', () => {
  const release = (below: string, upTo: string): string =>
    `release: { below: ${below}, upTo: ${upTo}, after: 24h, perDay: 5000 USD }`;
  const ltvBands = (text: string): string =>
    text
      .replace('[cushion 24%, cushion 20%]', '[]')
      .replace('target: cushion 26%', 'target: 60%')
      .replace('act: cushion 16%', 'act: 70%')
      .replace('urgent: cushion 8%', 'urgent: 80%');
  const withRelease = (text: string, line: string): string => change(text, '    bands:', `    ${line}\n    bands:`);

  it('becomes a rule of the core', () => {
    const { release: rule } = policyOf(load(withRelease(BASE, release('cushion 60%', 'cushion 46%'))));
    expect([rule?.below.toFixed(), rule?.upTo.toFixed(), rule?.afterMs, rule?.perDay.toFixed()]).toEqual([
      '0.6',
      '0.46',
      86_400_000,
      '5000',
    ]);
  });

  it.each([
    [
      'cushions',
      BASE,
      release('cushion 50%', 'cushion 45%'),
      /LTV 50% for accounts.main.loans\[0\]/,
      /cushion above 45%/,
    ],
    [
      'LTVs',
      ltvBands(BASE),
      release('40%', '50%'),
      /collateral margin level .* above 2, which is below LTV 50%/,
      /below 50%/,
    ],
  ])('of cross margin that Binance would never let go, in %s', (_name, base, line, says, remedy) => {
    expectProblem(withRelease(base, line), { at: 'release:', key: at('release.upTo'), says, remedy });
  });

  it.each([
    ['cross margin below LTV 50%', ltvBands(BASE), release('40%', '49.9%')],
    [
      'other products above it',
      change(BASE, 'product: crossMargin', 'product: isolatedMargin'),
      release('cushion 45%', 'cushion 32%'),
    ],
  ])('of %s is fine', (_name, base, line) => {
    expect(policyOf(load(withRelease(base, line))).release).not.toBeNull();
  });
});

describe('policies and their users', () => {
  it('an unknown policy', () => {
    expectProblem(change(BASE, 'policy: careful', 'policy: carefool'), {
      at: 'carefool',
      key: 'accounts.main.loans[0].policy',
      says: /there is no policy/,
      remedy: /did you mean `careful`/,
    });
    expectProblem(change(BASE, 'unlisted: alert', 'unlisted: { use: other }'), {
      at: 'use: other',
      key: 'accounts.main.unlisted.use',
      says: /there is no policy `other`/,
      remedy: /there is: careful/,
    });
  });

  it('an unused policy is a warning, a base is not', () => {
    const config = load(change(BASE, 'policies:\n', 'policies:\n  spare: { extends: careful }\n'));
    expect(config.warnings.map(({ key }) => key)).toEqual(['policies.spare']);
  });

  it.each([
    ['whenShort: skip', 'whenShort', 'skip'],
    ['whenUnsettled: hold', 'whenUnsettled', 'hold'],
    ['whenDislocated: aim target', 'whenDislocated', 'aimTarget'],
    ['whenDislocated: hold', 'whenDislocated', 'hold'],
    ['dust: clear', 'dust', 'clear'],
    ['release: off', 'release', null],
    ['dust: leave', 'survive', null],
    ['coolDown: 1h', 'coolDownMs', 3_600_000],
    ['confirm: { act: 3 looks, urgent: 1 look }', 'confirm', { act: 3, urgent: 1 }],
  ])('%s', (line, key, value) => {
    expect(policyOf(load(change(BASE, '    bands:', `    ${line}\n    bands:`)))).toMatchObject({ [key]: value });
  });

  it.each([
    ['whenShort: sometimes', 'whenShort', /"sometimes" is not one of `partial`, `skip`/, /write one of/],
    ['whenUnsettled: otherMony', 'whenUnsettled', /is not one of/, /did you mean `otherMoney`/],
    ['dust: leav', 'dust', /is not one of/, /did you mean `leave`/],
    ['release: on', 'release', /"on" is not `off`/, /./],
    ['coolDown: 60', 'coolDown', /"60" is not a duration/, /`60s`/],
    ['coolDown: 2d', 'coolDown', /does not lie between 0ms and 1d/, /60s/],
    ['confirm: { act: 2 }', 'confirm.act', /"2" is not a number of looks/, /2 looks/],
    ['confirm: { act: 1 look, urgent: 2 looks }', 'confirm.urgent', /more looks/, /at most/],
  ])('refuses %s', (line, key, says, remedy) => {
    expectProblem(change(BASE, '    bands:', `    ${line}\n    bands:`), { at: line, key: at(key), says, remedy });
  });
});
