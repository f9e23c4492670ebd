/** What is asked of venues, told to whoever counts it. It decides nothing: the limits have a count of their own (`limits.ts`). */
import type { Clock } from '../clock.ts';
import type { Bucket, Meter } from './limits.ts';
import type { CallOptions, HttpRequest, HttpResult, Transport } from './transport.ts';

/** What became of a request, as HTTP tells it; a venue's own words inside an answer are not read here. */
export const CALL_RESULTS = [
  'ok',
  'refused', // 4xx besides the two below
  'rateLimited', // 429
  'banned', // 418
  'failed', // 5xx
  'redirected', // 3xx, never followed
  'notSent', // no byte left
  'lost', // a byte may have left and no whole answer came
] as const;
export type CallResult = (typeof CALL_RESULTS)[number];

export type VenueName = 'binance' | 'okx';

export interface Called {
  readonly venue: VenueName;
  readonly kind: 'read' | 'money';
  readonly result: CallResult;
  /** Until the whole answer was there, ms. */
  readonly tookMs: number;
}

export interface Spent {
  readonly venue: VenueName;
  /** Of which limit. */
  readonly bucket: string;
  /** Points of it. */
  readonly weight: number;
  /** Share of the limit that is gone in its present window, whenever it is asked. */
  readonly share: () => number;
}

/** Must not throw: money calls go through here. */
export interface Traffic {
  called(call: Called): void;
  spent(spent: Spent): void;
}

/** What a call goes through. */
export interface Road {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly traffic?: Traffic | undefined;
}

/** One request, counted. */
export async function call(
  venue: VenueName,
  { transport, clock, traffic }: Road,
  request: HttpRequest,
  options: CallOptions,
): Promise<HttpResult> {
  const from = clock.mono();
  const result = await transport.call(request, options);
  const kind = options.money ? 'money' : 'read';
  traffic?.called({ venue, kind, result: resultOf(result), tookMs: clock.mono() - from });
  return result;
}

/** Points of a limit were taken. */
export function tellSpent(
  venue: VenueName,
  { meter, traffic }: Pick<Road, 'traffic'> & { readonly meter: Meter },
  bucket: Bucket,
  weight: number,
): void {
  traffic?.spent({ venue, bucket: bucket.id, weight, share: () => meter.usedShare(bucket) });
}

function resultOf(result: HttpResult): CallResult {
  if (result.kind !== 'reply') return result.kind;
  const { status } = result;
  if (status === 429) return 'rateLimited';
  if (status === 418) return 'banned';
  if (status >= 500) return 'failed';
  if (status >= 400) return 'refused';
  return status >= 300 ? 'redirected' : 'ok';
}
