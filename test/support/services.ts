/** Services that alerts go to, on this machine: an HTTP one that remembers what it was posted, and a mail server. */
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcp } from 'node:net';

export interface Posted {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export class HttpService {
  readonly posts: Posted[] = [];
  /** What it answers; `silent` never does. */
  answer: number | 'silent' = 200;
  body = '';
  readonly #server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url: path = '', headers } = request;
      this.posts.push({ method, path, headers, text, json: parsed(text) });
      if (this.answer === 'silent') return;
      response.writeHead(this.answer, { location: '/elsewhere' });
      response.end(this.body);
    });
  });

  static async start(): Promise<HttpService> {
    const service = new HttpService();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Just enough of a mail server: takes every mail, or refuses every recipient. */
export class MailService {
  readonly mails: string[] = [];
  readonly recipients: string[] = [];
  refuses = false;
  readonly #sockets = new Set<Socket>();
  readonly #server = createTcp((socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#talk(socket);
  });

  static async start(): Promise<MailService> {
    const service = new MailService();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get host(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  #talk(socket: Socket): void {
    let rest = '';
    let mail: string | null = null;
    socket.setEncoding('utf8').write('220 here\r\n');
    socket.on('data', (chunk: string) => {
      rest += chunk;
      for (let end = rest.indexOf('\r\n'); end !== -1; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (mail !== null && line === '.') {
          this.mails.push(mail);
          mail = null;
          socket.write('250 taken\r\n');
        } else if (mail !== null) mail += `${line}\n`;
        else if (line === 'DATA') {
          mail = '';
          socket.write('354 go on\r\n');
        } else socket.write(this.#reply(line));
      }
    });
  }

  #reply(line: string): string {
    if (line.startsWith('RCPT')) {
      if (this.refuses) return '550 nobody here, not even secret-user\r\n';
      this.recipients.push(line);
    }
    return line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n';
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
