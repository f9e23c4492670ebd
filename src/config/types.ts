/** The configuration after parsing: frozen, typed, without a `${…}` left. `load.ts` builds it, the composition root reads it. */
import type { Mode } from '../core/intent.ts';
import type { Asset, Product, VenueName, WalletName } from '../core/loan.ts';
import type { Dec } from '../core/money.ts';
import type { AssetGroup, LoanRule, Policy, WalletRule } from '../core/policy.ts';
import type { Topic } from '../core/topics.ts';
import type { Problem } from './problems.ts';
import type { Secret } from './secret.ts';

export type RedisConfig =
  | {
      readonly kind: 'embedded';
      /** Folder of the server's own Redis, absolute; `null`: the default one. */
      readonly dataDir: string | null;
    }
  | {
      readonly kind: 'url';
      /** May hold a password. */
      readonly url: Secret;
      /** The operator accepts a Redis that may lose acknowledged writes (DESIGN §4). */
      readonly acceptWriteLoss: boolean;
    };

/** Every wait of the server, whole milliseconds. `Config.timing` is for real venues; each account carries its own. */
export interface Timing {
  /** From the start of a venue request to the end of its body. */
  readonly requestDeadlineMs: number;
  /** Lease of a lane's job, and how often leftovers of dead processes are looked for. */
  readonly lockMs: number;
  readonly stalledMs: number;
  /** Between two looks at an account that needs nothing, and while one of its loans is beyond `act` or being settled. */
  readonly lookEveryMs: number;
  readonly lookSoonMs: number;
  /** Sections older than this decide nothing; intents older than this are not claimed. */
  readonly maxAgeMs: number;
  /** A claim whose reply took longer is not followed by a send. */
  readonly claimReplyMs: number;
  /** How long a look waits for its own action to show before it ends as `settling`. */
  readonly settleInLaneMs: number;
  /** Added to `validUntil` before the venue's records may prove that nothing happened. */
  readonly lagMarginMs: number;
  /** The reads that feed the next plan do not show a confirmed action within this: `unresolved`, alert. */
  readonly reflectTimeoutMs: number;
  /** Reads that prove "did not happen" are spread over at least this. */
  readonly evidenceSpreadMs: number;
  /** Undecided for this long with stable reads: `expired`. */
  readonly giveUpMs: number;
  /** An implausible reading is believed after three agreeing reads over this. */
  readonly plausibleAfterMs: number;
  /** Between two searches of the venue's records for what others did. */
  readonly recordsEveryMs: number;
  /** Between two money calls of one account. */
  readonly spacingMs: number;
  /** Signed validity of a request. */
  readonly binanceRecvWindowMs: number;
  readonly okxWindowMs: number;
  /** A clock that jumps further puts accounts into `reducing`. */
  readonly clockJumpMs: number;
}

export type AlertPreset = 'telegram' | 'slack' | 'discord' | 'ntfy' | 'apprise' | 'webhook' | 'mail';

export interface AlertChannel {
  readonly name: string;
  /** http, https, smtp or smtps; often holds a token. */
  readonly url: Secret;
  /** Of that address; no secret. */
  readonly host: string;
  readonly preset: AlertPreset;
  readonly least: 'warning' | 'critical';
  /** `null`: all. */
  readonly topics: readonly Topic[] | null;
  readonly accounts: readonly string[] | null;
}

export interface AlertsConfig {
  readonly to: readonly AlertChannel[];
  /** Pinged while every loan is seen on fresh data; silence raises the alarm elsewhere. */
  readonly deadMan: Secret | null;
  readonly deadManEveryMs: number;
  /** Waits after the first telling of a critical alert; then every last one. */
  readonly repeatMs: readonly number[];
  /** What ended has to stay away for so long to be over. */
  readonly calmMs: number;
  readonly quietMs: number;
  /** Longest that a channel may go without a test; `null`: nobody is reminded. */
  readonly drillMs: number | null;
  /** Between two messages of one channel. */
  readonly spacingMs: number;
}

/** What serves the page. */
export interface ServerConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Whoever knows it may read and act; `null`: reading is free on this machine. */
  readonly token: Secret | null;
  /** Origin at which people reach the page, if it is another one than it listens at. */
  readonly url: string | null;
}

export interface AccountKey {
  readonly id: Secret;
  readonly secret: Secret;
  /** OKX only. */
  readonly passphrase: Secret | null;
}

export type Unlisted =
  { readonly kind: 'alert' } | { readonly kind: 'ignore' } | { readonly kind: 'use'; readonly policy: string };

