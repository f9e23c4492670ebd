/**
 * Flexible loans (binance.md §7): a position is a pair of loan coin and collateral coin, its key is `LOAN-COLLATERAL`.
 * Money goes straight from and to the spot wallet. No call takes a client id and no history row has an id: they are
 * proven by pair, direction, amount and time, and by what the position shows (§7.2).
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import type { LoanView } from '../../core/loan.ts';
import { parse } from '../../core/money.ts';
import { absenceProves } from '../../core/proof.ts';
import { VenueError } from '../exchange.ts';
import { Reader, malformed } from '../parse.ts';
import type { BinanceClient, Purpose } from './client.ts';
import { ENDPOINTS } from './endpoints.ts';
import { PAGE_SIZE, coinsOf, flexibleCall, readHistory, withOwnAmount } from './flexibleCalls.ts';
import {
  keyOf,
  flexibleView,
  readPosition,
  readThresholds,
  type FlexibleThresholds,
  type Position,
} from './flexibleView.ts';
import { SharedRead, type Dated } from './hostShared.ts';
import { priceAll } from './priceBook.ts';
import type { Call, Look, ProductPart } from './product.ts';
import { cursorOf, cursorSince, evidenceSince, knownIds } from './records.ts';
import { debtWitness, judgeTrace, type BalanceWitness } from './verdict.ts';

const MOST_PAGES = 5;
/** Positions cost 300 of 12000 a minute and IP, so many accounts behind one address cannot all read at every look (§4.1). */
const POSITIONS_KEPT_MS = 60_000;
/** Thresholds cost 400: read once a minute. */
const THRESHOLDS_EVERY_MS = 60_000;

interface Positions {
  readonly open: readonly Position[];
}

export class FlexibleLoan implements ProductPart {
  readonly product = 'binance.flexibleLoan';
  readonly #client: BinanceClient;
  readonly #thresholds: SharedRead<ReadonlyMap<string, FlexibleThresholds>>;
  #last: Dated<Positions> | null = null;
  /** Positions that were open at some look, as last seen: one that is no longer listed must be explained. */
  readonly #seen = new Map<string, { readonly position: Position; readonly at: number; readonly closed: boolean }>();

  constructor(client: BinanceClient) {
    this.#client = client;
    this.#thresholds = new SharedRead(client.clock);
  }

