/** What looks do: warnings, confirmation, episodes, cool-down, distance, blindness (DESIGN §2.4, §5.1, §8). */
import { describe, expect, test } from 'vitest';
import {
  breached,
  CAPPED,
  FAILED,
  LEGS,
  Loan,
  news,
  pauseFor,
  planned,
  RESUME,
  RULES,
  seen,
  sent,
  STARVED,
} from './support.ts';

const categories = (loan: Loan): readonly string[] => loan.said('alert').map(({ category }) => category);
const done = (id: string) => [...sent(id), news('CONFIRMED', id)];

describe('warnings', () => {
  test('each warning level rings once while the loan stays above it', () => {
    const loan = new Loan().tell(seen('0.61'));
    expect([loan.state, categories(loan)]).toEqual(['watching.warned', ['warn']]);
    expect(categories(loan.tell(seen('0.62')))).toEqual([]);
    expect(categories(loan.tell(seen('0.66')))).toEqual(['warn']);
  });

  test('a jump over two levels rings for both', () => {
    expect(categories(new Loan().tell(seen('0.66')))).toEqual(['warn', 'warn']);
  });

  test('a price that dances on the level does not ring again, one that left it does', () => {
    const loan = new Loan().tell(seen('0.61'), seen('0.599'), seen('0.60'));
    expect([loan.state, categories(loan)]).toEqual(['watching.warned', []]);
    expect(loan.tell(seen('0.55')).state).toBe('watching.healthy');
    expect(categories(loan.tell(seen('0.60')))).toEqual(['warn']);
  });
});

describe('confirmation', () => {
  test('between act and urgent it takes looks at different price moments', () => {
    const loan = new Loan().tell(seen('0.72', { priceMoment: 'a' }), seen('0.73', { priceMoment: 'a' }));
    expect([loan.state, loan.last]).toEqual(['watching.breached', []]);
    loan.tell(seen('0.72', { priceMoment: 'b', episodeId: 'mine' }));
    expect(loan.said('episodeOpened')).toEqual([{ type: 'episodeOpened', episode: 'mine', ltv: '0.72' }]);
    expect(loan.said('need')).toEqual([
      { type: 'need', episode: 'mine', aim: 'target', urgency: 'act', emergency: false, remainder: null, clear: null },
    ]);
  });

  test('moments that come and go do not confirm each other twice', () => {
    const rules = { ...RULES, confirmAct: 3 };
    const moments = ['a', 'b', 'a', 'b'].map((priceMoment) => seen('0.72', { priceMoment, rules }));
    expect(new Loan().tell(...moments).said('need')).toEqual([]);
  });

  test('a look below act starts the count afresh', () => {
    const loan = new Loan().tell(seen('0.72', { now: 1 }), seen('0.69', { now: 2 }), seen('0.72', { now: 3 }));
    expect(loan.said('need')).toEqual([]);
  });

  test('at urgent one look is enough', () => {
    expect(new Loan().tell(seen('0.78')).said('need')).toMatchObject([{ urgency: 'urgent', emergency: false }]);
  });

  test('a failed look between two good ones takes nothing from the count', () => {
    const loan = new Loan().tell(seen('0.72', { now: 1 }), FAILED, seen('0.72', { now: 2 }));
    expect(loan.said('need')).toHaveLength(1);
  });
});

