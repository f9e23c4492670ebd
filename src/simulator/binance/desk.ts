/** What every part of the Binance books works with: market, settings, accounts, ids, and who is to be told. */
import { Dec, parse } from '../../core/money.ts';
import type { BinanceHappening, Market } from '../contract.ts';
import type { Account, LockOwner } from './account.ts';
import { coinOf, pocketOf } from './holdings.ts';
import type { Coin, Holdings, Pocket } from './holdings.ts';
import type { FlowRow } from './records.ts';
import type { BinanceSettings } from './settings.ts';
import { ISOLATED_TIERS } from './tables.ts';
import type { AssetFacts, IsolatedTier } from './tables.ts';
import { NO_HAIRCUT, crossBars, levelOf, statusOf, worthOf } from './worth.ts';
import type { Bars, BracketsOf } from './worth.ts';
import { WireError, pad } from './wire.ts';

/** Why holdings changed; transfers are told differently from loans (§9.4). */
export type Cause = 'transfer' | 'loan' | 'interest' | 'liquidation';

const NO_DEBT_LEVEL = parse('999');

interface Pair {
  readonly base: string;
  readonly quote: string;
}

interface Pending {
  readonly finish: () => void;
  readonly stuck: boolean;
}

export class Desk {
  readonly market: Market;
  readonly settings: BinanceSettings;
  /** -3007 answers that the client's own call caused. */
  conflicts = 0;
  readonly #listeners = new Set<(happening: BinanceHappening) => void>();
  readonly #pending = new Set<Pending>();
  readonly #pairs = new Map<string, Pair>();

  constructor(market: Market, settings: BinanceSettings) {
    this.market = market;
    this.settings = settings;
  }

  readonly priceOf = (asset: string): Dec => this.market.price(asset);

  /** Haircuts of cross margin; an isolated pair counts at full value. */
  bracketsFor(symbol: string): BracketsOf {
    return symbol === ''
      ? (asset) => this.settings.collateralTiers[asset] ?? this.settings.collateralTiers['*'] ?? NO_HAIRCUT
      : () => NO_HAIRCUT;
  }

  /** Wire time, ms. */
  now(): number {
    return this.market.host.now();
  }

  id(series: 'tran' | 'interest' | 'flow' | 'order'): bigint {
    return BigInt(this.market.nextId(`binance.${series}`));
  }

  /** @throws WireError -3027 for an asset that margin does not know */
  facts(asset: string): AssetFacts {
    const facts = this.settings.assets[asset];
    if (facts === undefined) throw new WireError(-3027, 'Not a valid margin asset.');
    return facts;
  }

  /** Base and quote of an isolated pair. @throws WireError -3028 */
  pair(symbol: string): Pair {
    const known = this.#pairs.get(symbol);
    if (known !== undefined) return known;
    for (const quote of Object.keys(this.settings.assets)) {
      const base = symbol.slice(0, -quote.length);
      if (!symbol.endsWith(quote) || this.settings.assets[base] === undefined) continue;
      const pair = { base, quote };
      this.#pairs.set(symbol, pair);
      return pair;
    }
    throw new WireError(-3028, 'Not a valid margin pair.');
  }

  /** The tier that an isolated pocket is in: the first whose maxima hold its debts (§5.8). */
  tierOf(symbol: string, pocket: Pocket): IsolatedTier {
    const { base, quote } = this.pair(symbol);
    const tiers = this.tiersOf(symbol);
    const fits = tiers.find(
      (tier) =>
        coinOf(pocket, base).borrowed.lte(tier.baseAssetMaxBorrowable) &&
        coinOf(pocket, quote).borrowed.lte(tier.quoteAssetMaxBorrowable),
    );
    const tier = fits ?? tiers.at(-1);
    if (tier === undefined) throw new Error(`no isolated tier for ${symbol}`);
    return tier;
  }

  tiersOf(symbol: string): readonly IsolatedTier[] {
    return this.settings.isolatedTiers[symbol] ?? this.settings.isolatedTiers['*'] ?? ISOLATED_TIERS['*'] ?? [];
  }

  /** The bars of a pocket, as they are now. The isolated call bar is not in the API (§5.8): half-way between its neighbours. */
  barsOf(account: Account, symbol: string): Bars {
    const own = account.ownBars.get(symbol) ?? {};
    if (symbol === '') return { ...crossBars(account.leverage), ...own };
    const { initialRiskRatio: initial, liquidationRiskRatio: liquidation } = this.tierOf(
      symbol,
      pocketOf(account.holdings, symbol),
    );
    return { initial, call: initial.plus(liquidation).div(2), liquidation, stop: initial, ...own };
  }

