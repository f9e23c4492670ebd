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

const app = readFileSync(join(ROOT, 'src/app.ts'), 'utf8');
const server = codeOf('jobs', 'cli', 'replay') + app;
const exchanges = codeOf('exchanges');

interface Gap {
  /** A sentence of the README. */
  readonly says: string;
  readonly code: string;
  /** Would be in the code if the sentence were no longer true. */
  readonly without?: RegExp;
  /** Is in the code as long as the sentence is true. */
  readonly having?: RegExp;
}

const GAPS: readonly Gap[] = [
  {
    says: '**Only products that a rule names** are watched',
    code: server,
    having: /products: readonly Product\[\] = namedProducts\(account\)/,
  },
  { says: 'counted per process, not across processes', code: server, without: /createVenue\(\{[^}]*redis/ },
  { says: 'In dry-run a key that may only read is enough', code: exchanges, having: /onlyForSending/ },
];

it.each(GAPS.map((gap) => [gap.says, gap] as const))(
  'the README is right in saying: %s',
  (says, { code, without, having }) => {
    expect(README, 'the sentence is no longer there: take its row away').toContain(says);
    const correct = 'the code has changed: correct the README, then this row';
    if (without !== undefined) expect(code.match(without)?.[0] ?? null, correct).toBeNull();
    if (having !== undefined) expect(having.test(code), correct).toBe(true);
  },
);

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