describe('an episode', () => {
  test('is measured to target until a whole plan is confirmed', () => {
    const loan = breached().tell(seen('0.66', { now: 1_100 }));
    expect([loan.state, loan.said('need').length]).toEqual(['watching.breached', 1]);
    expect(loan.tell(seen('0.58', { now: 1_200 })).said('episodeClosed')).toHaveLength(1);
    expect([loan.state, loan.context.episode]).toEqual(['watching.healthy', null]);
  });

  test('after a whole plan it ends below act, so that price noise is not paid for', () => {
    const loan = breached().tell(...done('i'), seen('0.66', { now: 1_100 }));
    expect([loan.said('episodeClosed').length, loan.said('need').length]).toEqual([1, 0]);
  });

  test('after a partial plan it goes on to target', () => {
    const partial = [
      planned('i', { partial: true }),
      news('CLAIMED', 'i'),
      news('ACCEPTED', 'i'),
      news('CONFIRMED', 'i'),
    ];
    const loan = breached().tell(...partial, seen('0.66', { now: 70_000 }));
    expect([loan.said('episodeClosed').length, loan.said('need').length]).toEqual([0, 1]);
  });

  test('keeps its id until it closes, and the next one has another', () => {
    const loan = breached().tell(seen('0.74', { now: 1_500 }));
    expect(loan.said('need')).toMatchObject([{ episode: 'episode-1000' }]);
    loan.tell(seen('0.50'), seen('0.80', { now: 2_000 }));
    expect(loan.said('need')).toMatchObject([{ episode: 'episode-2000' }]);
  });

  test('that somebody else brought to target ends with their act for a reason, and is told', () => {
    const loan = breached().tell(seen('0.57', { now: 1_200, others: 'repaid 2000 USDT' }));
    expect(loan.said('episodeClosed')).toMatchObject([{ why: 'back at target: somebody else repaid 2000 USDT' }]);
    expect(loan.said('alert')).toMatchObject([{ severity: 'info', category: 'helped' }]);
    expect(loan.said('need')).toEqual([]);
    const closed = breached().tell(seen('0', { now: 1_200, status: 'closed', others: 'repaid 40000 USDT' }));
    expect(closed.said('episodeClosed')).toMatchObject([
      { why: expect.stringMatching(/no debt: somebody else repaid/) },
    ]);
  });

  test('that somebody else only helped goes on for the rest, and without an episode there is nothing to tell', () => {
    const loan = breached().tell(seen('0.65', { now: 1_200, others: 'repaid 2000 USDT' }));
    expect([loan.said('need').length, categories(loan).includes('helped')]).toEqual([1, false]);
    expect(categories(new Loan().tell(seen('0.5', { others: 'repaid 1 USDT' })))).toEqual([]);
  });

  test('ends when the venue says there is no debt, and another one may follow', () => {
    const loan = breached().tell(seen('0', { status: 'closed' }));
    expect([loan.state, loan.said('episodeClosed').length]).toEqual(['closed', 1]);
    expect(loan.tell(seen('0.50')).state).toBe('watching.healthy');
  });
});

describe('the cool-down', () => {
  const cooled = (): Loan => breached().tell(...done('i'));

  test('begins when a whole plan is confirmed and asks to be looked at when it ends', () => {
    const loan = cooled();
    expect([loan.state, loan.said('lookBy')[0]?.at]).toEqual(['cooling', 61_000]);
  });

  test('holds between act and urgent, and not a moment longer', () => {
    const loan = cooled().tell(seen('0.72', { now: 60_999 }));
    expect([loan.state, loan.said('need').length]).toEqual(['cooling', 0]);
    expect(loan.tell(seen('0.72', { now: 61_000 })).said('need')).toHaveLength(1);
  });

  test('is ignored beyond urgent', () => {
    expect(
      cooled()
        .tell(seen('0.78', { now: 1_100 }))
        .said('need'),
    ).toHaveLength(1);
  });

  test('does not keep the next leg of a plan waiting, not even below act', () => {
    const first = [
      planned('i', { remainder: LEGS }),
      news('CLAIMED', 'i'),
      news('ACCEPTED', 'i'),
      news('CONFIRMED', 'i'),
    ];
    const loan = breached().tell(...first);
    expect([loan.state, loan.said('lookBy')[0]?.at]).toEqual(['watching.breached', 1_000]);
    expect(loan.tell(seen('0.66', { now: 1_000 })).said('need')).toMatchObject([{ remainder: LEGS }]);
    expect(loan.tell(...done('j')).state).toBe('cooling');
  });
});

test('the next leg does not wait for the cool-down of an earlier plan either', () => {
  const first = [planned('j', { remainder: LEGS }), news('CLAIMED', 'j'), news('CONFIRMED', 'j', 1_200)];
  const loan = breached().tell(...sent('i'), news('CONFIRMED', 'i'), seen('0.78', { now: 1_100 }), ...first);
  expect(loan.tell(seen('0.72', { now: 1_300 })).said('need')).toMatchObject([{ remainder: LEGS }]);
});

