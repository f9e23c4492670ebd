/**
 * A venue's answer as text, for people: the operator, and the venue's own support when somebody asks it for money back. It
 * decides nothing. It is made safe here, where it is read and where the key is known (DESIGN §2.10): an answer may be a
 * page that shows the request with its headers, so whatever was sent to prove who we are is taken out, in every guise that
 * such a page would give it, and so is whatever only looks like a key or a signature.
 */
import type { Evidence } from '../core/intent.ts';
import type { RawReply, Weighed } from './exchange.ts';
import type { Revealable } from './kit.ts';
import type { HttpReply, HttpRequest } from './transport.ts';

/** Bytes of a body that are kept. */
export const BODY_BYTES = 4_096;
/** Characters around the place of interest that are made safe before they are cut to that. */
const AROUND = 8_192;
/** A secret that a cut went through is not recognised: so much beside a cut is left out. */
const CUT_MARGIN = 1_024;
const HEADER_CHARACTERS = 200;
/** What the venue's support finds an answer by, and when it was given. */
const HEADERS_KEPT = ['date', 'retry-after', 'x-mbx-uuid', 'x-mbx-traceid', 'x-request-id', 'cf-ray', 'x-amz-cf-id'];
const REMOVED = '[removed]';

/** Header names and parameters that prove who asks, whatever stands behind them. */
const LABELLED =
  /((?:X-MBX-APIKEY|OK-ACCESS-(?:KEY|SIGN|PASSPHRASE)|signature|passphrase|api[-_]?key|(?:api[-_]?)?secret(?:[-_]?key)?|authorization|token|(?:set-)?cookie)["']?\s*[:=]\s*["']?)(?:(?:Bearer|Basic)\s+)?[^\s"'&<>,;}]+/gi;
/** No id of a record is as long as a key or a signature. */
const LONG_RUN = /[A-Za-z0-9+/_=-]{40,}/g;
const CREDENTIAL_HEADER = /key|sign|passphrase|authorization|token|cookie/i;

/** What was asked, and with which key: what must not be in the answer. */
export interface Asked {
  readonly request: HttpRequest;
  readonly key: readonly Revealable[];
}

/** @param wanted a body too long to keep is kept around the first of these that it holds */
export function rawReplyOf(
  { request, key }: Asked,
  reply: HttpReply,
  at: number,
  wanted: readonly string[] = [],
): RawReply {
  const secrets = [...key.map((part) => part.reveal()), ...proofsIn(request)];
  const clean = (text: string): string => withoutSecrets(text, secrets);
  const headers = HEADERS_KEPT.flatMap((name) => {
    const value = reply.headers[name];
    return value === undefined ? [] : [[name, clean(value).slice(0, HEADER_CHARACTERS)] as const];
  });
  return {
    call: `${request.method} ${new URL(request.url).pathname}`,
    status: reply.status,
    headers: Object.fromEntries(headers),
    body: excerpt(reply.text, wanted, clean),
    bytes: Buffer.byteLength(reply.text),
    at,
  };
}

/** An outcome with its answer. That an answer cannot be kept must not matter to what it says. */
export function withRaw<T extends object>(
  outcome: T,
  asked: Asked,
  reply: HttpReply,
  at: number,
): T & { raw?: RawReply } {
  try {
    return { ...outcome, raw: rawReplyOf(asked, reply, at) };
  } catch {
    return outcome;
  }
}

/** What this request alone was signed with. */
function proofsIn({ url, headers, body }: HttpRequest): readonly string[] {
  const signatures = [url, body].flatMap((text) =>
    [...text.matchAll(/signature=([^&\s]+)/g)].map(([, one = '']) => one),
  );
  const credentials = Object.entries(headers).flatMap(([name, value]) => (CREDENTIAL_HEADER.test(name) ? [value] : []));
  return [...signatures, ...signatures.map(decoded), ...credentials];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const guises = [...new Set(secrets.flatMap(guisesOf))]
    .filter((one) => one !== '')
    .sort((a, b) => b.length - a.length);
  const known = guises.length === 0 ? text : text.replace(new RegExp(guises.map(literal).join('|'), 'gi'), REMOVED);
  return known.replace(LABELLED, `$1${REMOVED}`).replace(LONG_RUN, REMOVED);
}

/** How a page, a JSON text or a URL would write it. */
function guisesOf(secret: string): readonly string[] {
  if (secret === '') return [];
  const bytes = Buffer.from(secret);
  const html = secret.replace(/[&<>"']/g, (one) => `&#${String(one.charCodeAt(0))};`);
  const named = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const json = JSON.stringify(secret).slice(1, -1);
  const encoded = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
  return [secret, encodeURIComponent(secret), html, named, json, json.replaceAll('/', '\\/'), ...encoded];
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function excerpt(text: string, wanted: readonly string[], clean: (text: string) => string): string {
  const at = placeOf(text, wanted);
  const [from, to] = [Math.max(0, at - AROUND), Math.min(text.length, at + AROUND)];
  const safe = clean(text.slice(from, to));
  const part = safe.slice(
    from > 0 ? CUT_MARGIN : 0,
    to < text.length ? Math.max(0, safe.length - CUT_MARGIN) : undefined,
  );
  const bytes = Buffer.from(part);
  if (bytes.length <= BODY_BYTES) return part;
  const begin = Math.max(
    0,
    Math.min(Buffer.byteLength(part.slice(0, placeOf(part, wanted))) - BODY_BYTES / 2, bytes.length - BODY_BYTES),
  );
  // A letter that the cut went through is no letter any more.
  return bytes
    .subarray(begin, begin + BODY_BYTES)
    .toString()
    .replace(/^\uFFFD+|\uFFFD+$/g, '');
}

function placeOf(text: string, wanted: readonly string[]): number {
  const places = wanted.flatMap((one) => (one === '' ? [] : [text.indexOf(one)]));
  return places.find((place) => place >= 0) ?? 0;
}

type Hearing = (make: (wanted: readonly string[]) => RawReply) => void;

/** Who listens to the answers of reads that are made under a signal. */
const hearings = new WeakMap<AbortSignal, Hearing>();

/** Reads made for one piece of evidence, with what was answered. @param wanted marks of the record that is looked for */
export async function weighed(
  signal: AbortSignal,
  wanted: readonly string[],
  gather: (signal: AbortSignal) => Promise<Evidence>,
): Promise<Weighed> {
  const heard: ((wanted: readonly string[]) => RawReply)[] = [];
  const own = AbortSignal.any([signal]);
  hearings.set(own, (make) => heard.push(make));
  const evidence = await gather(own);
  const ref = evidence.verdict === 'happened' && evidence.ref !== null ? [evidence.ref] : [];
  try {
    return { ...evidence, raw: heard.map((make) => make([...ref, ...wanted])) };
  } catch {
    return evidence;
  }
}

/** Lets whoever gathers evidence under this signal hear an answer. */
export function hear(signal: AbortSignal | undefined, asked: Asked, reply: HttpReply, at: number): void {
  const hearing = signal === undefined ? undefined : hearings.get(signal);
  hearing?.((wanted) => rawReplyOf(asked, reply, at, wanted));
}
