/** The simulated exchanges on real loopback ports, and a client of their admin endpoint. */
import { request } from 'undici';
import { realHost } from '../../src/simulator/host.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/start.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { KEY, SECRET, alice, flat, signedQuery } from './support.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Starts with alice on a flat tape and no settlement time. Bugs that the simulator reports fail the test that asks for them. */
export class HttpBench {
  readonly simulator: Simulator;
  readonly bugs: unknown[];

  private constructor(simulator: Simulator, bugs: unknown[]) {
    this.simulator = simulator;
    this.bugs = bugs;
  }

  static async start(options: Partial<SimulatorOptions> = {}): Promise<HttpBench> {
    const bugs: unknown[] = [];
    const world = { binance: [alice()], timing: { settleMs: 20 } };
    const simulator = await startSimulator({
      world,
      tape: flat(),
      host: realHost(),
      report: (bug) => bugs.push(bug),
      ...options,
    });
    return new HttpBench(simulator, bugs);
  }

  /** Signed with the real clock, as a client would. */
  async binance(
    method: 'GET' | 'POST',
    path: string,
    params: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const query = signedQuery({ ...params, timestamp: String(Date.now()) }, SECRET);
    return send(method, `${this.simulator.binance.rest}${path}?${query}`, { 'x-mbx-apikey': KEY, ...headers });
  }

  async repay(amount: string, tag?: string): Promise<HttpAnswer> {
    const params = { asset: 'USDT', isIsolated: 'FALSE', amount, type: 'REPAY' };
    return this.binance(
      'POST',
      '/sapi/v1/margin/borrow-repay',
      params,
      tag === undefined ? {} : { 'x-ballast-intent': tag },
    );
  }

  /** What the books say is owed, not what a reader might be shown. */
  debt(): string {
    return this.simulator.simulation.binance.books.report()[0]?.debt['USDT'] ?? '0';
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into foreign JSON
  async admin(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<any> {
    const answer = await send(
      method,
      `${this.simulator.admin}${path}`,
      {},
      body === undefined ? undefined : JSON.stringify(body),
    );
    return { status: answer.status, ...JSON.parse(answer.text) };
  }
}

async function send(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<HttpAnswer> {
  const answer = await request(url, { method, headers: { ...headers }, ...(body !== undefined && { body }) });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

/** Waits for a condition, looking again every few milliseconds. */
export async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error('the condition never came true');
    await new Promise((resume) => setTimeout(resume, 2));
  }
}
