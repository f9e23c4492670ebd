/**
 * `npm run screenshots`: the pictures of the page for the README, taken from a running server on the shipped configuration
 * and its tape, at a moment at which something happens.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ensureBrowser, FLAGS } from './browser.mjs';
import { build } from './build.mjs';
import { ROOT, runMain, say, SetupError } from './lib.mjs';
import { setup } from './setup.mjs';

/** Of this run on this machine only. */
const TOKEN = randomUUID();
const IMAGES = join(ROOT, 'docs/images');
const SPEED = '400';
/** On the way down of 19 May 2021, UTC: some loans were acted on, some are near. */
const MOMENT = Date.UTC(2021, 4, 19, 8, 0);
const START_WITHIN_MS = 60_000;
const MOMENT_WITHIN_MS = 900_000;

/** @typedef {import('playwright-core').Page} Page */

/** @param {string} folder @param {string} redisServer */
function serve(folder, redisServer) {
  const policy = readFileSync(join(ROOT, 'config.yaml'), 'utf8');
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    policy.replace(/^server: .*$/m, 'server: { listen: "127.0.0.1:0", token: "${env:PAGE_TOKEN}" }'),
  );
  const args = ['start', '--config', config, '--data-dir', join(folder, 'redis'), '--speed', SPEED];
  return spawn(process.execPath, [join(ROOT, 'dist/main.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, BALLAST_REDIS_SERVER: redisServer, PAGE_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** @param {ReturnType<typeof serve>} server @returns {Promise<string>} */
function addressOf(server) {
  return new Promise((resolve, reject) => {
    let text = '';
    setTimeout(() => reject(new SetupError('the server did not say where its page is')), START_WITHIN_MS).unref();
    server.stdout?.on('data', (chunk) => {
      text += String(chunk);
      const [, address] = /page: (\S+);/.exec(text) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
}

/** Waits until the tape is there and a loan has just been acted on. @param {string} address */
async function untilMoment(address) {
  const end = performance.now() + MOMENT_WITHIN_MS;
  while (performance.now() < end) {
    const board = await fetch(`${address}api/board`, { headers: { authorization: `Bearer ${TOKEN}` } }).then((reply) =>
      reply.json(),
    );
    const tape = board.accounts?.[0]?.tapeAt ?? 0;
    if (tape >= MOMENT) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new SetupError('the tape did not come to its moment');
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {{ name: string, width: number, height: number, scheme: 'light' | 'dark', loan?: string }} shot
 */
async function take(browser, address, { name, width, height, scheme, loan }) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, locale: 'en-GB' });
  await page.goto(address);
  await page.getByLabel('Your name').fill('Ann');
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('dialog').getByRole('button', { name: 'Log in' }).click();
  await page.locator('.loan canvas').first().waitFor();
  if (loan !== undefined) {
    await page.locator(`.loan[data-loan="${loan}"] h3 a`).click();
    await page.locator('.trace li').first().waitFor();
  }
  await page.locator('.keeps').first().waitFor();
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await page.close();
  say(`wrote docs/images/${name}.png`);
}

/** @param {string} redisServer */
export async function takeAll(redisServer) {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-pictures-'));
  const server = serve(folder, redisServer);
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: [...FLAGS] });
  try {
    const address = await addressOf(server);
    say(`a tape at ${SPEED} times its speed; the pictures are taken in a few minutes`);
    await untilMoment(address);
    await take(browser, address, { name: 'page-desktop', width: 1280, height: 900, scheme: 'light' });
    await take(browser, address, { name: 'page-phone', width: 390, height: 844, scheme: 'dark' });
  } finally {
    await browser.close();
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const { redisServer } = setup();
    build();
    await takeAll(redisServer);
    return 0;
  });
}
