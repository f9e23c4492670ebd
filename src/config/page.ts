/** Reads what serves the page. */
import { isIP } from 'node:net';
import { readPart } from './issues.ts';
import type { References } from './references.ts';
import type { Report } from './report.ts';
import { SECTIONS } from './schema.ts';
import { DEFAULT_LISTEN } from './schema/page.ts';
import type { Secret } from './secret.ts';
import { hostOf } from './server.ts';
import type { ServerConfig } from './types.ts';

const LEAST_TOKEN = 16;
const PATH = ['server'] as const;

export function readServer(report: Report, references: References): ServerConfig | null {
  const shape = readPart(report, SECTIONS.server, [...PATH]);
  if (shape === 'off') return null;
  const [host = '', port = ''] = DEFAULT_LISTEN.split(':');
  const listen = shape?.listen ?? { host, port: Number(port) };
  const token = shape?.token === undefined ? undefined : references.neverLiteral(shape.token, [...PATH, 'token']);
  if (token !== undefined) checkToken(report, token);
  if (shape !== undefined && shape.token === undefined && !isLoopback(listen.host)) {
    report.error(
      [...PATH, 'listen'],
      'can be reached by other machines, and no `token` keeps them out',
      'add `token: "${env:NAME}"`, or listen at 127.0.0.1',
    );
  }
  const url = hostOf({ report, references }, [...PATH, 'url'], shape?.url, ['https:', 'http:']);
  if (url !== null && URL.canParse(url) && new URL(url).pathname !== '/') {
    report.error([...PATH, 'url'], 'has a path', 'give the page a host name of its own');
  }
  return { ...listen, token: token ?? null, url: url === null || !URL.canParse(url) ? null : new URL(url).origin };
}

function checkToken(report: Report, token: Secret): void {
  if (token.reveal().length >= LEAST_TOKEN) return;
  report.error(
    [...PATH, 'token'],
    `is shorter than ${String(LEAST_TOKEN)} characters, so it could be guessed`,
    'make a long one, e.g. with `openssl rand -hex 24`',
  );
}

/** Whether only this machine reaches an address. A name other than `localhost` may lead anywhere. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
