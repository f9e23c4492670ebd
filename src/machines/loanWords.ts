/**
 * The words that the chart in `loanMachine` is written in: guards are questions, deeds turn context and event into the
 * next context and commands. All are pure; `loanLook` and `loanMoney` hold the reasoning.
 */
import { assertEvent, enqueueActions, setup } from 'xstate';
import type { ActionFunction, EventObject } from 'xstate';
import { endEpisode } from './loanContext.ts';
import type { LoanContext, Told } from './loanContext.ts';
import { ask, blind, glance, look, standing } from './loanLook.ts';
import type { Standing } from './loanLook.ts';
import { coolsDown, hasLegsToCome, isMine, isMyRemedy, isNews, isProgress, land, plan, stuck } from './loanMoney.ts';
import type { LoanCommand, LoanEvent } from './types.ts';

type Deed =
  | 'look'
  | 'glance'
  | 'ask'
  | 'sayWhenCool'
  | 'blind'
  | 'plan'
  | 'stuck'
  | 'land'
  | 'pause'
  | 'resume'
  | 'retire'
  | 'stray';

type Action =
  { readonly type: 'command'; readonly params: LoanCommand } | { readonly type: Deed; readonly params: undefined };
type LoanAction = ActionFunction<
  LoanContext,
  LoanEvent,
  LoanEvent,
  undefined,
  never,
  Action,
  never,
  never,
  EventObject
>;

function doing(deed: (context: LoanContext, event: LoanEvent) => Told): LoanAction {
  return enqueueActions(({ context, event, enqueue }) => {
    const told = deed(context, event);
    enqueue.assign(told.context);
    for (const command of told.commands) enqueue({ type: 'command', params: command });
  });
}

function pause(context: LoanContext, event: LoanEvent): Told {
  assertEvent(event, 'PAUSE');
  const { by, why, until, now } = event;
  const commands: LoanCommand[] = until === null ? [] : [{ type: 'lookBy', at: until, why: 'the pause ends' }];
  return { context: { ...context, pause: { by, why, since: now, until } }, commands };
}

function resume(context: LoanContext, { now }: LoanEvent): Told {
  return { context: { ...context, pause: null }, commands: [{ type: 'lookBy', at: now, why: 'resumed' }] };
}

function sayWhenCool(context: LoanContext): Told {
  return { context, commands: context.coolUntil === null ? [] : [coolsDown(context.coolUntil)] };
}

function stray(context: LoanContext, event: LoanEvent): Told {
  const about = 'intentId' in event ? ` of intent ${event.intentId}` : '';
  return {
    context,
    commands: [{ type: 'stray', event: event.type, says: `${event.type}${about} was not expected here` }],
  };
}

export const words = setup({
  types: {
    context: {} as LoanContext,
    events: {} as LoanEvent,
    input: {} as { readonly id: string },
  },
  actions: {
    /** The only thing that leaves the machine. */
    command: (_, _command: LoanCommand) => undefined,
  },
  guards: {
    /** This look finds the loan there. */
    stands: ({ context, event }, where: Standing) => event.type === 'OBSERVED' && standing(context, event) === where,
    stillPaused: ({ context: { pause: current }, event }) =>
      current !== null && (current.until === null || event.now < current.until),
    /** A plan for the loan's need; rung 0 is a release. */
    remedy: ({ event }) => event.type === 'PLANNED' && event.rung > 0,
    release: ({ event }) => event.type === 'PLANNED' && event.rung === 0,
    /** A remedy beside one undecided intent; never a third. */
    besideUndecided: ({ context, event }) =>
      event.type === 'PLANNED' && event.rung > 0 && context.intent !== null && context.emergencyIntent === null,
    /** All that was asked for is the rest of a debt that was cleared. */
    onlyRest: ({ event }) => (event.type === 'STARVED' || event.type === 'CAPPED') && event.clears !== undefined,
    /** News about an intent of this loan … */
    mine: ({ context, event }) => isMine(context, event),
    /** … that carries it further than it was; */
    progress: ({ context, event }) => isProgress(context, event),
    /** … while the loan's other intent stays undecided; */
    otherStaysOpen: ({ context, event }) =>
      isMine(context, event) && context.intent !== null && context.emergencyIntent !== null,
    /** … whose plan has more legs; */
    legsToCome: ({ context, event }) => hasLegsToCome(context, event),
    /** … that was no release; */
    myRemedy: ({ context, event }) => isMyRemedy(context, event),
    /** … and leaves a loan in its episode, or above a warning level. */
    inEpisode: ({ context, event }) => isMine(context, event) && context.episode !== null,
    warned: ({ context, event }) => isMine(context, event) && context.warned > 0,
  },
}).extend<Record<Deed, undefined>>({
  actions: {
    look: doing((context, event) => (assertEvent(event, 'OBSERVED'), look(context, event))),
    glance: doing((context, event) => (assertEvent(event, 'OBSERVED'), glance(context, event))),
    ask: doing((context, event) => (assertEvent(event, 'OBSERVED'), ask(context, event))),
    sayWhenCool: doing(sayWhenCool),
    blind: doing((context, event) => (assertEvent(event, 'OBSERVE_FAILED'), blind(context, event))),
    plan: doing((context, event) => (assertEvent(event, 'PLANNED'), plan(context, event))),
    stuck: doing((context, event) => (assertEvent(event, ['STARVED', 'CAPPED']), stuck(context, event))),
    land: doing((context, event) => (isNews(event) ? land(context, event) : stray(context, event))),
    pause: doing(pause),
    resume: doing(resume),
    retire: doing((context) => endEpisode({ context, commands: [] }, 'the loan left the policy')),
    stray: doing(stray),
  },
});
