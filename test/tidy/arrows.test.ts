/** Who imports whom. The table is `arrows.mjs`; the linter uses the same one. */
import { describe, expect, it } from 'vitest';
import { arrowProblem, packageName } from './arrows.mjs';
import { filesIn, importsOf, parseSource, read } from './files.ts';

const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };

describe('imports of src/', () => {
  const imports = filesIn('src', '.ts').flatMap((path) =>
    importsOf(parseSource(path)).map(({ specifier, line }) => ({ path, specifier, line })),
  );

  it('follow the arrows', () => {
    const problems = imports.flatMap(({ path, specifier, line }) => {
      const problem = arrowProblem(path.slice('src/'.length), specifier);
      return problem === undefined ? [] : [`${path}:${line} ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  it('name packages that are dependencies, not development ones or packages of packages', () => {
    const foreign = imports.filter(({ specifier }) => {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
      return manifest.dependencies[packageName(specifier)] === undefined;
    });
    expect(foreign).toEqual([]);
  });

  it('carry the ending .ts, as Node and the compiler both read them', () => {
    expect(imports.filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier))).toEqual([]);
  });
});

describe('the table of arrows', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['core/decide.ts', '../machines/loanMachine.ts'],
    ['core/decide.ts', 'decimal.js'],
    ['core/decide.ts', 'node:fs'],
    ['core/decide.ts', '../clock.ts'],
    ['machines/loanMachine.ts', '../jobs/journal.ts'],
    ['machines/loanMachine.ts', 'bullmq'],
    ['simulator/engine.ts', '../core/ltv.ts'],
    ['simulator/okx/face.ts', '../../exchanges/exchange.ts'],
    ['simulator/engine.ts', 'ccxt'],
    ['exchanges/binance/wallet.ts', '../okx/funding.ts'],
    ['exchanges/transport.ts', './okx/funding.ts'],
    ['exchanges/transport.ts', '../jobs/journal.ts'],
    ['jobs/look.ts', '../exchanges/binance/wallet.ts'],
    ['server/http.ts', '../exchanges/okx/index.ts'],
    ['alerts/channels.ts', '../app.ts'],
    ['replay/run.ts', '../exchanges/okx/index.ts'],
    ['app.ts', '../test/support/redis.ts'],
    ['app.ts', 'decimal.js'],
  ];

  it.each(refused)('refuses %s → %s', (file, specifier) => {
    expect(arrowProblem(file, specifier)).toBeTypeOf('string');
  });

  const allowed: readonly (readonly [string, string])[] = [
    ['core/money.ts', 'decimal.js'],
    ['core/decide.ts', './money.ts'],
    ['machines/loanMachine.ts', '../core/need.ts'],
    ['simulator/okx/face.ts', '../../core/money.ts'],
    ['simulator/server.ts', 'ws'],
    ['exchanges/okx/funding.ts', '../exchange.ts'],
    ['jobs/look.ts', '../exchanges/exchange.ts'],
    ['replay/run.ts', '../simulator/contract.ts'],
    ['app.ts', './exchanges/okx/index.ts'],
  ];

  it.each(allowed)('allows %s → %s', (file, specifier) => {
    expect(arrowProblem(file, specifier)).toBeUndefined();
  });
});
