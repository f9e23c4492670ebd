/**
 * Every metric of Ballast: one row each. The registry is made of it, docs/metrics.md is printed from it, and a test holds
 * alert rules and dashboard against it. Names carry their unit; ages and durations are seconds, ratios are 1 for 100 %.
 * Money and ratios are numbers here: for people to look at, never to decide by.
 */
import { ACCOUNT_METRICS, LOAN_METRICS } from './journalRows.ts';
import { ALERT_METRICS, LOOK_METRICS, MONEY_METRICS, SERVER_METRICS, VENUE_METRICS } from './eventRows.ts';

export const CATALOGUE = {
  ...LOAN_METRICS,
  ...ACCOUNT_METRICS,
  ...LOOK_METRICS,
  ...MONEY_METRICS,
  ...VENUE_METRICS,
  ...ALERT_METRICS,
  ...SERVER_METRICS,
};

export type MetricName = keyof typeof CATALOGUE;
export type LabelsOf<N extends MetricName> = Readonly<Record<keyof (typeof CATALOGUE)[N]['labels'], string>>;
/** Names of one type: `counter`, `gauge`, `histogram`. */
export type NamesOf<T extends string> = {
  [N in MetricName]: (typeof CATALOGUE)[N]['type'] extends T ? N : never;
}[MetricName];
