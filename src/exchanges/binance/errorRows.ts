/**
 * Every error code binance.md §8 knows, one row each; where one code has two texts, the row with the text comes first.
 *
 * The outcome follows the facts' action column: U is `unknown` (the venue does not say how far it got), everything else
 * is `rejected`. "Retry" there means: rejected, wait, fresh look. Reading guide for the effects: `unavailable` is said
 * where the same call would only be refused again, so that the ladder goes on to its next rung.
 */
import type { RejectEffect } from '../../core/intent.ts';
import type { ErrorRow } from '../errorTable.ts';

interface Extra {
  readonly text?: RegExp;
  readonly waitMs?: number;
}

function rejected(
  code: string,
  effect: RejectEffect,
  meaning: string,
  sample: string,
  source: string,
  extra: Extra = {},
): ErrorRow {
  return {
    code,
    text: extra.text ?? null,
    outcome: 'rejected',
    effect,
    meaning,
    waitMs: extra.waitMs ?? null,
    source,
    sample,
  };
}

function unknown(code: string, meaning: string, sample: string, source: string, extra: Extra = {}): ErrorRow {
  return { code, text: extra.text ?? null, outcome: 'unknown', effect: 'none', meaning, waitMs: null, source, sample };
}

/** General codes (§8.1). */
// prettier-ignore
export const GENERAL_ROWS: readonly ErrorRow[] = [
  unknown('-1000', 'unknown error while processing', 'An unknown error occurred while processing the request.', 'binance.md §8.1'),
  unknown('-1001', 'disconnected inside the venue', 'Internal error; unable to process your request. Please try again.', 'binance.md §8.1'),
  rejected('-1002', 'halt', 'not authorised: a permission of the key is missing', 'You are not authorized to execute this request.', 'binance.md §8.1'),
  rejected('-1003', 'banned', 'the IP is banned for asking too often', 'Way too much request weight used; IP banned until 1573535012345.', 'binance.md §8.1, §4', { text: /banned/i, waitMs: 120_000 }),
  rejected('-1003', 'rateLimited', 'too much request weight', 'Too much request weight used; current limit is 6000 request weight per 1 MINUTE.', 'binance.md §8.1, §4', { waitMs: 60_000 }),
  rejected('-1004', 'unavailable', 'server busy', 'Server is busy, please wait and try again', 'binance.md §8.1', { waitMs: 1_000 }),
  unknown('-1006', 'unexpected response inside the venue: execution unknown', 'An unexpected response was received from the message bus. Execution status unknown.', 'binance.md §8.1'),
  unknown('-1007', 'timeout inside the venue: execution unknown', 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.', 'binance.md §8.1'),
  rejected('-1008', 'unavailable', 'server overloaded, request turned away', 'Server is currently overloaded with other requests. Please try again in a few minutes.', 'binance.md §8.1', { waitMs: 1_000 }),
  rejected('-1015', 'rateLimited', 'too many orders', 'Too many new orders.', 'binance.md §8.1', { waitMs: 60_000 }),
  rejected('-1016', 'unavailable', 'service shut down', 'This service is no longer available.', 'binance.md §8.1', { waitMs: 60_000 }),
  rejected('-1020', 'unavailable', 'operation not supported', 'This operation is not supported.', 'binance.md §8.1'),
  rejected('-1021', 'clock', 'timestamp outside the window', 'Timestamp for this request is outside of the recvWindow.', 'binance.md §8.1, §2.4'),
  rejected('-1022', 'halt', 'signature not valid: wrong secret for this key', 'Signature for this request is not valid.', 'binance.md §8.1'),
  rejected('-1099', 'halt', 'not found, not authenticated or not authorised', 'Not found, unauthenticated, or unauthorized.', 'binance.md §8.1'),
  rejected('-1100', 'unavailable', 'illegal characters in a parameter', 'illegal characters in a parameter', 'binance.md §8.1'),
  rejected('-1101', 'unavailable', 'too many or duplicate parameters', 'too many or duplicate parameters', 'binance.md §8.1'),
  rejected('-1102', 'unavailable', 'a mandatory parameter is missing or empty', 'a mandatory parameter is missing or empty', 'binance.md §8.1'),
  rejected('-1103', 'unavailable', 'unknown parameter', 'unknown parameter', 'binance.md §8.1'),
  rejected('-1104', 'unavailable', 'unread parameters', 'unread parameters', 'binance.md §8.1'),
  rejected('-1105', 'unavailable', 'a parameter is empty', 'a parameter is empty', 'binance.md §8.1'),
  rejected('-1106', 'unavailable', 'a parameter was sent that is not required', 'a parameter was sent that is not required', 'binance.md §8.1'),
  rejected('-1109', 'unavailable', 'invalid account', 'invalid account', 'binance.md §8.1'),
  rejected('-1111', 'precision', 'too many decimals for this asset', 'Precision is over the maximum defined for this asset.', 'binance.md §8.1, §2.1'),
  rejected('-1121', 'unavailable', 'invalid symbol', 'Invalid symbol.', 'binance.md §8.1'),
  rejected('-1125', 'unavailable', 'listen key does not exist', 'This listenKey does not exist.', 'binance.md §8.1'),
  rejected('-1127', 'unavailable', 'time range too big', 'Lookup interval is too big.', 'binance.md §8.1'),
  rejected('-1128', 'unavailable', 'invalid combination of optional parameters', 'Combination of optional parameters invalid.', 'binance.md §8.1'),
  rejected('-1130', 'precision', 'the venue dislikes the amount: its decimals, or it is too small', "Data sent for parameter 'amount' is not valid.", 'binance.md §8.1', { text: /'\w*amount'/i }),
  rejected('-1130', 'unavailable', 'invalid data for a parameter', 'Data sent for parameter is not valid.', 'binance.md §8.1'),
  rejected('-1131', 'unavailable', 'recvWindow above 60000', 'recvWindow must be less than 60000', 'binance.md §8.1'),
  rejected('-1209', 'unavailable', 'listen token invalid', 'listenToken is invalid', 'binance.md §8.1'),
  rejected('-2008', 'halt', 'unknown API key', 'Invalid Api-Key ID.', 'binance.md §8.1'),
  rejected('-2010', 'unavailable', 'order rejected', 'NEW_ORDER_REJECTED', 'binance.md §8.1'),
  rejected('-2011', 'unavailable', 'cancel rejected', 'CANCEL_REJECTED', 'binance.md §8.1'),
  rejected('-2013', 'unavailable', 'no such order', 'Order does not exist.', 'binance.md §8.1'),
  rejected('-2014', 'halt', 'API key badly formed', 'API-key format invalid.', 'binance.md §8.1'),
  rejected('-2015', 'halt', 'key, IP or permission refused (may be a temporary ban of a good key)', 'Invalid API-key, IP, or permissions for action.', 'binance.md §8.1, §12'),
];

/** Margin codes (§8.2). */
// prettier-ignore
export const MARGIN_ROWS: readonly ErrorRow[] = [
  unknown('-3000', 'internal server error', 'Internal server error.', 'binance.md §8.2'),
  rejected('-3001', 'halt', '2FA must be enabled first', 'Please enable 2FA first.', 'binance.md §8.2'),
  rejected('-3002', 'unavailable', 'asset not known to the venue', "We don't have this asset.", 'binance.md §8.2'),
  rejected('-3003', 'halt', 'the margin account does not exist', 'Margin account does not exist.', 'binance.md §8.2'),
  rejected('-3004', 'unavailable', 'trade not allowed', 'Trade not allowed.', 'binance.md §8.2'),
  rejected('-3005', 'unavailable', 'transferring out not allowed', 'Transferring out not allowed. Transfer out amount exceeds max amount.', 'binance.md §8.2'),
  rejected('-3006', 'unavailable', 'more than the maximum that may be borrowed', 'Your borrow amount has exceed maximum borrow amount.', 'binance.md §8.2'),
  rejected('-3007', 'pending', 'another borrow or repay of this account is running', 'You have pending transaction, please try again later.', 'binance.md §8.2, §0.1 fact 2', { waitMs: 150 }),
  rejected('-3008', 'pending', 'another borrow or repay of this account is running', 'Borrow Failed. You have pending transcation, please try again later.', 'binance.md §8.2, §12', { text: /pending/i, waitMs: 150 }),
  rejected('-3008', 'unavailable', 'borrow not allowed', 'Borrow not allowed. Your borrow amount has exceed maximum borrow amount.', 'binance.md §8.2'),
  rejected('-3009', 'unavailable', 'asset may not be transferred into margin', 'This asset are not allowed to transfer into margin account currently.', 'binance.md §8.2'),
  rejected('-3010', 'exceedsDebt', 'repay not allowed: more than the debt', 'Repay not allowed. Repay amount exceeds borrow amount.', 'binance.md §8.2', { text: /exceeds/i }),
  rejected('-3010', 'unavailable', 'repay not allowed', 'Repay not allowed.', 'binance.md §8.2'),
  rejected('-3011', 'unavailable', 'bad date range', 'Your input date is invalid.', 'binance.md §8.2'),
  rejected('-3012', 'unavailable', 'borrowing banned for this asset', 'Borrow is banned for this asset.', 'binance.md §8.2'),
  rejected('-3013', 'tooSmall', 'below the minimum to borrow', 'Borrow amount less than minimum borrow amount.', 'binance.md §8.2'),
  rejected('-3014', 'unavailable', 'borrowing banned for this account', 'Borrow is banned for this account.', 'binance.md §8.2'),
  rejected('-3015', 'dust', 'would leave a debt below the minimum', 'The unpaid debt is too small after this repayment.', 'binance.md §8.2, §11', { text: /too small/i }),
  rejected('-3015', 'exceedsDebt', 'more than the debt', 'Repay amount exceeds borrow amount.', 'binance.md §8.2', {
    text: /exceeds/i,
  }),
  rejected('-3016', 'tooSmall', 'below the minimum to repay', 'Repay amount less than minimum repay amount.', 'binance.md §8.2'),
  rejected('-3017', 'unavailable', 'asset may not be transferred into margin', 'This asset are not allowed to transfer into margin account currently.', 'binance.md §8.2'),
  rejected('-3018', 'halt', 'transferring in banned for this account', 'Transferring in has been banned for this account.', 'binance.md §8.2'),
  rejected('-3019', 'unavailable', 'transferring out banned for this account', 'Transferring out has been banned for this account.', 'binance.md §8.2'),
  rejected('-3020', 'unavailable', 'more than may be transferred out', 'Transfer out amount exceeds max amount.', 'binance.md §8.2'),
  rejected('-3021', 'unavailable', 'pair not allowed for margin', 'Margin account are not allowed to trade this trading pair.', 'binance.md §8.2'),
  rejected('-3022', 'halt', 'trading banned for this account', "You account's trading is banned.", 'binance.md §8.2'),
  rejected('-3023', 'unavailable', 'not allowed at this margin level', "You can't transfer out/place order under current margin level.", 'binance.md §8.2'),
  rejected('-3024', 'dust', 'would leave a debt below the minimum', 'The unpaid debt is too small after this repayment.', 'binance.md §8.2'),
  rejected('-3025', 'unavailable', 'bad date', 'Your input date is invalid.', 'binance.md §8.2'),
  rejected('-3026', 'unavailable', 'invalid parameter', 'Your input param is invalid.', 'binance.md §8.2'),
  rejected('-3027', 'unavailable', 'not a margin asset', 'Not a valid margin asset.', 'binance.md §8.2'),
  rejected('-3028', 'unavailable', 'not a margin pair', 'Not a valid margin pair.', 'binance.md §8.2'),
  unknown('-3029', 'transfer failed, the venue does not say how far it got', 'Transfer failed.', 'binance.md §8.2'),
  rejected('-3036', 'unavailable', 'the account may not repay now (liquidation lock)', 'This account is not allowed to repay.', 'binance.md §8.2, §10.5', { waitMs: 1_000 }),
  rejected('-3037', 'unavailable', 'profit and loss is being cleared', 'PNL is clearing. Wait a second.', 'binance.md §8.2', { waitMs: 1_000 }),
  rejected('-3038', 'unavailable', 'listen key not found', 'Listen key not found.', 'binance.md §8.2'),
  rejected('-3041', 'funds', 'balance not enough', 'Balance is not enough', 'binance.md §8.2, §10.4'),
  rejected('-3042', 'unavailable', 'no price index for this pair', 'PriceIndex not available for this margin pair.', 'binance.md §8.2'),
  rejected('-3043', 'unavailable', 'transferring in not allowed', 'Transferring in not allowed.', 'binance.md §8.2'),
  unknown('-3044', 'system busy', 'System busy.', 'binance.md §8.2, §3'),
  rejected('-3045', 'unavailable', 'the venue has not enough of this asset to lend', "The system doesn't have enough asset now.", 'binance.md §8.2', { waitMs: 60_000 }),
  rejected('-3064', 'unavailable', 'price too far from the index', 'Limit price needs to be within the price limit.', 'binance.md §8.2'),
  rejected('-3065', 'unavailable', 'asset is being delisted: transfer in limited to the shortfall', 'The asset is scheduled for delisting and cannot be transferred in.', 'binance.md §8.2, §6.1'),
  rejected('-3067', 'unavailable', 'asset no longer a margin asset', 'This asset is not a supported margin asset.', 'binance.md §8.2'),
  rejected('-3999', 'halt', 'only for invited users', 'This function is only available for invited users.', 'binance.md §8.2'),
];

/** Transfer and asset codes (§8.3). */
// prettier-ignore
export const TRANSFER_ROWS: readonly ErrorRow[] = [
  rejected('-4047', 'unavailable', 'time interval too long', 'Time interval must be within 0-7 days', 'binance.md §8.3, §11'),
  rejected('-5001', 'unavailable', 'conversion switched off', "Don't allow transfer to micro assets.", 'binance.md §8.3'),
  rejected('-5002', 'funds', 'insufficient balance', 'You have insufficient balance.', 'binance.md §8.3'),
  rejected('-5003', 'funds', 'no balance of this asset', "You don't have this asset.", 'binance.md §8.3'),
  rejected('-5004', 'unavailable', 'dust conversion limit', 'The residual balances have exceeded 0.001BTC, Please re-choose.', 'binance.md §8.3'),
  rejected('-5005', 'unavailable', 'dust conversion limit', 'The residual balances of the asset is too low, Please re-choose.', 'binance.md §8.3'),
  rejected('-5006', 'unavailable', 'dust conversion limit', 'Only transfer once in 24 hours.', 'binance.md §8.3'),
  rejected('-5007', 'tooSmall', 'amount must be above zero', 'Quantity must be greater than zero.', 'binance.md §8.3'),
  rejected('-5008', 'funds', 'not enough returnable assets', 'Insufficient amount of returnable assets.', 'binance.md §8.3'),
  rejected('-5009', 'unavailable', 'product does not exist', 'Product does not exist.', 'binance.md §8.3'),
  unknown('-5010', 'transfer failed, the venue does not say how far it got', 'Asset transfer fail.', 'binance.md §8.3'),
  rejected('-5011', 'unavailable', 'futures account does not exist', 'future account not exists.', 'binance.md §8.3'),
  unknown('-5012', 'transfer is pending', 'Asset transfer is in pending.', 'binance.md §8.3, §11', {
    text: /pending/i,
  }),
  rejected('-5012', 'unavailable', 'futures account or sub-account relation does not exist', 'This future account or sub relation does not exist.', 'binance.md §8.3, §11', { text: /not exist|relation/i }),
  rejected('-5013', 'funds', 'insufficient balance', 'Asset transfer failed: insufficient balance', 'binance.md §8.3'),
  rejected('-5021', 'unavailable', 'not a sub-account of this parent', 'This parent sub have no relation', 'binance.md §8.3'),
  rejected('-5022', 'unavailable', 'futures account or sub-account relation does not exist', 'future account or sub relation not exists.', 'binance.md §8.3'),
  rejected('-6012', 'funds', 'balance not enough', 'Balance not enough', 'binance.md §8.3'),
  rejected('-6016', 'unavailable', 'wrong parameter', 'Parameter err', 'binance.md §8.3'),
  rejected('-6018', 'funds', 'asset not enough', 'Asset not enough', 'binance.md §8.3'),
  rejected('-9000', 'funds', 'no available amount', 'user have no avaliable amount', 'binance.md §8.3', {
    text: /no ava?i?liable amount|no available amount/i,
  }),
  rejected('-9000', 'unavailable', 'turned away by the asset service', 'com.binance.assetservice.AssetErrorCode.USER_OUT_OF_TRANSFER_FLOAT', 'binance.md §8.3', { text: /AssetErrorCode/ }),
  rejected('-11008', 'unavailable', 'more than this account may borrow', "Exceeding the account's maximum borrowable limit.", 'binance.md §8.3'),
  rejected('-12014', 'rateLimited', 'more than one request in two seconds', 'More than 1 request in 2 seconds', 'binance.md §8.3', { waitMs: 2_000 }),
  rejected('-20204', 'unavailable', 'order too small', 'Filter failure: NOTIONAL', 'binance.md §8.3'),
  rejected('-21001', 'halt', 'a Portfolio Margin matter: this account mode is not supported', 'Request ID is not a Portfolio Margin Account.', 'binance.md §8.3'),
  rejected('-21002', 'halt', 'a Portfolio Margin matter: this account mode is not supported', "Portfolio Margin Account doesn't support transfer from margin to futures.", 'binance.md §8.3'),
  rejected('-21003', 'rateLimited', 'margin assets could not be read, also when calls come too fast', 'Fail to retrieve margin assets.', 'binance.md §8.3, §6.1', { waitMs: 500 }),
  rejected('-21004', 'unavailable', 'a Portfolio Margin matter', 'Portfolio margin bankruptcy loan.', 'binance.md §8.3'),
  rejected('-21005', 'unavailable', 'a Portfolio Margin matter', 'Portfolio margin bankruptcy loan.', 'binance.md §8.3'),
  rejected('-21006', 'unavailable', 'a Portfolio Margin matter', 'Portfolio margin bankruptcy loan.', 'binance.md §8.3'),
  rejected('-21007', 'unavailable', 'a Portfolio Margin matter', 'Portfolio margin bankruptcy loan.', 'binance.md §8.3'),
];

/** Crypto-loan codes (§8.4). */
// prettier-ignore
export const LOAN_ROWS: readonly ErrorRow[] = [
  rejected('-10001', 'unavailable', 'system maintenance', 'system maintenance', 'binance.md §8.4', { waitMs: 60_000 }),
  rejected('-10002', 'unavailable', 'invalid input', 'invalid input', 'binance.md §8.4'),
  rejected('-10005', 'unavailable', 'no records', 'no records', 'binance.md §8.4'),
  rejected('-10007', 'unavailable', 'coin cannot be borrowed', 'coin cannot be borrowed', 'binance.md §8.4'),
  rejected('-10008', 'unavailable', 'coin cannot be borrowed', 'coin cannot be borrowed', 'binance.md §8.4'),
  rejected('-10009', 'unavailable', 'coin cannot be collateral', 'coin cannot be collateral', 'binance.md §8.4'),
  rejected('-10010', 'unavailable', 'coin cannot be collateral', 'coin cannot be collateral', 'binance.md §8.4'),
  rejected('-10011', 'funds', 'spot wallet does not hold enough', 'spot wallet does not hold enough', 'binance.md §8.4'),
  rejected('-10012', 'precision', 'invalid repayment amount: its decimals, or it is too small', 'invalid repayment amount', 'binance.md §8.4'),
  rejected('-10013', 'funds', 'collateral amount not enough', 'collateral amount not enough', 'binance.md §8.4'),
  unknown('-10015', 'collateral deduction failed, the venue does not say how far it got', 'collateral deduction failed, the venue does not say how far it got', 'binance.md §8.4'),
  unknown('-10016', 'loan payout failed, the venue does not say how far it got', 'loan payout failed, the venue does not say how far it got', 'binance.md §8.4'),
  rejected('-10017', 'exceedsDebt', 'more than the debt', 'Repay amount should not be larger than liability.', 'binance.md §8.4'),
  rejected('-10018', 'precision', 'invalid repayment amount: its decimals, or it is too small', 'invalid repayment amount', 'binance.md §8.4'),
  rejected('-10019', 'unavailable', 'configuration missing at the venue', 'configuration missing at the venue', 'binance.md §8.4'),
  rejected('-10020', 'unavailable', 'user id missing', 'user id missing', 'binance.md §8.4'),
  rejected('-10021', 'unavailable', 'loan does not exist', 'loan does not exist', 'binance.md §8.4'),
  rejected('-10022', 'precision', 'invalid adjustment amount: its decimals, or it is too small', 'invalid adjustment amount', 'binance.md §8.4'),
  unknown('-10023', 'adjusting the LTV failed, the venue does not say how far it got', 'adjusting the LTV failed, the venue does not say how far it got', 'binance.md §8.4'),
  rejected('-10024', 'unavailable', 'adjusting the LTV not supported', 'adjusting the LTV not supported', 'binance.md §8.4'),
  unknown('-10025', 'repayment failed, the venue does not say how far it got', 'repayment failed, the venue does not say how far it got', 'binance.md §8.4'),
  rejected('-10026', 'unavailable', 'invalid parameter', 'invalid parameter', 'binance.md §8.4'),
  rejected('-10028', 'unavailable', 'invalid parameter', 'invalid parameter', 'binance.md §8.4'),
  rejected('-10029', 'tooSmall', 'loan too small', 'loan too small', 'binance.md §8.4'),
  rejected('-10030', 'unavailable', 'loan too large', 'loan too large', 'binance.md §8.4'),
  rejected('-10031', 'unavailable', 'quota reached', 'quota reached', 'binance.md §8.4'),
  rejected('-10032', 'unavailable', 'repayment not available for the moment', 'repayment not available for the moment', 'binance.md §8.4', { waitMs: 5_000 }),
  rejected('-10034', 'unavailable', 'repaying with collateral not available, use the borrowed coin', 'repaying with collateral not available, use the borrowed coin', 'binance.md §8.4'),
  rejected('-10039', 'tooSmall', 'repayment too small', 'repayment too small', 'binance.md §8.4'),
  rejected('-10040', 'exceedsDebt', 'repayment too large', 'repayment too large', 'binance.md §8.4'),
  rejected('-10041', 'unavailable', 'not enough coins to lend', 'not enough coins to lend', 'binance.md §8.4'),
  rejected('-10042', 'unavailable', 'asset not supported', 'asset not supported', 'binance.md §8.4'),
  rejected('-10043', 'unavailable', 'borrowing not supported', 'borrowing not supported', 'binance.md §8.4'),
  rejected('-10044', 'unavailable', 'collateral limit reached', 'collateral limit reached', 'binance.md §8.4'),
  rejected('-10045', 'unavailable', 'repaying with collateral not supported', 'repaying with collateral not supported', 'binance.md §8.4'),
  rejected('-10046', 'unavailable', 'adjustment above the maximum', 'adjustment above the maximum', 'binance.md §8.4'),
  rejected('-10047', 'halt', 'not available in this region', 'not available in this region', 'binance.md §8.4'),
];