  async observe(look: Look): Promise<readonly LoanView[]> {
    look.prices.prefetch(
      [...this.#seen.values()].flatMap(({ position }) => [position.loanCoin, position.collateralCoin]),
    );
    const reading = this.#readThresholds();
    reading.catch(() => undefined);
    const { value, wall } = await this.#positions(look);
    const closed = await this.#explainMissing(value.open, wall, look.signal);
    const all = [...value.open, ...closed];
    const prices = await priceAll(
      look.prices,
      all.flatMap((one) => [one.loanCoin, one.collateralCoin]),
      [],
    );
    const thresholds = await reading;
    const asOf = Math.min(wall, look.prices.oldest);
    return all.map((position) => flexibleView({ account: this.#client.account, asOf, position, prices, thresholds }));
  }

  call(intent: Intent): Call {
    return flexibleCall(intent);
  }

  async cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return cursorOf(await readHistory(this.#client, intent, await cursorSince(this.#client), signal));
  }

  /** A `ref` here only says that the venue accepted and was still at work: absence then never proves anything. */
  async evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    const history = await readHistory(this.#client, intent, await evidenceSince(this.#client, intent), signal);
    const judged = await judgeTrace(intent.full ? withOwnAmount(intent, history) : intent, {
      records: history,
      flow: null,
      balances: () => this.#balances(intent, signal),
      known: knownIds(intent),
      now: await this.#client.time.now(),
      lagMarginMs: this.#client.timing.lagMarginMs,
    });
    if (judged.verdict !== 'didNotHappen' || judged.byRecord === true || absenceProves(intent)) return judged;
    return { verdict: 'cannotTell', why: 'accepted as still in work; no record of it yet' };
  }

  async #balances(intent: Intent, signal: AbortSignal): Promise<BalanceWitness> {
    const { loanCoin, collateralCoin } = coinsOf(intent);
    const { open } = await this.#read(signal, 'rescue', { loanCoin, collateralCoin });
    const now = open[0];
    if (now === undefined && intent.verb === 'borrow') return debtWitness(intent, '0');
    if (now === undefined) return { moved: true, says: 'the position is not listed any more' };
    if (intent.verb === 'repay') {
      // Debt only grows by itself (§7.2).
      const moved =
        now.debt.lt(parse(intent.before.debt[loanCoin] ?? '0')) || intent.before.debt[loanCoin] === undefined;
      return { moved, says: moved ? 'the debt fell although no record says so' : 'the debt did not fall' };
    }
    if (intent.verb === 'borrow') return debtWitness(intent, now.debt.toFixed());
    // Collateral grows a little by its own interest (§7.2), never by a whole amount.
    const change = now.collateral
      .minus(parse(intent.before.collateral[collateralCoin] ?? '0'))
      .times(intent.verb === 'add' ? 1 : -1);
    const moved =
      change.gte(parse(intent.amount).times('0.99')) || intent.before.collateral[collateralCoin] === undefined;
    return { moved, says: moved ? 'the collateral moved although no record says so' : 'the collateral did not move' };
  }

  /** This look's positions; when our own limit forbids the read, the last ones with their own age. */
  async #positions(look: Look): Promise<Dated<Positions>> {
    const began = { wall: look.startedAt, mono: this.#client.clock.mono() };
    try {
      this.#last = { value: await this.#read(look.signal, 'poll', {}), ...began };
      return this.#last;
    } catch (error) {
      const ownLimit = error instanceof VenueError && error.kind === 'rateLimited' && error.code === null;
      if (!ownLimit || this.#last === null || began.mono - this.#last.mono > POSITIONS_KEPT_MS) throw error;
      return this.#last;
    }
  }

  async #read(signal: AbortSignal, purpose: Purpose, params: Readonly<Record<string, string>>): Promise<Positions> {
    const open: Position[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const query = { ...params, current: String(page), limit: String(PAGE_SIZE) };
      const answer = Reader.of(
        await this.#client.read(ENDPOINTS.flexibleOrders, query, { signal, purpose }),
        'flexible/ongoing/orders',
      );
      open.push(...answer.list('rows').map(readPosition));
      if (open.length >= answer.count('total')) return { open };
    }
    throw malformed('flexible/ongoing/orders', 'more positions than can be read');
  }

  /**
   * A position that is no longer listed is closed only when the venue says where it went (DESIGN §2.4): repayments that
   * cover the last known debt, or a liquidation. An unexplained gap blinds the section.
   */
  async #explainMissing(open: readonly Position[], at: number, signal: AbortSignal): Promise<readonly Position[]> {
    const listed = new Set(open.map(keyOf));
    for (const position of open) this.#seen.set(keyOf(position), { position, at, closed: false });
    const closed: Position[] = [];
    for (const [key, seen] of this.#seen) {
      if (listed.has(key)) continue;
      if (!seen.closed && !(await this.#explained(seen.position, seen.at, signal))) {
        throw malformed('flexible/ongoing/orders', `${key} is no longer listed, and no record says why`);
      }
      const position = { ...seen.position, debt: parse('0'), collateral: parse('0'), printedLtv: null };
      this.#seen.set(key, { position, at: seen.at, closed: true });
      closed.push(position);
    }
    return closed;
  }

  async #explained(position: Position, lastSeenAt: number, signal: AbortSignal): Promise<boolean> {
    const { loanCoin, collateralCoin, debt } = position;
    const offset = await this.#client.time.known();
    const since = String(Math.floor(lastSeenAt + offset - this.#client.timing.recordSkewMs));
    const params = { loanCoin, collateralCoin, startTime: since, limit: String(PAGE_SIZE) };
    const options = { signal, purpose: 'rescue' } as const;
    const repaid = Reader.of(
      await this.#client.read(ENDPOINTS.flexibleRepays, params, options),
      'flexible/repay/history',
    )
      .listOrEmpty('rows')
      .filter((row) => row.text('repayStatus').toUpperCase() === 'REPAID')
      .reduce((total, row) => total.plus(row.amount('repayAmount')), parse('0'));
    if (repaid.gte(debt.times('0.999'))) return true;
    const seized = Reader.of(
      await this.#client.read(ENDPOINTS.flexibleLiquidations, params, options),
      'flexible/liquidation/history',
    );
    return seized.listOrEmpty('rows').length > 0;
  }

  async #readThresholds(): Promise<ReadonlyMap<string, FlexibleThresholds>> {
    const read = async (): Promise<ReadonlyMap<string, FlexibleThresholds>> =>
      readThresholds(
        Reader.of(await this.#client.read(ENDPOINTS.flexibleCollateral, {}, {}), 'flexible/collateral/data'),
      );
    try {
      return (await this.#thresholds.get(THRESHOLDS_EVERY_MS, read)).value;
    } catch (error) {
      const ownLimit = error instanceof VenueError && error.kind === 'rateLimited' && error.code === null;
      if (ownLimit && this.#thresholds.last !== null) return this.#thresholds.last.value;
      throw error;
    }
  }
}
