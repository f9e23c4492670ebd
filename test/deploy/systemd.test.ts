/** The unit for systemd: what it names is there, and what it says about the ends of the server is what the server does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { ROOT } from '../docs/pages.ts';

const unit = readFileSync(join(ROOT, 'deploy/systemd/ballast.service'), 'utf8');
const valuesOf = (key: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const secondsOf = (key: string): number => {
  const [, number = '', unitOf = ''] = /^(\d+)(s|min)$/.exec(valuesOf(key)[0] ?? '') ?? [];
  return Number(number) * (unitOf === 'min' ? 60 : 1);
};

it('is told by the server, through a program of its own, when it is ready and alive', () => {
  expect([valuesOf('Type'), valuesOf('NotifyAccess')]).toEqual([['notify'], ['all']]);
  expect(secondsOf('WatchdogSec')).toBeGreaterThanOrEqual(20);
});

it('starts the command of the package with flags that it has, in folders that it may write', () => {
  const [start = ''] = valuesOf('ExecStart');
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly bin: { ballast: string } };
  expect(start).toContain(` /opt/ballast/node_modules/ballast/${bin.ballast} start `);
  expect(start).toMatch(/ --config \/etc\/ballast\/config\.yaml --data-dir \/var\/lib\/ballast\/redis$/);
  expect([valuesOf('StateDirectory'), valuesOf('WorkingDirectory')]).toEqual([['ballast'], ['/var/lib/ballast']]);
  expect(valuesOf('User')).toEqual(['ballast']);
});

it('starts it again after every end but those that a person has to mend', () => {
  expect(valuesOf('Restart')).toEqual(['on-failure']);
  expect(valuesOf('StartLimitIntervalSec')).toEqual(['0']);
  expect(valuesOf('RestartPreventExitStatus')[0]?.split(' ').map(Number)).toEqual([
    EXIT.usage,
    EXIT.permission,
    EXIT.config,
  ]);
});

it('signals the server alone, and waits for longer than its lanes and its Redis may take', () => {
  expect(valuesOf('KillMode')).toEqual(['mixed']);
  expect(secondsOf('TimeoutStopSec')).toBeGreaterThanOrEqual(30);
});

it('writes no memory to the disk, and keeps what Node needs', () => {
  expect(valuesOf('LimitCORE')).toEqual(['0']);
  expect(valuesOf('MemoryDenyWriteExecute')).toEqual([]);
  expect(valuesOf('RestrictAddressFamilies')[0]?.split(' ')).toEqual(
    expect.arrayContaining(['AF_INET', 'AF_INET6', 'AF_UNIX']),
  );
  for (const key of ['NoNewPrivileges', 'ProtectHome', 'PrivateDevices', 'PrivateTmp', 'RestrictNamespaces']) {
    expect(valuesOf(key), key).toEqual(['yes']);
  }
  expect(valuesOf('ProtectSystem')).toEqual(['strict']);
});
