/** One row of the catalogue. */
export interface Row {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence: what it counts, and what its absence means where that is not plain. */
  readonly help: string;
  /** Names of its labels, each with the values that it can have, or `null` where names of the operator stand. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
  /** Filled anew at each scrape, mostly from what the journal holds; absent, never zero, while that cannot be read. */
  readonly read?: true;
}
