/**
 * Every place of a look between two durable effects, by name and in order: where a process may die, freeze or lose
 * its Redis with something half done. A look says when it passes one; in a server nobody listens. Only a test's own
 * entry can listen (`test/chaos`), no setting and no environment variable reaches it.
 */
export const POINTS = {
  rung: 'the bell rang; nothing of this look is written',
  opened: 'the epoch is raised and leftover plans are voided; nothing is read yet',
  lost: 'the journal is older than what was sent: the account is in quarantine there, the witness has not said so yet',
  judged: 'the evidence of an undecided call was read and ruled on; the verdict is not appended yet',
  verdict: 'the verdict stands in the journal; no machine was told',
  imported: "the venue's records were read for the quarantine; their charges are not written yet",
  decided: 'everything is read and decided; nothing of it is written',
  committed: 'machines, decisions and the planned call are written; the call is not signed',
  signed: 'the call is signed and may be claimed; the journal still says `planned`',
  claimed: 'the journal says `sending`; the witness does not know, no byte has left',
  witnessed: 'the witness knows the call as well; no byte has left',
  sending: 'everything was checked once more; the next thing is the first byte',
  answered: 'the venue answered; the journal still says `sending`',
  recorded: 'the outcome of the call is appended; no machine was told',
  settling: 'the call is accepted; the look waits in its lane for the record',
  settled: 'what became of the call is known; machines and next look are not written',
  finished: 'the second commit stands; the next bell has not rung',
  ringing: 'the next bell has rung; the job is not over',
} as const;

export type Point = keyof typeof POINTS;

/** Told of every point that is passed. Must not throw in a server; in a test it may end the process. */
export type Passing = (point: Point) => void;

/** What a server does at a point. */
export const PASS_BY: Passing = () => undefined;
