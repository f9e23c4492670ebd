/** Turns the accounts of a World file into accounts of the books. */
import type { Dec } from '../../core/money.ts';
import { ZERO } from '../../core/money.ts';
import { Account } from './account.ts';
import type { Desk } from './desk.ts';
import { flexLtv, pairName } from './flexibleLoan.ts';
import { EMPTY } from './holdings.ts';
import type { Coin, FlexLoan, Pocket } from './holdings.ts';
import type { BinanceAccountWorld } from './settings.ts';
import { ltvOf, worthOf } from './worth.ts';

/** A World that cannot be built; the message names the account. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
}

type MarginWorld = Pick<NonNullable<BinanceAccountWorld['cross']>, 'assets' | 'debts' | 'interest' | 'startLtv'>;

/** @throws WorldError */
export function buildAccount(desk: Desk, world: BinanceAccountWorld): Account {
  const account = new Account(world);
  const isolated = world.isolated.map(({ symbol, ...margin }) => {
    desk.pair(symbol);
    return [symbol, pocketOf(desk, world.name, margin)] as const;
  });
  const flexible = world.flexible.map(
    (loan) => [pairName(loan.loanCoin, loan.collateralCoin), loanOf(desk, world.name, loan)] as const,
  );
  account.put(
    {
      ...EMPTY,
      spot: wallet(world.spot),
      funding: wallet(world.funding),
      earn: wallet(world.earn),
      cross: world.cross === undefined ? EMPTY.cross : pocketOf(desk, world.name, world.cross),
      isolated: new Map(isolated),
      flexible: new Map(flexible),
    },
    desk.now(),
  );
  account.remember(desk.settings.readLagMs);
  return account;
}

function wallet(amounts: Readonly<Record<string, Dec>>): ReadonlyMap<string, Dec> {
  return new Map(Object.entries(amounts).filter(([, coins]) => !coins.isZero()));
}

function pocketOf(desk: Desk, name: string, world: MarginWorld): Pocket {
  const assets = new Set([...Object.keys(world.assets), ...Object.keys(world.debts), ...Object.keys(world.interest)]);
  const build = (factor: Dec): Pocket =>
    new Map(
      [...assets].map((asset): [string, Coin] => {
        desk.facts(asset);
        const free = (world.assets[asset] ?? ZERO).times(factor).toDecimalPlaces(8);
        return [
          asset,
          { free, locked: ZERO, borrowed: world.debts[asset] ?? ZERO, interest: world.interest[asset] ?? ZERO },
        ];
      }),
    );
  const plain = build(ZERO.plus(1));
  if (world.startLtv === undefined) return plain;
  const now = ltvOf(worthOf(plain, desk.priceOf));
  if (now.isZero() || now.gte(999)) throw new WorldError(`${name}: startLtv needs a debt and assets to scale`);
  return build(now.div(world.startLtv));
}

function loanOf(desk: Desk, name: string, world: BinanceAccountWorld['flexible'][number]): FlexLoan {
  const { startLtv, ...loan } = world;
  if (startLtv === undefined) return loan;
  const now = flexLtv(desk, loan);
  if (now.isZero() || now.gte(999)) throw new WorldError(`${name}: startLtv needs a debt and collateral to scale`);
  return { ...loan, collateral: loan.collateral.times(now.div(startLtv)).toDecimalPlaces(8) };
}
