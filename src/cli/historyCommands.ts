/** `ballast history` and `ballast export` as the command line knows them. */
import type { Command } from 'commander';
import type { Moment } from './arguments.ts';
import { momentFrom, rowsFrom } from './arguments.ts';
import { EXIT } from './exit.ts';
import type { Run } from './operatorCommands.ts';
import type { Reading } from './readingCommands.ts';

interface HistoryTools<Flags> {
  readonly withCommon: (command: Command) => Command;
  readonly run: Run;
  readonly reading: (flags: Flags) => Promise<Reading>;
  readonly version: () => string;
}

interface SpanFlags {
  readonly from?: Moment;
  readonly to?: Moment;
}

interface HistoryOptions extends SpanFlags {
  readonly limit: number;
  readonly decisions?: boolean;
}

interface ExportOptions extends SpanFlags {
  readonly out: string;
  readonly account?: string;
}

const FROM = [
  '--from <moment>',
  'since then: 2026-05-19, 2026-05-19T12:30:00Z, or so long ago: 24h',
  momentFrom,
] as const;
const TO = ['--to <moment>', 'until then', momentFrom] as const;
const SHOWN = 50;

export function addHistoryCommands<Flags extends object>(ballast: Command, tools: HistoryTools<Flags>): void {
  const { withCommon, run, reading, version } = tools;
  withCommon(
    ballast.command('history [target]').description('what happened in a loan, an account, or all, newest last'),
  )
    .option(...FROM)
    .option(...TO)
    .option('--limit <n>', 'the newest so many', rowsFrom, SHOWN)
    .option('--decisions', 'every change of a decision, also that there is nothing to do')
    .action((target: string | undefined, flags: Flags & HistoryOptions) =>
      run(async () => {
        const given = await reading(flags);
        const { history } = await import('./history.ts');
        const { limit, decisions: everyDecision = false } = flags;
        await history(given, { target: target ?? null, ...spanOf(flags, given), limit, everyDecision });
        return EXIT.ok;
      }),
    );
  withCommon(ballast.command('export').description('a time of the journal as CSV and as evidence, e.g. for a claim'))
    .requiredOption(...FROM)
    .option(...TO)
    .requiredOption('--out <folder>', 'an empty folder, or one that is not there yet')
    .option('--account <name>', 'of this account only')
    .action((flags: Flags & ExportOptions) =>
      run(async () => {
        const given = await reading(flags);
        const { exportTo } = await import('./export.ts');
        const now = given.clock.wall();
        const { from, to } = spanOf(flags, given);
        const { out, account = null } = flags;
        await exportTo(given, { from, to: Math.min(to, now), out, account, version: version() });
        return EXIT.ok;
      }),
    );
}

function spanOf({ from, to }: SpanFlags, { clock }: Reading): { readonly from: number; readonly to: number } {
  const now = clock.wall();
  return { from: from?.(now) ?? 0, to: to?.(now) ?? Number.POSITIVE_INFINITY };
}
