/** A venue that is away when the server starts: the accounts of the other one are watched all the same. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { externalAccounts, writePolicy } from './policyFiles.ts';
import { ballast, Cli, cleanUp, isComplete, lastLine, temporaryFolder } from './support.ts';
import { keyOf, startVenues, type Venues } from './venues.ts';

let venues: Venues;
const doors: Door[] = [];
beforeAll(async () => {
  venues = await startVenues();
}, 30_000);
afterEach(() => {
  for (const door of doors.splice(0)) door.shut();
});
afterAll(cleanUp, 30_000);

/** A port in front of a venue. While it is closed, connections are taken and nothing is ever answered. */
class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  isOpen = false;

  constructor(port: number) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      if (!this.isOpen) return;
      const venue = connect(port, '127.0.0.1');
      venue.on('error', () => socket.destroy());
      socket.pipe(venue).pipe(socket);
    });
    doors.push(this);
  }

  async address(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  shut(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

interface Scene {
  readonly door: Door;
  readonly args: readonly string[];
  readonly where: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One account on each venue; OKX is behind the door. */
async function scene(env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const door = new Door(Number(new URL(venues.okx.rest).port));
  const folder = temporaryFolder();
  const far = await door.address();
  const policy = externalAccounts(
    {
      near: { venue: 'binance', uid: '101', hosts: venues.binance, live: true, env: 'NEAR' },
      far: { venue: 'okx', uid: '104', hosts: { ...venues.okx, rest: far }, live: true, env: 'FAR' },
    },
    { binance: venues.binance.rest, okx: far },
  );
  const where = ['--config', writePolicy(folder, policy), '--data-dir', join(folder, 'redis')];
  const keys = { ...keyOf(venues, 'saved', 'NEAR'), ...keyOf(venues, 'okx', 'FAR') };
  return { door, where, args: ['start', ...where], env: { ...keys, ...env } };
}

interface Status {
  readonly accounts: readonly { readonly account: string }[];
  readonly absent: readonly { readonly account: string; readonly state: string }[];
}

it('is waited for: its account is said to be unwatched, everywhere, and joins when the venue answers', async () => {
  const { door, args, where, env } = await scene();
  const status = async (): Promise<Status> => lastLine(await ballast(['status', '--json', ...where], { env }));
  const cli = new Cli(args, { env });
  await cli.says(/watching near\/binance\.crossMargin/);
  await cli.says(/far +ALERT: far IS NOT WATCHED: .*goes on with the other accounts and tries again/);
  expect(await status()).toMatchObject({
    accounts: [{ account: 'near' }],
    absent: [{ account: 'far', state: 'unreachable' }],
  });
  expect((await ballast(['status', ...where], { env })).out).toMatch(
    /account far: NOT WATCHED, its venue cannot be reached/,
  );
  // A pause of everything waits for it where its journal will be.
  const paused = await ballast(['pause', 'all', '--why', 'hands off', '--json', ...where], { env });
  expect(lastLine<{ paused: object[] }>(paused).paused).toMatchObject([{ account: 'near' }, { account: 'far' }]);
  door.isOpen = true;
  await cli.says(/far +ALERT: far is paused by .* until \d{4}-.* UTC: hands off/);
  await cli.says(/far +note: the venue of far answers: it is watched from here on/);
  await cli.says(/watching far\/okx\.flexibleLoan\/7001/);
  expect(await status()).toMatchObject({ accounts: [{ account: 'far' }, { account: 'near' }], absent: [] });
  cli.signal('SIGTERM');
  const ended = await cli.end();
  expect(ended.code, ended.err).toBe(0);
  // Said when it began; the attempts in between are no news.
  expect(ended.out.match(/far IS NOT WATCHED/g)).toHaveLength(1);
}, 120_000);

it('and turns out to refuse the key: that account alone is refused, loudly, and the server goes on', async () => {
  const { door, args, where, env } = await scene({ FAR_SECRET: 'n0t-the-right-secret-at-all' });
  const cli = new Cli(args, { env });
  await cli.says(/far IS NOT WATCHED: /);
  door.isOpen = true;
  await cli.says(/far +ALERT: far IS NOT WATCHED and nothing is sent for it: .*(signature|sign)/i);
  const status = lastLine<Status>(await ballast(['status', '--json', ...where], { env }));
  expect(status.absent).toMatchObject([{ account: 'far', state: 'refused' }]);
  const looked = async (): Promise<number> =>
    lastLine<{ accounts: { lookedMs: number }[] }>(await ballast(['status', '--json', ...where], { env })).accounts[0]
      ?.lookedMs ?? Number.POSITIVE_INFINITY;
  await expect.poll(looked, { timeout: 30_000 }).toBeLessThan(2_000);
  cli.signal('SIGTERM');
  const ended = await cli.end();
  expect(ended.code, ended.err).toBe(0);
  expect(`${ended.out}${ended.err}`).not.toContain('n0t-the-right-secret-at-all');
}, 120_000);

it('does not hide what is wrong with the key of another account: exit 77, with both named', async () => {
  const { args, env } = await scene({ NEAR_SECRET: 'wrong' });
  const ended = await ballast(args, { env });
  expect(ended.code, ended.err).toBe(77);
  expect(ended.err).toMatch(/account near: /);
  expect(ended.err).toMatch(/account far: /);
  expect(isComplete(ended.err), ended.err).toBe(true);
}, 120_000);

it('with nothing else to watch, or away together with the other one: exit 69', async () => {
  const { args, env } = await scene();
  venues.cli.signal('SIGSTOP');
  const ended = await ballast(args, { env });
  venues.cli.signal('SIGCONT');
  expect(ended.code, ended.err).toBe(69);
  expect(isComplete(ended.err), ended.err).toBe(true);
}, 120_000);
