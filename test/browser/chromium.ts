/** A real Chromium with an empty profile, and a page that remembers everything it complained about. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { ensureBrowser, FLAGS } from '../../scripts/browser.mjs';

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: ensureBrowser(), args: [...FLAGS] });
}

export interface Watched {
  readonly page: Page;
  /** Errors of scripts, of the console (a broken content policy is one), and failed requests. */
  readonly complaints: readonly string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.setDefaultTimeout(15_000);
  return { page, complaints };
}

export async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Your name').fill('Ann');
  await page.getByLabel('Token').fill(token);
  await page.getByRole('dialog').getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
