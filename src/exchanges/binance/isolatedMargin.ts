/**
 * Isolated margin (binance.md §5.2, §5.8, §10): every pair is a loan of its own, with the pair as its key. The line is
 * 1/liquidationRiskRatio of the tier the debts are in; the margin-call ratio is not in the API (§15.11).
 *
 * All prices follow from one answer: the quote's USD price and the pair's own index price (§5.2), so that balances,
 * margin level and prices are of the same moment.
 */
import type { Evidence, Intent } from '../../core/intent.ts';
import { loanId, type Asset, type CollateralView, type DebtView, type LoanView } from '../../core/loan.ts';
import { type Dec, ONE, ZERO, parse, sum } from '../../core/money.ts';
import { VenueError } from '../exchange.ts';
import { Reader, malformed } from '../parse.ts';
import type { BinanceClient, Purpose } from './client.ts';
import { DECIMALS, apart, levelInterval } from './crossView.ts';
import { ENDPOINTS } from './endpoints.ts';
import { SharedRead, type AssetRules } from './hostShared.ts';
import { MarginWitness, marginCall, type Holding, type MarginShape } from './margin.ts';
import { type Call, type Look, type ProductPart } from './product.ts';
import { assetRules } from './rules.ts';

const PRODUCT = 'binance.isolatedMargin';
const SHAPE: MarginShape = { isolated: true, transferIn: 'MAIN_ISOLATED_MARGIN', transferOut: 'ISOLATED_MARGIN_MAIN' };
const NO_DEBT_LEVEL = parse('999');

interface Side {
  readonly asset: Asset;
  readonly free: Dec;
  readonly locked: Dec;
  readonly borrowed: Dec;
  readonly interest: Dec;
}

interface Pair {
  readonly symbol: string;
  readonly base: Side;
  readonly quote: Side;
  readonly marginLevel: Dec;
  readonly status: string;
  readonly indexPrice: Dec;
  readonly enabled: boolean;
  readonly tradeEnabled: boolean;
}

interface Tier {
  readonly line: Dec;
  readonly baseMax: Dec;
  readonly quoteMax: Dec;
}

export class IsolatedMargin implements ProductPart {
  readonly product = PRODUCT;
  readonly #client: BinanceClient;
  readonly #witness: MarginWitness;
  readonly #tiers = new Map<string, SharedRead<readonly Tier[]>>();

  constructor(client: BinanceClient) {
    this.#client = client;
    this.#witness = new MarginWitness(client, SHAPE, (intent, signal) => this.#holding(intent, signal));
  }

  async observe(look: Look): Promise<readonly LoanView[]> {
    const rules = assetRules(this.#client);
    const pairs = await this.#readPairs(look.signal, 'poll');
    return Promise.all(
      pairs.map(async (pair) => {
        const [tiers, quotePrice] = await Promise.all([
          this.#readTiers(pair, look.signal),
          isEmpty(pair) ? ONE : look.prices.price(pair.quote.asset),
        ]);
        if (quotePrice === null) throw new VenueError('unavailable', `no index price for ${pair.quote.asset}`);
        const asOf = Math.min(look.startedAt, look.prices.oldest);
        return isolatedView({
          account: this.#client.account,
          asOf,
          pair,
          tiers,
          quotePrice,
          rules: await rules,
        });
      }),
    );
  }

  call(intent: Intent): Call {
    return marginCall(intent, SHAPE);
  }

  cursors(intent: Intent, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#witness.cursors(intent, signal);
  }

  evidence(intent: Intent, signal: AbortSignal): Promise<Evidence> {
    return this.#witness.evidence(intent, signal);
  }

  async #readPairs(signal: AbortSignal, purpose: Purpose, symbol?: string): Promise<readonly Pair[]> {
    const params: Record<string, string> = symbol === undefined ? {} : { symbols: symbol };
    const json = await this.#client.read(ENDPOINTS.isolatedAccount, params, { signal, purpose });
    return Reader.of(json, 'margin/isolated/account').list('assets').map(readPair);
  }

  async #holding(intent: Intent, signal: AbortSignal): Promise<Holding> {
    const pairs = await this.#readPairs(signal, 'rescue', intent.key);
    const pair = pairs.find((one) => one.symbol === intent.key);
    const side = [pair?.base, pair?.quote].find((one) => one?.asset === intent.asset);
    if (side === undefined) throw malformed('margin/isolated/account', `${intent.key} is not listed`);
    return { debt: side.borrowed.plus(side.interest), free: side.free };
  }

  /** Tiers belong to each look; those of a pair without debt may be older, nothing hangs on them. */
  async #readTiers(pair: Pair, signal: AbortSignal): Promise<readonly Tier[]> {
    const { symbol } = pair;
    let shared = this.#tiers.get(symbol);
    if (shared === undefined) {
      shared = new SharedRead(this.#client.clock);
      this.#tiers.set(symbol, shared);
    }
    const maxAgeMs = hasDebt(pair) ? 0 : this.#client.timing.referenceEveryMs;
    const read = await shared.get(maxAgeMs, async () => {
      const json = await this.#client.read(ENDPOINTS.isolatedTier, { symbol }, { signal });
      return readTiers(Reader.list(json, 'margin/isolatedMarginTier'));
    });
    return read.value;
  }
}

export function readPair(row: Reader): Pair {
  return {
    symbol: row.text('symbol'),
    base: readSide(row.object('baseAsset')),
    quote: readSide(row.object('quoteAsset')),
    marginLevel: row.amount('marginLevel'),
    status: row.text('marginLevelStatus').toUpperCase(),
    indexPrice: row.amount('indexPrice'),
    enabled: row.flag('enabled'),
    tradeEnabled: row.flag('tradeEnabled'),
  };
}

