import type { Invariant } from '../log.ts';
import { blind } from './blind.ts';
import { caps } from './caps.ts';
import { closed } from './closed.ts';
import { dryRun } from './dryRun.ts';
import { exact } from './exact.ts';
import { explained } from './explained.ts';
import { fence } from './fence.ts';
import { live } from './live.ts';
import { once } from './once.ts';
import { oneAtATime } from './oneAtATime.ts';
import { paidOnce } from './paidOnce.ts';
import { planned } from './planned.ts';
import { records } from './records.ts';
import { releases } from './releases.ts';
import { secrets } from './secrets.ts';
import { sound } from './sound.ts';
import { verdicts } from './verdicts.ts';

export const INVARIANTS: readonly Invariant[] = [
  once,
  verdicts,
  oneAtATime,
  planned,
  explained,
  paidOnce,
  blind,
  closed,
  exact,
  caps,
  releases,
  records,
  dryRun,
  secrets,
  fence,
  sound,
  live,
];
