/**
 * The simulated accounts as the simulator's World, plain JSON. The configuration knows the shape and not the simulator's
 * code: the two sides share nothing but the wire (DESIGN §3).
 */
import { format } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import type { AccountConfig, Config, Holdings, SimulatedAccount, SimulatedFlexible } from './types.ts';

/**
 * Windows of limits at tenth waits: shorter still, because a tape at full speed asks far more often than life does. The
 * server's own counting shrinks by the same share (`exchanges/venues.ts`).
 */
const LIMITS_SHARE = 0.02;

/** `{}` without simulated accounts. Holds the made-up keys of simulated accounts and no other. */
export function worldOf(config: Config): unknown {
  const { simulation } = config;
  if (simulation === null) return {};
  const pairs = simulation.accounts.flatMap((held) => {
    const account = config.accounts.find(({ name, simulated }) => simulated && name === held.name);
    return account === undefined ? [] : [{ held, account }];
  });
  const limits = { limits: { windowScale: simulation.waits === 'tenth' ? LIMITS_SHARE : 1 } };
  return {
    timing: { settleMs: simulation.settleMs },
    binance: pairs
      .filter(({ held }) => held.venue === 'binance')
      .map(({ held, account }) => binanceAccount(held, account)),
    binanceSettings: limits,
    okx: pairs.filter(({ held }) => held.venue === 'okx').map(({ held, account }) => okxAccount(held, account)),
    okxSettings: { ...limits, ...clockWindow(config) },
  };
}

/** The venue takes a request for as long as the server believes it does, not longer: else "too late" would not be. */
function clockWindow(config: Config): { readonly clockWindowMs?: number } {
  const account = config.accounts.find(({ simulated, venue }) => simulated && venue === 'okx');
  return account === undefined ? {} : { clockWindowMs: account.timing.okxWindowMs };
}

function coins(holdings: Holdings | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(holdings ?? {}).map(([asset, amount]) => [asset, format(amount)]));
}

function start({ startLtv }: { readonly startLtv: Dec | null }): { readonly startLtv?: string } {
  return startLtv === null ? {} : { startLtv: format(startLtv) };
}

function margin(held: {
  readonly debt: Holdings;
  readonly collateral: Holdings;
  readonly startLtv: Dec | null;
}): object {
  return { assets: coins(held.collateral), debts: coins(held.debt), ...start(held) };
}

function binanceAccount(held: SimulatedAccount, { key }: AccountConfig): unknown {
  const { name, uid, wallets, cross, isolated, flexible } = held;
  return {
    name,
    uid,
    key: { id: key.id.reveal(), secret: key.secret.reveal() },
    spot: coins(wallets['spot']),
    funding: coins(wallets['funding']),
    ...(cross === null ? {} : { cross: { leverage: cross.leverage, ...margin(cross) } }),
    isolated: isolated.map((loan) => ({ symbol: loan.symbol, ...margin(loan) })),
    flexible: flexible.map(flexibleLoan),
  };
}

/** The line is that of the venue's own collateral data. */
function flexibleLoan(loan: SimulatedFlexible): unknown {
  const { loanCoin, collateralCoin } = loan;
  return { loanCoin, collateralCoin, debt: format(loan.debt), collateral: format(loan.collateral), ...start(loan) };
}

function okxAccount({ name, uid, wallets, loans, spotBorrow }: SimulatedAccount, { key }: AccountConfig): unknown {
  return {
    name,
    uid,
    key: { id: key.id.reveal(), secret: key.secret.reveal(), passphrase: key.passphrase?.reveal() ?? '' },
    funding: coins(wallets['funding']),
    trading: coins(spotBorrow?.collateral ?? wallets['trading']),
    ...(spotBorrow === null ? {} : spotMode(spotBorrow.debt, spotBorrow.startLtv)),
    loans: loans.map((loan) => ({
      ordId: loan.ordId,
      debt: coins(loan.debt),
      collateral: coins(loan.collateral),
      liqLtv: format(loan.line),
      callLtv: format(loan.call),
      // What borrowing may reach decides nothing here; it only has to stay below the call.
      initialLtv: format(loan.call.times('0.9')),
      ...start(loan),
    })),
  };
}

/** Account level 1 is spot mode; borrowing is an opt-in of the account there. */
function spotMode(debt: Holdings, startLtv: Dec | null): object {
  const begin = startLtv === null ? {} : { spotStartLtv: format(startLtv) };
  return { acctLv: '1', enableSpotBorrow: true, spotDebt: coins(debt), ...begin };
}