describe('the distance to the line', () => {
  test('rings at each halving of the cushion, and once past the line', () => {
    const loan = new Loan();
    const rung = ['0.72', '0.75', '0.77', '0.79', '0.80', '0.82', '0.84', '0.85'].map((ltv, now) =>
      categories(loan.tell(seen(ltv, { now }))).includes('distance'),
    );
    expect(rung).toEqual([false, false, true, false, true, true, true, false]);
  });

  test('a paused loan that falls rings too, and is not acted on', () => {
    const loan = new Loan().tell(seen('0.5'), pauseFor(null), seen('0.82'));
    expect([loan.state, categories(loan).includes('distance'), loan.said('need'), loan.said('episodeOpened')]).toEqual([
      'paused',
      true,
      [],
      [],
    ]);
  });
});

describe('short of money or of room', () => {
  test('it asks at every look, and says so once', () => {
    const loan = breached().tell(STARVED);
    expect([loan.state, loan.said('alert')[0]?.severity]).toEqual(['starved', 'critical']);
    expect(loan.tell(seen('0.73', { now: 1_100 })).said('need')).toHaveLength(1);
    expect([loan.tell(STARVED).state, loan.last]).toEqual(['starved', []]);
    expect(categories(loan.tell(CAPPED))).toEqual(['capped']);
    expect(categories(loan.tell(STARVED))).toEqual([]);
  });

  test('it goes on asking below act until target, and leaves then', () => {
    const loan = breached().tell(CAPPED, seen('0.66', { now: 1_100 }));
    expect([loan.state, loan.said('need').length]).toEqual(['capped', 1]);
    expect(loan.tell(seen('0.57', { now: 1_200 })).state).toBe('watching.healthy');
  });

  test('it acts as soon as there is a plan', () => {
    expect(breached().tell(STARVED, planned('i')).state).toBe('acting.planned');
  });

  test('what is left of a plan is not insisted on', () => {
    const first = [planned('i', { remainder: LEGS }), news('CLAIMED', 'i'), news('CONFIRMED', 'i')];
    const loan = breached().tell(...first, seen('0.72', { now: 1_100 }), CAPPED, seen('0.72', { now: 1_200 }));
    expect(loan.said('need')).toMatchObject([{ remainder: null }]);
  });
});

describe('blindness', () => {
  test('failed looks change nothing but their count, and ring once', () => {
    const loan = breached().tell(FAILED, FAILED);
    expect([loan.state, categories(loan), loan.said('lookBy').length]).toEqual(['watching.breached', [], 1]);
    expect(categories(loan.tell(FAILED))).toEqual(['blind']);
    expect(categories(loan.tell(FAILED))).toEqual([]);
    expect(loan.tell(seen('0.5')).said('alert')).toMatchObject([{ severity: 'info', category: 'blind' }]);
  });

  test('a loan that nobody has seen is not healthy', () => {
    expect(new Loan().tell(FAILED).state).toBe('unseen');
  });
});

describe('the venue and the operator', () => {
  test('a liquidation rings once and nothing is asked while it lasts', () => {
    const loan = breached().tell(seen('0.84', { status: 'liquidating' }));
    expect([loan.state, loan.said('alert')[0]?.severity, loan.said('need')]).toEqual(['liquidating', 'critical', []]);
    expect(loan.tell(seen('0.85', { status: 'liquidating' })).last).toEqual([]);
    expect(loan.tell(seen('0.80')).state).toBe('watching.breached');
  });

  test('a paused loan that is liquidated stays paused, and rings', () => {
    const loan = new Loan().tell(pauseFor(null), seen('0.84', { status: 'liquidating' }));
    expect([loan.state, categories(loan)]).toEqual(['paused', ['liquidating']]);
  });

  test('a pause ends at its time, at a look', () => {
    const loan = new Loan().tell(pauseFor(5_000));
    expect(loan.said('lookBy')[0]?.at).toBe(5_000);
    expect(loan.tell(seen('0.80', { now: 4_999 })).state).toBe('paused');
    expect(loan.tell(seen('0.80', { now: 5_000 })).said('need')).toHaveLength(1);
    expect(loan.context.pause).toBeNull();
  });

  test('after a resume the next look decides', () => {
    const loan = breached().tell(pauseFor(null), RESUME);
    expect([loan.state, loan.tell(seen('0.72', { now: 3_000 })).state]).toEqual(['unseen', 'watching.breached']);
  });
});
