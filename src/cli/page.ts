/** Brings the page up beside the lanes. A page that cannot listen is worth words, and no loan. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Config, ServerConfig } from '../config/types.ts';
import { Survey } from '../reading/survey.ts';
import type { PageOptions } from '../server/http.ts';
import { openPage } from '../server/http.ts';

export interface PageSettings {
  /** Folder of the compiled page. */
  readonly folder: string;
  readonly version: string;
  /** Made for this run where the file names no token; `null`: then nobody acts through the page. */
  readonly freshToken: string | null;
  /** Where the tape of a simulated account stands, ms; `null` for a real one. */
  readonly tapeAt: (account: string) => number | null;
  /** A line for the terminal: where it is, or why it is not. */
  readonly say: (line: string) => void;
}

export interface ServeOptions extends Pick<PageOptions, 'alerts' | 'isStuck' | 'metrics'> {
  readonly config: Config;
  /** The file that is acted by now. */
  readonly current: () => Config;
  readonly clock: Clock;
  /** A connection that no lane uses. */
  readonly redis: Redis;
  readonly page: PageSettings;
  readonly onError: (where: string, error: Error) => void;
}

/** Between two tries to listen where something else does. */
const AGAIN_MS = 15_000;
const SHOWN = 8;

/** @returns what ends it */
export async function servePage(options: ServeOptions): Promise<() => Promise<void>> {
  const { config, current, clock, redis, page, onError } = options;
  const { server } = config;
  if (server === null) return () => Promise.resolve();
  const over = new AbortController();
  const settings: PageOptions = {
    onError: (error) => {
      onError('page', error);
    },
    ...{ clock, host: server.host, port: server.port, url: server.url },
    ...{ folder: page.folder, version: page.version, tapeAt: page.tapeAt },
    survey: new Survey({ redis, config: current, clock }),
    wanted: config.accounts.map(({ name }) => name),
    policy: () => current().digest.slice(0, SHOWN),
    token: server.token?.reveal() ?? page.freshToken,
    reads: server.token === null ? 'free' : 'token',
    ...{ alerts: options.alerts, isStuck: options.isStuck, metrics: options.metrics },
  };
  let closing = (): Promise<void> => Promise.resolve();
  const open = async (): Promise<void> => {
    const opened = await openPage(settings);
    closing = () => opened.close();
    page.say(pageWords(opened.address, server, page.freshToken));
  };
  await open().catch((error: unknown) => {
    page.say(`WARNING: ${notServed(server, error)}`);
    void again(open, clock, over.signal);
  });
  return async () => {
    over.abort(new Error('stopped'));
    await closing();
  };
}

/** Another server of this machine may have the port, and may end. */
async function again(open: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isOver = await clock.sleep(AGAIN_MS, signal).then(
      () => false,
      () => true,
    );
    if (isOver) return;
    const isOpen = await open().then(
      () => true,
      () => false,
    );
    if (isOpen) return;
  }
}

function pageWords(address: string, { token, url }: ServerConfig, fresh: string | null): string {
  const where = `page: ${address}${url === null ? '' : ` (for people: ${url}/)`}`;
  if (token !== null) return `${where}; log in with the token of the policy file`;
  if (fresh === null) return `${where}; for reading only, since the policy file names no token`;
  return `${where}; to pause and resume, log in with ${fresh} (good for this run only)`;
}

function notServed({ host, port }: ServerConfig, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  const why = code === 'EADDRINUSE' ? 'something else listens there, perhaps another Ballast' : code;
  return `the page is not served at ${host}:${String(port)}: ${why}. Loans are watched all the same, and it is tried again every ${String(AGAIN_MS / 1_000)} s. Name another address with \`server: { listen }\` in the policy file, or write \`server: off\`.`;
}
