/**
 * The simulated accounts as the simulator's World, plain JSON. The configuration knows the shape and not the simulator's
 * code: the two sides share nothing but the wire (DESIGN §3).
 */
import { format } from '../core/money.ts';
import type { Config, AccountConfig, Holdings, SimulatedAccount, SimulatedCross, SimulatedLoan } from './types.ts';

const TENTH = 0.1;

/** `{}` without simulated accounts. Holds the made-up keys of simulated accounts and no other. */
export function worldOf(config: Config): unknown {
  const { simulation } = config;
  if (simulation === null) return {};
  const pairs = simulation.accounts.flatMap((held) => {
    const account = config.accounts.find(({ name, simulated }) => simulated && name === held.name);
    return account === undefined ? [] : [{ held, account }];
  });
  const limits = { limits: { windowScale: simulation.waits === 'tenth' ? TENTH : 1 } };
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

function start({ startLtv }: SimulatedCross | SimulatedLoan): { readonly startLtv?: string } {
  return startLtv === null ? {} : { startLtv: format(startLtv) };
}

function binanceAccount({ name, uid, wallets, cross }: SimulatedAccount, { key }: AccountConfig): unknown {
  const margin =
    cross === null
      ? undefined
      : { leverage: cross.leverage, assets: coins(cross.collateral), debts: coins(cross.debt), ...start(cross) };
  return {
    name,
    uid,
    key: { id: key.id.reveal(), secret: key.secret.reveal() },
    spot: coins(wallets['spot']),
    funding: coins(wallets['funding']),
    ...(margin === undefined ? {} : { cross: margin }),
  };
}

function okxAccount({ name, uid, wallets, loans }: SimulatedAccount, { key }: AccountConfig): unknown {
  return {
    name,
    uid,
    key: { id: key.id.reveal(), secret: key.secret.reveal(), passphrase: key.passphrase?.reveal() ?? '' },
    funding: coins(wallets['funding']),
    trading: coins(wallets['trading']),
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
