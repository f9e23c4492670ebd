/** The browser's clock and timers. Ages come from the server; this one only counts on from there. */

export function mono(): number {
  return performance.now();
}

/** @returns what ends it */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => {
    clearTimeout(timer);
  };
}

/** For the charting library, which counts days of a calendar. */
export function dateOf(ms: number): Date {
  return new Date(ms);
}
