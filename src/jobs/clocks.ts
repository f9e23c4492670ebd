/**
 * Whether the clocks that a look relies on agree (DESIGN §5.6): this machine's wall clock, its monotonic clock, Redis' and the
 * venue's. Plans age on one, budgets count on another, signatures die on a third; when they part, nothing generous is done.
 * Signing itself follows the venue's clock, whatever ours says, and its window is never widened.
 */
import type { AccountSetup, LookDeps } from './account.ts';
import type { Draft } from './draft.ts';
import type { Journal, Opened } from './journal.ts';

/** Looks in a row with agreeing clocks that end it. */
const CALM_AFTER = 3;

interface Sample {
  readonly wall: number;
  readonly mono: number;
  readonly redis: number;
  /** Looks in a row, up to this one, in which all clocks agreed. */
  readonly agreed: number;
}

/** What this process saw at an account's last look: a monotonic clock means nothing to another process. */
const samples = new WeakMap<Journal, Sample>();

export function watchClocks(
  { clock, journal, venue }: LookDeps,
  setup: AccountSetup,
  opened: Opened,
  draft: Draft,
): void {
  const before = samples.get(journal);
  const now = { wall: clock.wall(), mono: clock.mono(), redis: opened.redisNow };
  const why = disagreement(before, now, venue.clockOffsetMs(), setup.timing.clockJumpMs);
  const agreed = why === null ? (before?.agreed ?? 0) + 1 : 0;
  samples.set(journal, { ...now, agreed });
  if (why !== null) {
    const says = `${setup.name}: ${why}. Ballast signs by the venue's clock and goes on protecting; it lets nothing go until all clocks agree again. See that this machine keeps its time (NTP)`;
    draft.tellAccount({ type: 'CLOCK_JUMPED', now: now.wall, why: says });
  } else if (agreed >= CALM_AFTER && draft.has('clockJumped')) {
    draft.tellAccount({ type: 'CALM', of: 'clock', now: now.wall, why: 'the clocks agree again' });
  }
}

/** The venue's clock, on which signatures run out, wall ms; `null` while it is not known. */
export function venueNow({ clock, venue }: Pick<LookDeps, 'clock' | 'venue'>): number | null {
  const offset = venue.clockOffsetMs();
  return offset === null ? null : clock.wall() + offset;
}

function disagreement(
  before: Sample | undefined,
  now: Omit<Sample, 'agreed'>,
  offsetMs: number | null,
  mostMs: number,
): string | null {
  if (offsetMs !== null && Math.abs(offsetMs) > mostMs)
    return `the clock of this machine and the venue's are ${seconds(offsetMs)} s apart`;
  const toRedis = now.redis - now.wall;
  if (Math.abs(toRedis) > mostMs) return `the clock of this machine and that of Redis are ${seconds(toRedis)} s apart`;
  if (before === undefined) return null;
  const passed = now.mono - before.mono;
  const jumped = now.wall - before.wall - passed;
  if (Math.abs(jumped) > mostMs) return `the clock of this machine jumped by ${seconds(jumped)} s`;
  const redis = now.redis - before.redis - passed;
  return Math.abs(redis) > mostMs ? `the clock of Redis jumped by ${seconds(redis)} s` : null;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
