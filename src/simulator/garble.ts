/** Answers that a client cannot use. */
import type { WireReply } from './contract.ts';
import type { Effect } from './faults.ts';

const PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';

/** The answer in place of the venue's own; undefined when the effect leaves it alone. */
export function garbled(effect: Effect, reply: WireReply): WireReply | undefined {
  switch (effect.kind) {
    case 'status':
      return {
        status: effect.status,
        headers: { 'Content-Type': 'application/json', ...effect.headers },
        body: effect.body,
      };
    case 'html':
      return { status: effect.status, headers: { 'Content-Type': 'text/html' }, body: PAGE };
    case 'cutJson':
      return { ...reply, body: reply.body.slice(0, Math.max(1, Math.floor(reply.body.length / 2))) };
    case 'emptyBody':
      return { ...reply, status: effect.status, body: '' };
    case 'wrongType':
      return { ...reply, body: textsToTrue(reply.body) };
    case 'redirect':
      return { status: effect.status, headers: { Location: effect.location }, body: '' };
    default:
      return undefined;
  }
}

/** Whether the effect keeps the request from being carried out. */
export function prevents(effect: Effect): boolean {
  return effect.kind === 'dropBefore' || effect.kind === 'rateLimit' || ('executes' in effect && !effect.executes);
}

/** Only values change, names stay: `"a":"1"` becomes `"a":true`. */
function textsToTrue(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"(\s*:)?/g, (text, colon: string | undefined) =>
    colon === undefined ? 'true' : text,
  );
}
