/** A process of its own that opens pages and scrapes: so that reading costs the server what it costs a server. */
import type { ClientRequest } from 'node:http';
import { Agent, get } from 'node:http';
import { constants, setPriority } from 'node:os';

interface Asked {
  readonly open?: { readonly address: string; readonly pages: number };
  readonly close?: true;
}

/** What the pages and the scraper got since they were opened. */
export interface Got {
  readonly boards: number;
  readonly bytes: number;
  readonly scrapes: readonly number[];
  readonly scrapeBytes: number;
  /** How long they were open, ms. */
  readonly openMs: number;
}

const SCRAPE_EVERY_MS = 1_000;
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });

// In life they are other machines: they may not take a core from the server, from Redis or from the venue.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

let requests: ClientRequest[] = [];
let timer: NodeJS.Timeout | undefined;
let got = { boards: 0, bytes: 0, scrapes: [] as number[], scrapeBytes: 0 };
let openedAt = 0;

function openPage(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${address}events`, { agent }, (response) => {
      response.on('data', (chunk: Buffer) => {
        got.bytes += chunk.length;
        if (chunk.indexOf('event: board') === -1) return;
        got.boards += 1;
        resolve();
      });
    });
    request.on('error', reject);
    requests.push(request);
  });
}

function scrape(address: string): void {
  const from = performance.now();
  get(`${address}metrics`, { agent }, (response) => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => (bytes += chunk.length));
    response.on('end', () => {
      got.scrapes.push(performance.now() - from);
      got.scrapeBytes = bytes;
    });
  }).on('error', () => undefined);
}

async function open({ address, pages }: NonNullable<Asked['open']>): Promise<void> {
  await Promise.all(Array.from({ length: pages }, () => openPage(address)));
  got = { boards: 0, bytes: 0, scrapes: [], scrapeBytes: 0 };
  openedAt = performance.now();
  timer = setInterval(() => {
    scrape(address);
  }, SCRAPE_EVERY_MS);
  process.send?.({ opened: true });
}

process.on('message', ({ open: wanted, close }: Asked) => {
  if (wanted !== undefined) void open(wanted);
  if (close !== true) return;
  clearInterval(timer);
  for (const request of requests) request.on('error', () => undefined).destroy();
  requests = [];
  process.send?.({ got: { ...got, openMs: performance.now() - openedAt } satisfies Got });
});
