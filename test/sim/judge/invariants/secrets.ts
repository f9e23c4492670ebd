import type { Invariant } from '../log.ts';

/** DESIGN §2.10. */
export const secrets: Invariant = {
  name: 'secrets',
  keeps: '§2.10 no key, secret, passphrase or signature in the journal, in events or in errors',
  judge: (log) => ({
    *end() {
      const journal = log.dump();
      const said = JSON.stringify([log.told.map(({ event }) => event), log.thrown]);
      for (const { key, setup } of log.plan.accounts) {
        for (const [name, text] of Object.entries(key)) {
          if (text === '') continue;
          if (journal.includes(text)) yield `the journal holds the ${name} of ${setup.name}`;
          if (said.includes(text)) yield `an event or error holds the ${name} of ${setup.name}`;
        }
      }
      if (/signature=|OK-ACCESS-SIGN/i.test(journal + said)) yield 'a signature was written down';
    },
  }),
};
