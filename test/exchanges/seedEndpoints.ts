/** Every endpoint of the five documents that started the project, and what Ballast has it for. */
export const SEED_ENDPOINTS: Readonly<Record<string, string>> = {
  'POST /sapi/v1/margin/borrow-repay': 'repays and borrows on cross and isolated margin',
  'GET /api/v5/finance/flexible-loan/borrow-currencies': 'offers: validates the policy in `check --online`',
  'GET /api/v5/finance/flexible-loan/collateral-assets': 'offers: validates the policy in `check --online`',
  'POST /api/v5/finance/flexible-loan/max-loan': 'terms: room left in `status`',
  'GET /api/v5/finance/flexible-loan/max-collateral-redeem-amount': 'terms, and the bound of every release',
  'POST /api/v5/finance/flexible-loan/adjust-collateral': 'adds and releases collateral',
  'GET /api/v5/finance/flexible-loan/loan-info': 'every look',
  'GET /api/v5/finance/flexible-loan/loan-history': 'evidence, and what others did',
  'GET /api/v5/finance/flexible-loan/interest-accrued': 'costs, and the rate in `status`',
  'GET /api/v5/account/max-loan': 'terms: room left in `status`',
  'GET /api/v5/account/interest-limits': 'terms: rate, quota, next interest; offers',
  'POST /api/v5/account/spot-manual-borrow-repay': 'repays and borrows in spot mode',
};
