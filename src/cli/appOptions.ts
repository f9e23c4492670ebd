/** What a server is started with. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { VenueLog } from '../exchanges/kit.ts';
import type { Traffic } from '../exchanges/traffic.ts';
import type { LookEvent } from '../jobs/account.ts';
import type { Passing } from '../jobs/points.ts';
import type { Simulated } from '../replay/simulated.ts';
import type { Ending } from './exit.ts';
import type { PageSettings } from './page.ts';
import type { ReloadSettings } from './reloading.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Compiled entry of the simulator's process, and the folder of shipped tapes. */
  readonly simulatorEntry: string;
  readonly tapesDir: string;
  /** Overrides the tape of the policy file. */
  readonly tape: string | readonly string[] | null;
  /** How the tape of simulated accounts moves. At `max` its player alone says when prices moved, and waits for the lanes. */
  readonly speed: number | 'max';
  /** Sends nothing at all: the control run. */
  readonly observeOnly: boolean;
  readonly redisProgram: string | undefined;
  readonly log: VenueLog;
  /** Every account was examined; the first look follows. */
  readonly onReady: (simulated: Simulated | null, warnings: readonly string[]) => Promise<void>;
  readonly onEvent: (account: string, event: LookEvent) => void;
  readonly onError: (account: string, error: Error) => void;
  /** Something without which nothing can go on has ended: stop with this. */
  readonly onFatal: (ending: Ending) => void;
  /** Aborts a start that is no longer wanted. */
  readonly signal: AbortSignal;
  readonly page: PageSettings;
  /** Is told what is asked of the accounts' venues. */
  readonly traffic?: Traffic;
  /** How the file is read again, and who is told that another one acts; a server that is part of a test gives none. */
  readonly reload?: ReloadSettings & { readonly onApplied: (config: Config) => void };
  /** Where looks pass, told to a test's own entry; a server gives none. */
  readonly passing?: Passing;
}
