/**
 * The life of one loan (DESIGN §4). Read it as a table: in which state, at which event, where to, and what is done.
 *
 *   - A look says where a loan stands, wherever it stood before: the venue's hand first, then money in flight, then
 *     the cool-down, then the bands (`standing` in `loanLook`). Only a breached, starved, capped or unresolved loan asks.
 *   - Money takes one way: PLANNED → CLAIMED → ACCEPTED → CONFIRMED, through `planned → sending → settling`.
 *   - News moves a loan only when it is about an intent that this loan has in flight. Whatever else a state does not
 *     expect is a `stray`: reported, and nothing changes.
 *
 * The machine runs nothing, waits for nothing and knows no clock: `step` uses it as a pure function, and what is to be
 * done comes back as commands.
 */
import { freshLoan } from './loanContext.ts';
import type { Standing } from './loanLook.ts';
import { words } from './loanWords.ts';

/** Version of the stored form. A change of states or context needs a new one and a migration in `migrations`. */
export const LOAN_VERSION = 2;

function stands<const Where extends Standing>(where: Where) {
  return { guard: { type: 'stands', params: where }, target: `#loan.${where}` } as const;
}

/** One look. Every row asks the same question; exactly one answers yes. */
const LOOK = [
  { ...stands('watching.healthy'), actions: 'look' },
  { ...stands('watching.warned'), actions: 'look' },
  { ...stands('watching.breached'), actions: ['look', 'ask'] },
  { ...stands('cooling'), actions: ['look', 'sayWhenCool'] },
  { ...stands('acting.planned'), actions: 'look' },
  { ...stands('acting.sending'), actions: 'look' },
  { ...stands('acting.settling'), actions: 'look' },
  { ...stands('releasing.planned'), actions: 'look' },
  { ...stands('releasing.sending'), actions: 'look' },
  { ...stands('releasing.settling'), actions: 'look' },
  { ...stands('unresolved'), actions: ['look', 'ask'] },
  { ...stands('liquidating'), actions: 'look' },
  { ...stands('closed'), actions: 'look' },
] as const;

/** Short of money or of room under a limit, a loan stays there and asks at each look until it is out of its episode. */
const KEEP_ASKING = { guard: { type: 'stands', params: 'watching.breached' }, actions: ['look', 'ask'] } as const;

/** What is left of a cleared debt stays: no need of the loan's. */
const LEAVE_REST = { guard: 'onlyRest', target: '#loan.watching.healthy', actions: 'stuck' } as const;
const STARVED = [LEAVE_REST, { target: '#loan.starved', actions: 'stuck' }] as const;
const CAPPED = [LEAVE_REST, { target: '#loan.capped', actions: 'stuck' }] as const;

const PLAN = { guard: 'remedy', target: '#loan.acting.planned', actions: 'plan' } as const;

/** The intent is settled and nothing is in flight: back to watching, with the episode as it was. */
const REST = [
  { guard: 'inEpisode', target: '#loan.watching.breached', actions: 'land' },
  { guard: 'warned', target: '#loan.watching.warned', actions: 'land' },
  { guard: 'mine', target: '#loan.watching.healthy', actions: 'land' },
] as const;

/** More legs are due at once, else the loan cools down. */
const NEXT_LEG = { guard: 'legsToCome', target: '#loan.watching.breached', actions: 'land' } as const;
const COOL = { guard: 'myRemedy', target: '#loan.cooling', actions: 'land' } as const;

const LOST_SIGHT = { guard: 'progress', target: '#loan.unresolved', actions: 'land' } as const;
const SENDING = { guard: 'progress', target: 'sending', actions: 'land' } as const;
const SETTLING = { guard: 'progress', target: 'settling', actions: 'land' } as const;

/** From `acting` and `releasing` alike, in each of their phases: it did not happen, or nobody can tell. */
const SETBACKS = {
  REJECTED: REST,
  REFUSED: REST,
  VOIDED: REST,
  DID_NOT_HAPPEN: REST,
  EXPIRED: REST,
  UNKNOWN: LOST_SIGHT,
} as const;

/** The three phases of one send. ACCEPTED without CLAIMED: the process died between the two, the journal did not. */
const PHASES = {
  planned: { on: { CLAIMED: SENDING, ACCEPTED: SETTLING } },
  sending: { on: { ACCEPTED: SETTLING } },
  settling: {},
} as const;

