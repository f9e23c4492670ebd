/** Error answers of the simulated OKX: code, HTTP status and text (okx.md §1.5, §3.8, §4.2, §5). */

interface Answer {
  readonly status: number;
  /** `{0}`, `{1}` are filled in. */
  readonly text: string;
}

const bad = (text: string): Answer => ({ status: 400, text });
const auth = (text: string): Answer => ({ status: 401, text });
const business = (text: string): Answer => ({ status: 200, text });

const ANSWERS: Readonly<Record<string, Answer>> = {
  '404': { status: 404, text: 'Not Found' },
  '50000': bad('Body for POST request cannot be empty.'),
  '50001': { status: 503, text: 'Service temporarily unavailable. Try again later.' },
  '50002': bad('JSON syntax error'),
  '50004': bad(
    'API endpoint request timeout (does not mean that the request was successful or failed, please check the request result).',
  ),
  '50006': bad('Invalid Content-Type, please use the application/json format'),
  '50007': business('User blocked.'),
  '50009': business('Account frozen due to stop-out'),
  '50011': { status: 429, text: 'Too Many Requests' },
  '50013': { status: 429, text: 'Systems are busy. Please try again later.' },
  '50014': bad('Parameter {0} cannot be empty.'),
  '50026': { status: 500, text: 'System error. Try again later' },
  '50028': business('Unable to take any action for account reasons.'),
  '50038': business('This feature is unavailable in demo trading'),
  '50046': business('This feature is temporarily unavailable.'),
  '50064': business('The borrowing system is unavailable. Try again later.'),
  '50071': business('{0} already exists'),
  '50101': auth('APIKey does not match current environment.'),
  '50102': auth('Timestamp request expired'),
  '50103': auth('Request header "OK-ACCESS-KEY" cannot be empty.'),
  '50104': auth('Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
  '50105': auth('Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
  '50106': auth('Request header "OK-ACCESS-SIGN" cannot be empty.'),
  '50107': auth('Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
  '50110': auth("Your IP {0} is not included in your API key's IP whitelist."),
  '50111': auth('Invalid OK-ACCESS-KEY'),
  '50112': auth('Invalid OK-ACCESS-TIMESTAMP'),
  '50113': auth('Invalid Sign'),
  '50115': { status: 405, text: 'Invalid request method.' },
  '50119': business("API key doesn't exist"),
  '50120': business("This API key doesn't have permission to use this function"),
  '51000': bad('Parameter {0} error'),
  '51010': business('You can’t complete this request under your current account mode.'),
  '51016': business('Client order ID already exists.'),
  '51063': business("OrdId doesn't exist"),
  '51736': business('Insufficient {0} balance'),
  '51738': business('Your funding account is frozen'),
  '51739': business('This service is temporarily unavailable'),
  '51750': business('Collateral assets cannot include the loan currency {0}'),
  '51751': business('{0} is not available for borrowing'),
  '51752': business('{0} is not supported as collateral'),
  '51753': business('The order does not hold {0} as collateral'),
  '51754': business('There is no debt, no collateral is needed'),
  '51755': business('Operations with {0} are restricted'),
  '51756': business('The amount exceeds the maximum redeemable collateral'),
  '51757': business('The collateral amount is below the minimum of {0} {1}'),
  '51758': business('The amount exceeds the maximum redeemable collateral of {0} {1}'),
  '51759': business('A temporary limit is exceeded. Try again later'),
  '51767': business('System maintenance. Try again later'),
  '51784': business('A request with this client order ID is in progress'),
  '51785': business('The currency does not match the E-Mode pair'),
  '58114': bad('The transfer amount must be more than 0'),
  '58115': business('Sub-account does not exist'),
  '58116': business('Transfer amount exceeds the limit'),
  '58117': business('Account assets are abnormal, please deal with negative assets before transferring.'),
  '58121': business('This transfer will cause a high-risk level. Transfer less and try again'),
  '58123': business('Parameter from cannot equal to parameter to'),
  '58124': business('Your previous fund transfer is in progress, transfer ID: {0}.'),
  '58127': business('The main account API key does not support the current transfer type.'),
  '58128': business('The sub-account API key does not support the current transfer type.'),
  '58129': business('{0} is incorrect or {0} does not match with type'),
  '59309': business('The repayment exceeds the borrowed amount'),
  '59319': business('Funds are in use and cannot be used for repayment'),
  '59410': business('You can only borrow this crypto if it supports borrowing and borrowing is enabled.'),
  '59411': business("Manual borrowing failed. Your account's free margin is insufficient."),
  '59412': business('Manual borrowing failed. The amount exceeds your borrowing limit.'),
  '59413': business("You didn't borrow this crypto. No repayment needed."),
  '59414': business('Manual borrowing failed. The minimum borrowing limit is {0}.'),
  '60004': bad('Invalid timestamp'),
  '60005': bad('Invalid apiKey'),
  '60006': bad('Timestamp request expired'),
  '60007': bad('Invalid sign'),
  '60024': bad('Wrong passphrase'),
};

/** A request that the venue answers with an error. Nothing has changed when it is thrown. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(code: string, ...parts: readonly string[]) {
    const answer = ANSWERS[code] ?? business('Operation failed');
    super(parts.reduce((text, part, index) => text.replaceAll(`{${String(index)}}`, part), answer.text));
    this.code = code;
    this.status = answer.status;
  }

  /** Body of the answer. Authentication errors carry no `data` (okx.md §1.4). */
  body(): string {
    const head = { msg: this.message, code: this.code };
    return JSON.stringify(this.status === 401 ? head : { ...head, data: [] });
  }
}
