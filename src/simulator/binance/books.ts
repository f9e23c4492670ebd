/** The books of the simulated Binance: all accounts, what time does to them, and the report about their loans. */
import type { Dec } from '../../core/money.ts';
import { ONE } from '../../core/money.ts';
import type { BinanceStreams, Books, LoanReport, Market } from '../contract.ts';
import type { Account } from './account.ts';
import { doDeed } from './deeds.ts';
import { Desk } from './desk.ts';
import { accrueMinutes, flexLtv, flexWorth, liquidateLoanIfDue, pledgeOf } from './flexibleLoan.ts';
import { owed, pocketOf, shownDebt } from './holdings.ts';
import type { Holdings } from './holdings.ts';
import { chargeHours, hoursBetween } from './interest.ts';
import { liquidateIfDue } from './liquidation.ts';
import type { BinanceAccountWorld, BinanceSettings } from './settings.ts';
import { WorldError, buildAccount } from './setup.ts';
import { Streams } from './streams.ts';
import { trim } from './wire.ts';
import { ltvOf, worthOf } from './worth.ts';

export class BinanceBooks implements Books {
  readonly venue = 'binance';
  readonly desk: Desk;
  /** Listen keys, listen tokens and happenings, for the web sockets. */
  readonly streams: Streams & BinanceStreams;
  readonly #byUid = new Map<string, Account>();
  readonly #byKey = new Map<string, Account>();

  /** @throws WorldError for two accounts with one UID or one key, or a loan that cannot be scaled */
  constructor(market: Market, world: readonly BinanceAccountWorld[], settings: BinanceSettings) {
    this.desk = new Desk(market, settings);
    this.streams = new Streams(this.desk, () => this.accounts());
    for (const one of world) {
      if (this.#byUid.has(one.uid) || this.#byKey.has(one.key.id))
        throw new WorldError(`${one.name}: UID or key is used twice`);
      const account = buildAccount(this.desk, one);
      this.#byUid.set(one.uid, account);
      this.#byKey.set(one.key.id, account);
    }
    for (const account of this.accounts()) this.#weigh(account);
  }

  accounts(): readonly Account[] {
    return [...this.#byUid.values()];
  }

  ofKey(keyId: string): Account | undefined {
    return this.#byKey.get(keyId);
  }

  ofUid(uid: string): Account | undefined {
    return this.#byUid.get(uid);
  }

  tick(fromTapeMs: number, toTapeMs: number): void {
    const hours = hoursBetween(fromTapeMs, toTapeMs);
    for (const account of this.#byUid.values()) {
      if (hours > 0) chargeHours(this.desk, account, hours);
      accrueMinutes(this.desk, account, fromTapeMs, toTapeMs);
      this.#weigh(account);
    }
  }

  busy(): boolean {
    return this.desk.busy();
  }

  pendingConflicts(): number {
    return this.desk.conflicts;
  }

  remember(ms: number): void {
    for (const account of this.#byUid.values()) account.remember(ms);
  }

  act(deed: unknown): unknown {
    const told = doDeed(this, deed);
    for (const account of this.accounts()) this.#weigh(account);
    return told;
  }

  report(): readonly LoanReport[] {
    return this.accounts().flatMap((account) => [...account.tracks.keys()].map((name) => this.#row(account, name)));
  }

  /** Notes how high every loan's LTV stands, then liquidates what has reached its line. */
  #weigh(account: Account): void {
    const { desk } = this;
    const { holdings } = account;
    for (const [product, symbol] of pocketsOf(holdings)) {
      const worth = worthOf(pocketOf(holdings, symbol), desk.priceOf);
      if (worth.debts.isZero()) continue;
      account.track(product, symbol).note(worth.debts, worth.assets);
      liquidateIfDue(desk, account, symbol, worth);
    }
    for (const [pair, loan] of holdings.flexible) {
      if (loan.debt.isZero()) continue;
      const worth = flexWorth(desk, loan);
      account.track('binance.flexibleLoan', pair).note(worth.debts, worth.assets);
      liquidateLoanIfDue(desk, account, pair, loan, worth);
    }
    desk.tellStatus(account);
  }

  #row(account: Account, name: string): LoanReport {
    const cut = name.indexOf(' ');
    const [product, key] = [name.slice(0, cut), name.slice(cut + 1)];
    const track = account.track(product, key);
    const { liquidated } = track;
    const now = product === 'binance.flexibleLoan' ? this.#flexNow(account, key) : this.#pocketNow(account, key);
    const shown = { debt: now.debt, collateral: now.collateral, line: ratio(now.line), ltv: ratio(now.ltv) };
    const closed = Object.keys(now.debt).length === 0;
    return {
      account: account.name,
      uid: account.uid,
      venue: 'binance',
      product,
      key,
      ...shown,
      maxLtv: ratio(track.maxLtv()),
      liquidated,
      closed,
    };
  }

  #pocketNow(account: Account, symbol: string): Now {
    const pocket = pocketOf(account.holdings, symbol);
    const debt: Record<string, string> = {};
    const collateral: Record<string, string> = {};
    for (const [asset, coin] of pocket) {
      const total = coin.free.plus(coin.locked);
      if (!owed(coin).isZero()) debt[asset] = trim(owed(coin));
      if (!total.isZero()) collateral[asset] = trim(total);
    }
    const line = ONE.div(this.desk.barsOf(account, symbol).liquidation);
    return { debt, collateral, line, ltv: ltvOf(worthOf(pocket, this.desk.priceOf)) };
  }

  #flexNow(account: Account, pair: string): Now {
    const [loanCoin = '', collateralCoin = ''] = pair.split('/');
    const line = pledgeOf(this.desk, account, loanCoin, collateralCoin).liquidationLtv;
    const loan = account.holdings.flexible.get(pair);
    if (loan === undefined || loan.debt.isZero()) return { debt: {}, collateral: {}, line, ltv: ONE.minus(1) };
    const debt = { [loanCoin]: trim(shownDebt(loan)) };
    return { debt, collateral: { [collateralCoin]: trim(loan.collateral) }, line, ltv: flexLtv(this.desk, loan) };
  }
}

interface Now {
  readonly debt: Record<string, string>;
  readonly collateral: Record<string, string>;
  readonly line: Dec;
  readonly ltv: Dec;
}

function pocketsOf(holdings: Holdings): (readonly [string, string])[] {
  const isolated = [...holdings.isolated.keys()].map((symbol) => ['binance.isolatedMargin', symbol] as const);
  return [['binance.crossMargin', ''], ...isolated];
}

/** Ratios of the report carry 10 decimals. */
function ratio(value: Dec): string {
  return value.toDecimalPlaces(10).toFixed();
}
