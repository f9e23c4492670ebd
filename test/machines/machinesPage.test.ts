/** docs/machines.md is printed from the machines. Write it again with: npm run build && node scripts/write-diagrams.mjs */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accountMachine } from '../../src/machines/accountMachine.ts';
import { statesOf } from '../../src/machines/chart.ts';
import { machinesPage } from '../../src/machines/diagram.ts';
import { loanMachine } from '../../src/machines/loanMachine.ts';
import { allowed, MODE_TABLE, MODES } from '../../src/core/modes.ts';

test('docs/machines.md is what the machines are', () => {
  const written = readFileSync(new URL('../../docs/machines.md', import.meta.url), 'utf8');
  expect(written, 'stale: npm run build && node scripts/write-diagrams.mjs').toBe(machinesPage());
});

test('the machines have exactly the states that the design names', () => {
  expect(statesOf(loanMachine).toSorted()).toEqual(
    [
      'unseen',
      ...['watching.healthy', 'watching.warned', 'watching.breached'],
      ...['acting.planned', 'acting.sending', 'acting.settling'],
      ...['releasing.planned', 'releasing.sending', 'releasing.settling'],
      ...['cooling', 'starved', 'capped', 'unresolved', 'paused', 'liquidating', 'closed', 'retired'],
    ].toSorted(),
  );
  expect(statesOf(accountMachine)).toEqual(MODES);
});

test('no mode allows borrowing, and only active lets collateral go', () => {
  expect(MODES.filter((mode) => allowed(mode, 'borrow') !== 'no')).toEqual([]);
  expect(MODES.filter((mode) => allowed(mode, 'transferOut') !== 'no' || allowed(mode, 'reduce') !== 'no')).toEqual([
    'active',
  ]);
});

test('no money moves in quarantine or when halted, and reads never stop', () => {
  const verbs = Object.entries(MODE_TABLE).filter(([, row]) => row.quarantine !== 'no' || row.halted !== 'no');
  expect(verbs.map(([verb]) => verb)).toEqual(['read']);
});
