/** Plays one seed with every judge watching. */
import type { Spoil } from './engine/process.ts';
import { INVARIANTS } from './judge/invariants/index.ts';
import { isMisdated } from './judge/invariants/live.ts';
import type { Judge } from './judge/log.ts';
import { unmended } from './judge/reach.ts';
import type { Counts } from './stage.ts';
import { Stage } from './stage.ts';
import { planOf } from './world/generate.ts';

export interface Violation {
  readonly invariant: string;
  readonly keeps: string;
  readonly says: string;
}

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly steps: number;
  readonly virtualMs: number;
  readonly sends: number;
  readonly confirmed: number;
  readonly counts: Counts;
  readonly trace: readonly string[];
}

/** After the faults stopped, this long at least, ms; and how often to ask whether there is anything left to wait for. */
const CALM_LEAST_MS = 30_000;
const ASK_EVERY_MS = 5_000;

export async function runSeed(seed: number, spoil: Spoil = {}): Promise<Outcome> {
  const stage = new Stage(planOf(seed), spoil);
  const judges = INVARIANTS.map((invariant) => ({ invariant, judge: invariant.judge(stage.log) }));
  const { agenda, plan, log } = stage;
  let violation: Violation | null = null;
  const ask = (which: 'step' | 'end'): boolean => {
    for (const { invariant, judge } of judges) {
      const says = firstOf(judge, which);
      if (says === null) continue;
      violation = { invariant: invariant.name, keeps: invariant.keeps, says };
      stage.trace.note('JUDGE', `${invariant.name}: ${says}`);
      return true;
    }
    return false;
  };
  let nextAsk = plan.startMs + plan.calmMs + CALM_LEAST_MS;
  const isDone = (): boolean => {
    if (agenda.now < nextAsk) return false;
    nextAsk = agenda.now + ASK_EVERY_MS;
    return isAtRest(stage);
  };
  await agenda.runUntil(plan.startMs + plan.endMs, () => ask('step') || isDone());
  if (violation === null) ask('end');
  return {
    seed,
    violation,
    steps: agenda.steps,
    virtualMs: agenda.now - plan.startMs,
    sends: log.sent.length,
    confirmed: log.turns.filter(({ to }) => to === 'confirmed').length,
    counts: stage.counts,
    trace: stage.trace.lines,
  };
}

function firstOf(judge: Judge, which: 'step' | 'end'): string | null {
  const [says = null] = judge[which]?.() ?? [];
  return says;
}

/** Nothing is undecided and nothing that could be mended is out of its band: more of the same would show nothing. */
function isAtRest({ log, plan }: Stage): boolean {
  return plan.accounts.every((account) => {
    const silent = log.now - Number(log.text(account, 'looked') ?? '0');
    const mode = modeOf(log.text(account, 'account'));
    return (
      silent < account.setup.timing.lookEveryMs * 2 &&
      // A person lifts a halt, whatever the clocks say.
      mode !== 'halted' &&
      (isMisdated(log) || mode !== 'quarantine') &&
      (isMisdated(log) || log.undecided(account).length === 0) &&
      (isMisdated(log) || unmended(log, account).length === 0)
    );
  });
}

function modeOf(stored: string | null): string | undefined {
  return (JSON.parse(stored ?? '{}') as { readonly state?: string }).state;
}
