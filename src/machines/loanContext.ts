/**
 * What the loan machine remembers between looks (DESIGN §4). JSON only: decimals are text, moments are wall ms that
 * came in with an event. Nothing here decides anything.
 */
import type { Remainder, Reserved } from '../core/need.ts';
import type { LoanCommand, LoanEvent, Stored } from './types.ts';

/** How far an intent got, as far as this loan was told. The journal is the truth; this says which state to stand in. */
export type Phase = 'planned' | 'sending' | 'settling' | 'unknown';

/** One intent of this loan that is not settled yet. */
export type InFlight = {
  readonly id: string;
  readonly phase: Phase;
  /** When that phase began. */
  readonly since: number;
  /** It lets collateral go (rung 0) instead of remedying. */
  readonly release: boolean;
  /** The plan was cut short and will not reach its aim. */
  readonly partial: boolean;
  /** Legs that are due once this one is confirmed. */
  readonly rest: Remainder | null;
  /** It pays the whole debt in this coin. */
  readonly clears?: string;
  /** Legs of an earlier plan that this intent is carrying out: due again when it turns out that nothing moved. */
  readonly resumes: Remainder | null;
};

export type Episode = {
  readonly id: string;
  readonly openedAt: number;
  /** A whole plan was confirmed: below `act` is good enough from here, price noise may not reopen the chase. */
  readonly finished: boolean;
  /** The whole debt in this coin was paid: the episode goes on until the venue lists no debt in it (DESIGN §5.2). */
  readonly clearing?: string;
  /** What later legs of the newest plan hold of the caps; gone with the episode (DESIGN §5.6). */
  readonly reserved?: readonly Reserved[];
};

/** For how long the LTV was seen below the release level, without having been seen at or above it since. */
export type Calm = { readonly ms: number; readonly rule: string };

export type Pause = {
  readonly by: string;
  readonly why: string;
  readonly since: number;
  readonly until: number | null;
};

/** Alerts that are given once per time that the loan is in trouble, not once per look. */
export type ToldOnce = 'starved' | 'capped' | 'liquidating';

// A type, not an interface: the journal stores it as a record.
export type LoanContext = {
  readonly id: string;
  /** Last successful look, and failed ones since. */
  readonly seenAt: number | null;
  readonly ltv: string | null;
  readonly failures: number;
  /** How many `warn` levels, lowest first, were alerted and not yet left behind. */
  readonly warned: number;
  /** Different price moments at which the loan was at or above `act`, since it last was below. */
  readonly moments: readonly string[];
  /** Cushion at the last halving alert; `null`: the next halving counts from the cushion at `act`. */
  readonly alertedCushion: string | null;
  readonly told: readonly ToldOnce[];
  readonly episode: Episode | null;
  /** The normal intent, and the one that may leave while that is undecided (DESIGN §5.7). */
  readonly intent: InFlight | null;
  readonly emergencyIntent: InFlight | null;
  /** Legs of a confirmed plan that are still to come. */
  readonly remainder: Remainder | null;
  readonly coolDownMs: number;
  readonly coolUntil: number | null;
  /** `null`: at or above the release level at the last look, or nothing is released. */
  readonly calm: Calm | null;
  readonly pause: Pause | null;
  /** The last thing that did not go well, in words. */
  readonly why: string | null;
};

/** What an event does: the next context, and what the caller is asked to do. */
export type Told = { readonly context: LoanContext; readonly commands: readonly LoanCommand[] };

export type Seen = Extract<LoanEvent, { readonly type: 'OBSERVED' }>;
export type Planned = Extract<LoanEvent, { readonly type: 'PLANNED' }>;
/** News about an intent after it was planned. */
export type News = Exclude<Extract<LoanEvent, { readonly intentId: string }>, Planned>;

export function freshLoan(id: string): LoanContext {
  return {
    id,
    seenAt: null,
    ltv: null,
    failures: 0,
    warned: 0,
    moments: [],
    alertedCushion: null,
    told: [],
    episode: null,
    intent: null,
    emergencyIntent: null,
    remainder: null,
    coolDownMs: 0,
    coolUntil: null,
    calm: null,
    pause: null,
    why: null,
  };
}

const KEYS = Object.keys(freshLoan(''));

/** Whether stored JSON has every field that this version of the machine reads. */
export function isLoanContext(value: Readonly<Record<string, unknown>>): value is LoanContext {
  return KEYS.every((key) => value[key] !== undefined);
}

/** The open episode of a stored loan; `null`: none. */
export function episodeOf({ context }: Stored): string | null {
  return isLoanContext(context) ? (context.episode?.id ?? null) : null;
}

export function alert(severity: 'info' | 'warning' | 'critical', category: string, says: string): LoanCommand {
  return { type: 'alert', severity, category, says };
}

/** A critical alert on the edge only. */
export function tellOnce({ context, commands }: Told, once: ToldOnce, says: string): Told {
  if (context.told.includes(once)) return { context, commands };
  return {
    context: { ...context, told: [...context.told, once] },
    commands: [...commands, alert('critical', once, says)],
  };
}

/** Closing an episode ends everything that belonged to it. */
export function endEpisode({ context, commands }: Told, why: string): Told {
  if (context.episode === null) return { context, commands };
  const told = context.told.filter((once) => once === 'liquidating');
  return {
    context: { ...context, episode: null, remainder: null, told, why: null },
    commands: [...commands, { type: 'episodeClosed', episode: context.episode.id, ltv: context.ltv ?? 'unknown', why }],
  };
}
