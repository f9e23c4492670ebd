/** A message as a mail: `smtp://user:password@host:587/?from=ballast@example.org&to=me@example.org`. */
import { createTransport } from 'nodemailer';
import type { Message } from './message.ts';
import { plainText } from './message.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const IMPLICIT_TLS = 465;
const SUBMISSION = 587;

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

export function mailPort({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'smtps:' ? IMPLICIT_TLS : SUBMISSION;
}

/** @returns `null` when the mail server took it; else why not */
export async function sendMail(address: string, message: Message, withinMs: number): Promise<string | null> {
  const url = new URL(address);
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host: hostOf(url),
    port: mailPort(url),
    secure,
    // A password never goes over an open line, except on this machine.
    requireTLS: !secure && user !== '' && !LOOPBACK.includes(url.hostname),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    dnsTimeout: withinMs,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
  });
  try {
    await transport.sendMail({
      from: url.searchParams.get('from') ?? '',
      to: url.searchParams.getAll('to'),
      subject: message.title,
      text: plainText(message),
      priority: message.severity === 'critical' && !message.isGood ? 'high' : 'normal',
    });
    return null;
  } catch (error) {
    return mailReason(error);
  } finally {
    transport.close();
  }
}

/** Code and number of the answer only: its words may quote who we are. */
function mailReason(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown failure';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failure';
  const answer = 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  return answer === null ? `the mail server: ${code}` : `the mail server answers ${String(answer)} (${code})`;
}
