/** The judges notice: each kind of mistake, put into Ballast on purpose, is found within a few seeds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/core/intent.ts';
import type { AccountView } from '../../src/core/loan.ts';
import type { AccountSetup, LookDeps } from '../../src/jobs/account.ts';
import type { Policy, ReleaseRule } from '../../src/core/policy.ts';
import { parse } from '../../src/core/money.ts';
import { type Journal } from '../../src/jobs/journal.ts';
import type { Spoil } from './engine/process.ts';
import { INVARIANTS } from './judge/invariants/index.ts';
import { runSeed } from './run.ts';
import { planOf } from './world/generate.ts';
import type { AccountPlan, Plan } from './world/plan.ts';

const SEEDS = 60;

/** Plays seeds with this mistake in place until one of these judges notices. @returns everything that was noticed */
async function broken(spoil: Spoil, by: readonly string[], isMeant: (plan: Plan) => boolean): Promise<Set<string>> {
  const noticed = new Set<string>();
  for (let seed = 1, played = 0; played < SEEDS && !by.some((name) => noticed.has(name)); seed += 1) {
    if (!isMeant(planOf(seed))) continue;
    played += 1;
    const { violation } = await runSeed(seed, spoil);
    if (violation !== null) noticed.add(violation.invariant);
  }
  return noticed;
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

const setupWith = (change: (setup: AccountSetup) => AccountSetup): Spoil => ({
  deps: (deps) => ({ ...deps, setup: () => change(deps.setup()) }),
});

const policiesWith = (change: (policy: Policy) => Policy): Spoil =>
  setupWith((setup) => ({
    ...setup,
    policies: Object.fromEntries(Object.entries(setup.policies).map(([name, policy]) => [name, change(policy)])),
  }));

/** What an examination finds, whatever the venue says. */
const REFUSED = { check: 'key', level: 'fail', says: 'it may do nothing.', remedy: 'Mend it.', exit: 77 } as const;

const UNLIMITED = { perAction: null, perHour: null, perDay: null, perIncident: null };

/** Reads are used again for this long as if they were new, until something is sent. */
const OLD_MS = 30_000;
function oldViews(): Spoil {
  const kept = new Map<string, { readonly view: AccountView; readonly at: number }>();
  return venueWith(({ venue, clock, setup }) => {
    const { name } = setup();
    return {
      observe: async (signal) => {
        const at = clock.wall();
        const old = kept.get(name);
        if (old === undefined || at - old.at > OLD_MS || at < old.at) {
          const view = await venue.observe(signal);
          kept.set(name, { view, at });
          return view;
        }
        const sections = Object.keys(old.view.sections).map((one) => [one, { state: 'fresh' as const, asOf: at }]);
        return { ...old.view, asOf: at, sections: Object.fromEntries(sections) as AccountView['sections'] };
      },
      send: (request, signal) => {
        kept.delete(name);
        return venue.send(request, signal);
      },
    };
  });
}

/** From the third reading on nothing is owed any more. */
function emptied(): Spoil {
  const readings = new Map<string, number>();
  return venueWith(({ venue }) => ({
    observe: async (signal) => {
      const view = await venue.observe(signal);
      const count = (readings.get(view.account) ?? 0) + 1;
      readings.set(view.account, count);
      if (count < 3) return view;
      return { ...view, loans: view.loans.map((loan) => ({ ...loan, status: 'closed' as const, debts: [] })) };
    },
  }));
}

/** Calls go to another loan of the same product. */
function wrongLoan(): Spoil {
  const keys = new Map<string, Set<string>>();
  return venueWith(({ venue }) => ({
    observe: async (signal) => {
      const view = await venue.observe(signal);
      for (const { product, key } of view.loans) keys.set(product, (keys.get(product) ?? new Set()).add(key));
      return view;
    },
    sign: (intent) => {
      const other = [...(keys.get(intent.product) ?? [])].find((key) => key !== intent.key);
      return venue.sign(other === undefined ? intent : { ...intent, key: other });
    },
  }));
}

/** Whatever is undecided is overlooked, by the loans' machines too, and the fence is told that it ran out long ago. */
const overlooked: Spoil = journalWith((journal) => ({
  open: async () => ({ ...(await journal.open()), loans: new Map(), undecided: [], emergencies: new Set<string>() }),
  claim: (intent, digest, validUntil, sentAt) =>
    journal.claim(intent, digest, validUntil, sentAt, { validBefore: Number.MAX_SAFE_INTEGER }),
}));

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

type Mistake = [what: string, spoil: Spoil, noticedBy: readonly string[], isMeant?: (plan: Plan) => boolean];

const MISTAKES: readonly Mistake[] = [
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
  ['a call that is not waited for', overlooked, ['oneAtATime'], ({ accounts }) => accounts.every(isPatient)],
  [
    'twice as much as is needed',
    policiesWith((policy) => ({ ...policy, bands: { ...policy.bands, target: policy.bands.target.plus('0.12') } })),
    ['paidOnce'],
  ],
  ['a failed read that is taken for a paid loan', emptied(), ['closed']],
  ['a call to another loan', wrongLoan(), ['explained']],
  ['reads that are older than they say', oldViews(), ['blind']],
  [
    'limits that nobody keeps',
    policiesWith((policy) => ({ ...policy, limits: { ...policy.limits, ...UNLIMITED, urgent: UNLIMITED } })),
    ['caps'],
  ],
  [
    'coins that are to be kept and are spent',
    setupWith((setup) => ({ ...setup, wallets: setup.wallets.map((wallet) => ({ ...wallet, keep: {} })) })),
    ['caps'],
  ],
  [
    'a release that no rule asks for',
    policiesWith((policy) => ({ ...policy, release: releaseSoon(policy) })),
    ['releases'],
  ],
  [
    'a halt that nobody can lift, also where clocks were wrong',
    venueWith(() => ({ examine: () => Promise.resolve([REFUSED]) })),
    ['fence'],
    ({ events }) => ['key', 'clock'].every((kind) => events.some((event) => event.kind === kind)),
  ],
  [
    'looks that write nothing down',
    journalWith((journal) => ({
      commit: (epoch, digest, commit) => journal.commit(epoch, digest, { ...commit, decisions: [] }),
    })),
    ['records'],
  ],
  [
    'a dry run that is none',
    setupWith((setup) => ({ ...setup, mode: 'simulated' })),
    ['dryRun'],
    ({ accounts }) => accounts.some(({ setup }) => setup.mode === 'dryRun'),
  ],
];

/** At OKX requests are valid for longer than the pause between two looks. */
function isPatient({ setup }: AccountPlan): boolean {
  return setup.venue === 'okx';
}

/** As soon as a loan is a little better than its target. */
function releaseSoon({ bands }: Policy): ReleaseRule {
  const { target } = bands;
  return { below: target.plus('0.02'), upTo: target.plus('0.01'), afterMs: 1_000, perDay: parse('20000') };
}

describe('the judges', () => {
  it.each<Mistake>(MISTAKES)(
    'notice %s',
    { timeout: 120_000 },
    async (_what, spoil, noticedBy, isMeant = () => true) => {
      const noticed = await broken(spoil, noticedBy, isMeant);
      expect(noticedBy.filter((name) => noticed.has(name))).not.toEqual([]);
    },
  );

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
