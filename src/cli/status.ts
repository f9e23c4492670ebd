/** `ballast status` and `ballast why LOAN`: the journal in words. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { UNDECIDED } from '../core/intent.ts';
import type { Decision } from '../core/need.ts';
import { Ending, EXIT } from './exit.ts';
import { withJournal } from './journalView.ts';
import type { Output } from './output.ts';
import { percent } from './narrate.ts';

interface LoanStatus {
  readonly account: string;
  readonly mode: string;
  readonly loan: string;
  readonly state: string;
  readonly ltv: string | null;
  readonly says: string | null;
}

interface InFlight {
  readonly intent: string;
  readonly loan: string;
  readonly what: string;
  readonly state: string;
  readonly sinceMs: number;
  readonly note: string;
}

export async function status(config: Config, clock: Clock, output: Output, json: boolean): Promise<void> {
  const { loans, inFlight } = await withJournal(config, async ({ accounts }) => {
    const loans: LoanStatus[] = [];
    const inFlight: InFlight[] = [];
    for (const [account, { address, journal }] of accounts) {
      for (const [loan, stored] of await journal.loans()) {
        const decision = decisionOf(await journal.why(loan));
        loans.push({ account, mode: address.mode, loan, state: stored.state, ltv: decision?.ltv ?? null, says: decision?.says ?? null });
      }
      for (const intent of await journal.intents()) {
        if (!UNDECIDED.includes(intent.state)) continue;
        inFlight.push({ intent: intent.id, loan: intent.loan, what: `${intent.verb} ${intent.amount} ${intent.asset}`, state: intent.state, sinceMs: clock.wall() - (intent.sentAt ?? intent.plannedAt), note: intent.note });
      }
    }
    return { loans, inFlight };
  });
  if (json) {
    output.json({ loans, inFlight });
    return;
  }
  for (const row of loans) output.say(`${row.loan}  ${row.state}  ${row.ltv === null ? '' : `LTV ${percent(row.ltv)}  `}${row.says ?? ''}`);
  for (const row of inFlight) output.say(`in flight: ${row.what} for ${row.loan}, ${row.state} for ${String(Math.round(row.sinceMs / 1000))} s: ${row.note}`);
  if (loans.length === 0) output.say('no loan has been seen yet');
}

/** Explains the newest decision about a loan: what fired, what did not and why, and what happens next (DESIGN §5.8). */
export async function why(config: Config, loan: string, output: Output, json: boolean): Promise<void> {
  const text = await withJournal(config, async ({ accounts }) => {
    const known: string[] = [];
    for (const { journal } of accounts.values()) {
      const loans = await journal.loans();
      known.push(...loans.keys());
      if (loans.has(loan)) return (await journal.why(loan)) ?? null;
    }
    throw new Ending(EXIT.config, `no loan is called ${loan}. Known loans: ${known.length === 0 ? 'none yet' : known.join(', ')}`);
  });
  const decision = decisionOf(text);
  if (decision === null) throw new Ending(EXIT.temporary, `${loan} was seen, but nothing was decided about it yet`);
  if (json) {
    output.json(JSON.parse(text ?? 'null'));
    return;
  }
  for (const line of explain(decision)) output.say(line);
}

export function explain(decision: Decision): string[] {
  const { levels } = decision;
  return [
    `${decision.loan}: ${decision.says}`,
    `  LTV ${percent(decision.ltv)}; target ${percent(levels.target)}, act ${percent(levels.act)}, urgent ${percent(levels.urgent)}, line ${percent(levels.line)}${levels.call === null ? '' : `, the venue warns at ${percent(levels.call)}`}`,
    ...decision.trace.map((line) => `  ${line.fired ? '*' : '-'} ${line.rule}: ${line.says}`),
    ...decision.next.map((next) => `  next: ${next.what} at ${next.asset} ${next.price}`),
    ...(decision.verdict === 'act' ? [`  amount: ${decision.sizing.formula} gives ${decision.sizing.unbounded}, sent ${decision.sizing.amount}; LTV after ${percent(decision.ltvAfter)}`] : []),
  ];
}

function decisionOf(text: string | null): Decision | null {
  return text === null ? null : (JSON.parse(text) as { decision: Decision }).decision;
}
