/** What a server exports: names from its own text, labels and their values from the catalogue. */
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { MetricsOptions } from '../../src/metrics/metrics.ts';
import type { Row } from '../../src/metrics/row.ts';
import { systemClock } from '../../src/clock.ts';

export function metricsOf(more: Partial<MetricsOptions> = {}): Metrics {
  return new Metrics({
    ...{ clock: systemClock, version: '1' },
    accounts: [{ name: 'main', venue: 'okx', sends: 'live' }],
    ...more,
  });
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @throws Error for a line that is not in the text format of Prometheus */
export function samplesOf(text: string): readonly Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, inner = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      // Prometheus reads it in any case; prom-client has no lag to tell before its first turn.
      const isNumber = value !== undefined && (/^nan$/i.test(value) || !Number.isNaN(Number(value)));
      if (name === undefined || !isNumber) throw new Error(`not a sample: ${line}`);
      const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', is = '']) => [label, is]);
      return { name, labels: Object.fromEntries(labels), value: Number(value) };
    });
}

/** Labels by name, as a query may name them; values where they are known. */
export function exported(text: string): ReadonlyMap<string, Row['labels']> {
  const rows: Readonly<Record<string, Row>> = CATALOGUE;
  const named = new Map<string, Row['labels']>();
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const labels = rows[name]?.labels ?? {};
    if (type !== 'histogram') named.set(name, labels);
    else {
      named.set(`${name}_bucket`, { ...labels, le: null });
      named.set(`${name}_sum`, labels);
      named.set(`${name}_count`, labels);
    }
  }
  return named;
}
