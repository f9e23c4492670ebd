/** The policy digest (DESIGN §4): two processes with the same digest would decide the same about the same money. */
import { createHash } from 'node:crypto';
import { Dec, format } from '../core/money.ts';
import type { Policy } from '../core/policy.ts';
import type { Config, PolicyConfig } from './types.ts';

/** Plain JSON with sorted keys; decimals as text. */
function canonical(value: unknown): unknown {
  if (value instanceof Dec) return format(value);
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonical(inner)]));
}

/**
 * Covers what decides about money: policies, groups, when prices are believed, and per account its venue, UID, mode, reserves and rules. Keys, hosts,
 * waits, Redis, alerts, the simulated world and what is only told are left out: they do not change what is done.
 */
export function digestOf(config: Pick<Config, 'version' | 'accounts' | 'policies' | 'dislocation' | 'groups'>): string {
  const accounts = Object.fromEntries(
    config.accounts.map(({ name, venue, simulated, sends, expectUid, wallets, loans, unlisted }) => [
      name,
      { venue, simulated, sends, expectUid, wallets, loans, unlisted },
    ]),
  );
  const policies = Object.fromEntries(
    Object.entries(config.policies).map(([name, policy]) => [name, deciding(policy)]),
  );
  const { version, groups } = config;
  const { hosts: _hosts, ...dislocation } = config.dislocation;
  const content = canonical({ version, accounts, policies, dislocation, groups });
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function deciding(policy: PolicyConfig): Policy {
  const { survive: _survive, ...rest } = policy;
  return rest;
}
