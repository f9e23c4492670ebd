/**
 * Every error code of okx.md §1.5, §3.8, §4.2 and §5 with what it proves about a money call.
 *
 * `unknown` rows are the ones in which the venue does not say that nothing happened: time-outs, system errors and
 * duplicates of an id whose first attempt may have moved money. "Retry" in the facts means: rejected, wait, fresh look.
 * What the venue calls a mistake of ours is `unavailable`, so that the ladder goes on to another remedy.
 */
import type { RejectEffect } from '../../core/intent.ts';

/** `[code, effect, meaning]` of a code that proves nothing was executed. */
type Refusal = readonly [code: string, effect: RejectEffect, meaning: string];
/** `[code, meaning]` of a code after which the outcome has to be found out. */
type Doubt = readonly [code: string, meaning: string];

/** okx.md §1.5: codes after which nobody knows, and duplicates (§3.7: "completed" is not "succeeded"). */
const COMMON_DOUBTS: readonly Doubt[] = [
  ['1', 'operation failed without a per-item code'],
  ['2', 'batch partly succeeded without a per-item code'],
  ['50001', 'service temporarily unavailable (503): may or may not have been executed'],
  ['50004', 'endpoint timed out: outcome unknown, although it comes as HTTP 400'],
  ['50013', 'systems are busy (429): the documents do not say that nothing was executed'],
  ['50026', 'system error (500): may or may not have been executed'],
  ['50042', 'repeated request: an earlier one with the same content was taken'],
  ['50071', 'client id already exists: an earlier request carried it'],
  ['51016', 'client order id is finished: an earlier request carried it, its success is not said'],
];

/** okx.md §1.5. */
const COMMON_REFUSALS: readonly Refusal[] = [
  ['50000', 'unavailable', 'POST body was empty'],
  ['50002', 'unavailable', 'JSON syntax error in our request'],
  ['50005', 'unavailable', 'endpoint is inactive'],
  ['50006', 'unavailable', 'wrong content type'],
  ['50007', 'halt', 'user is blocked'],
  ['50008', 'halt', 'user does not exist'],
  ['50009', 'halt', 'account is frozen because of a stop-out'],
  ['50011', 'rateLimited', 'rate limit of the endpoint reached, not executed'],
  ['50012', 'halt', 'account status is invalid'],
  ['50014', 'unavailable', 'a required parameter is missing'],
  ['50015', 'unavailable', 'one of two parameters is required'],
  ['50016', 'unavailable', 'two parameters do not match'],
  ['50020', 'halt', 'position is frozen because of a forced liquidation'],
  ['50021', 'halt', 'currency is frozen because of a forced liquidation'],
  ['50022', 'halt', 'account is frozen because of a forced liquidation'],
  ['50024', 'unavailable', 'two parameters exclude each other'],
  ['50027', 'halt', 'account is restricted'],
  ['50028', 'halt', 'account may not do anything for account reasons'],
  ['50029', 'halt', 'account is under risk control'],
  ['50030', 'halt', 'no permission for this endpoint'],
  ['50032', 'halt', 'currency is prohibited for this account'],
  ['50035', 'halt', 'endpoint needs a key that is bound to an IP address'],
  ['50036', 'none', 'expTime lies in the past'],
  ['50037', 'none', 'request expired by its expTime, not executed'],
  ['50038', 'unavailable', 'not available in demo trading'],
  ['50040', 'rateLimited', 'operation too frequent'],
  ['50041', 'halt', 'not on the allow-list of this endpoint'],
  ['50046', 'unavailable', 'feature is temporarily unavailable'],
  ['50051', 'halt', 'refused for compliance reasons'],
  ['50052', 'halt', 'currency refused for compliance reasons'],
  ['50053', 'unavailable', 'only available in demo trading'],
  ['50059', 'halt', 'refused for compliance reasons of the region'],
  ['50060', 'halt', 'compliance asks for a check in the app'],
  ['50061', 'rateLimited', 'order rate limit of the sub-account reached'],
  ['50062', 'unavailable', 'feature is currently unavailable'],
  ['50064', 'unavailable', 'borrowing system is unavailable'],
  ['50100', 'halt', 'API is frozen'],
  ['50101', 'halt', 'key does not match the environment: demo key on live or the reverse'],
  ['50102', 'clock', 'timestamp is out of the 30 s window, not executed'],
  ['50103', 'halt', 'header with the key is missing'],
  ['50104', 'halt', 'header with the passphrase is missing'],
  ['50105', 'halt', 'passphrase is wrong'],
  ['50106', 'halt', 'header with the signature is missing'],
  ['50107', 'halt', 'header with the timestamp is missing'],
  ['50108', 'halt', 'exchange id does not exist'],
  ['50109', 'halt', 'exchange domain does not exist'],
  ['50110', 'halt', 'our IP address is not on the key’s list'],
  ['50111', 'halt', 'key is invalid'],
  ['50112', 'halt', 'timestamp has the wrong format'],
  ['50113', 'halt', 'signature is invalid'],
  ['50114', 'halt', 'authorisation is invalid'],
  ['50115', 'unavailable', 'wrong HTTP method'],
  ['50119', 'halt', 'key does not exist'],
  ['50120', 'halt', 'key lacks the permission for this call'],
  ['50121', 'halt', 'this IP address may not use the service'],
  ['51000', 'unavailable', 'a parameter is wrong'],
  ['51010', 'halt', 'account mode does not support this request'],
  ['51024', 'halt', 'account is blocked or frozen'],
  ['51063', 'none', 'loan order does not exist: it may be closed, read the orders again'],
  ['51155', 'halt', 'not available in the account’s region'],
];

