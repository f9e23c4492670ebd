/** One account per venue with all five products, on the simulated exchanges. */
import { systemClock } from '../../src/clock.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { LoanView } from '../../src/core/loan.ts';
import type { ReportingVenue } from '../../src/exchanges/exchange.ts';
import { silentLog } from '../../src/exchanges/kit.ts';
import { createVenue, type VenueSettings } from '../../src/exchanges/venues.ts';
import { startSimulator, type Simulator } from '../../src/simulator/start.ts';
import { intent } from './binance/fake.ts';

export const NEVER = new AbortController().signal;
export const ORDER = '680234819012345678';
const KEY = { id: 'k', secret: 's', passphrase: 'p' };
const hidden = (text: string): { reveal(): string } => ({ reveal: () => text });

const PRODUCTS = {
  binance: ['binance.crossMargin', 'binance.isolatedMargin', 'binance.flexibleLoan'],
  okx: ['okx.flexibleLoan', 'okx.spotBorrow'],
} as const;

export function startReports(): Promise<Simulator> {
  return startSimulator({
    tape: 'calm-2023',
    seed: 1,
    world: {
      binance: [
        {
          name: 'bob',
          uid: '1',
          key: { id: KEY.id, secret: KEY.secret },
          spot: { USDT: '50000', BTC: '2' },
          cross: { assets: { BTC: '2', USDT: '5000' }, debts: { USDT: '20000', BNB: '3' }, startLtv: '0.4' },
          isolated: [
            { symbol: 'ETHUSDT', assets: { ETH: '10', USDT: '3000' }, debts: { USDT: '8000' }, startLtv: '0.4' },
          ],
          flexible: [{ loanCoin: 'USDT', collateralCoin: 'BTC', debt: '20000', collateral: '1', startLtv: '0.4' }],
        },
      ],
      // The share that `openVenue` below gives to limits: a fifth of its waits.
      binanceSettings: { settleMs: 20, limits: { windowScale: 0.002 } },
      okx: [
        {
          name: 'olga',
          uid: '2',
          key: KEY,
          ip: '127.0.0.1',
          enableSpotBorrow: true,
          funding: { USDT: '20000', BTC: '3' },
          trading: { BTC: '3', USDT: '25000' },
          spotDebt: { USDT: '20000' },
          loans: [{ ordId: ORDER, debt: { USDT: '10000' }, collateral: { BTC: '1' }, liqLtv: '0.85' }],
        },
      ],
      okxSettings: { settleMs: 20, limits: { on: false } },
    },
  });
}

export function openVenue(
  simulator: Simulator,
  venue: 'binance' | 'okx',
  over: Partial<VenueSettings> = {},
): ReportingVenue {
  return createVenue({
    account: venue === 'binance' ? 'bob' : 'olga',
    venue,
    key: { id: hidden(KEY.id), secret: hidden(KEY.secret), passphrase: hidden(KEY.passphrase) },
    hosts: simulator[venue],
    products: PRODUCTS[venue],
    expectUid: venue === 'binance' ? '1' : '2',
    clock: systemClock,
    requestDeadlineMs: 4_000,
    lagMarginMs: 200,
    binanceRecvWindowMs: 3_000,
    okxWindowMs: 300,
    waitsScale: 0.01,
    tagIntents: true,
    log: silentLog,
    ...over,
  });
}

let turn = 0;

/** One money call the way the jobs make it; what comes back is the intent as the journal would have it afterwards. */
export async function move(venue: ReportingVenue, loan: LoanView, over: Partial<Intent>): Promise<Intent> {
  const sent = await sendTo(venue, loan, over);
  for (let read = 0; read < 100; read += 1) {
    if ((await venue.evidence(sent, NEVER)).verdict === 'happened')
      return { ...sent, state: 'confirmed', settledAt: systemClock.wall() };
    await systemClock.sleep(20);
  }
  throw new Error(`${sent.product} ${sent.verb} did not settle`);
}

/** The same until the venue has taken it. */
export async function sendTo(venue: ReportingVenue, loan: LoanView, over: Partial<Intent>): Promise<Intent> {
  turn += 1;
  const coins = (list: readonly { asset: string; amount: { toFixed(): string } }[]): Record<string, string> =>
    Object.fromEntries(list.map(({ asset, amount }) => [asset, amount.toFixed()]));
  const planned = intent({
    id: `m-1-${String(turn)}`,
    clientId: `m1n${String(turn)}x${String(Date.now())}`,
    account: loan.account,
    loan: loan.id,
    product: loan.product,
    key: loan.key,
    before: { debt: coins(loan.debts), collateral: coins(loan.collateral), inside: {}, wallet: {}, ltv: '0.4' },
    ...over,
  });
  const cursors = await venue.cursors(planned, NEVER);
  const request = venue.sign(planned);
  const sentAt = systemClock.wall();
  const reply = await venue.send(request, NEVER);
  if (reply.outcome !== 'accepted') throw new Error(`${planned.product} ${planned.verb}: ${JSON.stringify(reply)}`);
  return { ...planned, cursors, sentAt, validUntil: request.validUntil, ref: reply.ref };
}
