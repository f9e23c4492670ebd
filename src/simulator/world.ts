/** The World: everything about the simulated exchanges that is not a price, as JSON of the caller, checked at the door. */
import { z } from 'zod';
import { parse } from '../core/money.ts';
import type { Dec } from '../core/money.ts';
import { binanceAccountSchema, binanceSettingsSchema } from './binance/settings.ts';
import type {
  BinanceAccountInput,
  BinanceAccountWorld,
  BinanceSettings,
  BinanceSettingsInput,
} from './binance/settings.ts';
import { WorldError } from './binance/setup.ts';
import { okxAccountSchema, okxSettingsSchema } from './okx/world.ts';
import type { OkxAccountInput, OkxAccountWorld, OkxSettings, OkxSettingsInput } from './okx/world.ts';

export { WorldError };

/** USD per unit of coins that the tape does not price. */
const BUILT_IN_PRICES: Readonly<Record<string, string>> = {
  BTC: '60000',
  ETH: '2500',
  SOL: '150',
  BNB: '550',
  DOGE: '0.1',
  USDT: '1',
  USDC: '1',
};

const coin = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must be a coin in capitals');
const price = z
  .string()
  .regex(/^\d+(?:\.\d+)?$/, 'must be a plain decimal number in quotes')
  .transform(parse);
const milliseconds = z.int().min(0);

const timing = z.strictObject({
  /** Wire ms that the network takes before a request is looked at, and after it was carried out. */
  latencyMs: milliseconds.default(0),
  replyMs: milliseconds.default(0),
  /** How far the venues' clock is ahead of the true one, wire ms. */
  clockSkewMs: z.int().default(0),
  /** Defaults for both venues; what a venue's own settings say wins. */
  settleMs: milliseconds.optional(),
  transferMs: milliseconds.optional(),
  recordLagMs: milliseconds.optional(),
  readLagMs: milliseconds.optional(),
});

const outer = z.strictObject({
  defaultPrices: z.record(coin, price).default({}),
  timing: timing.prefault({}),
  binance: z.array(binanceAccountSchema).default([]),
  binanceSettings: z.record(z.string(), z.unknown()).default({}),
  okx: z.array(okxAccountSchema).default([]),
  okxSettings: z.record(z.string(), z.unknown()).default({}),
});

/** A World as a caller writes it. Amounts, prices and LTVs are decimal text. */
export interface WorldInput {
  readonly defaultPrices?: Readonly<Record<string, string>>;
  readonly timing?: z.input<typeof timing>;
  readonly binance?: readonly BinanceAccountInput[];
  readonly binanceSettings?: BinanceSettingsInput;
  readonly okx?: readonly OkxAccountInput[];
  readonly okxSettings?: OkxSettingsInput;
}

/** A World after its check. */
export interface World {
  readonly prices: ReadonlyMap<string, Dec>;
  readonly latencyMs: number;
  readonly replyMs: number;
  readonly clockSkewMs: number;
  readonly binance: readonly BinanceAccountWorld[];
  readonly binanceSettings: BinanceSettings;
  readonly okx: readonly OkxAccountWorld[];
  readonly okxSettings: OkxSettings;
}

/** @throws WorldError that says which member is wrong */
export function parseWorld(given: unknown): World {
  const world = checked(outer, given, 'world');
  const { latencyMs, replyMs, clockSkewMs, ...shared } = world.timing;
  const common = Object.fromEntries(Object.entries(shared).filter(([, ms]) => ms !== undefined));
  const builtIn = Object.entries(BUILT_IN_PRICES).map(([asset, usd]) => [asset, parse(usd)] as const);
  return {
    prices: new Map([...builtIn, ...Object.entries(world.defaultPrices)]),
    latencyMs,
    replyMs,
    clockSkewMs,
    binance: world.binance,
    binanceSettings: checked(binanceSettingsSchema, { ...common, ...world.binanceSettings }, 'world.binanceSettings'),
    okx: world.okx,
    okxSettings: checked(okxSettingsSchema, { ...common, ...world.okxSettings }, 'world.okxSettings'),
  };
}

function checked<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const result = schema.safeParse(given);
  if (!result.success) throw new WorldError(`${what} is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}
