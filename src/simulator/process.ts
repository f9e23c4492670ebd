/**
 * The simulated exchanges as a process of their own. Reads one line of JSON from stdin: the options of `startSimulator`
 * (`world`, `tape`, `tapesDir`, `gridMs`, `speed`, `seed`, `socketTimeScale`,
 * `ports`). Prints one line of JSON with its addresses. Ends when
 * stdin closes, so that it can never outlive its parent, on SIGTERM, SIGINT, or `POST /stop`.
 *
 * Exit codes as in sysexits: 0 stopped, 64 no readable line, 69 a port is taken, 78 world or tape are not valid.
 */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Simulator, SimulatorOptions } from './start.ts';
import { startSimulator } from './start.ts';
import { TapeError } from './tape/csv.ts';
import { WorldError } from './world.ts';

const EXIT = { ok: 0, usage: 64, unavailable: 69, config: 78 } as const;
const port = z.int().min(0).max(65_535).optional();

const optionsSchema = z.strictObject({
  // The World is checked by the simulation itself, which knows its shape.
  world: z.custom<SimulatorOptions['world']>((value) => typeof value === 'object' && value !== null),
  tape: z.union([z.string(), z.array(z.string())]),
  tapesDir: z.string().optional(),
  gridMs: z.int().min(1).optional(),
  speed: z.number().min(0).optional(),
  seed: z.int().optional(),
  socketTimeScale: z.number().positive().optional(),
  ports: z.strictObject({ binance: port, okx: port, admin: port }).optional(),
});

function fail(code: number, error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(code);
}

function readOptions(line: string): SimulatorOptions {
  try {
    const { ports, ...options } = optionsSchema.parse(JSON.parse(line));
    const given = Object.fromEntries(Object.entries(ports ?? {}).filter(([, value]) => value !== undefined));
    return { ...options, ports: given };
  } catch (error) {
    return fail(EXIT.usage, error);
  }
}

async function start(line: string): Promise<Simulator> {
  const options = readOptions(line);
  try {
    return await startSimulator(options);
  } catch (error) {
    return fail(error instanceof WorldError || error instanceof TapeError ? EXIT.config : EXIT.unavailable, error);
  }
}

const lines = createInterface({ input: process.stdin });
let simulator: Simulator | undefined;
let isStarting = false;

lines.on('line', (line) => {
  if (isStarting) return;
  isStarting = true;
  void start(line).then((started) => {
    simulator = started;
    const { binance, okx, admin } = started;
    process.stdout.write(`${JSON.stringify({ binance, okx, admin })}\n`);
    void started.stopped.then(() => process.exit(EXIT.ok));
  });
});
lines.on('close', () => {
  if (!isStarting) fail(EXIT.usage, 'no options came in');
  void (simulator?.stop() ?? Promise.resolve()).finally(() => process.exit(EXIT.ok));
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => lines.close());
