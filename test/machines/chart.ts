/** Which rows of a chart an event takes, by name. */
import type { AnyStateMachine } from 'xstate';
import { rowOf, rowsOf } from '../../src/machines/chart.ts';
import type { Row } from '../../src/machines/chart.ts';
import type { AccountEvent, LoanEvent, Stored } from '../../src/machines/types.ts';

function nameOf({ source, event, guard, target }: Row): string {
  return `${source === '' ? 'anywhere' : source} at ${event} [${guard}] to ${target ?? 'the same state'}`;
}

export function rowNames(machine: AnyStateMachine): readonly string[] {
  return rowsOf(machine).map(nameOf);
}

export function takenBy(
  machine: AnyStateMachine,
  { state, context }: Stored,
  event: LoanEvent | AccountEvent,
): readonly string[] {
  const [parent = '', child] = state.split('.');
  const snapshot = machine.resolveState({ value: child === undefined ? parent : { [parent]: child }, context });
  return machine.getTransitionData(snapshot, event).map((transition) => nameOf(rowOf(transition)));
}
