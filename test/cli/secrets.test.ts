/**
 * Marked secrets through every way in which something can go wrong, and then a search in everything that was said, served,
 * sent and kept (DESIGN §2.10). The mark of a secret is the secret: whole, encoded, or a signature made with it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { embeddedSocket } from '../../src/jobs/embeddedRedis.ts';
import { HttpService, MailService } from '../support/services.ts';
import { externalAccounts, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, temporaryFolder, writeTape } from './support.ts';
import { keyOf, startVenues, type Venues } from './venues.ts';

const TOKEN = 'mark-page-token-5f2b7c1e';
const HOOK = 'mark-hook-path-0c9d1b7a';
const DEAD_MAN = 'mark-dead-man-77aa31c2';
const MAIL_PASSWORD = 'mark-mail-password-e81d';
const MAIL_USER = 'secret-user';

let venues: Venues;
let hook: HttpService;
let mail: MailService;
/** By name, so that a find names it. */
let secrets: Readonly<Record<string, string>>;

beforeAll(async () => {
  const tape = writeTape(temporaryFolder(), 'BTCUSDT', [
    [0, '40000'],
    ...Array.from({ length: 60 }, (_, step) => [10 + step, String(34_000 - step)] as const),
  ]);
  venues = await startVenues(['--tape', tape]);
  hook = await HttpService.start();
  mail = await MailService.start();
  const keys = ['saved', 'okx'].flatMap((name) => Object.entries(keyOf(venues, name, name)));
  secrets = {
    ...Object.fromEntries(keys.filter(([, text]) => text !== '')),
    ...{ TOKEN, HOOK, DEAD_MAN, MAIL_PASSWORD, MAIL_USER },
  };
}, 60_000);
afterAll(async () => {
  hook.stop();
  mail.stop();
  await cleanUp();
}, 30_000);

/** How a text may be hidden in another one without being lost. */
function guises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [secret, base64, bytes.toString('base64url'), bytes.toString('hex'), encodeURIComponent(secret)];
}

