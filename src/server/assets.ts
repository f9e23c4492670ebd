/** The files of the page, read once: a handful of small ones, so that no request ever reaches the disk. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
/** The charting library is served as it is; browsers know no names of packages. */
const LIBRARY = 'uPlot.esm.js';
const LIBRARY_FILES = [LIBRARY, 'uPlot.min.css'];

/** Addresses of the page that an operator may open or keep: all of them are the one document. */
const PLACES = ['/', '/loan', '/alerts/:id'];

export function addAssets(http: FastifyInstance, folder: string): void {
  const assets = new Map(
    readdirSync(folder)
      .filter((name) => Object.hasOwn(TYPES, extname(name)))
      .map((name) => [name, asset(name, readFileSync(join(folder, name)))]),
  );
  const packages = createRequire(import.meta.url);
  for (const name of LIBRARY_FILES) {
    assets.set(name, asset(name, readFileSync(join(packages.resolve('uplot'), '..', name))));
  }
  for (const [name, { body, type, etag }] of assets) {
    const places = name === 'index.html' ? PLACES : [`/page/${name}`];
    for (const place of places) {
      http.get(place, (request, reply) => {
        reply.headers({ etag, 'cache-control': 'no-cache' });
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type(type).send(body);
      });
    }
  }
}

function asset(name: string, bytes: Buffer): Asset {
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const body =
    extname(name) === '.js'
      ? Buffer.from(bytes.toString('utf8').replace(/from 'uplot'/, `from './${LIBRARY}'`))
      : bytes;
  return { body, type, etag: `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"` };
}
