/** A small TCP proxy on loopback: passes bytes on, falls silent without closing, or cuts every connection. */
import { createConnection, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

export class Proxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: 'pass' | 'silent' | 'cut' = 'pass';

  private constructor(to: NetConnectOpts) {
    this.#server = createServer((client) => this.#join(client, to));
  }

  static async open(to: NetConnectOpts): Promise<Proxy> {
    const proxy = new Proxy(to);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Nothing gets through and nothing is closed: what a broken router does. */
  silence(): void {
    this.#mode = 'silent';
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Every connection breaks, and so does each new one. */
  cut(): void {
    this.#mode = 'cut';
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** As before; what was held back arrives late. */
  heal(): void {
    this.#mode = 'pass';
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, to: NetConnectOpts): void {
    client.on('error', () => undefined);
    if (this.#mode === 'cut') {
      client.destroy();
      return;
    }
    const target = createConnection(to);
    target.on('error', () => undefined);
    const pair = [client, target] as const;
    this.#pairs.add(pair);
    for (const [from, into] of [pair, [target, client] as const]) {
      from.on('data', (bytes: Buffer) => into.write(bytes));
      from.once('close', () => {
        into.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#mode === 'silent') from.pause();
    }
  }
}