function readSide(row: Reader): Side {
  return {
    asset: row.text('asset'),
    free: row.amount('free'),
    locked: row.amount('locked'),
    borrowed: row.amount('borrowed'),
    interest: row.amount('interest'),
  };
}

export function readTiers(rows: readonly Reader[]): readonly Tier[] {
  const tiers = rows.map((row) => {
    const ratio = row.amount('liquidationRiskRatio');
    if (ratio.lte(ONE)) throw malformed(row.where, 'thresholds make no sense');
    return {
      tier: row.count('tier'),
      line: ONE.div(ratio),
      baseMax: row.amount('baseAssetMaxBorrowable'),
      quoteMax: row.amount('quoteAssetMaxBorrowable'),
    };
  });
  return tiers.sort((one, other) => one.tier - other.tier);
}

interface IsolatedInput {
  readonly account: string;
  readonly asOf: number;
  readonly pair: Pair;
  readonly tiers: readonly Tier[];
  readonly quotePrice: Dec;
  readonly rules: AssetRules | null;
}

function isolatedView(input: IsolatedInput): LoanView {
  const { pair, account } = input;
  const sides = [
    { side: pair.base, price: pair.indexPrice.times(input.quotePrice) },
    { side: pair.quote, price: input.quotePrice },
  ];
  const debts = sides.flatMap(({ side, price }) => debtOf(side, price, input.rules));
  const collateral = sides.map(({ side, price }) => collateralOf(side, price, pair.enabled));
  if (!isEmpty(pair) && pair.indexPrice.isZero())
    throw malformed(`margin/isolated/account ${pair.symbol}`, 'an index price of zero');
  const debtValue = sum(debts.map((debt) => debt.amount.times(debt.price)));
  const collateralValue = sum(collateral.map((held) => held.amount.times(held.price)));
  const ltv = debts.length === 0 ? ZERO : collateralValue.isZero() ? HOPELESS : debtValue.div(collateralValue);
  const venueLtv = debts.length === 0 ? null : levelInterval(pair.marginLevel);
  checkLevel(pair, ltv, venueLtv);
  return {
    id: loanId(account, PRODUCT, pair.symbol),
    account,
    product: PRODUCT,
    key: pair.symbol,
    // §5.2: FORCE_LIQUIDATION is the venue at work; a locked pair beyond its line is the same.
    status:
      debts.length === 0
        ? 'closed'
        : pair.status === 'FORCE_LIQUIDATION' || !pair.tradeEnabled
          ? 'liquidating'
          : 'open',
    asOf: input.asOf,
    debts,
    collateral,
    debtValue,
    collateralValue,
    ltv,
    venueLtv,
    line: tierOf(input).line,
    call: null,
    marginRatio: null,
    maxRelease: {},
    risks: [],
    alerts: pair.enabled ? [] : ['this pair is disabled at the venue'],
  };
}

/** Stands for "debt without any asset". */
const HOPELESS = parse('999');

/** The first tier whose maxima hold both debts, else the last (§5.8). */
function tierOf({ pair, tiers }: IsolatedInput): Tier {
  const fits = tiers.find((tier) => pair.base.borrowed.lte(tier.baseMax) && pair.quote.borrowed.lte(tier.quoteMax));
  const tier = fits ?? tiers.at(-1);
  if (tier === undefined) throw malformed(`margin/isolatedMarginTier ${pair.symbol}`, 'no tiers');
  return tier;
}

function hasDebt({ base, quote }: Pair): boolean {
  return sum([base.borrowed, base.interest, quote.borrowed, quote.interest]).gt(ZERO);
}

function isEmpty(pair: Pair): boolean {
  const { base, quote } = pair;
  return !hasDebt(pair) && sum([base.free, base.locked, quote.free, quote.locked]).isZero();
}

function debtOf(side: Side, price: Dec, rules: AssetRules | null): DebtView[] {
  const amount = side.borrowed.plus(side.interest);
  if (amount.isZero()) return [];
  const minRepay = rules?.get(side.asset)?.minRepay ?? null;
  return [
    {
      asset: side.asset,
      amount,
      principal: side.borrowed,
      interest: side.interest,
      price,
      minRepay,
      minLeft: null,
      decimals: DECIMALS,
    },
  ];
}

/** Both coins of the pair can always be added, and count in full. */
function collateralOf(side: Side, price: Dec, enabled: boolean): CollateralView {
  return {
    asset: side.asset,
    amount: side.free.plus(side.locked),
    free: side.free,
    price,
    weight: ONE,
    leaveTiers: [{ room: null, weight: ONE }],
    addTiers: enabled ? [{ room: null, weight: ONE }] : [],
    minAdd: null,
    decimals: DECIMALS,
  };
}

/** The venue's margin level must say what the balances say (§10.2). */
function checkLevel(pair: Pair, ltv: Dec, venue: LoanView['venueLtv']): void {
  const where = `margin/isolated/account ${pair.symbol}`;
  if (!hasDebt(pair)) {
    // An empty pair is printed as 999 or as zero (§5.2).
    if (pair.marginLevel.gte(NO_DEBT_LEVEL) || (pair.marginLevel.isZero() && isEmpty(pair))) return;
    throw malformed(where, 'no debt is listed, but the margin level speaks of one');
  }
  if (pair.marginLevel.gte(NO_DEBT_LEVEL)) {
    if (ltv.lte(ONE.div(NO_DEBT_LEVEL))) return;
    throw malformed(where, 'a debt is listed, but the margin level says there is none');
  }
  if (venue === null || apart(venue, { low: ltv, high: ltv })) {
    throw malformed(where, 'margin level and balances at the index price disagree by more than 0.5 %');
  }
}
