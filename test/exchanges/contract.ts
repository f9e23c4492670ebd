/**
 * The contract every product of an adapter keeps, as numbered cards, played against the simulated exchanges: whatever
 * the venue or the network does, the adapter says what is true or that it does not know, and sends once.
 */
import { expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { parse, type Dec } from '../../src/core/money.ts';
import type { Evidence, Intent, Leg, Reply, StateBefore } from '../../src/core/intent.ts';
import type { AccountView, LoanView, Product } from '../../src/core/loan.ts';
import type { SignedRequest, Venue } from '../../src/exchanges/exchange.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/start.ts';

/** Waits of the venue under test, ms: small, so that validities end while the test watches. */
export const SHORT = { recvWindowMs: 400, clockErrorMs: 50, lagMarginMs: 200, recordSkewMs: 300 } as const;
/** From a send to the moment when absence may prove something. */
const CERTAIN_MS = SHORT.recvWindowMs + SHORT.clockErrorMs + SHORT.lagMarginMs + 150;

export interface Subject {
  readonly simulator: Simulator;
  readonly venue: Venue;
}

export interface Cards {
  readonly product: Product;
  readonly key: string;
  readonly account: string;
  open(): Promise<Subject>;
  /** A leg of a size that the account can pay, and the start of its path on the wire. */
  readonly leg: Leg;
  readonly path: string;
  /** Start of the path of the product's own read; its failure must blind the product only. */
  readonly readPath: string;
  /** How the leg shows in a view: this figure falls (or rises) by the leg's amount. */
  figure(loan: LoanView, view: AccountView): Dec;
  readonly direction: 'falls' | 'rises';
  /** False where the answer itself is final and there is no PENDING. */
  readonly settles: boolean;
  /** A leg that asks for more than there is, and what the refusal teaches. */
  readonly tooMuch: { readonly amount: string; readonly effect: string };
}

interface Sent {
  readonly reply: Reply;
  readonly intent: Intent;
  readonly before: AccountView;
  readonly request: SignedRequest;
}

const NEVER = new AbortController().signal;

class Table {
  readonly #cards: Cards;
  #subject: Subject | null = null;
  #count = 0;

  constructor(cards: Cards) {
    this.#cards = cards;
  }

  async start(): Promise<Subject> {
    this.#subject ??= await this.#cards.open();
    return this.#subject;
  }

  async end(): Promise<void> {
    const subject = this.#subject;
    this.#subject = null;
    await subject?.venue.close();
    await subject?.simulator.stop();
  }

  async fault(
    effect: FaultInput['effect'],
    match: FaultInput['match'] = { path: this.#cards.path, method: 'POST' },
  ): Promise<void> {
    (await this.start()).simulator.simulation.faults.add({ match, effect });
  }

  async clear(): Promise<void> {
    (await this.start()).simulator.simulation.faults.remove();
  }

  async act(deed: unknown): Promise<void> {
    (await this.start()).simulator.simulation.booksOf('binance').act?.(deed);
  }

  async look(): Promise<AccountView> {
    return (await this.start()).venue.observe(NEVER);
  }

  loan(view: AccountView): LoanView {
    const found = view.loans.find((loan) => loan.product === this.#cards.product && loan.key === this.#cards.key);
    if (found === undefined) throw new Error(`no such loan in ${JSON.stringify(view.sections)}`);
    return found;
  }

  figure(view: AccountView): Dec {
    return this.#cards.figure(this.loan(view), view);
  }

  /** One money call the way the jobs make it: look, cursors, sign, send once. */
  async send(over: Partial<Intent> = {}, between: () => Promise<void> = () => Promise.resolve()): Promise<Sent> {
    const { venue } = await this.start();
    const before = await this.look();
    this.#count += 1;
    const planned = intentOf(this.#cards, before, this.#count, over);
    const cursors = await venue.cursors(planned, NEVER);
    const request = venue.sign(planned);
    await between();
    const sentAt = systemClock.wall();
    const reply = await venue.send(request, NEVER);
    const ref = reply.outcome === 'accepted' ? reply.ref : null;
    const intent: Intent = { ...planned, cursors, state: 'unknown', validUntil: request.validUntil, sentAt, ref };
    return { reply, intent, before, request };
  }

  async evidence(intent: Intent): Promise<Evidence> {
    return (await this.start()).venue.evidence(intent, NEVER);
  }

  /** Evidence until it is a verdict, at most for a while. */
  async settled(intent: Intent): Promise<Evidence> {
    const end = systemClock.mono() + 3_000;
    for (;;) {
      const evidence = await this.evidence(intent);
      if (evidence.verdict === 'happened' || evidence.verdict === 'didNotHappen' || systemClock.mono() > end)
        return evidence;
      await systemClock.sleep(30);
    }
  }

  async expectMoved(sent: Sent, moved: boolean): Promise<void> {
    const change = this.figure(await this.look())
      .minus(this.figure(sent.before))
      .times(this.#cards.direction === 'falls' ? -1 : 1);
    const amount = parse(sent.intent.amount);
    // Interest and fees of a few seconds are allowed for.
    if (moved) expect(change.minus(amount).abs().lte(amount.times('0.01')), `moved by ${change.toFixed()}`).toBe(true);
    else expect(change.abs().lte(amount.times('0.01')), `moved by ${change.toFixed()}`).toBe(true);
  }

  async expectSends(id: string, sends: number): Promise<void> {
    const counts = (await this.start()).simulator.simulation.counts();
    expect(counts.sends[id] ?? 0).toBe(sends);
    expect(counts.doubleSends).toBe(0);
  }
}

function intentOf(cards: Cards, view: AccountView, count: number, over: Partial<Intent>): Intent {
  const loan = view.loans.find((one) => one.product === cards.product && one.key === cards.key);
  const before: StateBefore = {
    debt: Object.fromEntries((loan?.debts ?? []).map((debt) => [debt.asset, debt.amount.toFixed()])),
    collateral: Object.fromEntries((loan?.collateral ?? []).map((held) => [held.asset, held.amount.toFixed()])),
    inside: Object.fromEntries((loan?.collateral ?? []).map((held) => [held.asset, held.free.toFixed()])),
    wallet: Object.fromEntries(
      Object.entries(view.wallets[0]?.free ?? {}).map(([asset, free]) => [asset, free.toFixed()]),
    ),
    ltv: loan?.ltv.toFixed() ?? '0',
  };
  return {
    ...cards.leg,
    id: `t-1-${String(count)}`,
    account: cards.account,
    loan: loan?.id ?? '',
    product: cards.product,
    key: cards.key,
    mode: 'simulated',
    episode: 'e',
    rung: 1,
    tier: 'normal',
    chargeUsd: '0',
    fingerprint: 'marked',
    clientId: `t1n${String(count)}`,
    epoch: 1,
    policyDigest: '',
    plannedAt: systemClock.wall(),
    maxAgeMs: 10_000,
    before,
    cursors: {},
    state: 'sending',
    validUntil: null,
    sentAt: null,
    settledAt: null,
    troubleAt: null,
    ref: null,
    note: '',
    reads: [],
    ...over,
  };
}

/** One numbered card: a title, and a play that holds or throws. */
export interface Card {
  readonly title: string;
  readonly play: () => Promise<void>;
}

type Deal = (title: string, play: (table: Table) => Promise<void>) => void;

/** The cards of one product, each played on a fresh exchange. */
export function deckOf(cards: Cards): readonly Card[] {
  const deck: Card[] = [];
  const deal: Deal = (title, play) => {
    deck.push({
      title,
      play: async () => {
        const table = new Table(cards);
        try {
          await play(table);
        } finally {
          await table.end();
        }
      },
    });
  };
  readCards(cards, deal);
  wholeCards(cards, deal);
  brokenCards(deal);
  evidenceCards(cards, deal);
  return deck;
}

function readCards(cards: Cards, deal: Deal): void {
  deal('TC-01 a look shows the loan with its debt, collateral and line', async (table) => {
    const view = await table.look();
    const loan = table.loan(view);
    expect(loan.status).toBe('open');
    expect(loan.ltv.gt(0) && loan.ltv.lt(loan.line) && loan.line.lt(1)).toBe(true);
    expect(Object.values(view.sections).every((section) => section.state === 'fresh')).toBe(true);
    if (loan.venueLtv !== null) {
      expect(loan.ltv.gte(loan.venueLtv.low.times('0.995')) && loan.ltv.lte(loan.venueLtv.high.times('1.005'))).toBe(
        true,
      );
    }
  });

  const blind: readonly FaultInput['effect'][] = [
    { kind: 'status', status: 503, body: '{"code":-1008,"msg":"busy"}' },
    { kind: 'html', status: 200 },
    { kind: 'cutJson' },
    { kind: 'emptyBody' },
    { kind: 'wrongType' },
    { kind: 'dropBefore' },
  ];
  for (const effect of blind) {
    deal(`TC-02 a read that fails (${effect.kind}) is a failed section, not an empty one`, async (table) => {
      await table.look();
      await table.fault(effect, { path: cards.readPath, method: 'GET' });
      const view = await table.look();
      expect(view.loans.filter((loan) => loan.product === cards.product)).toEqual([]);
      expect(view.sections[cards.product]).toMatchObject({ state: 'failed' });
      expect(view.sections['wallet.spot']).toMatchObject({ state: 'fresh' });
      await table.clear();
      expect(table.loan(await table.look()).status).toBe('open');
    });
  }

  deal('TC-03 prices and interest that move are seen by the next look', async (table) => {
    const before = table.loan(await table.look()).ltv;
    const { simulator } = await table.start();
    for (let moment = 0; moment < 70; moment += 1) simulator.engine.step(simulator.engine.tape.endMs);
    expect(table.loan(await table.look()).ltv.eq(before)).toBe(false);
  });
}

function wholeCards(cards: Cards, deal: Deal): void {
  deal('TC-10 accepted, recorded, and seen by the reads', async (table) => {
    const sent = await table.send();
    expect(sent.reply).toMatchObject({ outcome: 'accepted' });
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened', amount: cards.leg.amount });
    await table.expectMoved(sent, true);
    await table.expectSends(sent.intent.id, 1);
  });

  deal('TC-11 a request that was sent is not sent again', async (table) => {
    const sent = await table.send();
    const { venue } = await table.start();
    expect(await venue.send(sent.request, NEVER)).toMatchObject({ outcome: 'refused' });
    await table.expectSends(sent.intent.id, 1);
  });

  deal('TC-12 more than there is is rejected, and says why', async (table) => {
    const sent = await table.send({ amount: cards.tooMuch.amount });
    expect(sent.reply).toMatchObject({ outcome: 'rejected', effect: cards.tooMuch.effect });
    await table.expectMoved({ ...sent, intent: { ...sent.intent, amount: cards.leg.amount } }, false);
  });

  deal('TC-13 a request that arrives after its window is rejected by the venue’s clock', async (table) => {
    const sent = await table.send({}, () => systemClock.sleep(SHORT.recvWindowMs + 100));
    expect(sent.reply).toMatchObject({ outcome: 'rejected', effect: 'clock' });
    await table.expectMoved(sent, false);
    expect((await table.send()).reply).toMatchObject({ outcome: 'accepted' });
  });

  for (const [status, effect] of [
    [429, 'rateLimited'],
    [418, 'banned'],
  ] as const) {
    deal(`TC-14 status ${String(status)} is rejected with the wait the venue asks for`, async (table) => {
      await table.fault({ kind: 'rateLimit', status, retryAfterSec: 7 });
      const sent = await table.send();
      expect(sent.reply).toMatchObject({ outcome: 'rejected', effect });
      expect(sent.reply.outcome === 'rejected' ? sent.reply.retryAfterMs : 0).toBeGreaterThanOrEqual(7_000);
      await table.expectSends(sent.intent.id, 1);
    });
  }

  deal('TC-15 a key that lost its right halts', async (table) => {
    const sent = await table.send({}, () =>
      table.act({ do: 'permissions', account: cards.account, margin: false, trade: false, transfer: false }),
    );
    expect(sent.reply).toMatchObject({ outcome: 'rejected', effect: 'halt' });
    await table.expectMoved(sent, false);
  });
}

function brokenCards(deal: Deal): void {
  const broken: readonly (readonly [string, FaultInput['effect'], boolean])[] = [
    ['the connection is reset after execution', { kind: 'dropAfter' }, true],
    ['the connection is reset before execution', { kind: 'dropBefore' }, false],
    ['503 after execution', { kind: 'status', status: 503, executes: true }, true],
    ['503 without execution', { kind: 'status', status: 503, executes: false }, false],
    [
      'a 5xx with a code that elsewhere proves a rejection',
      {
        kind: 'status',
        status: 500,
        body: '{"code":-3015,"msg":"Repay amount exceeds borrow amount."}',
        executes: true,
      },
      true,
    ],
    ['HTML with status 200', { kind: 'html', status: 200, executes: true }, true],
    ['HTML with status 502', { kind: 'html', status: 502, executes: false }, false],
    ['cut JSON', { kind: 'cutJson', executes: true }, true],
    ['an empty body', { kind: 'emptyBody', executes: true }, true],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/', executes: false }, false],
    ['a code nobody knows', { kind: 'status', status: 400, body: '{"code":-98765,"msg":"?"}', executes: true }, true],
  ];
  for (const [name, effect, executes] of broken) {
    deal(`TC-20 ${name}: unknown, sent once, and the evidence says which`, async (table) => {
      await table.fault(effect);
      const sent = await table.send();
      expect(sent.reply).toMatchObject({ outcome: 'unknown' });
      await table.clear();
      if (executes) {
        expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
      } else {
        expect((await table.evidence(sent.intent)).verdict, 'too early').toBe('cannotTell');
        await systemClock.sleep(CERTAIN_MS);
        expect(await table.evidence(sent.intent)).toMatchObject({ verdict: 'didNotHappen' });
      }
      await table.expectMoved(sent, executes);
      await table.expectSends(sent.intent.id, 1);
    });
  }

  deal('TC-24 wrong types: whatever is left readable, it is no refusal, and it happened', async (table) => {
    await table.fault({ kind: 'wrongType', executes: true });
    const sent = await table.send();
    expect(['accepted', 'unknown']).toContain(sent.reply.outcome);
    await table.clear();
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
    await table.expectSends(sent.intent.id, 1);
  });

  deal('TC-21 slow beyond the deadline: unknown, and it happened', async (table) => {
    await table.fault({ kind: 'delay', ms: 2_500, after: true });
    const sent = await table.send();
    expect(sent.reply).toMatchObject({ outcome: 'unknown' });
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
    await table.expectSends(sent.intent.id, 1);
  });

  deal('TC-22 held up before execution until the window is over: it never happens', async (table) => {
    await table.fault({ kind: 'delay', ms: 2_500 });
    const sent = await table.send();
    expect(sent.reply).toMatchObject({ outcome: 'unknown' });
    await systemClock.sleep(1_000);
    expect(await table.evidence(sent.intent)).toMatchObject({ verdict: 'didNotHappen' });
    await table.expectMoved(sent, false);
  });

  deal('TC-23 nobody listens any more: refused, nothing left', async (table) => {
    const { simulator } = await table.start();
    const sent = await table.send({}, () => simulator.stop());
    expect(sent.reply).toMatchObject({ outcome: 'refused' });
  });
}

function evidenceCards(cards: Cards, deal: Deal): void {
  deal('TC-30 records that lag are waited for, never taken for absence', async (table) => {
    const { simulator } = await table.start();
    simulator.simulation.faults.add({
      match: { venue: 'binance', method: 'GET' },
      effect: { kind: 'recordLag', ms: 60_000 },
    });
    await table.fault({ kind: 'dropAfter' });
    const sent = await table.send();
    await systemClock.sleep(CERTAIN_MS);
    // The lists show nothing and the validity is over; what the account holds still gives it away.
    expect((await table.evidence(sent.intent)).verdict).toBe('cannotTell');
    await table.clear();
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
  });

  deal('TC-33 what happened before the send is never taken for ours', async (table) => {
    const first = await table.send();
    expect(await table.settled(first.intent)).toMatchObject({ verdict: 'happened' });
    await table.fault({ kind: 'dropBefore' });
    const second = await table.send();
    await table.clear();
    await systemClock.sleep(CERTAIN_MS);
    expect(await table.evidence(second.intent)).toMatchObject({ verdict: 'didNotHappen' });
  });

  deal('TC-34 stale reads do not hide what the records show', async (table) => {
    await table.fault({ kind: 'dropAfter' });
    const sent = await table.send();
    await table.clear();
    await table.fault({ kind: 'staleReads', ms: 60_000 }, { method: 'GET' });
    await systemClock.sleep(CERTAIN_MS);
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
  });
  if (cards.settles) pendingCards(cards, deal);
}

function pendingCards(cards: Cards, deal: Deal): void {
  deal('TC-31 a pending record is pending, then final', async (table) => {
    await table.fault({ kind: 'stuckPending' });
    const sent = await table.send();
    expect(sent.reply).toMatchObject({ outcome: 'accepted' });
    await systemClock.sleep(CERTAIN_MS);
    expect((await table.evidence(sent.intent)).verdict).toBe('pending');
    await table.act({ do: 'release', account: cards.account });
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'happened' });
    await table.expectMoved(sent, true);
  });

  deal('TC-32 a FAILED record of our reference is proof', async (table) => {
    await table.fault({ kind: 'stuckPending', ms: 50, fate: 'failed' });
    const sent = await table.send();
    expect(await table.settled(sent.intent)).toMatchObject({ verdict: 'didNotHappen', byRecord: true });
    await table.expectMoved(sent, false);
  });
}
