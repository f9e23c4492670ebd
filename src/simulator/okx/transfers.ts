/** Transfers between funding (6) and trading (18) account, and between a master and its sub-accounts (okx.md §5). */
import type { Dec } from '../../core/money.ts';
import type { Mood } from '../contract.ts';
import type { Account } from './account.ts';
import type { Core } from './core.ts';
import { held, spotCoin, withCash, withFunding } from './holdings.ts';
import type { LoanBook } from './loanBook.ts';
import { Refusal } from './refusals.ts';
import type { SpotBorrowing } from './spot.ts';
import { minimumOf } from './world.ts';

/** Account types on the wire: funding and trading. */
export type Wallet = '6' | '18';

export type TransferType = '0' | '1' | '2' | '3' | '4';

/** What a client asks for. Amount in coins. */
export interface TransferRequest {
  readonly ccy: string;
  readonly amount: Dec;
  readonly from: Wallet;
  readonly to: Wallet;
  readonly type: TransferType;
  readonly subAcct: string;
  readonly clientId: string;
  /** Borrowed coins may leave, too. */
  readonly loanTrans: boolean;
}

/** A transfer that the venue has accepted. */
export interface Transfer extends TransferRequest {
  readonly transId: string;
  readonly atMs: number;
  /** The account whose key asked. */
  readonly account: Account;
  state: 'pending' | 'success' | 'failed';
}

const KEEP_MS = 14 * 86_400_000;

/** Funding bill types of a leg: within the account, or to and from another account. */
const BILL = {
  fromTrading: '130',
  toTrading: '131',
  toSub: '20',
  fromSub: '21',
  toMaster: '22',
  fromMaster: '23',
} as const;
const TRADING_BILL = { in: { type: '1', subType: '11' }, out: { type: '1', subType: '12' } } as const;

/** All transfers of the last two weeks. */
export class Transfers {
  readonly #core: Core;
  readonly #book: LoanBook;
  readonly #spot: SpotBorrowing;
  readonly #known: Transfer[] = [];
  readonly #held = new Map<Transfer, () => void>();
  #running = 0;
  /** How many requests were refused because an own earlier one was pending. */
  conflicts = 0;

  constructor(core: Core, book: LoanBook, spot: SpotBorrowing) {
    this.#core = core;
    this.#book = book;
    this.#spot = spot;
  }

  /** True while a transfer finishes by itself. */
  busy(): boolean {
    return this.#running > 0;
  }

  /** Accepts a transfer. The answer does not prove that it happened, its state does. */
  start(account: Account, request: TransferRequest, mood: Mood): Transfer {
    const [source, target] = this.#ends(account, request);
    this.#check(account, source, request);
    const transId = this.#core.market.nextId('okx.transfer');
    const transfer: Transfer = { ...request, transId, atMs: this.#core.now(), account, state: 'pending' };
    this.#remember(transfer);
    this.#move(source, transfer, 'out');
    const finish = (): void => {
      const failed = mood.fate === 'failed';
      this.#move(failed ? source : target, transfer, failed ? 'back' : 'in');
      transfer.state = failed ? 'failed' : 'success';
    };
    const delayMs = mood.settleMs === undefined ? this.#core.settings.transferMs : mood.settleMs;
    if (delayMs === null) this.#held.set(transfer, finish);
    else if (delayMs === 0) finish();
    else this.#finishLater(delayMs, finish);
    return transfer;
  }

  /** The newest transfer with that id; `transId` wins over `clientId`. */
  find(account: Account, transId: string | undefined, clientId: string | undefined): Transfer | undefined {
    const since = this.#core.now() - KEEP_MS;
    return this.#known.findLast(
      (one) =>
        one.account === account &&
        one.atMs >= since &&
        (transId === undefined ? one.clientId !== '' && one.clientId === clientId : one.transId === transId),
    );
  }

