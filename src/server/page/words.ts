/** Numbers and states in words. Pure: nothing here touches the document. */
import type { Levels, Loan, Move } from '../wire.ts';

const MINUS = '\u2212';
const NARROW = '\u202f';

/** `0.7142` → `71.42 %`. */
export function percent(ratio: string | number, digits = 2): string {
  return `${(Number(ratio) * 100).toFixed(digits)}${NARROW}%`;
}

/** `-0.371` → `−37.1 %`, never rounded to more than it is. */
export function move(share: string | number): string {
  const size = Math.floor(Math.abs(Number(share)) * 1_000 + 1e-9) / 10;
  const sign = Number(share) <= 0 ? MINUS : '+';
  return `${sign}${size >= 100 ? size.toFixed(0) : size.toFixed(1)}${NARROW}%`;
}

/** `12345.678` → `12,345.68`, small amounts with six digits. */
export function coins(amount: string): string {
  const value = Number(amount);
  if (Math.abs(value) >= 1_000) return value.toLocaleString('en', { maximumFractionDigits: 2 });
  return value.toLocaleString('en', { maximumSignificantDigits: 6 });
}

export function usd(amount: string): string {
  return `$${Number(amount).toLocaleString('en', { maximumFractionDigits: Number(amount) >= 1_000 ? 0 : 2 })}`;
}

export function price(amount: string): string {
  return Number(amount).toLocaleString('en', { maximumSignificantDigits: 5 });
}

/** `8 s`, `3 min`, `5 h`, `2 d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 100) return `${String(seconds)}${NARROW}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${String(minutes)}${NARROW}min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${String(hours)}${NARROW}h` : `${String(Math.round(hours / 24))}${NARROW}d`;
}

export type Tone = 'bad' | 'warn' | 'busy' | 'calm' | 'off';

interface State {
  readonly word: string;
  readonly tone: Tone;
  /** For a person who sees the word for the first time. */
  readonly means: string;
}

const STATES: Readonly<Record<string, State>> = {
  unseen: { word: 'unseen', tone: 'warn', means: 'no look has seen it yet' },
  'watching.healthy': { word: 'healthy', tone: 'calm', means: 'below its warning levels' },
  'watching.warned': { word: 'warned', tone: 'warn', means: 'past a warning level, below where money moves' },
  'watching.breached': { word: 'breached', tone: 'bad', means: 'past the level from which money moves' },
  'acting.planned': { word: 'planned', tone: 'busy', means: 'a payment is about to be sent' },
  'acting.sending': { word: 'sending', tone: 'busy', means: 'a payment is on its way' },
  'acting.settling': { word: 'settling', tone: 'busy', means: 'accepted, and not shown by all readings yet' },
  cooling: { word: 'cooling', tone: 'busy', means: 'a short rest after a payment' },
  starved: { word: 'starved', tone: 'bad', means: 'it needs money, and the wallets hold none that may be used' },
  capped: { word: 'capped', tone: 'bad', means: 'it needs money, and a limit forbids it' },
  unresolved: { word: 'unresolved', tone: 'bad', means: 'what became of a payment is not known yet' },
  paused: { word: 'paused', tone: 'off', means: 'an operator paused it: it is watched, and nothing is sent' },
  liquidating: { word: 'liquidating', tone: 'bad', means: 'the venue is selling its collateral' },
  closed: { word: 'closed', tone: 'off', means: 'the venue says that there is no debt' },
  retired: { word: 'retired', tone: 'off', means: 'no policy names it any more' },
};

export function stateOf(name: string): State {
  const [family = ''] = name.split('.');
  const known = STATES[name] ?? STATES[family];
  if (known !== undefined) return known;
  if (family === 'releasing') return { word: 'releasing', tone: 'busy', means: 'collateral is let go' };
  return { word: name, tone: 'warn', means: name };
}

/** Where between target and line an LTV stands. */
export function toneOf(loan: Pick<Loan, 'ltv' | 'levels' | 'state'>): Tone {
  const { tone } = stateOf(loan.state);
  const { ltv, levels } = loan;
  if (tone === 'bad' || tone === 'off' || ltv === null || levels === null) return tone;
  return Number(ltv) >= Number(levels.urgent) ? 'bad' : tone;
}

/** How endangered: what is wrong comes first, then what is nearest to its line. */
export function rank(loan: Loan): number {
  const tones: Readonly<Record<Tone, number>> = { bad: 0, warn: 2, busy: 1, calm: 3, off: 4 };
  return tones[toneOf(loan)] * 10 - nearness(loan);
}

/** LTV as a share of the line. */
function nearness({ ltv, levels }: Loan): number {
  return ltv === null || levels === null ? 0 : Math.min(2, Number(ltv) / Number(levels.line));
}

/** The nearest price move of each direction that a loan survives. */
export function survives(moves: readonly Move[]): readonly Move[] {
  const prices = moves.filter(({ kind }) => kind === 'price');
  return (['fall', 'rise'] as const).flatMap((direction) =>
    prices.filter((row) => row.direction === direction).slice(0, 1),
  );
}

export function coinOf({ factor, against }: Pick<Move, 'factor' | 'against'>): string {
  if (against !== null) return `${factor} against ${against}`;
  return factor === 'all' ? 'all coins' : factor;
}

const LEVEL_WORDS: Readonly<Record<string, string>> = {
  act: 'money moves',
  urgent: 'urgent',
  line: 'the venue liquidates',
  target: 'back at target',
  release: 'collateral may go',
};

/** `act` → `money moves`; `warn 1` → `warning 1`. */
export function happens(what: string): string {
  return LEVEL_WORDS[what] ?? what.replace(/^warn/, 'warning');
}

export function cushion({
  ltv,
  levels,
}: {
  readonly ltv: string | null;
  readonly levels: Levels | null;
}): string | null {
  if (ltv === null || levels === null) return null;
  return move(1 - Number(ltv) / Number(levels.line)).slice(1);
}

/** The part of a loan's name that its account does not say. */
export function shortName({ loan, account }: Pick<Loan, 'loan' | 'account'>): {
  readonly product: string;
  readonly key: string;
} {
  const [, product = loan, ...key] = loan.startsWith(`${account}/`)
    ? loan.split('/')
    : ['', ...loan.split('/').slice(1)];
  const plain = product.replace(/^(?:binance|okx)\./, '');
  return { product: PRODUCTS[plain] ?? plain, key: key.join('/') };
}

const PRODUCTS: Readonly<Record<string, string>> = {
  crossMargin: 'cross margin',
  isolatedMargin: 'isolated margin',
  flexibleLoan: 'flexible loan',
  spotBorrow: 'spot borrowing',
};

export const SENDS: Readonly<Record<string, string>> = { live: 'live', simulated: 'simulated', dryRun: 'dry-run' };

export const MODE_WORDS: Readonly<Record<string, string>> = {
  active: 'everything that the policy allows',
  reducing: 'only what lowers risk',
  degraded: 'the venue fails: one payment at a time',
  quarantine: 'no money until the journal is trusted',
  halted: 'no money moves until a person has looked',
};