  /** Records a movement of margin money. */
  flow(account: Account, row: Omit<FlowRow, 'id' | 'atMs'>): void {
    account.flows.add({ id: this.id('flow'), atMs: this.now(), ...row });
  }

  /** Replaces what an account holds and tells the streams. */
  put(account: Account, holdings: Holdings, cause: Cause): void {
    const before = account.holdings;
    account.put(holdings, this.now());
    if (this.#listeners.size === 0) return;
    this.#tellPocket(account.uid, '', before.cross, holdings.cross, cause);
    for (const [symbol, pocket] of holdings.isolated) {
      this.#tellPocket(account.uid, symbol, pocketOf(before, symbol), pocket, cause);
    }
    this.tellStatus(account);
  }

  onHappening(tell: (happening: BinanceHappening) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }

  /** Tells a change of the cross margin-level status (§9.3). */
  tellStatus(account: Account): void {
    if (this.#listeners.size === 0 || !account.hasCross) return;
    const before = account.lastStatus;
    const level = this.noteStatus(account) ?? NO_DEBT_LEVEL;
    const status = account.lastStatus;
    if (status !== before)
      this.#tell({ kind: 'marginLevelStatus', uid: account.uid, level: level.toFixed(2, Dec.ROUND_DOWN), status });
  }

  /** Remembers the status without telling it. @returns the margin level, undefined without debt */
  noteStatus(account: Account): Dec | undefined {
    const level = levelOf(worthOf(account.holdings.cross, this.priceOf));
    account.lastStatus = statusOf(level, this.barsOf(account, ''));
    return level;
  }

  /** The lock that a pocket's borrow and repay take (§15.4). */
  lockScope(symbol: string): string {
    return this.settings.switches.sharedLock ? '' : symbol;
  }

  lock(account: Account, symbol: string, owner: LockOwner): void {
    account.locks.set(this.lockScope(symbol), owner);
  }

  unlock(account: Account, symbol: string): void {
    account.locks.delete(this.lockScope(symbol));
  }

  /** Runs `finish` after a wire delay; 0 at once, null only when released by a deed. */
  settle(delayMs: number | null, finish: () => void): void {
    if (delayMs === 0) {
      finish();
      return;
    }
    const pending: Pending = {
      stuck: delayMs === null,
      finish: () => {
        if (this.#pending.delete(pending)) finish();
      },
    };
    this.#pending.add(pending);
    if (delayMs !== null) this.market.host.later(delayMs, pending.finish);
  }

  /** Ends everything that waits for a release. @returns how many */
  release(): number {
    const stuck = [...this.#pending].filter((pending) => pending.stuck);
    for (const pending of stuck) pending.finish();
    return stuck.length;
  }

  /** Whether something will still end by itself. */
  busy(): boolean {
    return [...this.#pending].some((pending) => !pending.stuck);
  }

  #tell(happening: BinanceHappening): void {
    for (const tell of this.#listeners) tell(happening);
  }

  #tellPocket(uid: string, symbol: string, before: Pocket, after: Pocket, cause: Cause): void {
    if (before === after) return;
    for (const [asset, coin] of after) {
      const old = coinOf(before, asset);
      if (old === coin) continue;
      if (symbol === '' && !(old.borrowed.eq(coin.borrowed) && old.interest.eq(coin.interest))) {
        const { borrowed: principal, interest } = coin;
        this.#tell({
          kind: 'liability',
          uid,
          asset,
          type: changeOf(old, coin),
          principal: pad(principal),
          interest: pad(interest),
        });
      }
      if (!old.free.eq(coin.free)) {
        const delta = pad(coin.free.minus(old.free));
        const { free, locked } = coin;
        this.#tell({
          kind: 'balance',
          uid,
          symbol,
          asset,
          delta,
          free: pad(free),
          locked: pad(locked),
          transfer: cause === 'transfer',
        });
      }
    }
  }
}

function changeOf(old: Coin, coin: Coin): 'BORROW' | 'REPAY' | 'INTEREST' {
  if (coin.borrowed.gt(old.borrowed)) return 'BORROW';
  return coin.interest.gt(old.interest) ? 'INTEREST' : 'REPAY';
}