/** A request as it is signed, or its signature: whoever has one may send it again. */
const SIGNED = /signature=[0-9a-f]{16}|OK-ACCESS-SIGN["':= ]+[\w+/]{16}|X-MBX-APIKEY["':= ]+\w{8}/i;

function found(places: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(places).flatMap(([place, text]) => [
    ...Object.entries(secrets).flatMap(([name, secret]) =>
      guises(secret).some((guise) => text.includes(guise))
        ? [`${name} in ${place}: ${around(text, guises(secret))}`]
        : [],
    ),
    ...(SIGNED.test(text) ? [`a signature in ${place}: ${String(SIGNED.exec(text)?.[0])}`] : []),
  ]);
}

function around(text: string, all: readonly string[]): string {
  const at = Math.max(...all.map((guise) => text.indexOf(guise)));
  return text.slice(Math.max(0, at - 120), at + 60);
}

function policy(): string {
  const account = (name: 'saved' | 'okx', venue: 'binance' | 'okx', uid: string) => ({
    [name]: { venue, uid, hosts: venues[venue], live: true, env: name },
  });
  const accounts = { ...account('saved', 'binance', '101'), ...account('okx', 'okx', '104') };
  const prices = { binance: venues.binance.rest, okx: venues.okx.rest };
  const wallets = { binance: 'spot: { keep: [1000 USDT] }', okx: 'funding: { keep: [100 USDT] }' };
  const text = externalAccounts(accounts, prices).replace(
    /^ {4}venue: (binance|okx)$/gm,
    (line, venue: 'binance' | 'okx') => `${line}\n    wallets: { ${wallets[venue]} }`,
  );
  return text.replace('server: off\n', '').replace(
    'accounts:\n',
    `server: { listen: "127.0.0.1:0", token: "\${env:TOKEN}" }
alerts:
  to:
    hook: "\${env:HOOK_URL}"
    mail: "\${env:MAIL_URL}"
    gone: "\${env:GONE_URL}"
  deadMan: "\${env:DEAD_MAN_URL}"
  deadManEvery: 1s
  calm: 100ms
  spacing: 50ms
  repeat: [1s, 2s]
accounts:
`,
  );
}

function environment(): Readonly<Record<string, string>> {
  return {
    ...keyOf(venues, 'saved', 'saved'),
    ...keyOf(venues, 'okx', 'okx'),
    TOKEN,
    HOOK_URL: `${hook.url}/${HOOK}`,
    GONE_URL: `http://127.0.0.1:9/${HOOK}`,
    MAIL_URL: `smtp://${MAIL_USER}:${MAIL_PASSWORD}@${mail.host}/?from=a@example.org&to=b@example.org`,
    DEAD_MAN_URL: `${hook.url}/${DEAD_MAN}`,
  };
}

async function admin(path: string, body?: unknown, method = 'POST'): Promise<void> {
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  const reply = await fetch(`${venues.admin}${path}`, { method, ...given });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
}

/** What a gateway may answer: a page that shows the request's headers and its query. */
function echo(kind: 'html' | 'json'): string {
  const { saved_KEY: key = '', okx_PASSPHRASE: passphrase = '', okx_KEY: other = '' } = secrets;
  const shown = `X-MBX-APIKEY: ${key} OK-ACCESS-KEY: ${other} OK-ACCESS-PASSPHRASE: ${passphrase} ?signature=${'a1'.repeat(32)}`;
  return kind === 'html' ? `<html>${shown}</html>` : JSON.stringify({ code: -1022, msg: shown });
}

const TROUBLE: readonly object[] = [
  { kind: 'status', status: 502, body: 'HTML' },
  { kind: 'status', status: 400, body: 'JSON' },
  { kind: 'status', status: 200, body: 'JSON' },
  { kind: 'redirect', location: 'http://127.0.0.1:9/?signature=abcdefabcdefabcdef01' },
  { kind: 'cutJson' },
  { kind: 'wrongType' },
  { kind: 'emptyBody' },
  { kind: 'dropAfter' },
  { kind: 'dropBefore' },
  { kind: 'delay', ms: 1_500, after: true },
  { kind: 'rateLimit', status: 429 },
];

/** Each trouble hits whatever the server asks next. */
async function trouble(cli: Cli): Promise<void> {
  for (const effect of TROUBLE) {
    const body = (effect as { body?: string }).body;
    const armed = { ...effect, ...(body === undefined ? {} : { body: echo(body === 'HTML' ? 'html' : 'json') }) };
    const before = cli.err.length + cli.out.length;
    await admin('/faults', { match: { count: 3 }, effect: armed });
    const giveUpAt = systemClock.mono() + 20_000;
    while (cli.err.length + cli.out.length === before && systemClock.mono() < giveUpAt) await systemClock.sleep(25);
    await admin('/faults', undefined, 'DELETE');
  }
}

/** Prices fall: a payment of each account gets an answer that shows the request, and is found in the records later. */
async function losePayments(cli: Cli): Promise<void> {
  for (const [venue, kind] of [
    ['binance', 'html'],
    ['okx', 'json'],
  ] as const) {
    const effect = { kind: 'status', status: 502, body: echo(kind), executes: true };
    const path = venue === 'binance' ? '/sapi/v1/asset/transfer' : '/api/v5/finance';
    await admin('/faults', { match: { venue, method: 'POST', path, count: 1 }, effect });
  }
  const isOver = (): boolean => ['saved', 'okx'].every((name) => new RegExp(`${name}/.*repaid`).test(cli.out));
  const giveUpAt = systemClock.mono() + 60_000;
  while (!isOver() && systemClock.mono() < giveUpAt) {
    await admin('/advance', { moments: 1 });
    await systemClock.sleep(250);
  }
  expect(isOver(), cli.out).toBe(true);
  await admin('/faults', undefined, 'DELETE');
}

/** The venue says that the key is wrong, with the key in its words, and that is told to people. */
async function refuseKey(cli: Cli): Promise<void> {
  hook.answer = 200;
  mail.refuses = false;
  const effect = { kind: 'status', status: 401, body: echo('json').replace('-1022', '-2015') };
  await admin('/faults', { match: { venue: 'binance' }, effect });
  // A payment that was on its way may be refused first: that halts the account in other words.
  const refused = /refuses the key, look after look|ALERT: -2015: key, IP or permission refused/;
  await cli.says(refused);
  const giveUpAt = systemClock.mono() + 20_000;
  const told = (): boolean =>
    mail.mails.length > 0 && hook.posts.some(({ text }) => /refuses the key|-2015: key, IP/.test(text));
  while (!told() && systemClock.mono() < giveUpAt) await systemClock.sleep(25);
  expect(told()).toBe(true);
}

const PATHS = [
  ...['/', '/loan', '/alerts/1', '/livez', '/readyz', '/api/access', '/api/board', '/api/tracks', '/metrics'],
  '/api/loan?account=saved&loan=saved/binance.crossMargin',
  '/nothing?token=TOKEN',
];

/** Everything that the page's server answers, to whoever is logged in and to whoever is not. */
async function served(address: string): Promise<string> {
  const asked = PATHS.flatMap((path) =>
    [TOKEN, `${TOKEN}x`, null].map(async (token) => {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
      const reply = await fetch(address + path.replace('TOKEN', 'x'), { headers });
      return `${path} ${JSON.stringify([...reply.headers])} ${await reply.text()}`;
    }),
  );
  const acts = ['/api/login', '/api/pause', '/api/resume', '/api/acknowledge'].map(async (path) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const reply = await fetch(address + path, { method: 'POST', headers, body: '{"broken": ' });
    return `${path} ${await reply.text()}`;
  });
  const events = await fetch(`${address}/events`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const reader = events.body?.getReader();
  const first = Buffer.from((await reader?.read())?.value ?? []).toString();
  await reader?.cancel();
  return [...(await Promise.all([...asked, ...acts])), first].join('\n');
}

/** Every key of the journal's Redis with its value, in whatever type. */
async function kept(dataDir: string): Promise<string> {
  const redis = new Redis(embeddedSocket(dataDir));
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(
      keys.map(async (key) => {
        const type = await redis.type(key);
        if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
        if (type === 'list') return JSON.stringify(await redis.lrange(key, 0, -1));
        if (type === 'set') return JSON.stringify(await redis.smembers(key));
        if (type === 'zset') return JSON.stringify(await redis.zrange(key, '-inf', '+inf', 'BYSCORE'));
        if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'));
        return (await redis.get(key)) ?? '';
      }),
    );
    return keys.map((key, index) => `${key} ${String(values[index])}`).join('\n');
  } finally {
    redis.disconnect();
  }
}

