/** `ballast export`: a time of the journal as a folder of files, with a manifest that says what is in them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { isoOf } from '../clock.ts';
import type { Span } from '../jobs/archive.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import type { ExportFile } from '../reading/export.ts';
import { exportFiles } from '../reading/export.ts';
import { Ending, EXIT } from './exit.ts';
import { exportReadme } from './exportReadme.ts';
import { withAnyJournal } from './journalView.ts';
import type { Output } from './output.ts';
import type { Reading } from './readingCommands.ts';

export interface ExportFlags extends Span {
  readonly out: string;
  /** `null`: all. */
  readonly account: string | null;
  readonly version: string;
}

export interface Written {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
}

/** Version of the files' format. */
const FORMAT = 1;
const TOLD_EVERY_MS = 1_000;

/** @throws Ending */
export async function exportTo(reading: Reading, flags: ExportFlags): Promise<void> {
  const { config, clock, output, json, redisProgram: program } = reading;
  const folder = resolve(flags.out);
  if (flags.from > flags.to) throw backwards();
  emptyFolder(folder);
  const digests = new Set<string>();
  const { files, accounts } = await withAnyJournal(config, { clock, program }, async (all) => {
    const asked = accountsOf(all, flags.account);
    const written: Written[] = [];
    const tell = progress(reading);
    for (const file of exportFiles(asked, flags, { digests }))
      written.push(await write(folder, file, tell).catch(notWritten));
    output.status('');
    return { files: written, accounts: asked };
  });
  const readme = textFile(folder, 'README.txt', exportReadme(flags.version));
  const manifest = {
    ...{ format: FORMAT, ballast: flags.version, made: isoOf(clock.wall()) },
    span: { from: isoOf(flags.from), to: isoOf(flags.to) },
    accounts: accounts.map(({ label, address }) => ({ name: label, ...plainAddress(address) })),
    policyDigests: [...digests].sort(),
    files: [...files, readme],
  };
  textFile(folder, 'manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  if (json) output.json({ folder, ...manifest });
  else say(output, folder, files);
}

function say(output: Output, folder: string, files: readonly Written[]): void {
  for (const { name, rows } of files) output.say(`${name.padEnd(16)} ${String(rows)} rows`);
  output.say(
    `written to ${folder}, with a README.txt for who receives it and a manifest.json with the sha256 of each file.`,
  );
  output.say(
    'It holds account numbers, amounts and names of operators; keys and signatures were taken out of the answers.',
  );
}

function plainAddress({ venue, uid, mode }: AccountJournal['address']): object {
  return { venue, uid, mode };
}

function accountsOf(all: readonly AccountJournal[], wanted: string | null): readonly AccountJournal[] {
  const found = all.filter(({ name, label }) => wanted === null || wanted === label || wanted === name);
  if (found.length > 0) return found;
  throw new Ending(EXIT.usage, {
    happened: wanted === null ? 'the journal holds no account.' : `the journal holds no account ${wanted}.`,
    ballast: 'it wrote nothing but an empty folder.',
    operator:
      all.length === 0
        ? 'see that --config and --data-dir are those of the server.'
        : `name one of these: ${all.map(({ label }) => label).join(', ')}`,
  });
}

/** Files of an earlier export must not be taken for those of this one. @throws Ending */
function emptyFolder(folder: string): void {
  const trouble = (() => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return readdirSync(folder).length === 0 ? null : 'is not empty';
    } catch (error) {
      return `cannot be used (${error instanceof Error && 'code' in error ? String(error.code) : 'error'})`;
    }
  })();
  if (trouble === null) return;
  throw new Ending(EXIT.usage, {
    happened: `the folder ${folder} ${trouble}.`,
    ballast: 'it wrote nothing.',
    operator: 'name a folder that is empty or not there yet with --out.',
  });
}

function backwards(): Ending {
  return new Ending(EXIT.usage, {
    happened: '--from is later than --to.',
    ballast: 'it wrote nothing.',
    operator: 'give the earlier moment to --from.',
  });
}

/** @throws Ending for what the disk did; anything else as it is */
function notWritten(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
  throw new Ending(EXIT.temporary, {
    happened: `the export could not be written (${String(error.code)}).`,
    ballast: 'it stopped; the folder holds a part and no manifest.json.',
    operator: 'make room, or name another folder with --out, and export again.',
  });
}

/** Row by row: the journal may be longer than the memory. */
async function write(folder: string, file: ExportFile, tell: (name: string) => void): Promise<Written> {
  const stream = createWriteStream(join(folder, file.name), { mode: 0o600, flags: 'wx' });
  const hash = createHash('sha256');
  let bytes = 0;
  let pieces = 0;
  const failed = new Promise<never>((_resolve, reject) => stream.once('error', reject));
  failed.catch(() => undefined);
  for await (const piece of file.pieces) {
    const chunk = Buffer.from(piece);
    hash.update(chunk);
    bytes += chunk.length;
    pieces += 1;
    tell(file.name);
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), failed]);
  }
  stream.end();
  await Promise.race([finished(stream), failed]);
  return { name: file.name, bytes, rows: pieces - (file.hasHead ? 1 : 0), sha256: hash.digest('hex') };
}

function textFile(folder: string, name: string, text: string): Written {
  writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' });
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name, bytes: Buffer.byteLength(text), rows: 0, sha256 };
}

function progress({ clock, output }: Reading): (name: string) => void {
  let rows = 0;
  let told = clock.mono();
  return (name) => {
    rows += 1;
    if (clock.mono() - told < TOLD_EVERY_MS) return;
    told = clock.mono();
    output.status(`${name}: ${String(rows)} rows in all`);
  };
}