  /** Finishes the account's held transfers now. @returns how many */
  release(account: Account): number {
    const mine = [...this.#held].filter(([transfer]) => transfer.account === account);
    for (const [transfer, finish] of mine) {
      this.#held.delete(transfer);
      finish();
    }
    return mine.length;
  }

  #finishLater(delayMs: number, finish: () => void): void {
    this.#running += 1;
    this.#core.market.host.later(delayMs, () => {
      this.#running -= 1;
      finish();
    });
  }

  #remember(transfer: Transfer): void {
    const horizon = this.#core.now() - KEEP_MS;
    while (this.#known[0] !== undefined && this.#known[0].atMs < horizon) this.#known.shift();
    this.#known.push(transfer);
  }

  /** Whose coins leave and whose arrive. */
  #ends(account: Account, request: TransferRequest): [Account, Account] {
    const isMaster = account.masterUid === account.uid;
    if (request.type === '0') return [account, account];
    if (request.type === '3') {
      const master = this.#core.accounts.find(({ uid }) => uid === account.masterUid);
      if (isMaster || master === undefined) throw new Refusal('58127');
      return [account, master];
    }
    if (request.type !== '4' && !isMaster) throw new Refusal('58128');
    if (request.type === '4' && isMaster) throw new Refusal('58127');
    const other = this.#core.accounts.find(
      ({ name, masterUid, uid }) => name === request.subAcct && masterUid === account.masterUid && uid !== masterUid,
    );
    if (other === undefined) throw new Refusal('58115');
    return request.type === '2' ? [other, account] : [account, other];
  }

  #check(account: Account, source: Account, request: TransferRequest): void {
    const { ccy, amount, from, to, type, clientId } = request;
    if (type === '0' && from === to) throw new Refusal('58123');
    if (!this.#core.knows(ccy)) throw new Refusal('51000', 'ccy');
    const { switches } = this.#core.settings;
    if (
      clientId !== '' &&
      switches.duplicateClientId === 'refuse' &&
      this.find(account, undefined, clientId) !== undefined
    ) {
      throw new Refusal('50071', 'clientId');
    }
    const running = this.#known.findLast(
      (one) => one.account === account && one.ccy === ccy && one.state === 'pending',
    );
    if (running !== undefined && switches.parallelTransfers === 'refuse') {
      this.conflicts += 1;
      throw new Refusal('58124', running.transId);
    }
    if (amount.lt(minimumOf(this.#core.settings, 'transfer', ccy))) throw new Refusal('51000', 'amt');
    if (from === '6' && held(source.holdings.funding, ccy).lt(amount)) throw new Refusal('58116');
    if (from === '18') this.#checkTrading(source, request);
  }

  #checkTrading(source: Account, { ccy, amount, loanTrans }: TransferRequest): void {
    if (spotCoin(source.holdings, ccy).cash.lt(amount)) throw new Refusal('58116');
    const { own, withBorrowed } = this.#spot.mayLeave(source, source.holdings, ccy);
    if (amount.gt(withBorrowed)) throw new Refusal('58121');
    if (amount.gt(own) && !loanTrans) throw new Refusal('58116');
  }

  #move(owner: Account, transfer: Transfer, way: 'out' | 'in' | 'back'): void {
    const { ccy, amount, from, to, clientId } = transfer;
    const wallet = way === 'in' ? to : from;
    const delta = way === 'out' ? amount.negated() : amount;
    if (wallet === '6') {
      this.#core.commit(owner, withFunding(owner.holdings, ccy, delta));
      this.#book.bill(owner, ccy, delta, fundingBill(transfer, way), clientId);
      return;
    }
    this.#core.commit(owner, withCash(owner.holdings, ccy, delta));
    this.#spot.bill(owner, ccy, delta, { ...TRADING_BILL[way === 'out' ? 'out' : 'in'], from, to });
    if (way !== 'out') this.#spot.arrived(owner, ccy);
  }
}

function fundingBill({ type }: Transfer, way: 'out' | 'in' | 'back'): string {
  const leaving = way === 'out';
  if (type === '1') return leaving ? BILL.toSub : BILL.fromMaster;
  if (type === '2' || type === '3') return leaving ? BILL.toMaster : BILL.fromSub;
  return leaving ? BILL.toTrading : BILL.fromTrading;
}
