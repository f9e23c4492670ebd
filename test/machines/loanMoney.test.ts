/** What becomes of intents: the way through a send, verdicts, the unknown, and what may leave beside it (DESIGN §2, §5.7). */
import { describe, expect, test } from 'vitest';
import { awaited, calmOf } from '../../src/machines/step.ts';
import {
  breached,
  FAILED,
  LEGS,
  Loan,
  news,
  pauseFor,
  planned,
  RESUME,
  RETIRE,
  RULES,
  seen,
  sent,
  STARVED,
  throughJson,
} from './support.ts';

const lost = (): Loan => breached().tell(...sent('i'), news('UNKNOWN', 'i', 1_500));

describe('a send', () => {
  test('goes planned, sending, settling, and then cools down', () => {
    const states = [planned('i'), news('CLAIMED', 'i'), news('ACCEPTED', 'i'), news('CONFIRMED', 'i')];
    const loan = breached();
    expect(states.map((event) => loan.tell(event).state)).toEqual([
      'acting.planned',
      'acting.sending',
      'acting.settling',
      'cooling',
    ]);
  });

  test('a second plan beside one on its way is a stray', () => {
    const loan = breached().tell(planned('i'), planned('j'));
    expect([loan.said('stray').length, loan.context.intent?.id]).toEqual([1, 'i']);
  });

  test('looks go on while it settles, and ask for nothing', () => {
    const loan = breached().tell(...sent('i'), seen('0.81', { now: 1_200 }));
    expect([loan.state, loan.said('need')]).toEqual(['acting.settling', []]);
  });

  test.each(['REJECTED', 'REFUSED', 'VOIDED', 'DID_NOT_HAPPEN'] as const)(
    'after %s the next look asks again at once',
    (type) => {
      const loan = breached().tell(planned('i'), news('CLAIMED', 'i'), news(type, 'i'));
      expect(loan.state).toBe('watching.breached');
      expect(loan.tell(seen('0.71', { now: 1_000 })).said('need')).toMatchObject([{ episode: 'episode-1000' }]);
    },
  );

  test.each(['REJECTED', 'REFUSED', 'VOIDED'] as const)('a second leg that ended %s is still due', (type) => {
    const loan = breached().tell(planned('i', { remainder: LEGS }), news('CLAIMED', 'i'), news('CONFIRMED', 'i'));
    loan.tell(seen('0.71', { now: 1_100 }), planned('j'), news(type, 'j'), seen('0.71', { now: 1_200 }));
    expect(loan.said('need')).toMatchObject([{ remainder: LEGS }]);
  });

  test('news of an old intent never moves the loan', () => {
    const loan = breached().tell(...sent('i'), news('CONFIRMED', 'i'), ...sent('j').slice(0, 0), news('REJECTED', 'i'));
    expect([loan.state, loan.said('stray').length]).toEqual(['cooling', 1]);
  });

  test('progress never runs backwards', () => {
    const loan = breached().tell(...sent('i'), news('CLAIMED', 'i'));
    expect([loan.state, loan.said('stray').length]).toEqual(['acting.settling', 1]);
  });

  test('a verdict is taken even when the process died before it told of the claim', () => {
    expect(breached().tell(planned('i'), news('CONFIRMED', 'i')).state).toBe('cooling');
  });

  test('when the episode ended meanwhile, the rest of the plan is not sent', () => {
    const loan = breached().tell(
      planned('i', { remainder: LEGS }),
      news('CLAIMED', 'i'),
      seen('0.50', { now: 1_100 }),
      news('CONFIRMED', 'i'),
    );
    expect([loan.state, loan.context.remainder]).toEqual(['cooling', null]);
  });
});