/** While the loan's other intent is undecided too, a settled one moves nothing. */
const OTHER_FIRST = { guard: 'otherStaysOpen', actions: 'land' } as const;
const UNRESOLVED_REST = [OTHER_FIRST, ...REST] as const;

/** States that no news moves still take it in, so that the loan knows what is undecided when it leaves them. */
const PROGRESS_NOTED = { guard: 'progress', actions: 'land' } as const;
const VERDICT_NOTED = { guard: 'mine', actions: 'land' } as const;
const NOTE_NEWS = {
  CLAIMED: PROGRESS_NOTED,
  ACCEPTED: PROGRESS_NOTED,
  UNKNOWN: PROGRESS_NOTED,
  CONFIRMED: VERDICT_NOTED,
  REJECTED: VERDICT_NOTED,
  REFUSED: VERDICT_NOTED,
  VOIDED: VERDICT_NOTED,
  DID_NOT_HAPPEN: VERDICT_NOTED,
  EXPIRED: VERDICT_NOTED,
} as const;

export const loanMachine = words.createMachine({
  id: 'loan',
  context: ({ input }) => freshLoan(input.id),
  initial: 'unseen',
  on: {
    OBSERVED: LOOK,
    OBSERVE_FAILED: { actions: 'blind' },
    PAUSE: { target: '.paused', actions: 'pause' },
    RETIRE: { target: '.retired', actions: 'retire' },
    '*': { actions: 'stray' },
  },
  states: {
    /** Not looked at yet, or not since an operator resumed it. */
    unseen: { on: NOTE_NEWS },

    watching: {
      initial: 'healthy',
      states: {
        healthy: { on: { PLANNED: { guard: 'release', target: '#loan.releasing.planned', actions: 'plan' } } },
        warned: {},
        /** At or above `act`, or in an episode that has not reached `target` yet. */
        breached: {
          on: {
            PLANNED: PLAN,
            STARVED,
            CAPPED,
          },
        },
      },
    },

    /** A remedy is on its way. */
    acting: { initial: 'planned', on: { ...SETBACKS, CONFIRMED: [NEXT_LEG, COOL] }, states: PHASES },

    /** Collateral is on its way out: the same road, its own band, no episode and no cool-down. */
    releasing: { initial: 'planned', on: { ...SETBACKS, CONFIRMED: REST }, states: PHASES },

    /** A whole plan is done. Between `act` and `urgent` nothing is asked until the cool-down ends. */
    cooling: {},

    /** A need, and no money that the policy may use. */
    starved: {
      on: {
        OBSERVED: KEEP_ASKING,
        PLANNED: PLAN,
        STARVED: [LEAVE_REST, { actions: 'stuck' }],
        CAPPED,
      },
    },

    /** A need, and a limit that forbids it. */
    capped: {
      on: {
        OBSERVED: KEEP_ASKING,
        PLANNED: PLAN,
        CAPPED: [LEAVE_REST, { actions: 'stuck' }],
        STARVED,
      },
    },

    /** Nobody knows what became of an intent. Evidence settles it; beyond `urgent` one other may leave beside it. */
    unresolved: {
      on: {
        ...NOTE_NEWS,
        PLANNED: { guard: 'besideUndecided', actions: 'plan' },
        STARVED: { actions: 'stuck' },
        CAPPED: { actions: 'stuck' },
        CONFIRMED: [OTHER_FIRST, NEXT_LEG, COOL, ...REST],
        REJECTED: UNRESOLVED_REST,
        REFUSED: UNRESOLVED_REST,
        VOIDED: UNRESOLVED_REST,
        DID_NOT_HAPPEN: UNRESOLVED_REST,
        EXPIRED: UNRESOLVED_REST,
      },
    },

    /** By an operator. It still watches and warns; what was undecided stays so until its news comes. */
    paused: {
      on: {
        ...NOTE_NEWS,
        OBSERVED: { guard: 'stillPaused', actions: 'glance' },
        RESUME: { target: 'unseen', actions: 'resume' },
      },
    },

    /** The venue acts, and would refuse us. */
    liquidating: { on: NOTE_NEWS },

    /** The venue says there is no debt. */
    closed: {},

    /** Left the policy, for good. */
    retired: { on: { ...NOTE_NEWS, '*': { actions: 'stray' } } },
  },
});