function files(folder: string): string {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return all.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n');
}

it('a secret is in nothing that Ballast says, serves, sends to people or keeps, whatever goes wrong', async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const where = ['--config', writePolicy(folder, policy()), '--data-dir', dataDir];
  const env = environment();
  const cli = new Cli(['start', ...where, '--log-level', 'debug'], { env });
  const [, address = ''] = await cli.says(/page: (http:\/\/127\.0\.0\.1:\d+)/);
  await cli.says(/watching okx\//);
  mail.refuses = true;
  hook.answer = 401;
  hook.body = `who is /${HOOK}?`;
  await trouble(cli);
  await losePayments(cli);
  await refuseKey(cli);
  const places: Record<string, string> = { page: await served(address) };
  for (const command of [
    ['status'],
    ['status', '--json'],
    ['why', 'saved/binance.crossMargin'],
    ['check'],
    ['alert', 'test'],
    ['doctor', '--json'],
    ['alert', 'list'],
    ['costs'],
    ['history', '--decisions', '--limit', '10000'],
    ['history', '--decisions', '--limit', '10000', '--json'],
    ['export', '--from', '24h', '--out', join(folder, 'claim')],
  ]) {
    const run = await ballast([...command, ...where, '--log-level', 'debug'], { env });
    places[command.join(' ')] = run.out + run.err;
  }
  places['Redis'] = await kept(dataDir);
  places['export'] = files(join(folder, 'claim'));
  cli.signal('SIGTERM');
  const run = await cli.end();
  expect(run.code, run.err).toBe(0);
  places['terminal'] = run.out;
  places['log'] = run.err;
  places['files'] = files(dataDir);
  places['alerts'] = hook.posts.map(({ text }) => text).join('\n') + mail.mails.join('\n');
  expect(found(places)).toEqual([]);
  // What is searched is there, and the search finds what is there.
  for (const [place, text] of Object.entries(places)) expect(text.length, place).toBeGreaterThan(10);
  expect(places['Redis']).toContain('confirmed');
  // Answers that showed the request were kept, without what they showed of it.
  for (const kind of ['<html>X-MBX-APIKEY: [removed]', 'OK-ACCESS-PASSPHRASE: [removed]']) {
    expect(places['export']).toContain(kind);
  }
  for (const name of Object.keys(secrets)) {
    for (const guise of guises(secrets[name] ?? '')) expect(found({ here: `x${guise}y` })).not.toEqual([]);
  }
}, 180_000);
