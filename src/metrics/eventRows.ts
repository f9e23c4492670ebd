/** Rows that this process counts by itself while it runs: what its looks and its requests did since it started. */
import { CALL_RESULTS } from '../exchanges/traffic.ts';
import type { Row } from './row.ts';

const ACCOUNT = { account: null };
const VENUE = { venue: ['binance', 'okx'] } as const;
export const VERBS = ['repay', 'transferIn', 'add', 'transferOut', 'reduce', 'borrow'] as const;
const CALL = { ...ACCOUNT, ...VENUE, verb: VERBS } as const;

export const LOOK_METRICS = {
  ballast_looks_total: {
    type: 'counter',
    help: 'Looks that ended: without a payment (looked), with one (acted), without seeing anything (blind).',
    labels: { ...ACCOUNT, result: ['looked', 'acted', 'blind'] },
  },
  ballast_look_duration_seconds: {
    type: 'histogram',
    help: 'From the begin of a look to its end.',
    labels: ACCOUNT,
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  ballast_lane_wait_seconds: {
    type: 'histogram',
    help: 'From the doorbell, or the end of the look before, to the begin of the look.',
    labels: ACCOUNT,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10],
  },
  ballast_decisions_total: {
    type: 'counter',
    help: 'Decisions about loans, one per loan and look.',
    labels: { ...ACCOUNT, verdict: ['nothing', 'wait', 'starved', 'capped', 'act'] },
  },
  ballast_time_to_relief_seconds: {
    type: 'histogram',
    help: 'From the first look of this process that saw a loan at or above act, to its first confirmed payment (payment) and to the first look that saw it below act again (below_act), whatever brought it there.',
    labels: { ...ACCOUNT, until: ['payment', 'below_act'] },
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 900],
  },
  ballast_external_acts_total: {
    type: 'counter',
    help: 'What others did in the account, by the venue’s records: repay, borrow, transfer, topUp, autoRepay, trade, conversion, liquidation, collateral.',
    labels: {
      ...ACCOUNT,
      kind: ['repay', 'borrow', 'transfer', 'topUp', 'autoRepay', 'trade', 'conversion', 'liquidation', 'collateral'],
    },
  },
} as const satisfies Record<string, Row>;

export const MONEY_METRICS = {
  ballast_money_calls_sent_total: {
    type: 'counter',
    help: 'Money calls that left, or were about to; dry runs send none.',
    labels: { ...CALL, tier: ['normal', 'urgent'] },
  },
  ballast_money_call_outcomes_total: {
    type: 'counter',
    help: 'What became of money calls. A call that is accepted (settling) or unknown first gets a further outcome later.',
    labels: {
      ...CALL,
      outcome: ['settling', 'confirmed', 'rejected', 'refused', 'unknown', 'expired'],
    },
  },
  ballast_money_confirmed_usd_total: {
    type: 'counter',
    help: 'USD that budgets were charged for confirmed calls. A transfer and the repayment that it feeds count once.',
    labels: CALL,
  },
  ballast_money_call_settle_seconds: {
    type: 'histogram',
    help: 'From the send of a money call to its confirmation.',
    labels: VENUE,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
  },
} as const satisfies Record<string, Row>;

export const VENUE_METRICS = {
  ballast_venue_requests_total: {
    type: 'counter',
    help: 'Requests of accounts to their venue, by what HTTP says became of them; without the public prices that are compared.',
    labels: { ...VENUE, kind: ['read', 'money'], result: CALL_RESULTS },
  },
  ballast_venue_request_duration_seconds: {
    type: 'histogram',
    help: 'Until the whole answer was there.',
    labels: { ...VENUE, kind: ['read', 'money'] },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  ballast_venue_weight_total: {
    type: 'counter',
    help: 'Points of the venue’s limits that requests cost.',
    labels: VENUE,
  },
  ballast_venue_limit_used_ratio: {
    type: 'gauge',
    help: 'Share that is gone in its present window of the limit that is used up most.',
    labels: VENUE,
  },
  ballast_venue_clock_offset_seconds: {
    type: 'gauge',
    help: 'The venue’s clock less that of this machine; absent while it is not known.',
    labels: { ...ACCOUNT, ...VENUE },
  },
} as const satisfies Record<string, Row>;

export const ALERT_METRICS = {
  ballast_alert_messages_total: {
    type: 'counter',
    help: 'Messages to alert channels, by whether the service took them.',
    labels: { channel: null, result: ['told', 'failed'] },
  },
  ballast_dead_man_pings_total: {
    type: 'counter',
    help: 'Dead-man pings: arrived with all well, arrived with what is wrong, did not arrive.',
    labels: { result: ['well', 'bad', 'failed'] },
  },
  ballast_alert_events_total: {
    type: 'counter',
    help: 'Events that looks and lanes told (docs/alerts.md), among them what only the terminal says.',
    labels: { ...ACCOUNT, severity: ['info', 'warning', 'critical'], category: null },
  },
} as const satisfies Record<string, Row>;

export const SERVER_METRICS = {
  ballast_info: {
    type: 'gauge',
    read: true,
    help: '1; the version, and the first letters of the policy digest of the file that acts.',
    labels: { version: null, policy: null },
  },
  ballast_errors_total: {
    type: 'counter',
    help: 'Bugs and broken connections that were reported, by account or part of the server.',
    labels: { where: null },
  },
  ballast_journal_readable: {
    type: 'gauge',
    help: '1 when the journal could be read for this scrape. At 0 everything that is read from it is absent.',
    labels: {},
  },
  ballast_redis_reply_seconds: { type: 'gauge', read: true, help: 'Round trip of one PING, just now.', labels: {} },
  ballast_redis_memory_bytes: { type: 'gauge', read: true, help: 'Memory that Redis uses.', labels: {} },
  ballast_redis_writes_ok: {
    type: 'gauge',
    read: true,
    help: '1 while Redis can write its append-only file; 0 when the last write of it failed.',
    labels: {},
  },
} as const satisfies Record<string, Row>;
