/** The policy file of a bench: simulated accounts that repay from a wallet as soon as they may, as often as they like. */

/** Ordinary bands; whoever moves by a few per cent pays. */
const CLOSE = `  close:
    bands: { warn: [cushion 9%], target: cushion 10%, act: cushion 8%, urgent: cushion 6.5% }
    confirm: { act: 1 look, urgent: 1 look }
    ladder: [{ do: repay, with: debt, from: wallet }]
    limits:
      perAction: unlimited
      perHour: unlimited
      perDay: unlimited
      urgent: { perAction: unlimited, perDay: unlimited }
      actions: 1000 per hour
    coolDown: 10ms
    whenShort: partial
    whenUnsettled: otherMoney
    whenDislocated: aim urgent
    dust: leave
    release: off`;

export interface Parts {
  readonly dataDir: string;
  /** Entries of `accounts`. */
  readonly accounts: readonly string[];
  /** Entries of `simulation.accounts`. */
  readonly holdings: readonly string[];
  /** Policies besides `close`. */
  readonly more?: string;
}

/** Simulated waits run at a tenth: each account is looked at every five seconds, as in life. */
export function policyText({ dataDir, accounts, holdings, more = '' }: Parts): string {
  return `version: 1
mode: dry-run
redis: { dataDir: ${JSON.stringify(dataDir)} }
server: { listen: "127.0.0.1:0" }
timing: { lookEvery: 50s }
accounts:
${accounts.join('\n')}
policies:
${CLOSE}
${more}simulation:
  tape: calm-2023
  settle: 20ms
  accounts:
${holdings.join('\n')}
`;
}

export function okxAccount(name: string): string {
  return account(name, 'simulatedOkx', 'funding', [
    '{ product: flexibleLoan, match: { borrow: USDT }, policy: close }',
  ]);
}

/** @param more loans besides the cross margin account */
export function binanceAccount(name: string, ...more: readonly string[]): string {
  return account(name, 'simulatedBinance', 'spot', ['{ product: crossMargin, policy: close }', ...more]);
}

function account(name: string, venue: string, wallet: string, loans: readonly string[]): string {
  return `  ${name}:\n    venue: ${venue}\n    wallets: { ${wallet}: { keep: [] } }\n    loans: [${loans.join(', ')}]`;
}
