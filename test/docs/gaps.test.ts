/**
 * What the README says about the limits of this version. Each row holds a sentence of it and a look at the code: when
 * somebody closes the gap, the sentence has to go, and this test says which.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import { createVenue } from '../../src/exchanges/venues.ts';
import { anIntent } from '../jobs/fixtures.ts';
import { read, ROOT } from './pages.ts';

const README = read('README.md');

/** Code of some folders of src/ without its comments, so that words about a thing are not taken for the thing. */
function codeOf(...folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(ROOT, 'src', folder, path)),
  );
  return files.map((path) => readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')).join('\n');
}

const server = codeOf('jobs', 'cli', 'replay') + readFileSync(join(ROOT, 'src/app.ts'), 'utf8');
const everything = server + codeOf('core') + readFileSync(join(ROOT, 'src/main.ts'), 'utf8');

/** A sentence of the README, and what would be in the code if it were no longer true. */
const GAPS: readonly (readonly [says: string, closedBy: RegExp, where: string])[] = [
  ["The venues' price streams are built and tested, but not connected", /\.watchPrices\(/, server],
  ['`alerts` in the file is checked and then not used', /config\.alerts\b|alerts\.to\b|deadMan/, server],
  ['No commands to pause, resume or acknowledge', /'ACKNOWLEDGE'|journal\.pause\(/, server],
  ['**No release** of collateral', /policy\.release\b|\brelease\.(?:below|upTo|afterMs)/, everything],
  ['no check for dislocated prices', /type: 'DISLOCATED'/, server],
  ['no reaction to changed thresholds or a jumping clock', /'(?:DEFINITION_CHANGED|CLOCK_JUMPED)'/, server],
  ['nothing in 0.1.0 raises them yet', /'(?:JOURNAL_LOST|DEFINITION_CHANGED|CLOCK_JUMPED)'|type: 'DISLOCATED'/, server],
  ['SIGHUP ends the process', /'SIGHUP'/, everything],
  ['`acceptWriteLoss` has no effect', /acceptWriteLoss/, server],
  ['counted per process, not across processes', /createMeter\(\{[^}]*redis/, codeOf('exchanges') + server],
  ['Watching with a read-only key is not possible yet', /readOnly/, codeOf('exchanges') + server],
];

it.each(GAPS)('the README is right in saying: %s', (says, closedBy, where) => {
  expect(README, 'the sentence is no longer there: take its row away').toContain(says);
  expect(
    where.match(closedBy)?.[0] ?? null,
    'the gap is closed: correct the README, and take this row away',
  ).toBeNull();
});

it.each(PRODUCTS)('an account can observe %s', async (product) => {
  const [name] = product.split('.') as ['binance' | 'okx'];
  const secret = { reveal: () => 'made up' };
  const venue = createVenue({
    account: 'anyone',
    venue: name,
    key: { id: secret, secret, passphrase: secret },
    hosts: { rest: 'http://127.0.0.1:9', ws: 'ws://127.0.0.1:9' },
    products: [product],
    expectUid: null,
    clock: systemClock,
    requestDeadlineMs: 1_000,
    lagMarginMs: 1_000,
    binanceRecvWindowMs: 1_000,
    okxWindowMs: 30_000,
    waitsScale: 1,
    tagIntents: false,
    log: { info: () => undefined, warn: () => undefined },
  });
  const asked = anIntent('asked', { product });
  // It cannot reach anybody, but it must know what it would ask.
  const failure = await Promise.resolve()
    .then(() => venue.cursors(asked, AbortSignal.abort()))
    .then(String, (error: unknown) => String(error));
  await venue.close();
  expect(venue.products).toEqual([product]);
  expect(failure).not.toMatch(/does not (?:read|handle)/);
});
