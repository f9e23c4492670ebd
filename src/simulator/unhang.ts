/**
 * What a fault of a tape's stretch left hanging arrives when that stretch is over: whoever writes "transfers hang from 21:18 to
 * 21:51" does not want to be there at 21:51 to let them go.
 */
import type { Engine } from './engine.ts';
import type { Faults, FaultState } from './faults.ts';

/** @param release ends everything that waits for a release at a venue, or at both */
export function unhang(engine: Engine, faults: Faults, release: (venue: FaultState['match']['venue']) => void): void {
  const over = new Set<number>();
  const hanging = (): readonly (readonly [id: number, venue: FaultState['match']['venue'], untilMs: number])[] =>
    faults.list().flatMap(({ id, match, effect }) => {
      const hangs = (effect.kind === 'hangTransfers' || effect.kind === 'stuckPending') && effect.ms === null;
      const { venue, untilTapeMs } = match;
      return hangs && untilTapeMs !== undefined && !over.has(id) ? [[id, venue, untilTapeMs] as const] : [];
    });
  engine.visitAlso((afterMs) => {
    const edges = hanging().flatMap(([, , untilMs]) => (untilMs > afterMs ? [untilMs] : []));
    return edges.length === 0 ? undefined : Math.min(...edges);
  });
  engine.onTick(() => {
    for (const [id, venue, untilMs] of hanging()) {
      if (engine.tapeNow() < untilMs) continue;
      over.add(id);
      release(venue);
    }
  });
}
