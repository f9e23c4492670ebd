/** Good answers of the flexible-loan money calls (binance.md §7.1). Status words changed case and wording over time (§7.2). */
import type { Reply } from '../../core/intent.ts';
import { isObject, type Json } from '../json.ts';

const DONE = new Set(['REPAID', 'SUCCEEDS', 'SUCCESS']);
const IN_WORK = new Set(['REPAYING', 'PROCESSING']);
/** Says "accepted, still in work": there is no id to refer to. */
const IN_WORK_REF = 'in-work';

export function acceptRepay(json: Json | undefined, loanCoin: string, collateralCoin: string): Reply {
  return accept(json, 'repayStatus', loanCoin, collateralCoin);
}

export function acceptBorrow(json: Json | undefined, loanCoin: string, collateralCoin: string): Reply {
  return accept(json, 'status', loanCoin, collateralCoin);
}

export function acceptAdjust(json: Json | undefined, loanCoin: string, collateralCoin: string): Reply {
  return accept(json, 'status', loanCoin, collateralCoin);
}

function accept(json: Json | undefined, field: string, loanCoin: string, collateralCoin: string): Reply {
  if (isObject(json) && json['loanCoin'] === loanCoin && json['collateralCoin'] === collateralCoin) {
    const word = json[field];
    const status = typeof word === 'string' ? word.toUpperCase() : '';
    if (DONE.has(status)) return { outcome: 'accepted', ref: null, final: true, note: `the venue says ${status}` };
    if (IN_WORK.has(status))
      return { outcome: 'accepted', ref: IN_WORK_REF, final: false, note: `the venue says ${status}` };
    // FAILED is not a refusal: nothing says how far it got. The history decides.
    if (status === 'FAILED') return { outcome: 'unknown', reason: 'the venue says FAILED', code: null };
  }
  return { outcome: 'unknown', reason: 'status 200 without a usable answer', code: null };
}
