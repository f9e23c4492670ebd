/** Reads again and again what a running server sees: the status, one loan in full, and how LTVs moved. */
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { Intent } from '../core/intent.ts';
import type { LoanId } from '../core/loan.ts';
import type { TrackPoint } from '../jobs/track.ts';
import type { AccountJournal } from './accounts.ts';
import { awaitedOn, watchedOn } from './accounts.ts';
import type { DecisionRecord } from './records.ts';
import { recordOf } from './records.ts';
import type { Status, Survive } from './status.ts';
import { statusOf, survivalIn } from './status.ts';
import type { AccountSurvival } from './survival.ts';

export interface SurveyOptions {
  readonly redis: Redis;
  /** The file that is acted by now. */
  readonly config: () => Config;
  readonly clock: Clock;
}

/** Everything about one loan that is worth a look of its own. */
export interface LoanStory {
  readonly account: AccountJournal;
  readonly newest: DecisionRecord | null;
  /** Newest first; without the newest. */
  readonly past: readonly DecisionRecord[];
  /** Newest first. */
  readonly intents: readonly Intent[];
  readonly acts: readonly { readonly act: string; readonly by: string; readonly why: string; readonly at: number }[];
  readonly track: readonly TrackPoint[];
}

/**
 * Survival is searched, which takes time on the loop that the lanes turn on: this part of it at most, all accounts together,
 * and so much at once. Until it is an account's turn again its last answer is shown.
 */
const SURVIVAL_SHARE = 1 / 50;
const SURVIVAL_BUDGET_MS = 15;
/** Records of the account that are searched for those of one loan, and how many are shown. */
const SEARCHED = 2_000;
const PAST_SHOWN = 60;
const INTENTS_SEARCHED = 400;
const INTENTS_SHOWN = 60;
const ACTS_SHOWN = 20;

interface Survived {
  /** What it was searched from. */
  readonly key: string;
  readonly survival: AccountSurvival | null;
  /** Monotonic ms from which it may be searched again. */
  readonly again: number;
}

export class Survey {
  readonly #options: SurveyOptions;
  readonly #survived = new Map<string, Survived>();

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  accounts(): Promise<readonly AccountJournal[]> {
    return watchedOn(this.#options.redis, this.#options.config()).then(({ accounts }) => accounts);
  }

  /** Those, and accounts of the file that nobody has watched yet: what an operator may pause. */
  async pausable(): Promise<readonly AccountJournal[]> {
    const accounts = await this.accounts();
    return [...accounts, ...awaitedOn(this.#options.redis, this.#options.config(), accounts)];
  }

  async status(): Promise<Status> {
    const { redis, clock } = this.#options;
    const config = this.#options.config();
    return statusOf(config, await watchedOn(redis, config), clock, this.#survive());
  }

  /** `null`: no such loan. */
  async story(label: string, loan: LoanId): Promise<LoanStory | null> {
    const account = (await this.accounts()).find((one) => one.label === label);
    if (account === undefined) return null;
    const { journal, shelf, operator, track } = account;
    if (!(await journal.loans()).has(loan)) return null;
    const [newest, past, intents, acts, points] = await Promise.all([
      ...([journal.why(loan), shelf.pastDecisions(loan, SEARCHED)] as const),
      ...([shelf.newest(INTENTS_SEARCHED), operator.acts(), track.read(loan)] as const),
    ]);
    const concerns = (act: { readonly loan: LoanId | null }): boolean => act.loan === null || act.loan === loan;
    return {
      account,
      newest: newest === null ? null : recordOf(newest),
      past: past.slice(0, PAST_SHOWN).map(recordOf),
      intents: intents
        .filter((intent) => intent.loan === loan)
        .sort((a, b) => b.plannedAt - a.plannedAt)
        .slice(0, INTENTS_SHOWN),
      acts: acts.filter(concerns).slice(-ACTS_SHOWN).reverse(),
      track: points,
    };
  }

  /** By account, then by loan. */
  async tracks(): Promise<ReadonlyMap<string, ReadonlyMap<LoanId, readonly TrackPoint[]>>> {
    const all = (await this.accounts()).map(async ({ label, journal, track }) => {
      const loans = [...(await journal.loans()).keys()];
      const points = await Promise.all(loans.map(async (loan) => [loan, await track.read(loan)] as const));
      return [label, new Map(points)] as const;
    });
    return new Map(await Promise.all(all));
  }

  /** Searches anew what has changed, while this reading may still spend time on it. */
  #survive(): Survive {
    const { clock } = this.#options;
    const config = this.#options.config();
    const search = survivalIn(config);
    let left = SURVIVAL_BUDGET_MS;
    return (account, means) => {
      const { view, charges, undecided } = means;
      const key = [config.digest, view?.asOf ?? '', charges.length, undecided.map(({ id }) => id).join()].join(' ');
      const known = this.#survived.get(account.name);
      const from = clock.mono();
      if (known !== undefined && (known.key === key || left <= 0 || from < known.again)) return known.survival;
      if (left <= 0) return null;
      const survival = search(account, means);
      const now = clock.mono();
      left -= now - from;
      const again = now + ((now - from) * config.accounts.length) / SURVIVAL_SHARE;
      this.#survived.set(account.name, { key, survival, again });
      return survival;
    };
  }
}
