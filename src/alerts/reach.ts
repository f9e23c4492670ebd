/** Whether the host of an address takes connections, without sending it anything. */
import { connect as openTcp } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { Clock } from '../clock.ts';
import { attempt } from './channel.ts';
import { hostOf, mailPort } from './mail.ts';

/** http, https, smtp, smtps. */
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const ENCRYPTED: readonly string[] = ['https:', 'smtps:'];

/** @returns `null` when it does, with a certificate that holds where it is encrypted; else why not, without the address */
export function reach(address: string, clock: Clock, withinMs: number): Promise<string | null> {
  const url = new URL(address);
  const [host, given] = [hostOf(url), url.port];
  const port = PORTS[url.protocol] === undefined ? mailPort(url) : Number(given === '' ? PORTS[url.protocol] : given);
  return attempt(
    clock,
    withinMs,
    (signal) =>
      new Promise((resolve, reject) => {
        const done = (): void => {
          socket.destroy();
          resolve(null);
        };
        const isEncrypted = ENCRYPTED.includes(url.protocol);
        // A name is needed for the certificate; an address has none.
        const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
        const socket = isEncrypted ? openTls({ host, port, ...servername }, done) : openTcp({ host, port }, done);
        socket.once('error', reject);
        signal.addEventListener('abort', () => socket.destroy(), { once: true });
      }),
  );
}
