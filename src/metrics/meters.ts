/** The catalogue as prom-client's counters, gauges and histograms, on a registry of its own. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LabelsOf, MetricName, NamesOf } from './catalogue.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Row } from './row.ts';

type Names<T extends string> = NamesOf<T>;

export class Meters {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #read: readonly Gauge[];

  constructor() {
    const rows: readonly (readonly [string, Row])[] = Object.entries(CATALOGUE);
    const read: Gauge[] = [];
    for (const [name, row] of rows) {
      const options = { name, help: row.help, labelNames: Object.keys(row.labels), registers: [this.#registry] };
      if (row.type === 'counter') this.#counters.set(name, new Counter(options));
      else if (row.type === 'histogram')
        this.#histograms.set(name, new Histogram({ ...options, buckets: [...(row.buckets ?? [])] }));
      else {
        const gauge = new Gauge(options);
        this.#gauges.set(name, gauge);
        if (row.read === true) read.push(gauge);
      }
    }
    this.#read = read;
    // Of the process: under the names that every dashboard for Node knows.
    collectDefaultMetrics({ register: this.#registry });
    this.forget();
  }

  count<N extends Names<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  time<N extends Names<'histogram'>>(name: N, labels: LabelsOf<N>, ms: number): void {
    this.#histograms.get(name)?.observe(labels, Math.max(0, ms) / 1_000);
  }

  set<N extends Names<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  drop<N extends MetricName>(name: N, labels: LabelsOf<N>): void {
    this.#gauges.get(name)?.remove(labels);
  }

  /** What was read for an earlier scrape is nothing that may still be told. */
  forget(): void {
    for (const gauge of this.#read) {
      gauge.reset();
      // A gauge without labels begins at zero, which would be a reading.
      gauge.remove({});
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
