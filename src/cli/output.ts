/** Where words go. With `--json` standard output carries one JSON object at the end and nothing else; words go to standard error. */
import { createInterface } from 'node:readline/promises';
import { pino } from 'pino';
import type { VenueLog } from '../exchanges/kit.ts';

export interface Output {
  /** A line for a person. */
  say(line: string): void;
  /** The one object of `--json`, as the last line. */
  json(value: unknown): void;
  /** Replaces the last line of a terminal; does nothing elsewhere. */
  status(line: string): void;
  readonly terminal: boolean;
  readonly log: VenueLog;
}

export interface Streams {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function outputTo(streams: Streams, json: boolean, level: string): Output {
  const words = json ? streams.err : streams.out;
  const terminal = words.isTTY === true;
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pinoTarget(streams.err));
  const clear = terminal ? '\r\u001b[K' : '';
  return {
    terminal,
    say: (line) => {
      words.write(`${clear}${line}\n`);
    },
    json: (value) => {
      streams.out.write(`${JSON.stringify(value)}\n`);
    },
    status: (line) => {
      if (terminal) words.write(`${clear}${line}`);
    },
    log: {
      info: (event, fields) => {
        logger.info(fields, event);
      },
      warn: (event, fields) => {
        logger.warn(fields, event);
      },
    },
  };
}

function pinoTarget(stream: NodeJS.WritableStream): { write(text: string): void } {
  return {
    write: (text) => {
      stream.write(text);
    },
  };
}

/** A question to the person at a terminal: `y` and `yes` are yes, all else is no. */
export async function askAt(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  const over = new AbortController();
  // A terminal that goes away has not said yes.
  terminal.once('close', () => {
    over.abort();
  });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(question, { signal: over.signal })).trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
