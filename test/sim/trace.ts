/** What happened in one run, line by line: time, who, what. The same seed writes the same lines. */
import type { Intent } from '../../src/core/intent.ts';
import type { LookEvent } from '../../src/jobs/account.ts';
import { wordsOf } from './engine/process.ts';

export class Trace {
  readonly lines: string[] = [];
  readonly #now: () => number;

  /** @param now ms since the start */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(who: string, what: string): void {
    this.lines.push(`${(this.#now() / 1000).toFixed(3).padStart(8)}  ${who.padEnd(6)} ${what}`);
  }

  sent(who: string, tag: string, intent: Intent | null): void {
    this.note(who, `SENDS ${tag} ${intent === null ? 'which the journal does not know' : wordsOf(intent)}`);
  }

  event(who: string, event: LookEvent): void {
    switch (event.type) {
      case 'looked':
        this.note(who, `looked (${event.reason}) ${event.mode} ${textOf(event.states)}`);
        return;
      case 'acted':
        this.note(who, `acted ${textOf(event.states)}`);
        return;
      case 'blind':
        this.note(who, `blind: ${event.why}`);
        return;
      case 'sent':
        this.note(who, `claimed ${event.intent.id} ${wordsOf(event.intent)}`);
        return;
      case 'outcome':
        this.note(who, `${event.intent.id} is ${event.state}: ${event.note}`);
        return;
      case 'decided':
        if (event.changed) this.note(who, `${event.decision.loan}: ${event.decision.verdict}, ${event.decision.says}`);
        return;
      case 'alert':
        this.note(who, `${event.severity} ${event.category}: ${event.says}`);
        return;
      case 'external':
        this.note(who, `${event.severity} others: ${event.says}`);
        return;
      case 'confirmed':
      case 'conditions':
      case 'timed':
        return;
    }
  }
}

function textOf(states: Readonly<Record<string, string>>): string {
  return Object.entries(states)
    .map(([loan, state]) => `${loan}=${state}`)
    .join(' ');
}
