/** The simulated OKX: books and face over one market. */
import type { Market } from '../contract.ts';
import { accountRoutes } from './accountRoutes.ts';
import { balanceRow } from './balanceRow.ts';
import { OkxBooks } from './books.ts';
import { Core } from './core.ts';
import { OkxFace } from './face.ts';
import { FlexibleLoans } from './flexible.ts';
import { flexibleRoutes } from './flexibleRoutes.ts';
import { Force } from './forced.ts';
import { fundingRoutes } from './fundingRoutes.ts';
import type { LoginClaim } from './gate.ts';
import { admitLogin } from './gate.ts';
import { ClientIds } from './idempotency.ts';
import { LoanBook } from './loanBook.ts';
import { openAccount } from './opening.ts';
import { Pending } from './pending.ts';
import { publicRoutes } from './publicRoutes.ts';
import { shaped } from './shape.ts';
import { SpotBorrowing } from './spot.ts';
import { spotRoutes } from './spotRoutes.ts';
import { Tracker } from './tracker.ts';
import { Transfers } from './transfers.ts';
import type { OkxAccountWorld, OkxSettings } from './world.ts';

export type { OkxAct } from './acts.ts';
export { okxActSchema } from './acts.ts';
export type { LoginClaim } from './gate.ts';
export { Refusal } from './refusals.ts';
export type { OkxAccountInput, OkxAccountWorld, OkxSettings, OkxSettingsInput } from './world.ts';
export { okxAccountSchema, okxSettingsSchema } from './world.ts';

/** What the private web socket needs of the books. */
export interface OkxStreams {
  /** UID of the account that logs in. @throws Refusal with a code of the socket's range (60004–60024) */
  login(claim: LoginClaim): string;
  /** Row of the `account` channel; undefined for an unknown UID. */
  balance(uid: string): unknown;
  /** Calls `tell` with the UID whose holdings have changed; returns a stop function. */
  onChange(tell: (uid: string) => void): () => void;
}

/** Both sides of the simulated exchange. */
export interface Okx {
  readonly books: OkxBooks;
  readonly face: OkxFace;
  readonly streams: OkxStreams;
}

/** Opens the exchange at the market's current prices. @throws Error for accounts that contradict each other */
export function createOkx(market: Market, worldAccounts: readonly OkxAccountWorld[], settings: OkxSettings): Okx {
  const core = new Core(
    market,
    settings,
    worldAccounts.map((world) => openAccount(market, settings, world)),
  );
  const tracker = new Tracker();
  const book = new LoanBook(core, tracker);
  const pending = new Pending(core, book);
  const loans = new FlexibleLoans(core, pending);
  const spot = new SpotBorrowing(core, tracker);
  const transfers = new Transfers(core, book, spot);
  const clientIds = new ClientIds(core);
  const force = new Force(core, book);
  const face = new OkxFace(core, [
    ...flexibleRoutes({ core, loans, clientIds }),
    ...fundingRoutes({ core, transfers }),
    ...accountRoutes({ core, spot }),
    ...spotRoutes({ core, spot }),
    ...publicRoutes(core),
  ]);
  const books = new OkxBooks({ core, book, force, pending, spot, transfers }, clientIds, tracker);
  const streams: OkxStreams = {
    login: (claim) => admitLogin(core, claim).uid,
    balance: (uid) => {
      const account = core.account(uid);
      if (account === undefined) return undefined;
      return shaped(settings, balanceRow(core, spot, account, account.holdings, undefined, true));
    },
    onChange: (tell) => core.onChange(tell),
  };
  return { books, face, streams };
}
