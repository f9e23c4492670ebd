/** The breakers of one account as its journal has them now (core/breaker.ts), and how slowly a failing venue is read. */
import { breakersOf } from '../core/breaker.ts';
import type { Breaker } from '../core/breaker.ts';
import { hash } from '../core/fingerprint.ts';
import type { Intent } from '../core/intent.ts';
import type { Timing } from './timing.ts';

type BreakerTiming = Pick<Timing, 'lagMarginMs' | 'reflectTimeoutMs' | 'giveUpMs'>;

/** @param intents in any order; of one that is there twice, the first counts */
export function breakersNow(intents: readonly Intent[], now: number, timing: BreakerTiming): readonly Breaker[] {
  const byId = new Map<string, Intent>();
  for (const intent of intents) if (!byId.has(intent.id)) byId.set(intent.id, intent);
  const newestFirst = [...byId.values()].sort((a, b) => b.plannedAt - a.plannedAt);
  const rules = { leastMs: timing.lagMarginMs, mostMs: timing.giveUpMs, hangMs: timing.reflectTimeoutMs };
  return breakersOf(newestFirst, now, rules, lot);
}

const LOTS = 2 ** 32;

/** A lot that everybody draws alike for one name: it differs between accounts and servers, and survives a restart. */
export function lot(name: string): number {
  return hash(name) / LOTS;
}
