/** The judges notice: each kind of mistake, put into Ballast on purpose, is found within a few seeds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/core/intent.ts';
import type { AccountView } from '../../src/core/loan.ts';
import type { LookDeps } from '../../src/jobs/account.ts';
import { type Journal } from '../../src/jobs/journal.ts';
import type { Spoil } from './engine/process.ts';
import { INVARIANTS } from './judge/invariants/index.ts';
import { runSeed } from './run.ts';

const SEEDS = 60;

/** The first invariant that anything breaks with this mistake in place. */
async function broken(spoil: Spoil): Promise<string | null> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violation } = await runSeed(seed, spoil);
    if (violation !== null) return violation.invariant;
  }
  return null;
}

/** The same object with some of its methods replaced; the others still work on the original. */
function over<T extends object>(whole: T, parts: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, name) => {
      const own = parts[name as keyof T];
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === 'function' && own === undefined ? (value.bind(target) as unknown) : value;
    },
  });
}

const journalWith = (parts: (journal: Journal) => Partial<Journal>): Spoil => ({
  deps: (deps) => ({ ...deps, journal: over(deps.journal, parts(deps.journal)) }),
});

const venueWith = (parts: (deps: LookDeps) => Partial<LookDeps['venue']>): Spoil => ({
  deps: (deps) => ({ ...deps, venue: over(deps.venue, parts(deps)) }),
});

/** A venue that goes on showing the first thing it showed. */
function frozenView(): Spoil {
  const first = new Map<string, AccountView>();
  return venueWith(({ venue, clock }) => ({
    observe: async (signal) => {
      const view = await venue.observe(signal);
      const kept = first.get(view.account) ?? view;
      first.set(view.account, kept);
      const asOf = clock.wall();
      const sections = Object.fromEntries(
        Object.entries(kept.sections).map(([name]) => [name, { state: 'fresh' as const, asOf }]),
      );
      return { ...kept, asOf, sections };
    },
  }));
}

const NEVER: Evidence = { verdict: 'didNotHappen', byRecord: true, why: 'a lie' };
const ALWAYS = (amount: string): Evidence => ({ verdict: 'happened', ref: null, amount, why: 'a lie' });

const MISTAKES: readonly (readonly [what: string, spoil: Spoil, noticedBy: readonly string[]])[] = [
  [
    'a transport that repeats a money call',
    {
      transport: (transport) => ({
        ...over(transport, {}),
        close: () => transport.close(),
        call: async (request, options) => {
          const result = await transport.call(request, options);
          return options.money && result.kind === 'lost' ? transport.call(request, options) : result;
        },
      }),
    },
    ['once'],
  ],
  ['a send without a claim', journalWith(() => ({ claim: () => Promise.resolve(null) })), ['once']],
  [
    'an outcome that takes unknown for rejected',
    journalWith((journal) => ({
      outcome: (intent, state, fields, fuse) =>
        journal.outcome(intent, state === 'unknown' ? 'rejected' : state, fields, fuse),
    })),
    ['verdicts'],
  ],
  ['evidence that denies what happened', venueWith(() => ({ evidence: () => Promise.resolve(NEVER) })), ['verdicts']],
  [
    'evidence that believes too early',
    venueWith(() => ({ evidence: ({ amount }) => Promise.resolve(ALWAYS(amount)) })),
    ['verdicts', 'live'],
  ],
  ['reads that never change', frozenView(), ['planned', 'paidOnce', 'live', 'closed', 'fence']],
  [
    'a secret in an event',
    {
      deps: (deps) => ({
        ...deps,
        emit: (account, event) =>
          deps.emit(
            account,
            event.type === 'blind' ? event : ({ ...event, says: `secretOf${account}101` } as typeof event),
          ),
      }),
    },
    ['secrets'],
  ],
  ['a look that throws', venueWith(() => ({ observe: () => Promise.resolve({} as AccountView) })), ['sound']],
  [
    'an amount that is not the one in the journal',
    venueWith(({ venue }) => ({
      sign: (intent) => venue.sign({ ...intent, amount: String(Number(intent.amount) / 2) }),
    })),
    ['exact'],
  ],
];

describe('the judges', () => {
  it.each(MISTAKES)('notice %s', { timeout: 120_000 }, async (_what, spoil, noticedBy) => {
    expect(noticedBy).toContain(await broken(spoil));
  });

  it('are all on the page, with the sentence that each keeps', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/simulation.md'), 'utf8').replace(/ +/g, ' ');
    const rows = INVARIANTS.map(({ name, keeps }) => `| \`${name}\` | ${keeps} |`);
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });

  it('have names of their own, each with the sentence that it keeps', () => {
    expect(new Set(INVARIANTS.map(({ name }) => name)).size).toBe(INVARIANTS.length);
    expect(INVARIANTS.filter(({ keeps }) => keeps.length < 20)).toEqual([]);
  });
});
