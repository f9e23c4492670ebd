/** Alerts of a running server, from a loan in need to the services that people read, and back by an acknowledgement. */
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { HttpService, MailService } from '../support/services.ts';
import { ONE_ACCOUNT, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, lastLine, redisPid, SOON_MS, temporaryFolder, writeTape } from './support.ts';

const LOAN = 'saved/binance.crossMargin';
/** The wallet holds only what is kept: nothing can be paid. */
const POOR = ONE_ACCOUNT.replace('spot: [20000 USDT]', 'spot: [1000 USDT]');
const FALL = [
  [0, '40000'],
  [10, '34000'],
  [20, '34000'],
] as const;

const services: { stop(): void }[] = [];

afterEach(() => {
  for (const service of services.splice(0)) service.stop();
});
afterAll(cleanUp, 30_000);

async function http(): Promise<HttpService> {
  const service = await HttpService.start();
  services.push(service);
  return service;
}

interface Server {
  readonly cli: Cli;
  readonly dataDir: string;
  readonly where: readonly string[];
  readonly args: readonly string[];
}

/** @param alerts lines of the section */
function serve(alerts: readonly string[], policy = POOR): Server {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'redis');
  const text = policy.replace('accounts:\n', `alerts:\n${alerts.map((line) => `  ${line}\n`).join('')}accounts:\n`);
  const where = ['--config', writePolicy(folder, text), '--data-dir', dataDir];
  const args = ['start', '--speed', 'max', '--tape', writeTape(folder, 'BTCUSDT', FALL), ...where];
  return { cli: new Cli(args), dataDir, where, args };
}

const FAST = ['calm: 300ms', 'spacing: 50ms', 'repeat: [1s, 2s]'];

interface Item {
  readonly id: string;
  readonly reason: string;
  readonly category: string;
  readonly headline: string;
  readonly happened: string;
  readonly does: string;
  readonly can: string;
}

function items(service: HttpService): readonly Item[] {
  return service.posts.flatMap(({ json }) => (json as { alerts: readonly Item[] }).alerts);
}

function starved(service: HttpService): readonly Item[] {
  return items(service).filter(({ category }) => category === 'starved');
}

type Found<T> = T | undefined | false;

async function eventually<T>(look: () => Found<T> | Promise<Found<T>>, what: string): Promise<T> {
  const giveUpAt = systemClock.mono() + SOON_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (systemClock.mono() > giveUpAt) throw new Error(`never happened: ${what}`);
    await systemClock.sleep(20);
  }
}

it('a starved loan is told in three sentences, again and again until acknowledged, and once as over', async () => {
  const hook = await http();
  const { cli, where } = serve([`to: { hook: "${hook.url}/secret-path" }`, ...FAST]);
  const [, admin = ''] = await cli.says(/faults and more: (\S+)/);
  const first = await eventually(() => starved(hook)[0], 'the alert');
  expect(first).toMatchObject({
    reason: 'new',
    headline: `🔴 CRITICAL ${LOAN} (simulated): needs money that is not there`,
    happened: expect.stringMatching(/^it needs money that the policy has no more of: .*USDT in spot/),
    does: expect.stringContaining('looks again'),
    can: expect.stringContaining('Move the debt coin into the wallet'),
  });
  expect(hook.posts[0]).toMatchObject({ method: 'POST', path: '/secret-path' });
  await eventually(() => starved(hook).filter(({ reason }) => reason === 'again').length >= 3, 'three repetitions');

  const open = lastLine<{ alerts: readonly Item[] }>(await ballast(['alert', 'list', '--json', ...where])).alerts;
  expect(open.map(({ category }) => category)).toEqual(expect.arrayContaining(['starved', 'sourceEmpty', 'warn']));
  expect(open.find(({ category }) => category === 'starved')?.id).toBe(first.id);
  const taken = await ballast(['alert', 'acknowledge', 'all', '--why', 'on my way', ...where]);
  expect(taken.out).toMatch(new RegExp(`^${first.id} is acknowledged \\(${LOAN}: needs money`, 'm'));
  const told = starved(hook).length;
  await systemClock.sleep(2_500);
  // One message may have been on its way; news of something else may come.
  expect(starved(hook).length - told).toBeLessThanOrEqual(1);
  const silent = hook.posts.length;

  const body = JSON.stringify({
    ...{ venue: 'binance', account: 'saved', do: 'deposit', wallet: 'spot', asset: 'USDT', amount: '30000' },
  });
  expect((await fetch(`${admin}/act`, { method: 'POST', body })).ok).toBe(true);
  await eventually(() => starved(hook).some(({ reason }) => reason === 'over'), 'it is over');
  await eventually(() => items(hook).filter(({ reason }) => reason === 'over').length >= 3, 'all are over');
  expect(starved({ posts: hook.posts.slice(silent) } as HttpService).map(({ reason }) => reason)).toEqual(['over']);
  // What is over stays listed until every channel has been told so.
  const listed = async (): Promise<string> => (await ballast(['alert', 'list', ...where])).out;
  await eventually(async () => (await listed()) === 'No alert is open.\n', 'nothing is listed');
  cli.signal('SIGINT');
  const { code, out, err } = await cli.end();
  expect(code).toBe(0);
  expect(out + err).not.toContain('secret-path');
}, 180_000);

