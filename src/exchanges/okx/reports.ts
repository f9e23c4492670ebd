/** The reports of an OKX account (see `Reports`): each is put together from its products' parts. */
import type { Intent } from '../../core/intent.ts';
import type { AccountView, Product } from '../../core/loan.ts';
import type { AccountTerms, Costs, ExternalActs, Offers, Reports } from '../exchange.ts';
import { actOf, unexplained } from '../explain.ts';
import { Gaps, oldestFirst, onceEach } from '../gather.ts';
import type { OkxClient } from './client.ts';
import { costsOf } from './costs.ts';
import { flexibleRecords, fundingRecords } from './external.ts';
import { spotRecords } from './externalSpot.ts';
import type { OkxMarket } from './market.ts';
import { offersOf } from './offers.ts';
import { termsOf, type Asking } from './terms.ts';

export interface ReportParts {
  readonly account: string;
  readonly client: OkxClient;
  readonly market: OkxMarket;
  readonly products: readonly Product[];
  readonly observe: (signal: AbortSignal) => Promise<AccountView>;
  /** Throws when the key is another account's. */
  readonly admit: (signal: AbortSignal) => Promise<unknown>;
}

export class OkxReports implements Reports {
  readonly #parts: ReportParts;
  /** Flexible loans that this process has seen. */
  readonly #orders = new Set<string>();

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  async terms(signal: AbortSignal): Promise<AccountTerms> {
    const { account, client, observe } = this.#parts;
    const asOf = client.clock.wall();
    const view = await observe(signal);
    const asking = this.#asking(signal);
    for (const [name, section] of Object.entries(view.sections)) {
      if (section.state === 'failed' && !name.startsWith('wallet.')) asking.gaps.note(name, section.reason);
    }
    const owing = view.loans.filter(({ debts }) => debts.length > 0);
    const terms = await Promise.all(owing.map((loan) => termsOf(loan, asking)));
    return {
      account,
      asOf,
      debts: terms.flatMap(({ debts }) => debts),
      release: terms.flatMap(({ release }) => release),
      gaps: asking.gaps.list,
    };
  }

  async costs(sinceMs: number, signal: AbortSignal): Promise<Costs> {
    const { account, products, admit } = this.#parts;
    await admit(signal);
    const asking = this.#asking(signal);
    const rows = await costsOf(account, products, sinceMs, asking);
    asking.gaps.refuseNothing();
    return { rows: oldestFirst(rows), gaps: asking.gaps.list };
  }

  async offers(signal: AbortSignal): Promise<Offers> {
    const { account, products, market, admit } = this.#parts;
    await admit(signal);
    const asking = this.#asking(signal);
    const offered = await offersOf(products, market, asking);
    asking.gaps.refuseNothing();
    return { account, products: offered, gaps: asking.gaps.list };
  }

  async external(sinceMs: number, ours: () => Promise<readonly Intent[]>, signal: AbortSignal): Promise<ExternalActs> {
    const { account, products, market, admit } = this.#parts;
    await admit(signal);
    const asking = this.#asking(signal);
    // A moment early rather than late: the clocks are only known so well.
    const since = sinceMs + asking.offset - (market.public.venueClock.now()?.errorMs ?? 0);
    const spot = products.includes('okx.spotBorrow');
    const flexible = products.includes('okx.flexibleLoan');
    const [loans, trading] = await Promise.all([
      flexible ? flexibleRecords(account, since, asking, this.#orders) : [],
      spot ? spotRecords(account, since, asking) : [],
    ]);
    const about = {
      product: flexible ? 'okx.flexibleLoan' : 'okx.spotBorrow',
      loansToo: loans === null,
      transfersToo: !spot,
    } as const;
    const funding = await fundingRecords(about, since, asking);
    asking.gaps.refuseNothing();
    const records = onceEach([...(loans ?? []), ...trading, ...funding]);
    return { acts: oldestFirst(unexplained(records, await ours())).map(actOf), inWork: [], gaps: asking.gaps.list };
  }

  #asking(signal: AbortSignal): Asking {
    const { client, market } = this.#parts;
    return { client, gaps: new Gaps(), signal, offset: market.public.venueClock.offsetMs() ?? 0 };
  }
}
