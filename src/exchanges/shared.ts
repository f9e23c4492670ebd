/**
 * Sockets and the limiter's count are shared by all accounts of a process unless somebody brings their own: venues
 * count per IP, and idle sockets are not worth having twice.
 */
import type { Clock } from '../clock.ts';
import { createMeter, type Meter } from './limits.ts';
import { createTransport, type Transport } from './transport.ts';

export interface SharedParts {
  readonly transport: Transport;
  readonly meter: Meter;
}

interface Counted extends SharedParts {
  users: number;
}

const BY_CLOCK = new WeakMap<Clock, Counted>();

/** The parts of this process (one set per clock, so that tests stay apart) and how to give them back. */
export function borrowSharedParts(clock: Clock): {
  readonly parts: SharedParts;
  readonly giveBack: () => Promise<void>;
} {
  let counted = BY_CLOCK.get(clock);
  if (counted === undefined) {
    counted = { transport: createTransport({ clock }), meter: createMeter({ clock }), users: 0 };
    BY_CLOCK.set(clock, counted);
  }
  const parts = counted;
  parts.users += 1;
  let given = false;
  return {
    parts,
    giveBack: async () => {
      if (given) return;
      given = true;
      parts.users -= 1;
      if (parts.users > 0) return;
      BY_CLOCK.delete(clock);
      await parts.transport.close();
    },
  };
}