/** okx.md §3.8: a duplicate whose first attempt still runs. */
const LOAN_DOUBTS: readonly Doubt[] = [['51784', 'a request with this client order id is in progress']];

/** okx.md §3.8 (and §3.1 for 59521). */
const LOAN_REFUSALS: readonly Refusal[] = [
  ['51732', 'halt', 'identity verification level is too low'],
  ['51733', 'halt', 'account is under risk control'],
  ['51734', 'halt', 'product is not open for the country of the identity'],
  ['51735', 'halt', 'sub-accounts are not supported'],
  ['51736', 'funds', 'balance of the currency is insufficient'],
  ['51737', 'halt', 'identity is not verified'],
  ['51738', 'halt', 'funding account is frozen'],
  ['51739', 'unavailable', 'service is temporarily unavailable'],
  ['51750', 'unavailable', 'collateral may not be the borrowed currency'],
  ['51751', 'unavailable', 'currency cannot be borrowed'],
  ['51752', 'unavailable', 'currency cannot be collateral'],
  ['51753', 'none', 'order does not hold that collateral: read it again'],
  ['51754', 'none', 'there is no debt, nothing to collateralise: read the orders again'],
  ['51755', 'unavailable', 'operations with this currency are restricted'],
  ['51756', 'funds', 'more than the largest redeemable amount'],
  ['51757', 'tooSmall', 'below the smallest collateral amount'],
  ['51758', 'funds', 'more than the largest redeemable amount, which the text names'],
  ['51759', 'unavailable', 'a temporary limit is exceeded'],
  ['51760', 'halt', 'delta-neutral strategy accounts cannot use flexible loans'],
  ['51761', 'halt', 'strategy type of the sub-account could not be verified'],
  ['51764', 'funds', 'balance is insufficient'],
  ['51767', 'unavailable', 'service is under maintenance'],
  ['51774', 'unavailable', 'service is temporarily unavailable'],
  ['51785', 'unavailable', 'currency does not match the order’s E-Mode pair'],
  ['59521', 'halt', 'delta-neutral strategy accounts cannot use flexible loans'],
];

/** okx.md §4.2. */
const SPOT_REFUSALS: readonly Refusal[] = [
  ['59200', 'funds', 'balance is insufficient'],
  ['59201', 'funds', 'a balance is negative'],
  ['59304', 'funds', 'at least one day of interest has to stay'],
  ['59306', 'unavailable', 'amount exceeds the limit'],
  ['59309', 'exceedsDebt', 'repayment exceeds what is borrowed'],
  ['59319', 'funds', 'funds are in use'],
  ['59410', 'unavailable', 'currency cannot be borrowed or borrowing is off'],
  ['59411', 'unavailable', 'free margin is too low to borrow'],
  ['59412', 'unavailable', 'above the borrowing limit'],
  ['59413', 'exceedsDebt', 'nothing is borrowed in this currency'],
  ['59414', 'tooSmall', 'below the smallest borrowing'],
  ['59417', 'unavailable', 'borrowing is off because of high utilisation'],
];

/** okx.md §5: the text carries the id of the running transfer, which may be this very one. */
const TRANSFER_DOUBTS: readonly Doubt[] = [['58124', 'a transfer is in progress: it may be this one']];

/** okx.md §5. */
const TRANSFER_REFUSALS: readonly Refusal[] = [
  ['58100', 'unavailable', 'risk control has suspended transfers out'],
  ['58101', 'unavailable', 'transfers are suspended'],
  ['58102', 'rateLimited', 'transfer rate limit reached'],
  ['58103', 'unavailable', 'transfer is not possible between these accounts'],
  ['58110', 'unavailable', 'transfers are suspended because of market risk'],
  ['58111', 'unavailable', 'transfers are unavailable while fees are charged'],
  ['58112', 'unavailable', 'transfer failed'],
  ['58113', 'unavailable', 'transfer is not possible'],
  ['58114', 'tooSmall', 'amount must be above zero'],
  ['58115', 'unavailable', 'sub-account does not exist'],
  ['58116', 'funds', 'more than is available'],
  ['58117', 'funds', 'negative assets have to be settled first'],
  ['58119', 'unavailable', 'sub-account may not transfer out'],
  ['58120', 'unavailable', 'transfer service is temporarily unavailable'],
  ['58121', 'unavailable', 'would push the account to a high risk level'],
  ['58123', 'unavailable', 'source and target are the same'],
  ['58127', 'unavailable', 'master key does not support this transfer type'],
  ['58128', 'unavailable', 'sub-account key does not support this transfer type'],
  ['58129', 'unavailable', 'a parameter is wrong or does not match the transfer type'],
  ['58131', 'halt', 'identity verification is required'],
  ['58132', 'halt', 'identity verification is required'],
];

/** Rows of one part of the facts. */
export interface Group {
  readonly source: string;
  readonly doubts: readonly Doubt[];
  readonly refusals: readonly Refusal[];
}

export const GROUPS: readonly Group[] = [
  { source: 'okx.md §1.5', doubts: COMMON_DOUBTS, refusals: COMMON_REFUSALS },
  { source: 'okx.md §3.8', doubts: LOAN_DOUBTS, refusals: LOAN_REFUSALS },
  { source: 'okx.md §4.2', doubts: [], refusals: SPOT_REFUSALS },
  { source: 'okx.md §5', doubts: TRANSFER_DOUBTS, refusals: TRANSFER_REFUSALS },
];
