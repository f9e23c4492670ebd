/** What a run of many seeds says at its end. */
import type { Outcome } from './run.ts';

export class Tally {
  readonly violations: Outcome[] = [];
  seeds = 0;
  readonly #sums = new Map<string, number>();

  add(outcome: Outcome): void {
    this.seeds += 1;
    if (outcome.violation !== null) this.violations.push(outcome);
    const { steps, sends, confirmed, virtualMs, counts } = outcome;
    for (const [name, count] of Object.entries({ steps, sends, confirmed, virtualMs, ...counts })) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + count);
    }
  }

  /** One line. */
  text(): string {
    const sum = (name: string): string => String(this.#sums.get(name) ?? 0);
    const hours = ((this.#sums.get('virtualMs') ?? 0) / 3_600_000).toFixed(1);
    return [
      `${String(this.seeds)} seeds`,
      `${sum('steps')} steps`,
      `${hours} virtual hours`,
      `${sum('looks')} looks`,
      `${sum('sends')} money calls (${sum('confirmed')} confirmed)`,
      `${sum('faults')} venue faults`,
      `${sum('redisFaults')} Redis faults`,
      `${sum('deeds')} acts of others`,
      `${sum('clocksSet')} wrong clocks`,
      `${sum('reloads')} reloads`,
      `${sum('crashes')} crashes, ${sum('freezes')} freezes and ${sum('rewinds')} rewinds survived`,
      `${String(this.violations.length)} violations`,
    ].join(', ');
  }
}

/** One violation with the way to see it again. */
export function violationText({ seed, violation, trace }: Outcome, lines = 40): string {
  if (violation === null) return '';
  return [
    `seed ${String(seed)} breaks ${violation.invariant}: ${violation.says}`,
    `  must be true: ${violation.keeps}`,
    `  replay: npm run sim -- --seed ${String(seed)}`,
    ...(trace.length > lines ? [`  … ${String(trace.length - lines)} lines before`] : []),
    ...trace.slice(-lines).map((line) => `  ${line}`),
  ].join('\n');
}
