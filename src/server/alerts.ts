/** The door to whoever keeps the open alerts. The page lists them and passes acknowledgements on. */
import type { Act } from '../jobs/operator.ts';
import type { Alert } from './wire.ts';

export interface AlertLedger {
  open(): Promise<readonly Alert[]>;
  /** @returns whether there is such an open alert */
  acknowledge(id: string, act: Act): Promise<boolean>;
}
