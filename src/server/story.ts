/** One loan in full, as the page gets it. Pure. */
import type { Intent } from '../core/intent.ts';
import { legWords } from '../core/words.ts';
import type { TrackPoint } from '../jobs/track.ts';
import type { DecisionRecord } from '../reading/records.ts';
import type { LoanStory } from '../reading/survey.ts';
import type { Action, DecisionDetail, LoanDetail, Point, Tracks } from './wire.ts';

/** Points of a small chart. */
const SMALL = 160;
/** The first look after an action shows what it did; one much later shows what prices did. */
const SEEN_WITHIN_MS = 120_000;

export function detailOf({ account, newest, past, intents, acts, track }: LoanStory, loan: string): LoanDetail {
  const decision = newest === null ? null : decisionDetail(newest);
  const acted = past.find((record) => record.decision.verdict === 'act');
  const isActing = newest?.decision.verdict === 'act';
  return {
    account: account.label,
    loan,
    decision,
    lastAct: isActing || acted === undefined ? null : decisionDetail(acted),
    history: past.map((record) => {
      const { says, verdict, firstAt, lastAt, count, ltv } = decisionDetail(record);
      return { says, verdict, firstAt, lastAt, count, ltv };
    }),
    actions: intents.map((intent) => actionOf(intent, track)),
    acts: acts.map(({ act, by, why, at }) => ({ act, by, why, at })),
    track: track.map(pointOf),
  };
}

function decisionDetail({ decision, firstAt, lastAt, count }: DecisionRecord): DecisionDetail {
  const { says, verdict, ltv, trace, next, at } = decision;
  return {
    ...{ says, verdict, ltv, trace, next },
    ...{ firstAt: firstAt ?? at, lastAt: lastAt ?? at, count: count ?? 1 },
    amount: decision.verdict === 'act' ? amountOf(decision) : null,
  };
}

function amountOf({ sizing, ltvAfter }: Extract<DecisionRecord['decision'], { verdict: 'act' }>) {
  const { formula, inputs, unbounded, bounds, amount } = sizing;
  return { formula, inputs, unbounded, bounds, amount, ltvAfter };
}

function actionOf(intent: Intent, track: readonly TrackPoint[]): Action {
  const { id, state, tier, chargeUsd, plannedAt, sentAt, settledAt, ref, note, reads, before } = intent;
  const done = state === 'confirmed' && settledAt !== null;
  const after = done ? track.find(({ at }) => at >= settledAt && at <= settledAt + SEEN_WITHIN_MS) : undefined;
  return {
    ...{ id, state, tier, chargeUsd, plannedAt, sentAt, settledAt, ref, note, reads },
    what: legWords(intent),
    ltvBefore: before.ltv,
    ltvAfter: after === undefined ? null : String(after.ltv),
  };
}

/** Evenly picked points of every loan: enough for the small charts of the board. */
export function tracksOf(tracks: ReadonlyMap<string, ReadonlyMap<string, readonly TrackPoint[]>>): Tracks {
  return Object.fromEntries(
    [...tracks].map(([account, loans]) => [
      account,
      Object.fromEntries([...loans].map(([loan, points]) => [loan, picked(points, SMALL).map(pointOf)])),
    ]),
  );
}

/** At most about so many: the highest LTV of each stretch, and the newest point. */
export function picked(points: readonly TrackPoint[], most: number): readonly TrackPoint[] {
  if (points.length <= most) return points;
  const stretch = Math.ceil(points.length / (most - 1));
  const highest: TrackPoint[] = [];
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(from, from + stretch);
    highest.push(part.reduce((best, point) => (point.ltv > best.ltv ? point : best)));
  }
  const newest = points.at(-1);
  return newest === undefined || highest.at(-1) === newest ? highest : [...highest, newest];
}

function pointOf({ at, shown, ltv, target, act, urgent, line }: TrackPoint): Point {
  return [at, shown, ltv, target, act, urgent, line];
}
