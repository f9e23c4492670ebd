/** Figures of samples, and how they are printed. */

/** Linear between the two nearest samples. @param share 0.5: the median */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, one) => sum + one, 0) / samples.length;
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

/** `1.07`: a share more. */
export function ratio(of: number, to: number): string {
  return (of / to).toFixed(2);
}

export function line(what: string, text: string): void {
  console.log(`${what.padEnd(52)} ${text}`);
}

export function title(text: string): void {
  console.log(`\n${text}`);
}