describe('the unknown', () => {
  test('is remembered with its intent and its moment, and rings', () => {
    const loan = lost();
    expect([loan.state, loan.context.intent?.id, loan.context.intent?.since]).toEqual(['unresolved', 'i', 1_500]);
    expect(loan.said('alert')).toMatchObject([{ category: 'unresolved' }]);
    expect(awaited(loan.stored)).toEqual(['i']);
  });

  test('holds between act and urgent', () => {
    expect(
      lost()
        .tell(seen('0.77', { now: 2_000 }))
        .said('need'),
    ).toEqual([]);
  });

  test('beyond urgent asks for other money, once at a time', () => {
    const loan = lost().tell(seen('0.78', { now: 2_000 }));
    expect(loan.said('need')).toMatchObject([{ emergency: true, urgency: 'urgent' }]);
    loan.tell(planned('e'), news('CLAIMED', 'e'), seen('0.79', { now: 2_100 }));
    expect([loan.state, loan.said('need'), awaited(loan.stored)]).toEqual(['unresolved', [], ['i', 'e']]);
    expect(loan.tell(planned('f')).said('stray')).toHaveLength(1);
    loan.tell(news('REJECTED', 'e'), seen('0.79', { now: 2_200 }));
    expect(loan.said('need')).toMatchObject([{ emergency: true }]);
  });

  test('with `hold` it waits even beyond urgent', () => {
    const rules = { ...RULES, whenUnsettled: 'hold' } as const;
    expect(
      lost()
        .tell(seen('0.81', { now: 2_000, rules }))
        .said('need'),
    ).toEqual([]);
  });

  test('an emergency without money rings once and leaves the loan unresolved', () => {
    const loan = lost().tell(STARVED);
    expect([loan.state, loan.said('alert').length, loan.tell(STARVED).last]).toEqual(['unresolved', 1, []]);
  });

  test.each(['CONFIRMED', 'DID_NOT_HAPPEN', 'EXPIRED'] as const)('%s of that intent resolves it', (type) => {
    expect(lost().tell(news(type, 'i')).state).toBe(type === 'CONFIRMED' ? 'cooling' : 'watching.breached');
  });

  test('giving up rings, and nothing of its plan is due any more', () => {
    const loan = breached().tell(planned('i', { remainder: LEGS }), news('UNKNOWN', 'i'), news('EXPIRED', 'i'));
    expect(loan.said('alert')).toMatchObject([{ severity: 'critical', category: 'expired' }]);
    expect(loan.context.remainder).toBeNull();
  });

  test('stays until both intents are settled, in whichever order', () => {
    const both = (): Loan => lost().tell(seen('0.80', { now: 2_000 }), planned('e'), news('CLAIMED', 'e'));
    expect(both().tell(news('DID_NOT_HAPPEN', 'i')).state).toBe('unresolved');
    expect(both().tell(news('DID_NOT_HAPPEN', 'i'), news('CONFIRMED', 'e')).state).toBe('cooling');
    expect(both().tell(news('CONFIRMED', 'e'), seen('0.72', { now: 3_000 })).state).toBe('unresolved');
    expect(both().tell(news('CONFIRMED', 'e'), news('DID_NOT_HAPPEN', 'i')).state).toBe('watching.breached');
  });

  test('a loan that fell while its release is unknown is rescued with other money', () => {
    const loan = new Loan().tell(
      seen('0.40'),
      planned('r', { rung: 0 }),
      news('CLAIMED', 'r'),
      news('UNKNOWN', 'r'),
      seen('0.79', { now: 2_000 }),
    );
    expect([loan.state, loan.said('need').length]).toEqual(['unresolved', 1]);
  });
});

describe("another loan's undecided intent", () => {
  test('holds this loan between act and urgent, and opens its episode meanwhile', () => {
    const loan = new Loan().tell(seen('0.72', { now: 1, undecided: true }), seen('0.72', { now: 2, undecided: true }));
    expect([loan.said('episodeOpened').length, loan.said('need')]).toEqual([1, []]);
  });

  test('beyond urgent makes the need an emergency', () => {
    expect(new Loan().tell(seen('0.79', { undecided: true })).said('need')).toMatchObject([{ emergency: true }]);
  });
});

describe('while nothing may move the loan', () => {
  test('news of what was on its way still lands', () => {
    const paused = breached().tell(...sent('i'), pauseFor(null), news('UNKNOWN', 'i'));
    expect([paused.state, paused.context.intent?.phase]).toEqual(['paused', 'unknown']);
    expect(paused.tell(RESUME, seen('0.72', { now: 3_000 })).state).toBe('unresolved');
    expect(paused.tell(news('CONFIRMED', 'i')).state).toBe('cooling');
  });

  test('a resumed loan goes back to where its money is', () => {
    const loan = breached().tell(...sent('i'), pauseFor(null), RESUME, seen('0.72', { now: 3_000 }));
    expect(loan.state).toBe('acting.settling');
  });

  test('a loan that left the policy keeps track of what it sent, and of nothing else', () => {
    const loan = breached().tell(...sent('i'), RETIRE);
    expect([loan.state, loan.said('episodeClosed').length, awaited(loan.stored)]).toEqual(['retired', 1, ['i']]);
    expect(awaited(loan.tell(news('CONFIRMED', 'i')).stored)).toEqual([]);
    expect([loan.tell(seen('0.9')).state, loan.said('stray').length]).toEqual(['retired', 1]);
  });
});

