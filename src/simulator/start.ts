/** Starts the simulated exchanges on loopback ports, in this process. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Admin } from './admin.ts';
import type { Host } from './contract.ts';
import type { Engine } from './engine.ts';
import { realHost } from './host.ts';
import { createVenueServer } from './server.ts';
import { Simulation } from './simulation.ts';
import { attachSockets } from './sockets/index.ts';
import type { Sockets } from './sockets/index.ts';
import { loadTape } from './tape/files.ts';
import { Tape } from './tape/tape.ts';
import type { WorldInput } from './world.ts';

const LOOPBACK = '127.0.0.1';
/** The folder of the shipped tapes, seen from the sources as well as from the build. */
const SHIPPED_TAPES = fileURLToPath(new URL('../../tapes', import.meta.url));

export interface SimulatorOptions {
  readonly world: WorldInput;
  /** Name of a shipped tape, CSV files (`path` or `SYMBOL=path`), or a tape. */
  readonly tape: string | readonly string[] | Tape;
  readonly tapesDir?: string | undefined;
  /** Moments are visited at least this often, tape ms. Default one minute. */
  readonly gridMs?: number | undefined;
  /** Tape ms per wire ms from the start; default 0: the tape waits for `POST /advance` or `POST /run`. */
  readonly speed?: number | undefined;
  /** Seed of everything that is drawn by lot. Ignored when a host is given. */
  readonly seed?: number | undefined;
  readonly host?: Host | undefined;
  /** Stretches or shrinks pings and idle times of the web sockets. Default 1. */
  readonly socketTimeScale?: number | undefined;
  /** Told about bugs of the simulator; default: stderr. */
  readonly report?: ((problem: unknown) => void) | undefined;
  /** Default: any free port. */
  readonly ports?: { readonly binance?: number; readonly okx?: number; readonly admin?: number } | undefined;
}

/** Addresses without a slash at the end: `http://127.0.0.1:PORT`, `ws://127.0.0.1:PORT`. */
export interface Addresses {
  readonly binance: { readonly rest: string; readonly ws: string };
  readonly okx: { readonly rest: string; readonly ws: string };
  readonly admin: string;
}

export interface Simulator extends Addresses {
  readonly simulation: Simulation;
  readonly engine: Engine;
  /** Ends with everything closed, whoever asked for it. */
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

/** @throws WorldError, TapeError, and the system's error when a port is taken */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { report = complain } = options;
  const host = options.host ?? realHost(options.seed);
  const { tape: source, tapesDir = SHIPPED_TAPES, gridMs, ports = {}, socketTimeScale = 1 } = options;
  const tape = source instanceof Tape ? source : loadTape(source, tapesDir, gridMs);
  const simulation = new Simulation(options.world, tape, host, report);
  const { engine } = simulation;
  const [binance, okx] = [
    createVenueServer(simulation.lines.binance, report),
    createVenueServer(simulation.lines.okx, report),
  ];
  const sockets = attach(simulation, binance, okx, socketTimeScale);
  const closing = { report, stop: (): void => undefined, cut: () => sockets.forEach((one) => one.cut()) };
  const admin = new Admin(simulation, closing).createServer();
  const servers = [binance, okx, admin];
  const stopped = Promise.all(servers.map(closed)).then(() => undefined);
  closing.stop = () => {
    engine.hold();
    sockets.forEach((one) => one.close());
    servers.forEach(close);
  };
  try {
    const [binancePort, okxPort, adminPort] = await Promise.all([
      listen(binance, ports.binance),
      listen(okx, ports.okx),
      listen(admin, ports.admin),
    ]);
    if (options.speed !== undefined && options.speed > 0) engine.run(options.speed);
    return {
      binance: { rest: `http://${LOOPBACK}:${binancePort}`, ws: `ws://${LOOPBACK}:${binancePort}` },
      okx: { rest: `http://${LOOPBACK}:${okxPort}`, ws: `ws://${LOOPBACK}:${okxPort}` },
      admin: `http://${LOOPBACK}:${adminPort}`,
      simulation,
      engine,
      stopped,
      stop: () => {
        closing.stop();
        return stopped;
      },
    };
  } catch (error) {
    closing.stop();
    throw error;
  }
}

function attach(simulation: Simulation, binance: Server, okx: Server, timeScale: number): readonly Sockets[] {
  const { engine, markets } = simulation;
  const common = { onTick: (run: () => void) => engine.onTick(run), timeScale };
  const { streams } = simulation.binance.books;
  return [
    attachSockets({ ...common, venue: 'binance', market: markets.binance, server: binance, streams }),
    attachSockets({ ...common, venue: 'okx', market: markets.okx, server: okx, streams: simulation.okx.streams }),
  ];
}

/** A simulator that has a bug says so where people look. */
function complain(problem: unknown): void {
  process.stderr.write(
    `simulated exchanges: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`,
  );
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Not `once` of node:events: that one would also reject at an error that belongs to somebody else. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.once('close', () => resolve()));
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
