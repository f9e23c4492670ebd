/** Alerts and rules for tests. */
import type { Alert, Telling } from '../../src/alerts/alert.ts';
import type { Rules } from '../../src/alerts/schedule.ts';

export const MINUTE_MS = 60_000;

export const RULES: Rules = {
  steps: [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS],
  quietMs: 15 * MINUTE_MS,
  calmMs: MINUTE_MS,
};

export function anAlert(more: Partial<Alert> = {}): Alert {
  return {
    id: '17',
    scope: 'ballast:live:{okx-1}:',
    account: 'main',
    mode: 'live',
    category: 'starved',
    loan: 'main/okx.flexibleLoan/7001',
    about: '',
    severity: 'critical',
    says: 'it needs money that the policy has no more of: no USDT in funding',
    since: 0,
    seenAt: 0,
    count: 1,
    cushion: null,
    over: null,
    acknowledged: null,
    told: {},
    ...more,
  };
}

export function aTelling(more: Partial<Telling> = {}): Telling {
  return { first: 0, at: 0, times: 1, severity: 'critical', cushion: null, count: 1, over: false, ...more };
}