it('a channel that refuses is told on the other one, and the looks go on', async () => {
  const [bad, good] = [await http(), await http()];
  bad.answer = 500;
  bad.body = 'token bad-secret is wrong';
  const { cli } = serve([`to: { bad: "${bad.url}/bad-secret", good: "${good.url}" }`, ...FAST]);
  await eventually(() => starved(good)[0], 'the alert on the good one');
  const told = await eventually(() => items(good).find(({ category }) => category === 'channel'), 'the failure');
  expect(told.happened).toBe('channel bad fails: the service answers 500');
  await cli.says(/The tape is over/);
  bad.answer = 200;
  await eventually(() => starved(bad)[0] !== undefined && bad.posts.length > 2, 'the alert on the bad one');
  await eventually(() => items(good).some((one) => one.category === 'channel' && one.reason === 'over'), 'its end');
  cli.signal('SIGINT');
  const { out, err } = await cli.end();
  expect(out + err + good.posts.map(({ text }) => text).join()).not.toContain('bad-secret');
}, 180_000);

it('when Redis dies every channel hears the last words, and the dead-man service that all was not well', async () => {
  const [hook, pings] = [await http(), await http()];
  const mail = await MailService.start();
  services.push(mail);
  const { cli, dataDir } = serve([
    `to: { hook: "${hook.url}", post: "smtp://${mail.host}/?from=b@example.org&to=me@example.org" }`,
    `deadMan: "${pings.url}/ping-secret"`,
    'deadManEvery: 300ms',
  ]);
  const ping = await eventually(() => pings.posts.find(({ path }) => path === '/ping-secret'), 'a good ping');
  expect(ping.text).toMatch(/^all is well: 1 loans of 1 accounts were evaluated on fresh data/);
  process.kill(redisPid(dataDir), 'SIGKILL');
  const { code } = await cli.end();
  expect(code).toBe(69);
  const last = items(hook).filter(({ category }) => category === 'ended');
  expect(last).toHaveLength(1);
  expect(last[0]?.happened).toMatch(/Redis, which holds the journal, is gone/);
  expect(mail.mails.some((text) => text.includes('BALLAST HAS ENDED') || text.includes('Redis, which holds'))).toBe(
    true,
  );
}, 120_000);

it('the dead-man ping fails while a loan cannot be seen, and leaves a paused one out by name', async () => {
  const pings = await http();
  const { cli, where } = serve([`deadMan: "${pings.url}/hc"`, 'deadManEvery: 200ms']);
  const [, admin = ''] = await cli.says(/faults and more: (\S+)/);
  await cli.says(/The tape is over/);
  const body = JSON.stringify({ match: { venue: 'binance' }, effect: { kind: 'status', status: 503 } });
  const fault = await fetch(`${admin}/faults`, { method: 'POST', body });
  expect(fault.ok, await fault.text()).toBe(true);
  const failed = await eventually(() => pings.posts.find(({ path }) => path === '/hc/fail'), 'a failing ping');
  expect(failed.text).toContain(`${LOAN} could not be seen`);
  await fetch(`${admin}/faults`, { method: 'DELETE' });
  await ballast(['pause', 'saved', '--why', 'moving house', ...where]);
  await eventually(
    () => pings.posts.some(({ path, text }) => path === '/hc' && text.includes('left out: saved is paused')),
    'a good ping without it',
  );
  cli.signal('SIGINT');
  await cli.end();
}, 120_000);

it('`alert test` fires every channel and the dead-man ping without a server, and names the ones that did not take it', async () => {
  const [good, bad, pings] = [await http(), await http(), await http()];
  bad.answer = 404;
  const mail = await MailService.start();
  services.push(mail);
  const folder = temporaryFolder();
  const alerts = `alerts:
  deadMan: "${pings.url}/PING-SECRET"
  to:
    good: { url: "${good.url}/bot77:TOKEN?chat_id=5", preset: telegram }
    bad: { url: "${bad.url}/T-SECRET", preset: slack }
    post: "smtp://${mail.host}/?from=b@example.org&to=me@example.org"
`;
  const policy = writePolicy(folder, POOR.replace('accounts:\n', `${alerts}accounts:\n`));
  const where = ['--config', policy, '--data-dir', join(folder, 'redis')];
  const all = await ballast(['alert', 'test', ...where]);
  expect(all.code).toBe(69);
  expect(all.out).toMatch(
    /^good \(telegram\): ok\nbad \(slack\): the service answers 404\npost \(mail\): ok\nthe dead-man ping, [^\n]+: ok\nNo server/,
  );
  expect(all.out + all.err).not.toMatch(/TOKEN|T-SECRET|PING-SECRET/);
  expect(pings.posts).toMatchObject([{ path: '/PING-SECRET', text: expect.stringContaining('TEST') }]);
  expect(good.posts[0]).toMatchObject({
    path: '/bot77:TOKEN/sendMessage',
    json: { chat_id: '5', parse_mode: 'HTML', text: expect.stringContaining('TEST of channel good') },
  });
  expect(mail.mails).toHaveLength(1);
  const one = await ballast(['alert', 'test', '--channel', 'good', ...where]);
  expect(one).toMatchObject({ code: 0, out: expect.stringMatching(/^good \(telegram\): ok\nNo server/) });
  expect(pings.posts).toHaveLength(1);
  const none = await ballast(['alert', 'test', '--channel', 'nobody', ...where]);
  expect(none.code).toBe(64);
  expect(none.err).toContain('name one of these: good, bad, post');
}, 60_000);
