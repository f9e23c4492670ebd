/**
 * The page docs/machines.md: both machines as mermaid diagrams and the table of modes, printed from the definitions
 * themselves. Pure: `scripts/write-diagrams.mjs` writes the file, a test fails when it is stale.
 */
import type { AnyStateMachine } from 'xstate';
import { MODE_TABLE, MODES } from '../core/modes.ts';
import { accountMachine, CAUSES } from './accountMachine.ts';
import { initialOf, rowsOf, statesOf } from './chart.ts';
import type { Row } from './chart.ts';
import { loanMachine } from './loanMachine.ts';

const ANYWHERE = 'anywhere';

/** Draws the rows that change the state and are wanted; `staying` lists the others. */
function diagram(machine: AnyStateMachine, wanted: (row: Row) => boolean): readonly string[] {
  const arrows = new Map<string, Row[]>();
  for (const row of rowsOf(machine)) {
    if (row.target === null || !wanted(row)) continue;
    const arrow = `${nodeOf(row.source)} --> ${nodeOf(row.target)}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), row]);
  }
  const drawn = [...arrows].map(([arrow, rows]) => `  ${arrow}: ${labelOf(rows)}`);
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${nodeOf(initialOf(machine))}`,
    ...groups(machine),
    ...drawn,
    '```',
  ];
}

/** Events that share a guard share its mention. A guard that only names the target says nothing that the arrow does not. */
function labelOf(rows: readonly Row[]): string {
  const events = new Map<string, string[]>();
  for (const { event, guard, target } of rows) {
    const shown = guard.endsWith(` ${target ?? ''}`) ? '' : guard;
    events.set(shown, [...new Set([...(events.get(shown) ?? []), event])]);
  }
  return [...events]
    .map(([guard, names]) => (guard === '' ? names.join(', ') : `${names.join(', ')} [${guard}]`))
    .join(' / ');
}

/** Groups that have states of their own are drawn around them. */
function groups(machine: AnyStateMachine): readonly string[] {
  const states = statesOf(machine).filter((state) => state.includes('.'));
  const names = [...new Set(states.map((state) => state.split('.')[0] ?? state))];
  return names.flatMap((group) => [
    `  state ${group} {`,
    ...states
      .filter((state) => state.startsWith(`${group}.`))
      .map((state) => `    state "${state}" as ${nodeOf(state)}`),
    '  }',
  ]);
}

/** Mermaid takes no dots in a name. */
function nodeOf(path: string): string {
  return path === '' ? ANYWHERE : path.replace('.', '_');
}

/** Events that a state takes in without leaving it. */
function staying(machine: AnyStateMachine): readonly string[] {
  const kept = rowsOf(machine).filter((row) => row.target === null && row.event !== '*');
  const sources = [...new Set(kept.map(({ source }) => source))];
  return sources.map((source) => {
    const events = kept.filter((row) => row.source === source).map(({ event }) => `\`${event}\``);
    return `- ${source === '' ? 'any state' : `\`${source}\``}: ${[...new Set(events)].join(', ')}`;
  });
}

/** Aligned the way prettier would, so that the page needs no second pass. */
function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...body.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

/** Which verbs each mode allows: the README shows the same one. */
export function modeTable(): readonly string[] {
  const body = Object.entries(MODE_TABLE).map(([verb, row]) => [verb, ...MODES.map((mode) => row[mode])]);
  return table(['verb', ...MODES], body);
}

export function machinesPage(): string {
  const lines = [
    '# The machines',
    '',
    'Written by `node scripts/write-diagrams.mjs` from `src/machines`; do not edit. `anywhere` stands for every state that has no row of its own for the event; words in brackets are the guards of `src/machines/loanWords.ts`.',
    '',
    '## A loan: one look',
    '',
    'Wherever a loan stood, a look says where it stands now; `standing` in `src/machines/loanLook.ts` gives the order.',
    '',
    ...diagram(loanMachine, ({ event }) => event === 'OBSERVED'),
    '',
    '## A loan: everything else',
    '',
    ...diagram(loanMachine, ({ event }) => event !== 'OBSERVED'),
    '',
    'What a state takes in without leaving it:',
    '',
    ...staying(loanMachine),
    '',
    'Anything else is a `stray`: reported, and nothing changes.',
    '',
    '## An account',
    '',
    ...diagram(accountMachine, () => true),
    '',
    'Several causes can hold at once; the worst one gives the mode.',
    '',
    ...table(['cause', 'mode'], Object.entries(CAUSES)),
    '',
    '## What each mode allows',
    '',
    '`one-at-a-time`: no money call while another one of the account is undecided, not even in an emergency.',
    '',
    ...modeTable(),
  ];
  return `${lines.join('\n')}\n`;
}
