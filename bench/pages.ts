/**
 * Do people who look on slow the lanes down? Blocks with 200 open pages and a scrape every second alternate with blocks
 * without, so that whatever else the machine does falls on both.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { line, mean, ms, quantile, title } from './figures.ts';
import { bellsFor, paymentsAfter } from './reactions.ts';
import type { Got } from './readers.ts';
import type { Bench } from './server.ts';

const PAGES = 200;
const PAIRS = 12;
const BLOCK_MS = 2_000;
const MOVES = 3;

interface Block {
  readonly bells: readonly number[];
  readonly payments: readonly number[];
  /** Share of one core that this process used. */
  readonly cpu: number;
}

class Readers {
  readonly #child = fork(join(import.meta.dirname, 'readers.ts'), {
    execArgv: ['--import', join(import.meta.dirname, '../test/support/typescript.mjs')],
  });

  async open(address: string): Promise<void> {
    this.#child.send({ open: { address, pages: PAGES } });
    await once(this.#child, 'message');
  }

  async close(): Promise<Got> {
    this.#child.send({ close: true });
    const [{ got }] = (await once(this.#child, 'message')) as [{ got: Got }];
    return got;
  }

  end(): void {
    this.#child.kill();
  }
}

export async function measurePages(bench: Bench): Promise<void> {
  const readers = new Readers();
  const without: Block[] = [];
  const withPages: Block[] = [];
  const got: Got[] = [];
  await block(bench, 1); // warm
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const isEven = pair % 2 === 0;
    // Which comes first changes, so that a machine that becomes quieter, or busier, favours neither.
    if (isEven) without.push(await block(bench, MOVES));
    await readers.open(bench.page);
    withPages.push(await block(bench, MOVES));
    got.push(await readers.close());
    if (!isEven) without.push(await block(bench, MOVES));
  }
  readers.end();
  tell(without, withPages, got);
}

async function block(bench: Bench, moves: number): Promise<Block> {
  const from = { mono: systemClock.mono(), cpu: process.cpuUsage() };
  const bells = await bellsFor(bench, BLOCK_MS);
  const { user, system } = process.cpuUsage(from.cpu);
  const cpu = (user + system) / 1_000 / (systemClock.mono() - from.mono);
  return { bells, cpu, payments: await paymentsAfter(bench, moves) };
}

function tell(without: readonly Block[], withPages: readonly Block[], got: readonly Got[]): void {
  title(
    `${String(PAGES)} open pages and a scrape every second: with ÷ without, median of the pairs and their middle half (reach: 1.10)`,
  );
  compare('bell → committed decision', without, withPages, ({ bells }) => bells);
  compare('price → payment sent, 4 accounts at once', without, withPages, ({ payments }) => payments);
  const [even, odd] = [0, 1].map((rest) => without.filter((_, index) => index % 2 === rest));
  compare('the noise: bells, without ÷ without', even ?? [], odd ?? [], ({ bells }) => bells);
  compare('the noise: payments, without ÷ without', even ?? [], odd ?? [], ({ payments }) => payments);
  const cpu = (blocks: readonly Block[]): string => `${(100 * mean(blocks.map(({ cpu: one }) => one))).toFixed(0)} %`;
  line('the server’s own time on a core', `${cpu(without)} without, ${cpu(withPages)} with`);
  const boards = got.reduce((sum, one) => sum + one.boards, 0);
  const bytes = got.reduce((sum, one) => sum + one.bytes, 0);
  const scrapes = got.flatMap((one) => one.scrapes);
  const seconds = got.reduce((sum, one) => sum + one.openMs, 0) / 1_000;
  const rate = (boards / PAGES / seconds).toFixed(2);
  line('boards that each page got', `${rate} a second, ${(bytes / boards / 1_000).toFixed(0)} kB each`);
  const size = ((got.at(-1)?.scrapeBytes ?? 0) / 1_000).toFixed(0);
  line(
    'scrapes',
    `${(scrapes.length / seconds).toFixed(2)} a second, ${size} kB each, half within ${ms(quantile(scrapes, 0.5))}`,
  );
}

/** Neighbouring blocks are compared with each other: the machine may be another one a minute later. */
function compare(
  what: string,
  base: readonly Block[],
  other: readonly Block[],
  of: (block: Block) => readonly number[],
): void {
  const figures: readonly (readonly [string, (samples: readonly number[]) => number])[] = [
    ['p50', (samples) => quantile(samples, 0.5)],
    ['mean', mean],
    ['p95', (samples) => quantile(samples, 0.95)],
  ];
  const words = figures.map(([name, figure]) => {
    const ratios = base.map((block, pair) => figure(of(other[pair] ?? block)) / figure(of(block)));
    const [low, half, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
    return `${name} ${half ?? ''} (${low ?? ''}…${high ?? ''}) of ${ms(figure(base.flatMap(of)))}`;
  });
  const counted = [base, other].map((blocks) => String(blocks.flatMap(of).length));
  line(what, `${words.join(', ')}; ${counted.join(' and ')} samples`);
}
