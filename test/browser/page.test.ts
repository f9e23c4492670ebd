/** The page in a real Chromium, on a whole server with the simulated exchanges, through its own screens. */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { loseAnswer } from '../cli/journal.ts';
import { FOUR_ACCOUNTS, writePolicy } from '../cli/policyFiles.ts';
import { Cli, cleanUp, temporaryFolder } from '../cli/support.ts';
import { launch, logIn, openPage } from './chromium.ts';
import type { Watched } from './chromium.ts';

const TOKEN = 'a token that nobody guesses';
const WITH_PAGE = FOUR_ACCOUNTS.replace('server: off', 'server: { listen: "127.0.0.1:0", token: "${env:PAGE_TOKEN}" }');
const LOAN = 'saved/binance.crossMargin';
const OTHER = 'poor/binance.crossMargin';

let browser: Browser;
let address = '';
let dataDir = '';
let cli: Cli;

beforeAll(async () => {
  const folder = temporaryFolder();
  dataDir = join(folder, 'redis');
  const where = ['--config', writePolicy(folder, WITH_PAGE), '--data-dir', dataDir];
  cli = new Cli(['start', '--speed', '300', ...where], { env: { PAGE_TOKEN: TOKEN } });
  const [[, told], opened] = await Promise.all([cli.says(/page: (\S+);/), launch()]);
  [address, browser] = [told ?? '', opened];
  await cli.says(/watching okx/);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await cleanUp();
}, 60_000);

async function arrive(options: Parameters<typeof openPage>[1] = {}, path = ''): Promise<Watched> {
  const watched = await openPage(browser, options);
  await watched.page.goto(address + path);
  await logIn(watched.page, TOKEN);
  return watched;
}

function card(page: Page, loan = LOAN) {
  return page.locator(`.loan[data-loan="${loan}"]`);
}

function attention(page: Page) {
  return page.getByRole('list', { name: 'What needs attention' });
}

/** Points that the chart has painted in the colour of its line. */
async function painted(page: Page): Promise<number> {
  return page.evaluate((name) => {
    const canvas = document.querySelector(`.loan[data-loan="${name}"] canvas`);
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    // Read from a copy: Chromium complains when a canvas that is drawn on is read again and again.
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context?.drawImage(canvas, 0, 0);
    const { data } = context?.getImageData(0, 0, copy.width, copy.height) ?? { data: [] };
    let opaque = 0;
    for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 0) opaque += 1;
    return opaque;
  }, LOAN);
}

