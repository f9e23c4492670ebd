/** The page's server over real HTTP: who may ask what, what is answered, and that acting reaches the journal. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AccountJournal } from '../../src/reading/accounts.ts';
import type { Status } from '../../src/reading/status.ts';
import type { Page, PageOptions } from '../../src/server/http.ts';
import { openPage } from '../../src/server/http.ts';
import { Bench } from '../jobs/bench.ts';
import { aLoan, anAccount } from '../reading/fixtures.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';

const TOKEN = 'a token that nobody guesses';
const FOLDER = join(import.meta.dirname, '../../src/server/page');
const QUIET: Status = { accounts: [anAccount()], absent: [], loans: [aLoan()], inFlight: [], externals: [] };

let redis: TestRedis;
let bench: Bench;
let readings = 0;
let status: () => Status = () => QUIET;
const pages: Page[] = [];
const metrics: PageOptions['metrics'] = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  text: (snapshot) => Promise.resolve(`seen ${String(snapshot?.status.accounts.length ?? 'none')}`),
};

beforeAll(async () => {
  redis = await startTestRedis();
  bench = new Bench(redis.connect());
  await bench.look();
});
afterAll(async () => {
  await redis.stop();
});
afterEach(async () => {
  status = () => QUIET;
  await Promise.all(pages.splice(0).map((page) => page.close()));
});

function journalOf(): AccountJournal {
  const { operator, journal } = bench;
  return { label: 'main', name: 'main', config: {}, operator, journal } as unknown as AccountJournal;
}

async function open(more: Partial<PageOptions> = {}): Promise<string> {
  const page = await openPage({
    ...{
      clock: systemClock,
      host: '127.0.0.1',
      port: 0,
      folder: FOLDER,
      version: '1',
      policy: () => 'p',
      wanted: ['main'],
    },
    ...{ token: TOKEN, reads: 'free', url: null, alerts: null, metrics },
    ...{ tapeAt: () => null, isStuck: () => false },
    survey: {
      accounts: () => Promise.resolve([journalOf()]),
      pausable: () => Promise.resolve([journalOf()]),
      status: () => {
        readings += 1;
        return Promise.resolve().then(status);
      },
      story: () => Promise.resolve(null),
      tracks: () => Promise.resolve(new Map()),
    },
    onError: () => undefined,
    ...more,
  });
  pages.push(page);
  return page.address;
}

const LOGGED_IN = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const PAUSE = { target: { kind: 'account', account: 'main' }, why: 'lunch', by: 'ann', forMs: 3_600_000 };

function post(address: string, path: string, headers: Record<string, string>, body: object = PAUSE): Promise<Response> {
  return fetch(`${address}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** With a host and headers that fetch would not send. */
function raw(address: string, path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

describe('every answer', () => {
  it('allows no foreign script, frame, type guess or copy', async () => {
    const address = await open();
    for (const path of ['', 'livez', 'api/board', 'page/page.css', 'nothing']) {
      const { headers } = await fetch(address + path);
      expect(headers.get('content-security-policy'), path).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('content-security-policy'), path).not.toMatch(/unsafe|https?:/);
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('set-cookie'), path).toBeNull();
      expect(headers.get('access-control-allow-origin'), path).toBeNull();
    }
  });

  it('goes to nobody who asks for another name, since a name can be bound anew to this machine', async () => {
    const address = await open({ url: 'https://ballast.example' });
    expect(await raw(address, '/api/board', { host: 'evil.example' })).toBe(421);
    expect(await raw(address, '/api/board', { host: 'localhost:1' })).toBe(200);
    expect(await raw(address, '/livez', { host: '10.0.0.7:80' })).toBe(200);
    expect(await raw(address, '/api/board', { host: 'ballast.example' })).toBe(200);
  });

  it('holds nothing in the document that would need an inline script or style', () => {
    const html = readFileSync(join(FOLDER, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*src=)|https?:\/\//);
  });
});

