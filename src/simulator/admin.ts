/**
 * The admin endpoint of the simulated exchanges: JSON over HTTP, for tests, benchmarks and the operator of a rehearsal.
 *
 * | call | body | answer |
 * |---|---|---|
 * | GET /state | | `{tape: {name, title, startMs, endMs, nowMs, done, speed}, prices, dislocated, busy, counts, loans}` |
 * | POST /advance | `{moments: n}` or `{toMs}`; nothing: one moment | `{tapeMs, prices, done, busy, moments}` |
 * | POST /run | `{speed}`: tape ms per wire ms | `{speed}` |
 * | POST /hold | | `{tapeMs}` |
 * | GET /faults | | `{faults: [{id, match, effect, matched, hits}]}` |
 * | POST /faults | one fault `{match, effect}`, or a list of them | `{ids}` |
 * | DELETE /faults or /faults/ID | | `{removed}` |
 * | POST /act | `{venue, do, …}`: a deed of the venue's books | `{told}` |
 * | GET /log?since=ID | | `{entries}` |
 * | POST /clock | `{skewMs}`: the venues' clock is ahead of the true one by this much | `{skewMs}` |
 * | POST /cut | | `{cut: true}`: every web socket is cut without a word, new ones are welcome |
 * | POST /stop | | `{stopped: true}`, then everything closes |
 *
 * Errors: 400 `{error}` for a bad request, 404, 409 while another advance runs. Amounts and prices are decimal text.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import { FaultError, faultSchema } from './faults.ts';
import { readText } from './server.ts';
import type { Simulation } from './simulation.ts';

/** Moments visited before other requests get their turn. */
const SLICE = 100;

const advanceBody = z.strictObject({ moments: z.int().min(0).optional(), toMs: z.int().optional() }).prefault({});
const runBody = z.strictObject({ speed: z.number().positive() });
const clockBody = z.strictObject({ skewMs: z.int() });
const actBody = z.looseObject({ venue: z.enum(['binance', 'okx']), do: z.string() });
const faultsBody = z.union([z.array(faultSchema), faultSchema.transform((fault) => [fault])]);

/** What the admin endpoint does to listeners and sockets. */
export interface Doors {
  /** Closes everything; called after the answer to `POST /stop` is on its way. */
  stop(): void;
  /** Cuts every web socket. */
  cut(): void;
  /** Told about bugs of the simulator. */
  report(problem: unknown): void;
}

class AdminError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export class Admin {
  readonly #simulation: Simulation;
  readonly #doors: Doors;
  #advancing = false;

  constructor(simulation: Simulation, doors: Doors) {
    this.#simulation = simulation;
    this.#doors = doors;
  }

  /** A server that is not listening yet. */
  createServer(): Server {
    return createServer((incoming, response) => {
      this.#serve(incoming, response).catch((error: unknown) => {
        this.#doors.report(error);
        response.destroy();
      });
    });
  }

  /** Answers one call. @throws AdminError, ZodError */
  async handle(method: string, url: string, body: unknown): Promise<unknown> {
    const { pathname, searchParams } = new URL(url, 'http://admin');
    const [, name = '', id] = pathname.split('/');
    switch (`${method} ${name}`) {
      case 'GET state':
        return this.#state();
      case 'POST advance':
        return this.#advance(advanceBody.parse(body ?? {}));
      case 'POST run':
        this.#simulation.engine.run(runBody.parse(body).speed);
        return { speed: this.#simulation.engine.speed };
      case 'POST hold':
        this.#simulation.engine.hold();
        return { tapeMs: this.#simulation.engine.tapeNow() };
      case 'GET faults':
        return { faults: this.#simulation.faults.list() };
      case 'POST faults':
        return { ids: this.#simulation.faults.addAll(faultsBody.parse(body)) };
      case 'DELETE faults':
        return { removed: this.#simulation.faults.remove(id === undefined ? undefined : Number(id)) };
      case 'POST act':
        return { told: this.#act(body) };
      case 'GET log':
        return { entries: this.#simulation.log.since(Number(searchParams.get('since') ?? 0)) };
      case 'POST clock':
        this.#simulation.clock.skewMs = clockBody.parse(body).skewMs;
        return { skewMs: this.#simulation.clock.skewMs };
      case 'POST cut':
        this.#doors.cut();
        return { cut: true };
      case 'POST stop':
        return { stopped: true };
      default:
        throw new AdminError(404, `there is no ${method} /${name}`);
    }
  }

  #state(): unknown {
    const { engine } = this.#simulation;
    const { name, title, startMs, endMs } = engine.tape;
    return {
      tape: { name, title, startMs, endMs, nowMs: engine.tapeNow(), done: engine.done, speed: engine.speed },
      prices: this.#prices(),
      dislocated: { binance: this.#dislocated('binance'), okx: this.#dislocated('okx') },
      busy: engine.busy(),
      counts: this.#simulation.counts(),
      loans: engine.books.flatMap((books) => books.report()),
    };
  }

  /** Visits moments in slices, so that the exchanges go on answering meanwhile. */
  async #advance(asked: z.output<typeof advanceBody>): Promise<unknown> {
    const { engine } = this.#simulation;
    if (this.#advancing) throw new AdminError(409, 'another advance runs');
    if (engine.speed > 0) throw new AdminError(409, 'the tape runs freely; hold it first');
    this.#advancing = true;
    let moments = 0;
    const most = asked.moments ?? (asked.toMs === undefined ? 1 : Number.POSITIVE_INFINITY);
    const untilMs = asked.toMs ?? engine.tape.endMs;
    try {
      while (moments < most && engine.step(untilMs)) {
        moments += 1;
        if (moments % SLICE === 0) await new Promise<void>((resume) => void engine.host.later(0, resume));
      }
    } finally {
      this.#advancing = false;
    }
    return { tapeMs: engine.tapeNow(), prices: this.#prices(), done: engine.done, busy: engine.busy(), moments };
  }

  #act(body: unknown): unknown {
    const { venue, ...deed } = actBody.parse(body);
    try {
      return this.#simulation.booksOf(venue).act?.(deed) ?? {};
    } catch (error) {
      throw new AdminError(400, error instanceof Error ? error.message : String(error));
    }
  }

  #prices(): Record<string, string> {
    const { engine } = this.#simulation;
    return Object.fromEntries(engine.assets().map((asset) => [asset, engine.price(asset).toFixed()]));
  }

  /** Prices of the assets whose index at this venue is not the tape's. */
  #dislocated(venue: 'binance' | 'okx'): Record<string, string> {
    const { engine, markets } = this.#simulation;
    return Object.fromEntries(
      engine.assets().flatMap((asset) => {
        const price = markets[venue].price(asset);
        return price.eq(engine.price(asset)) ? [] : [[asset, price.toFixed()]];
      }),
    );
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answer(incoming);
    const isStop = status === 200 && incoming.method === 'POST' && incoming.url === '/stop';
    if (isStop) response.once('finish', () => this.#doors.stop());
    response.writeHead(status, { 'Content-Type': 'application/json', ...(isStop && { Connection: 'close' }) });
    response.end(JSON.stringify(body));
  }

  async #answer(incoming: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
    try {
      const text = await readText(incoming);
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      return { status: 200, body: await this.handle(incoming.method ?? 'GET', incoming.url ?? '/', body) };
    } catch (error) {
      if (error instanceof AdminError) return { status: error.status, body: { error: error.message } };
      if (error instanceof FaultError) return { status: 400, body: { error: error.message } };
      if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
      if (error instanceof SyntaxError) return { status: 400, body: { error: 'the body is not JSON' } };
      throw error;
    }
  }
}