// They wait for pages more than for the machine.
describe.concurrent('the page', { timeout: 60_000 }, () => {
  it('shows every loan with its LTV, its state, how much it survives and its chart, after a login', async ({
    expect,
  }) => {
    const { page, complaints } = await arrive();
    await expect.poll(() => page.locator('.loan').count()).toBeGreaterThanOrEqual(4);
    await expect.poll(() => card(page).innerText()).toMatch(/healthy[^]*\d\d\.\d\d\s%[^]*survives −\d+\.\d\s% of BTC/);
    await expect.poll(() => painted(page)).toBeGreaterThan(500);
    const label = await card(page).getByRole('img').getAttribute('aria-label');
    expect(label).toMatch(/now \d+.*acts at 75\.92.*liquidated at 90\.91/);
    expect(await page.locator('.account').count()).toBe(4);
    await expect.poll(() => page.locator('#link').innerText()).toBe('live');
    expect(complaints).toEqual([]);
  });

  it('shows why one click away, with the trace, the next prices and what is left of the budgets', async ({
    expect,
  }) => {
    const { page, complaints } = await arrive();
    await card(page).getByRole('link').click();
    await page.locator('.trace li').first().waitFor();
    const text = await page.locator('main').innerText();
    for (const part of ['Why', 'Actions', 'Next, at which price', 'Budgets left', 'Owes and holds']) {
      expect(text.toLowerCase()).toContain(part.toLowerCase());
    }
    expect(text).toMatch(/the venue liquidates/);
    expect(await page.title()).toContain(LOAN);
    await page.reload();
    await page.locator('.trace li').first().waitFor();
    await page.goBack();
    await card(page).waitFor();
    expect(complaints).toEqual([]);
  });

  it('pauses a loan with a reason and an end, shows it, and resumes it, by keyboard alone', async ({ expect }) => {
    const { page, complaints } = await arrive();
    await card(page, OTHER)
      .getByRole('button', { name: `Pause ${OTHER}` })
      .focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('moving collateral by hand');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Pause');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => card(page, OTHER).innerText())
      .toMatch(/paused by Ann through the page .*: moving collateral by hand/);
    await expect.poll(() => attention(page).innerText()).toContain(`${OTHER}, by Ann`);
    await expect.poll(() => card(page, OTHER).innerText()).toMatch(/^[^]*\bpaused\b/);

    await card(page, OTHER)
      .getByRole('button', { name: `Resume ${OTHER}` })
      .focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('done');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => card(page, OTHER).innerText()).not.toMatch(/paused/);
    await expect.poll(() => card(page, OTHER).innerText()).toMatch(/healthy/);
    expect(complaints).toEqual([]);
  });

  it('folds warnings into one line, which opens by keyboard and stays open, and takes them there', async ({
    expect,
  }) => {
    const { page, complaints } = await arrive();
    const folded = page.locator('details.folded');
    await expect.poll(() => folded.locator('summary').innerText()).toMatch(/^\d+ warnings?/);
    expect(await folded.locator('button').first().isVisible()).toBe(false);
    await folded.locator('summary').focus();
    await page.keyboard.press('Enter');
    const warning = folded.locator('li', { hasText: OTHER }).first();
    await warning.getByRole('button').click();
    await page.getByRole('dialog').getByRole('textbox').first().fill('seen');
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await expect.poll(() => folded.innerText()).toContain('Acknowledged by Ann');
    expect(await warning.isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('refuses a wrong token in words, lets the dialog be left, and asks again', async ({ expect }) => {
    const { page } = await openPage(browser);
    await page.goto(address);
    await page.getByLabel('Token').fill('not the token at all');
    await page.getByRole('dialog').getByRole('button', { name: 'Log in' }).click();
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/the token is wrong/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Log in' }).click();
    await logIn(page, TOKEN);
    await card(page).waitFor();
  });

  it.for(['light', 'dark'] as const)(
    'fits a phone of 360 points without scrolling sideways, in %s',
    async (colorScheme, { expect }) => {
      const { page, complaints } = await arrive({ viewport: { width: 360, height: 740 }, colorScheme });
      await card(page).waitFor();
      const wide = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(await wide()).toBe(0);
      const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      expect(ground).toBe(colorScheme === 'dark' ? 'rgb(16, 21, 24)' : 'rgb(244, 243, 239)');
      await card(page).getByRole('link').click();
      await page.locator('.trace li').first().waitFor();
      expect(await wide()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it('shows where the focus is, and a way past the head', async ({ expect }) => {
    const { page } = await arrive();
    await card(page).waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the loans');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe('solid');
  });
});

it('money whose fate is not known stands on the page with what would prove it, what waits for it, and how it ends', async () => {
  const redis = new Redis(embeddedSocket(dataDir));
  await loseAnswer(redis, 'coin/binance.crossMargin', 'abc-42-7', -120_000);
  redis.disconnect();
  const { page, complaints } = await arrive();
  const flying = page.locator('section', { has: page.getByRole('heading', { name: 'Money on its way' }) });
  await expect.poll(() => flying.innerText()).toMatch(/unknown[^]*repay 100 USDT for coin\/binance\.crossMargin/i);
  const lines = await flying.locator('.ledger li').allInnerTexts();
  expect(lines[0]).toBe('intent abc-42-7');
  expect(lines.join('\n')).toMatch(
    /proof: its record in margin[^]*held: 100 USD of the budgets[^]*ballast resolve abc-42-7/,
  );
  expect(await attention(page).innerText()).toMatch(/undecided/i);
  expect(complaints).toEqual([]);
}, 60_000);

it('the page says when the server is gone, keeps what it last saw as old, and comes back by itself', async () => {
  const { page } = await arrive();
  await card(page).waitFor();
  cli.signal('SIGSTOP');
  await expect.poll(() => page.locator('#link').innerText(), { timeout: 20_000 }).toMatch(/connection lost/);
  expect(await card(page).count()).toBe(1);
  cli.signal('SIGCONT');
  await expect.poll(() => page.locator('#link').innerText(), { timeout: 20_000 }).toBe('live');
}, 60_000);
