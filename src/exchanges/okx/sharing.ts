/**
 * One market, transport and meter for all OKX accounts of a process that use the same hosts and clock: public limits
 * count per IP address (okx.md §1.6), and one price socket is enough.
 */
import { createMeter, type Meter } from '../limits.ts';
import { createTransport, type Transport } from '../transport.ts';
import { OkxMarket } from './market.ts';
import { Pace } from './pace.ts';
import type { Wiring } from './publicClient.ts';

type Base = Omit<Wiring, 'meter' | 'transport' | 'pace'>;
interface Given {
  readonly meter?: Meter | undefined;
  readonly transport?: Transport | undefined;
  readonly market?: OkxMarket | undefined;
}

export interface Shared {
  readonly market: OkxMarket;
  readonly wiring: Wiring;
  /** Lets go of it; the last one closes it. What was given from outside stays open. */
  readonly release: () => Promise<void>;
}

interface Entry {
  readonly market: OkxMarket;
  readonly wiring: Wiring;
  users: number;
}

/** Keyed by the meter, or by the clock where the process has no meter of its own, then by hosts. */
const entries = new WeakMap<object, Map<string, Entry>>();

/** A market of its own, for a caller that shares it by itself and closes it. */
export function createOkxMarket(base: Base, given: Given = {}): OkxMarket {
  return new OkxMarket(wire(base, given));
}

export function sharedMarket(base: Base, given: Given): Shared {
  if (given.market !== undefined) {
    const wiring = { ...given.market.public.wiring, timing: base.timing, log: base.log, traffic: base.traffic };
    return { market: given.market, wiring, release: () => Promise.resolve() };
  }
  const owner = given.meter ?? base.clock;
  const ofOwner = entries.get(owner) ?? new Map<string, Entry>();
  entries.set(owner, ofOwner);
  const name = `${base.hosts.rest} ${base.hosts.ws}`;
  let entry = ofOwner.get(name);
  if (entry === undefined) {
    const wiring = wire(base, given);
    entry = { market: new OkxMarket(wiring), wiring, users: 0 };
    ofOwner.set(name, entry);
  }
  const joined = entry;
  joined.users += 1;
  const leave = async (): Promise<void> => {
    joined.users -= 1;
    if (joined.users > 0) return;
    ofOwner.delete(name);
    await joined.market.close();
    if (given.transport === undefined) await joined.wiring.transport.close();
  };
  return {
    market: joined.market,
    wiring: { ...joined.wiring, timing: base.timing, log: base.log, traffic: base.traffic },
    release: once(leave),
  };
}

function wire(base: Base, given: Given): Wiring {
  const transport = given.transport ?? createTransport({ clock: base.clock });
  const pace = new Pace(base.clock, base.timing.limitScale);
  return { ...base, transport, pace, meter: given.meter ?? createMeter({ clock: base.clock }) };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= run());
}
