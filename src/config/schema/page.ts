/** Shape of what serves the page. */
import { z } from 'zod';
import { scalar } from '../scalar.ts';
import { given, oneOf } from '../words.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

const LARGEST_PORT = 65_535;

/** `127.0.0.1:8420`, `[::1]:8420`, `localhost:8420`. Port 0: any free one. */
const listen = scalar<Listen>({
  what: 'an address and a port of this machine',
  example: '127.0.0.1:8420',
  pattern: String.raw`(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})`,
  read: ([, six = '', four = '', port = '']) =>
    Number(port) > LARGEST_PORT
      ? { wrong: `has no port: the largest one is ${String(LARGEST_PORT)}` }
      : { value: { host: six === '' ? four : six, port: Number(port) } },
});

export const DEFAULT_LISTEN = '127.0.0.1:8420';

export const pageSchema = z.union([
  oneOf(['off']),
  z.strictObject({
    listen: listen.prefault(DEFAULT_LISTEN).meta({
      description:
        'Where it listens, without encryption. Addresses that other machines reach need a `token`, and a reverse proxy that speaks https in front.',
    }),
    token: given.optional().meta({
      description:
        'Whoever knows it may read and act: at least 16 characters, by reference only. Left out, the page may be read on this machine, and a token for acting is shown at the start if that is on a terminal.',
    }),
    url: given.optional().meta({
      description:
        'Address at which people reach the page, when it is not the one it listens at: `https://`, without a path. Alerts link to it.',
      example: 'https://ballast.example',
    }),
  }),
]);

export type PageShape = z.output<typeof pageSchema>;
