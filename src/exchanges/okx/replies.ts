/** What an accepted money call says (okx.md §3.4, §3.7, §4.2, §5). Accepted is never final: records and reads decide. */
import type { Reply } from '../../core/intent.ts';
import { isObject, type Json } from '../json.ts';
import { ENDPOINTS, type Endpoint } from './endpoints.ts';

/** In place of a reference, where the venue's acceptance carries none (adjust-collateral answers with no data). */
export const ACCEPTED = 'accepted';
const ECHO = 'amount ';

export function acceptedReply(endpoint: Endpoint, data: readonly Json[]): Reply {
  const first = data[0];
  const field = (name: string): string | null => {
    const value = isObject(first) ? first[name] : undefined;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const amount = field('amt');
  const echoed = amount === null ? '' : `, amount ${amount}`;
  if (endpoint.path === ENDPOINTS.transfer.path) return accepted(field('transId'), `transfer taken${echoed}`);
  if (endpoint.path === ENDPOINTS.spotBorrowRepay.path) {
    return accepted(amount === null ? ACCEPTED : ECHO + amount, `answered as done${echoed}`);
  }
  if (endpoint.path === ENDPOINTS.borrow.path) return accepted(field('ordId'), 'accepted, not yet done');
  return accepted(field('clOrdId') ?? ACCEPTED, `accepted, not yet done${echoed}`);
}

/** The actual amount that a manual repayment answered with, kept as its reference: its record shows this one (§4.2). */
export function echoedAmount(ref: string | null): string | null {
  return ref?.startsWith(ECHO) === true ? ref.slice(ECHO.length) : null;
}

function accepted(ref: string | null, note: string): Reply {
  return { outcome: 'accepted', ref, final: false, note };
}