describe('the time below the release level', () => {
  const LOW = '0.40';
  /** Looks at one LTV, a minute apart. */
  const looks = (from: number, count: number, ltv = LOW) =>
    Array.from({ length: count }, (_, index) => seen(ltv, { now: from + index * 60_000 }));
  const calm = (loan: Loan): number | null => loan.context.calm?.ms ?? null;

  test('grows from look to look, survives JSON, and is told only of a loan that asks for nothing', () => {
    const loan = new Loan().tell(...looks(0, 61));
    expect([calm(loan), calmOf(throughJson(loan.stored))]).toEqual([3_600_000, 3_600_000]);
    expect(calmOf(loan.tell(planned('r', { rung: 0 })).stored)).toBeNull();
    expect(calmOf(breached().stored)).toBeNull();
  });

  test.each([
    ['at the level', [seen('0.45', { now: 120_000 }), seen(LOW, { now: 121_000 })], 0],
    ['above it', [seen('0.50', { now: 120_000 })], null],
    [
      'by another rule',
      [seen(LOW, { now: 120_000, rules: { ...RULES, release: { ...RULES.release, rule: 'two' } } })],
      0,
    ],
    ['by no rule', [seen(LOW, { now: 120_000, rules: { ...RULES, release: null } })], null],
    ['after a long blindness', [FAILED, seen(LOW, { now: 60_000 + 600_001 })], 0],
    ['of a loan without debt', [seen('0', { now: 120_000, status: 'closed' })], null],
  ] as const)('begins anew %s', (_what, events, expected) => {
    const loan = new Loan().tell(...looks(0, 2));
    expect(calm(loan)).toBe(60_000);
    expect(calm(loan.tell(...events))).toBe(expected);
  });

  test.each([
    ['a shorter blindness counts for one gap only', 60_000 + 600_000, 120_000],
    ['a clock that went back counts for nothing', 30_000, 60_000],
  ] as const)('%s', (_what, now, expected) => {
    const loan = new Loan().tell(...looks(0, 2), FAILED, FAILED, seen(LOW, { now }));
    expect(calm(loan)).toBe(expected);
  });

  test.each(['REJECTED', 'REFUSED', 'DID_NOT_HAPPEN', 'EXPIRED'] as const)(
    'begins anew after a release that ended %s, so that it is not tried again and again',
    (type) => {
      const loan = new Loan().tell(...looks(0, 3), planned('r', { rung: 0 }), news('CLAIMED', 'r'), news(type, 'r'));
      expect([loan.state, calm(loan)]).toEqual(['watching.healthy', null]);
      expect(calm(loan.tell(seen(LOW, { now: 180_000 })))).toBe(0);
    },
  );

  test('goes on after a plan that nobody tried, and through a release that left something to release', () => {
    const voided = new Loan().tell(...looks(0, 3), planned('r', { rung: 0 }), news('VOIDED', 'r'));
    expect(calm(voided)).toBe(120_000);
    const done = new Loan().tell(
      ...looks(0, 3),
      planned('r', { rung: 0 }),
      news('CLAIMED', 'r'),
      news('CONFIRMED', 'r'),
    );
    expect(calm(done)).toBe(120_000);
    expect(calm(done.tell(seen('0.44', { now: 121_000 })))).toBe(121_000);
  });
});

describe('a release', () => {
  test('takes the same road from a healthy loan, without an episode or a cool-down', () => {
    const loan = new Loan().tell(seen('0.40'));
    const road = [planned('r', { rung: 0 }), news('CLAIMED', 'r'), news('ACCEPTED', 'r'), news('CONFIRMED', 'r')];
    expect(road.map((event) => loan.tell(event).state)).toEqual([
      'releasing.planned',
      'releasing.sending',
      'releasing.settling',
      'watching.healthy',
    ]);
    expect(loan.context.coolUntil).toBeNull();
  });

  test('is not planned from anything but a healthy loan', () => {
    expect(new Loan().tell(seen('0.66'), planned('r', { rung: 0 })).said('stray')).toHaveLength(1);
    expect(
      breached()
        .tell(planned('r', { rung: 0 }))
        .said('stray'),
    ).toHaveLength(1);
  });
});
