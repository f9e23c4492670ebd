/** What whoever receives an export has to know to read it: mostly a venue's support staff. */
export function exportReadme(version: string): string {
  return `What this is
============
Records of Ballast ${version}, a server that watches loans on behalf of the owner of the accounts in manifest.json. They
were written when things happened: a call is in the journal before it is sent, and its result as soon as it is known.

evidence.jsonl   One line of JSON for each money call that the server made or planned.
  account        Venue, account number (uid), and mode: only "live" moved real money.
  intent         The call: product, verb, asset, exact amount, the venue's reference ("ref"), the id that it carried
                 ("clientId"), quantities just before ("before"), evidence reads ("reads").
  planned        When it was written down, before anything was sent.
  states         Every state it was in, with the time:
                 planned, sending (about to leave), settling (accepted, not yet visible), confirmed (done and visible),
                 rejected (the venue proves that it did not happen), refused (never left us), unknown (no usable answer),
                 expired (given up without proof), voided (planned and never sent).
  decision       What was seen, and by which rules it was decided, with every input of the amount.
  sent           The venue's answer to the call: method and path, HTTP status, some headers, body.
  settled        The venue's answers to the reads that settled what became of it.
  Answers are as they came, but keys, signatures and whatever looked like one are replaced by [removed], and bodies of
  more than 4 KiB are cut around the record ("bytes" is the length of the whole).

Clocks, in milliseconds since 1970
  wall           The server's own clock.
  venueOffset    The venue's clock less the server's, as measured by asking the venue for its time. Add it to "wall" to
                 get the venue's time; null: not known at that moment.
  signedAt       The timestamp that was signed into the request, on the venue's clock.
  redis, redisMs The clock of the journal's database.

intents.csv      The same calls as a table.        externals.csv  What others did, from the venue's own records.
decisions.csv    Every change of a decision.       operators.csv  What people told the server.
modes.csv        When accounts were held back.     charges.csv    What the budgets count at the time of the export.
CSV is RFC 4180, UTF-8. Amounts are plain decimals in coins, ratios are shares (0.62 is 62 %), times are UTC. A text that
a spreadsheet would take for a formula has an apostrophe before it.

manifest.json    The time that was asked for, digests (sha256) of the policies that decided, and the size and sha256 of
                 each file. Without it the export was not finished.
`;
}
