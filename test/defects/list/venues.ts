/** Defects of the adapters and of the transport (DESIGN §2.2, §2.10, §6). */
import { byTest } from '../defect.ts';
import type { Defect } from '../defect.ts';

export const VENUES: readonly Defect[] = [
  {
    name: 'a 5xx is a refusal',
    harm: 'The venue executed and then failed to say so: the call is given back and made again.',
    patches: [
      {
        file: 'src/exchanges/errorTable.ts',
        find: `    return { outcome: 'unknown', reason: \`status \${String(status)}: execution unknown\`, code };
`,
        replace: `    return { outcome: 'rejected', code: String(status), meaning: 'the venue failed', retryAfterMs: null, effect: 'unavailable' };
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/errors.test.ts',
      'what no row covers > 504 <html> is unknown',
      /expected 'rejected' to be 'unknown'/,
    ),
    fast: true,
  },
  {
    name: 'a code without a row is a refusal',
    harm: 'A new code of the venue counts as proof that nothing moved.',
    patches: [
      {
        file: 'src/exchanges/errorTable.ts',
        find: `  if (row === null) return { outcome: 'unknown', reason: \`code \${error.code} is not in the error table\`, code };
`,
        replace: `  if (row === null) return { outcome: 'rejected', code: error.code, meaning: 'not in the table', retryAfterMs: null, effect: 'clock' };
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/okx/errors.test.ts',
      'which code counts > takes a code that no row knows for unknown',
      /^expected \{ outcome: 'rejected'/,
    ),
    fast: true,
  },
  {
    name: 'an empty 200 is a success',
    harm: 'A gateway answers for the venue: Ballast believes in a payment that nobody made.',
    patches: [
      {
        file: 'src/exchanges/binance/wallet.ts',
        find: `  return { outcome: 'unknown', reason: 'status 200 without a transaction id', code: null };
`,
        replace: `  return { outcome: 'accepted', ref: null, final: false, note: 'status 200' };
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/client.test.ts',
      'money > is unknown when 200 says ""',
      /expected 'accepted' to be 'unknown'/,
    ),
  },
  {
    name: 'a lost answer counts as not sent',
    harm: 'A connection that broke after the request had left is called refused: the next look pays again.',
    patches: [
      {
        file: 'src/exchanges/transport.ts',
        find: `      return once.handedOver ? { kind: 'lost', reason } : { kind: 'notSent', reason };
`,
        replace: `      return { kind: 'notSent', reason };
`,
      },
    ],
    catcher: byTest(
      'test/exchanges/transport.test.ts',
      'what may have arrived > says lost when the peer reads and resets',
      /^expected \{ kind: 'notSent'/,
    ),
    fast: true,
  },
  {
    name: 'money goes over a used connection',
    harm: 'The venue closed it, we do not know yet: the reset leaves open whether the call was read.',
    patches: [
      {
        file: 'src/exchanges/transport.ts',
        find: 'return await (money ? this.#money(request, ending.signal) : this.#read(request, ending.signal));',
        replace: 'return await this.#read(request, ending.signal);',
      },
    ],
    catcher: byTest(
      'test/exchanges/transport.test.ts',
      'sockets > gives every money call a connection of its own, and reuses one for reads',
      /expected 2 to be 3/,
    ),
    fast: true,
  },
  {
    name: 'one signed request is sent twice',
    harm: 'The adapter sends what was sent already.',
    patches: [
      {
        file: 'src/exchanges/binance/client.ts',
        find: `    this.#endpoints.delete(request);
`,
        replace: '',
      },
    ],
    catcher: byTest(
      'test/exchanges/binance/client.test.ts',
      'money > goes out once: a request sent before is refused',
      /expected 'accepted' to be 'refused'/,
    ),
    fast: true,
  },
  {
    name: 'a secret in an error',
    harm: 'The words of the lower layer are passed on, with the address and its signature: they land in logs and in the journal.',
    patches: [
      {
        file: 'src/exchanges/transport.ts',
        find: `      const reason = reasonOf(error, signal);
      return once.handedOver`,
        replace: `      const reason = \`\${reasonOf(error, signal)} of \${request.url} \${JSON.stringify(request.headers)}\`;
      return once.handedOver`,
      },
    ],
    catcher: byTest(
      'test/exchanges/transport.test.ts',
      'secrets > keeps them out of every result',
      /not to contain 'MARKED-SECRET'/,
    ),
    fast: true,
  },
  {
    name: 'polling eats the reserve of the rescue',
    harm: 'Reads use up the venue’s limit, and the repayment is refused by it.',
    patches: [{ file: 'src/exchanges/limits.ts', find: 'const POLL_SHARE = 0.7;', replace: 'const POLL_SHARE = 1;' }],
    catcher: byTest(
      'test/exchanges/limits.test.ts',
      'the meter > gives polling its share and keeps the rest for rescues',
      /expected null to be 60000/,
    ),
    fast: true,
  },
];
