/** The door to whoever keeps the open alerts. The page lists them and passes acknowledgements on. */
import type { Act } from '../jobs/operator.ts';
import type { Alert } from './wire.ts';

export interface AlertLedger {
  open(): Promise<readonly Alert[]>;
  /** @returns the alert; `null` when none of this id is open */
  acknowledge(id: string, act: Act): Promise<Pick<Alert, 'id'> | null>;
}
