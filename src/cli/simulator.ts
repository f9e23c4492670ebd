/**
 * `ballast simulator`: the simulated exchanges of a policy file alone, for rehearsals with `venue: binance` or `okx` and
 * `hosts`, for other clients, and for tests. Their accounts are made up, so their keys may be shown.
 */
import { z } from 'zod';
import type { Config } from '../config/types.ts';
import { worldOf } from '../config/world.ts';
import type { WorldInput } from '../simulator/world.ts';
import { startSimulator } from '../simulator/start.ts';
import { TapeError } from '../simulator/tape/csv.ts';
import { WorldError } from '../simulator/world.ts';
import type { Permission, Permissions } from './arguments.ts';
import { PERMISSIONS } from './arguments.ts';
import { DID_NOT_START, Ending, EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import type { Output } from './output.ts';

export interface SimulatorCommand {
  readonly config: Config;
  readonly output: Output;
  readonly tapesDir: string;
  readonly tape: string | readonly string[] | null;
  /** Tape seconds per second; `hold`: it moves when the admin endpoint is told so. `null`: the policy file says. */
  readonly speed: number | 'hold' | null;
  readonly permissions: Permissions;
  readonly ports: { readonly binance?: number; readonly okx?: number; readonly admin?: number };
  readonly stop: AbortSignal;
}

const account = z.looseObject({ name: z.string(), uid: z.string(), key: z.record(z.string(), z.string()) });
const world = z.looseObject({ binance: z.array(account), okx: z.array(account) });
type World = z.output<typeof world>;
/** Its own door checks the world; it knows the shape. */
const checkedLater = z.custom<WorldInput>((value) => typeof value === 'object' && value !== null);

/** @throws Ending */
export async function simulator(command: SimulatorCommand): Promise<ExitCode> {
  const { config, output, tapesDir, ports } = command;
  if (config.simulation === null) {
    throw new Ending(EXIT.usage, {
      happened: `${config.sourcePath} names no simulated exchange.`,
      ballast: DID_NOT_START,
      operator: 'use a policy file with simulated accounts, like the shipped config.yaml.',
    });
  }
  const accounts = permitted(world.parse(worldOf(config)), command.permissions);
  const speed = command.speed ?? config.simulation.speed;
  const running = await startSimulator({
    world: checkedLater.parse(accounts),
    tape: command.tape ?? config.simulation.tape,
    tapesDir,
    ports,
    ...(typeof speed === 'number' ? { speed } : {}),
  }).catch((error: unknown) => {
    throw refusal(error);
  });
  const { binance, okx, admin } = running;
  output.json({ binance, okx, admin, tape: running.engine.tape.name, accounts: listed(accounts) });
  if (typeof speed !== 'number')
    output.say(`the tape is held: POST ${admin}/advance moves it, POST ${admin}/run lets it run.`);
  const stop = (): void => {
    void running.stop();
  };
  if (command.stop.aborted) stop();
  else command.stop.addEventListener('abort', stop, { once: true });
  await running.stopped;
  return EXIT.ok;
}

function refusal(error: unknown): unknown {
  if (error instanceof TapeError || error instanceof WorldError) {
    return new Ending(EXIT.config, {
      happened: `the simulated exchanges cannot play: ${error.message}`,
      ballast: DID_NOT_START,
      operator: 'name one of the shipped tapes, or whole CSV files (SYMBOL=path names the symbol).',
    });
  }
  if (!(error instanceof Error) || !('code' in error)) return error;
  return new Ending(EXIT.unavailable, {
    happened: `the simulated exchanges could not listen: ${error.message}.`,
    ballast: DID_NOT_START,
    operator: 'choose other ports, or none for any free ones.',
  });
}

/** @throws Ending for an account that is not there */
function permitted(given: World, permissions: Permissions): World {
  const known = [...given.binance, ...given.okx].map(({ name }) => name);
  for (const name of Object.keys(permissions)) {
    if (known.includes(name)) continue;
    throw new Ending(EXIT.usage, {
      happened: `--permissions: there is no simulated account ${name}.`,
      ballast: DID_NOT_START,
      operator: `name one of these: ${known.join(', ')}`,
    });
  }
  const of = (name: string): readonly Permission[] | undefined => permissions[name];
  return {
    ...given,
    binance: given.binance.map((one) => ({ ...one, ...binancePermissions(of(one.name)) })),
    okx: given.okx.map((one) => ({ ...one, ...okxPermissions(of(one.name)) })),
  };
}

function binancePermissions(may: readonly Permission[] | undefined): object {
  if (may === undefined) return {};
  return { permissions: Object.fromEntries(PERMISSIONS.map((one) => [one, may.includes(one)])) };
}

/** OKX knows three: margin and transfers come with `trade`. */
function okxPermissions(may: readonly Permission[] | undefined): object {
  if (may === undefined) return {};
  const words = { read: 'read_only', trade: 'trade', withdraw: 'withdraw' } as const;
  return {
    perm: Object.entries(words)
      .flatMap(([one, word]) => (may.some((given) => given === one) ? [word] : []))
      .join(','),
  };
}

function listed({ binance, okx }: World): readonly object[] {
  const row =
    (venue: string) =>
    ({ name, uid, key }: World['binance'][number]): object => ({ name, venue, uid, key });
  return [...binance.map(row('binance')), ...okx.map(row('okx'))];
}
