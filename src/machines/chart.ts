/** Reads a machine's definition as a table, for the diagrams and for the tests that count what they took. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** One row of the chart. The path of the root is empty: its rows hold in every state that does not override them. */
export interface Row {
  readonly source: string;
  readonly event: string;
  /** In words; empty when the row is taken always. */
  readonly guard: string;
  /** `null`: the state stays as it is. */
  readonly target: string | null;
}

export function rowsOf(machine: AnyStateMachine): readonly Row[] {
  return nodesOf(machine.root).flatMap((node) => [...node.transitions.values()].flat().map(rowOf));
}

export function rowOf({ source, eventType, guard, target }: AnyTransitionDefinition): Row {
  return {
    source: pathOf(source),
    event: String(eventType),
    guard: wordsOf(guard),
    target: target?.[0] ? pathOf(leafOf(target[0])) : null,
  };
}

/** States that a machine can stand in, as paths. */
export function statesOf(machine: AnyStateMachine): readonly string[] {
  return nodesOf(machine.root)
    .filter((node) => node.type === 'atomic')
    .map(pathOf);
}

export function initialOf(machine: AnyStateMachine): string {
  return pathOf(leafOf(machine.root));
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

/** Entering a group means entering its first state. */
function leafOf(node: AnyStateNode): AnyStateNode {
  const first = node.type === 'compound' ? node.initial.target[0] : undefined;
  return first === undefined ? node : leafOf(first);
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}

function wordsOf(guard: AnyTransitionDefinition['guard']): string {
  if (guard === undefined) return '';
  if (typeof guard === 'string') return guard;
  if (!('type' in guard)) return 'a condition';
  return 'params' in guard && typeof guard.params === 'string' ? `${guard.type} ${guard.params}` : guard.type;
}
