/** The reports of a Binance account (see `Reports`): each is put together from its products' parts. */
import type { Intent } from '../../core/intent.ts';
import type { AccountView, Product } from '../../core/loan.ts';
import type { AccountTerms, Costs, ExternalActs, Offers, Reports } from '../exchange.ts';
import { actOf, inWork, unexplained } from '../explain.ts';
import { Gaps, oldestFirst, onceEach } from '../gather.ts';
import type { BinanceClient } from './client.ts';
import { costsOf, pocketsOf } from './costs.ts';
import { marginRecords } from './external.ts';
import { flexibleRecords } from './externalFlexible.ts';
import { offersOf } from './offers.ts';
import { termsOf } from './terms.ts';

export interface ReportParts {
  readonly client: BinanceClient;
  readonly products: readonly Product[];
  readonly observe: (signal: AbortSignal) => Promise<AccountView>;
  /** Throws when the key is another account's. */
  readonly admit: (signal: AbortSignal) => Promise<unknown>;
}

/** Further back than this nobody asks what others did, and each week costs five lists per margin account. */
const EXTERNAL_MS = 30 * 86_400_000;

export class BinanceReports implements Reports {
  readonly #parts: ReportParts;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  async terms(signal: AbortSignal): Promise<AccountTerms> {
    const { client, observe } = this.#parts;
    const asOf = client.clock.wall();
    const view = await observe(signal);
    const gaps = new Gaps();
    for (const [name, section] of Object.entries(view.sections)) {
      if (section.state === 'failed' && !name.startsWith('wallet.')) gaps.note(name, section.reason);
    }
    const owing = view.loans.filter(({ debts }) => debts.length > 0);
    const terms = await Promise.all(owing.map((loan) => termsOf(loan, { client, gaps, signal })));
    return {
      account: client.account,
      asOf,
      debts: terms.flatMap(({ debts }) => debts),
      release: terms.flatMap(({ release }) => release),
      gaps: gaps.list,
    };
  }

  async costs(sinceMs: number, signal: AbortSignal): Promise<Costs> {
    const { client, products, admit } = this.#parts;
    await admit(signal);
    const gaps = new Gaps();
    const rows = await costsOf(products, sinceMs, { client, gaps, signal });
    gaps.refuseNothing();
    return { rows: oldestFirst(rows), gaps: gaps.list };
  }

  async offers(signal: AbortSignal): Promise<Offers> {
    const { client, products, admit } = this.#parts;
    await admit(signal);
    const gaps = new Gaps();
    const offered = await offersOf(products, { client, gaps, signal });
    gaps.refuseNothing();
    return { account: client.account, products: offered, gaps: gaps.list };
  }

  async external(sinceMs: number, ours: () => Promise<readonly Intent[]>, signal: AbortSignal): Promise<ExternalActs> {
    const { client, products, admit } = this.#parts;
    await admit(signal);
    const gaps = new Gaps();
    const asking = { client, gaps, signal };
    const offset = await client.time.known();
    const until = client.clock.wall() + offset;
    // A moment early rather than late: the clocks are only known so well.
    const wanted = sinceMs + offset - (client.time.error() ?? 0);
    const since = Math.max(wanted, until - EXTERNAL_MS);
    if (since > wanted) gaps.note('binance', 'what others did is looked up for 30 days at most');
    const pockets = await pocketsOf(products, asking);
    const records = await Promise.all([
      ...pockets.map((pocket) => marginRecords(pocket, since, until, asking)),
      ...(products.includes('binance.flexibleLoan') ? [flexibleRecords(since, until, asking)] : []),
    ]);
    gaps.refuseNothing();
    const [all, known] = [onceEach(records.flat()), await ours()];
    const done = all.filter(({ open }) => open !== true);
    const acts = oldestFirst(unexplained(done, known)).map(actOf);
    const open = all.filter((record) => record.open === true);
    return { acts, inWork: inWork(open, known), gaps: gaps.list };
  }
}