export interface AccountConfig {
  readonly name: string;
  readonly venue: VenueName;
  /** `simulatedBinance`, `simulatedOkx`: one of the built-in simulated exchanges. */
  readonly simulated: boolean;
  /** `live: yes` in the file. Says nothing alone; read `sends`. */
  readonly live: boolean;
  /** What the one function that sends may do (DESIGN §2.11). */
  readonly sends: Mode;
  /** UID the key must belong to; `null` only where nothing live is sent. */
  readonly expectUid: string | null;
  readonly key: AccountKey;
  /** A key that may withdraw is accepted. */
  readonly allowWithdraw: boolean;
  /** `null`: the venue's own. Simulated accounts get theirs at run time. */
  readonly hosts: { readonly rest: string | null; readonly ws: string | null };
  readonly wallets: readonly WalletRule[];
  readonly loans: readonly LoanRule[];
  /** What happens to loans that no rule names. */
  readonly unlisted: Unlisted;
  /** `Config.timing`, for a simulated account scaled by `simulation.waits`. */
  readonly timing: Timing;
}

/** Coins by asset. */
export type Holdings = Readonly<Record<Asset, Dec>>;

interface SimulatedHoldings {
  readonly debt: Holdings;
  readonly collateral: Holdings;
  /** Ratio. Collateral is scaled so that the loan starts here at the tape's first prices; `null`: taken as written. */
  readonly startLtv: Dec | null;
}

export interface SimulatedCross extends SimulatedHoldings {
  readonly leverage: 3 | 5;
}

export interface SimulatedIsolated extends SimulatedHoldings {
  readonly symbol: string;
}

/** Binance flexible loan: one coin on each side. */
export interface SimulatedFlexible {
  readonly loanCoin: Asset;
  readonly debt: Dec;
  readonly collateralCoin: Asset;
  readonly collateral: Dec;
  readonly startLtv: Dec | null;
}

/** OKX spot-mode borrowing; the collateral is what the trading account holds. */
export type SimulatedSpot = SimulatedHoldings;

export interface SimulatedLoan extends SimulatedHoldings {
  readonly ordId: string;
  /** LTV of liquidation and of the warning before it, ratios. */
  readonly line: Dec;
  readonly call: Dec;
}

export interface SimulatedAccount {
  readonly name: string;
  readonly venue: VenueName;
  readonly uid: string;
  readonly wallets: Readonly<Record<WalletName, Holdings>>;
  /** Binance cross margin. */
  readonly cross: SimulatedCross | null;
  /** Binance isolated margin. */
  readonly isolated: readonly SimulatedIsolated[];
  /** Binance flexible loans. */
  readonly flexible: readonly SimulatedFlexible[];
  /** OKX flexible loans. */
  readonly loans: readonly SimulatedLoan[];
  /** OKX spot-mode borrowing. */
  readonly spotBorrow: SimulatedSpot | null;
}

export interface SimulationConfig {
  /** Folder name under `tapes/`. */
  readonly tape: string;
  /** Tape seconds per second; `max`: the tape moves on whenever every lane is quiet. */
  readonly speed: number | 'max';
  /** How long the simulated exchanges take until an accepted money call is done. */
  readonly settleMs: number;
  /** Whether the waits of simulated accounts run at a tenth or in full. */
  readonly waits: 'tenth' | 'full';
  readonly accounts: readonly SimulatedAccount[];
}

/** Moves of prices that a loan should survive with all the money its policy permits; shares, `null` for none. Only told, never acted on. */
export interface Survive {
  readonly fall: Dec | null;
  /** May exceed 1: a coin can more than double. */
  readonly rise: Dec | null;
}

export interface PolicyConfig extends Policy {
  readonly survive: Survive | null;
}

/** From which difference on the venue's price and one from elsewhere are in dispute; shares (0.03: the larger exceeds the smaller by 3 %). */
export interface DislocationConfig {
  readonly coins: Dec;
  readonly stables: Dec;
  readonly wrapped: Dec;
  /** Where the prices of a venue are read that accounts elsewhere are compared with; `null`: at the venue itself. */
  readonly hosts: { readonly binance: string | null; readonly okx: string | null };
}

/** For how long the journal keeps what happened, ms. */
export interface Retention {
  readonly keepMs: number;
  readonly decisionsMs: number;
}

export interface Config {
  readonly version: 1;
  /** The ceiling for every account: `live` alone moves nothing. */
  readonly mode: 'dry-run' | 'live';
  readonly redis: RedisConfig;
  readonly journal: Retention;
  readonly timing: Timing;
  readonly alerts: AlertsConfig;
  /** `null`: no page. */
  readonly server: ServerConfig | null;
  readonly accounts: readonly AccountConfig[];
  readonly policies: Readonly<Record<string, PolicyConfig>>;
  readonly dislocation: DislocationConfig;
  readonly groups: Readonly<Record<Asset, AssetGroup>>;
  /** `null`: no simulated account, nothing to start. */
  readonly simulation: SimulationConfig | null;
  /** sha256 of everything that decides about money, without secrets, hosts, waits and alerts: the policy digest of DESIGN §4. */
  readonly digest: string;
  readonly sourcePath: string;
  /** Questionable but allowed; shown at start and by `check`. */
  readonly warnings: readonly Problem[];
}

export type { LoanRule, Policy, Product, WalletRule };
