/** Policy files for the tests of the command line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLICIES = `
policies:
  stable:
    bands: { warn: [cushion 24%, cushion 20%], target: cushion 26%, act: cushion 16%, urgent: cushion 8% }
    confirm: { act: 2 looks, urgent: 1 look }
    ladder: [{ do: repay, with: debt, from: wallet }]
    limits:
      perAction: 15000 USD
      perHour: 40000 USD
      perDay: 60000 USD
      urgent: { perAction: 30000 USD, perDay: 100000 USD }
      actions: 12 per hour
    coolDown: 100ms
    whenShort: partial
    whenUnsettled: otherMoney
    whenDislocated: aim urgent
    dust: leave
    release: off
  coin:
    extends: stable
    bands: { warn: [cushion 7%], target: cushion 8%, act: cushion 5%, urgent: cushion 2.5% }
  tight:
    extends: stable
    bands: { warn: [cushion 7%], target: cushion 8%, act: cushion 5%, urgent: cushion 2.5% }
    limits:
      perAction: 50 USD
      perHour: 50 USD
      perDay: 50 USD
      urgent: { perAction: 50 USD, perDay: 50 USD }
      actions: 12 per hour
`;

/**
 * Four simulated accounts on one coin. A fall of a quarter endangers `saved` and `okx`, and `poor`, which has no money;
 * a rise above the start endangers `coin`, and the second loan of `okx`, which may spend next to nothing.
 */
export const FOUR_ACCOUNTS = `version: 1
server: off
mode: dry-run
accounts:
  saved:
    venue: simulatedBinance
    wallets: { spot: { keep: [1000 USDT] } }
    loans: [{ product: crossMargin, policy: stable }]
  coin:
    venue: simulatedBinance
    wallets: { spot: { keep: [0.01 BTC] } }
    loans: [{ product: crossMargin, policy: coin }]
  poor:
    venue: simulatedBinance
    wallets: { spot: { keep: [1000 USDT] } }
    loans: [{ product: crossMargin, policy: stable }]
  okx:
    venue: simulatedOkx
    wallets: { funding: { keep: [100 USDT] } }
    loans:
      - { product: flexibleLoan, match: { borrow: USDT }, policy: stable }
      - { product: flexibleLoan, match: { borrow: BTC }, policy: tight }
${POLICIES}
simulation:
  tape: calm-2023
  accounts:
    saved:
      uid: "101"
      wallets: { spot: [20000 USDT] }
      cross: { leverage: 3x, debt: [30000 USDT], collateral: [1 BTC], startLtv: 67% }
    coin:
      uid: "102"
      wallets: { spot: [0.3 BTC] }
      cross: { leverage: 5x, debt: [0.5 BTC], collateral: [25000 USDT], startLtv: 83.5% }
    poor:
      uid: "103"
      wallets: { spot: [1000 USDT] }
      cross: { leverage: 3x, debt: [30000 USDT], collateral: [1 BTC], startLtv: 67% }
    okx:
      uid: "104"
      wallets: { funding: [20000 USDT, 0.3 BTC] }
      loans:
        - { ordId: "7001", debt: [20000 USDT], collateral: [1 BTC], line: 85%, startLtv: 62% }
        - { ordId: "7002", debt: [0.4 BTC], collateral: [20000 USDT], line: 90%, call: 87%, startLtv: 76% }
`;

/** One simulated account. */
export const ONE_ACCOUNT = `version: 1
server: off
mode: dry-run
accounts:
  saved:
    venue: simulatedBinance
    wallets: { spot: { keep: [1000 USDT] } }
    loans: [{ product: crossMargin, policy: stable }]
${POLICIES}
simulation:
  tape: calm-2023
  accounts:
    saved:
      uid: "101"
      wallets: { spot: [20000 USDT] }
      cross: { leverage: 3x, debt: [30000 USDT], collateral: [1 BTC], startLtv: 67% }
`;

export interface External {
  readonly venue: 'binance' | 'okx';
  readonly uid: string;
  readonly hosts: { readonly rest: string; readonly ws: string };
  /** Whether it may send. */
  readonly live: boolean;
}

/** Where the public prices of both venues are. */
export interface Prices {
  readonly binance: string;
  readonly okx: string;
}

/** A real account, as far as the server can tell: its venue stands on this machine. Key and secret come from the environment. */
export function externalAccount({ prices, ...account }: External & { readonly prices: Prices }): string {
  return externalAccounts({ real: { ...account, env: 'TEST' } }, prices);
}

/** Several of them by name, each with the prefix of its variables. */
export function externalAccounts(
  accounts: Readonly<Record<string, External & { readonly env: string }>>,
  prices: Prices,
): string {
  const isLive = Object.values(accounts).some(({ live }) => live);
  const entries = Object.entries(accounts).map(([name, { venue, uid, hosts, live, env }]) => {
    const passphrase = venue === 'okx' ? `, passphrase: "\${env:${env}_PASSPHRASE}"` : '';
    const product = venue === 'okx' ? 'flexibleLoan' : 'crossMargin';
    return `  ${name}:
    venue: ${venue}
    live: ${live ? 'yes' : 'no'}
    expectUid: "${uid}"
    key: { id: "\${env:${env}_KEY}", secret: "\${env:${env}_SECRET}"${passphrase} }
    hosts: { rest: "${hosts.rest}", ws: "${hosts.ws}" }
    loans: [{ product: ${product}, policy: stable }]
`;
  });
  return `version: 1
mode: ${isLive ? 'live' : 'dry-run'}
server: off
timing: { lagMargin: 300ms, reflectTimeout: 1s, okxWindow: 3s, binanceRecvWindow: 1s, requestDeadline: 700ms, settleInLane: 300ms, lookEvery: 400ms, lookSoon: 200ms, maxAge: 2s, stalled: 500ms, lock: 2s }
dislocation: { hosts: { binance: "${prices.binance}", okx: "${prices.okx}" } }
accounts:
${entries.join('')}${POLICIES}`;
}

/** @returns the path of the file */
export function writePolicy(folder: string, text: string): string {
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, text);
  return path;
}