describe('reading', () => {
  it('is free where the file names no token, and needs it where it does', async () => {
    const free = await open();
    expect((await fetch(`${free}api/board`)).status).toBe(200);
    const guarded = await open({ reads: 'token' });
    for (const path of ['api/board', 'api/tracks', 'api/loan', 'events', 'metrics']) {
      expect((await fetch(guarded + path)).status, path).toBe(401);
    }
    expect((await fetch(`${guarded}api/board`, { headers: LOGGED_IN })).status).toBe(200);
    expect((await fetch(guarded)).status).toBe(200);
  });

  it('costs one reading of the journal, however many ask', async () => {
    const address = await open();
    readings = 0;
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${address}api/board`)));
    expect(readings).toBe(1);
  });

  it('says in words that the journal is away, and nothing of what it is', async () => {
    status = () => {
      throw new Error('redis://:hidden@10.1.1.1');
    };
    const reply = await fetch(`${await open()}api/board`);
    expect(reply.status).toBe(503);
    expect(await reply.text()).toMatch(/journal cannot be read(?!.*hidden)/);
  });
});

describe('metrics', () => {
  it('are made from the reading that pages share, and told also while the journal is away', async () => {
    const address = await open();
    readings = 0;
    const replies = await Promise.all(['api/board', 'metrics', 'metrics'].map((path) => fetch(address + path)));
    expect(await replies[1]?.text()).toBe('seen 1');
    expect(replies[1]?.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(readings).toBe(1);
    status = () => {
      throw new Error('gone');
    };
    expect(await (await fetch(`${await open()}metrics`)).text()).toBe('seen none');
  });
});

describe('acting', () => {
  it.each([
    ['without a token', { 'content-type': 'application/json' }, 401],
    ['with a wrong one', { ...LOGGED_IN, authorization: 'Bearer wrong' }, 401],
    ['from another page', { ...LOGGED_IN, origin: 'https://evil.example' }, 403],
    ['from a page of no origin', { ...LOGGED_IN, origin: 'null' }, 403],
    ['from another site, as the browser says', { ...LOGGED_IN, 'sec-fetch-site': 'cross-site' }, 403],
    ['as a form posts it', { ...LOGGED_IN, 'content-type': 'text/plain' }, 415],
  ])('is refused %s, and changes nothing', async (_, headers, code) => {
    const reply = await post(await open(), 'api/pause', headers);
    expect(reply.status).toBe(code);
    expect(await reply.json()).toMatchObject({ error: { happened: expect.any(String), operator: expect.any(String) } });
    expect((await bench.operator.standing()).pauses).toEqual([]);
  });

  it('is refused to everybody where there is no token', async () => {
    expect((await post(await open({ token: null }), 'api/pause', LOGGED_IN)).status).toBe(403);
  });

  it('pauses and resumes with who, why and until when, in the journal', async () => {
    const address = await open();
    const before = Date.now();
    const paused = await post(address, 'api/pause', LOGGED_IN, { ...PAUSE, forMs: 60_000 });
    expect(paused.status, await paused.text()).toBe(200);
    const [pause] = (await bench.operator.standing()).pauses;
    expect(pause).toMatchObject({ loan: null, paused: { why: 'lunch', by: 'ann through the page (127.0.0.1)' } });
    expect(pause?.paused.until).toBeGreaterThanOrEqual(before + 60_000);
    const { forMs: _, ...resume } = PAUSE;
    expect((await post(address, 'api/resume', LOGGED_IN, resume)).status).toBe(200);
    expect((await bench.operator.standing()).pauses).toEqual([]);
    expect((await bench.operator.acts()).map(({ act }) => act).slice(-2)).toEqual(['pause', 'resume']);
  });

  it.each([
    ['no reason', { ...PAUSE, why: ' ' }],
    ['more than is asked for', { ...PAUSE, amount: '1' }],
    ['a length of no time', { ...PAUSE, forMs: 'ever' }],
    ['a pause without an end', { ...PAUSE, forMs: null }],
    ['a target of another kind', { ...PAUSE, target: { kind: 'world' } }],
  ])('is refused with %s', async (_, body) => {
    expect((await post(await open(), 'api/pause', LOGGED_IN, body)).status).toBe(400);
  });

  it('knows only accounts and loans that are there', async () => {
    const address = await open();
    const strange = { ...PAUSE, target: { kind: 'loan', account: 'main', loan: 'nobody/at.all' } };
    expect((await post(address, 'api/pause', LOGGED_IN, strange)).status).toBe(404);
    const nothing = { account: 'main', causes: { halt: 'x' }, why: 'seen', by: '' };
    expect((await post(address, 'api/acknowledge', LOGGED_IN, nothing)).status).toBe(409);
  });

  it('makes who guesses tokens wait, also for the right one', async () => {
    const address = await open();
    const guess = (bearer: string): Promise<Response> =>
      post(address, 'api/login', { ...LOGGED_IN, authorization: `Bearer ${bearer}` }, {});
    for (let i = 0; i < 10; i += 1) expect((await guess(`guess ${String(i)}`)).status).toBe(401);
    const last = await guess(TOKEN);
    expect(last.status).toBe(429);
    expect(last.headers.get('retry-after')).toBe('60');
  });
});

describe('readiness', () => {
  const ready = async (): Promise<{ code: number; body: unknown }> => {
    const reply = await fetch(`${await open()}readyz`);
    return { code: reply.status, body: await reply.json() };
  };
  const pausedBy = { by: 'ann', why: 'x', at: 0, until: null };

  it('is there when every account was seen within its limit', async () => {
    expect(await ready()).toMatchObject({ code: 200, body: { ready: true } });
  });

  it.each([
    ['was not seen for too long', anAccount({ seenMs: 31_000 }), /seen 31 s ago, more than the 30 s/],
    ['was never seen', anAccount({ seenMs: null }), /not seen yet/],
    ['is another server’s', anAccount({ name: 'other', account: 'other' }), /not watched yet/],
  ])('is missing when an account %s', async (_, account, says) => {
    status = () => ({ ...QUIET, accounts: [account] });
    const { code, body } = await ready();
    expect(code).toBe(503);
    expect(JSON.stringify(body)).toMatch(says);
  });

  it('does not ask for a paused account', async () => {
    const standing = { ...anAccount().standing, pauses: [{ loan: null, paused: pausedBy }] };
    status = () => ({ ...QUIET, accounts: [anAccount({ seenMs: 99_000, standing })] });
    expect(await ready()).toMatchObject({ code: 200 });
  });

  it('is missing when the journal cannot be read, while the process is alive', async () => {
    status = () => {
      throw new Error('gone');
    };
    const address = await open({ reads: 'token' });
    const reply = await fetch(`${address}readyz`);
    expect(reply.status).toBe(503);
    // Details are for readers.
    expect(await reply.json()).toEqual({ ready: false });
    expect((await fetch(`${address}livez`)).status).toBe(200);
  });
});

describe('the stream', () => {
  it('sends the whole board at once and again, to all readers from one reading a second', async () => {
    const address = await open();
    readings = 0;
    const streams = await Promise.all(Array.from({ length: 20 }, () => fetch(`${address}events`)));
    const texts = streams.map(() => '');
    await Promise.all(
      streams.map(async ({ body }, index) => {
        const decoder = new TextDecoder();
        for await (const chunk of body ?? []) {
          texts[index] += decoder.decode(chunk as Uint8Array);
          if ((texts[index]?.match(/event: board/g) ?? []).length >= 2) return;
        }
      }),
    );
    for (const text of texts) expect(text).toMatch(/^retry: \d+\n\nid: \d+\nevent: board\ndata: \{"at":\d+/);
    expect(readings).toBeLessThanOrEqual(3);
    expect(streams[0]?.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  });

  it('lives on while the journal is away', async () => {
    status = () => {
      throw new Error('gone');
    };
    const { body } = await fetch(`${await open()}events`);
    let text = '';
    for await (const chunk of body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      if (text.includes('event: trouble')) break;
    }
    status = () => QUIET;
    expect(text).toMatch(/event: trouble/);
  });
});

it('a place that is taken is an error, for whoever opened it to tell', async () => {
  const { port } = new URL(await open());
  await expect(open({ port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
