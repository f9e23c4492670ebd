/**
 * `ballast doctor`: is everything right that a server of this file stands on? Works beside a running server and without one,
 * and only reads: of what it writes (a key in Redis, a file in each folder) nothing stays.
 */
import { problemText } from '../../config/problems.ts';
import type { Config } from '../../config/types.ts';
import { Ending, EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { OnlineOptions } from '../onVenues.ts';
import { onVenues } from '../onVenues.ts';
import type { Output } from '../output.ts';
import { examineAccount } from './accounts.ts';
import { examineAlerts } from './alerts.ts';
import type { DoctorFinding, Judged } from './finding.ts';
import { CHECKS, exitOf, found, judged, ok, stakeOf } from './finding.ts';
import { examineFolders, examineRedis } from './ground.ts';
import { findingsInWords } from './words.ts';

export interface DoctorOptions extends OnlineOptions {
  /** Warnings are no success. */
  readonly strict: boolean;
  readonly redisProgram: string | undefined;
}

/** @returns 0; 1 for warnings when `strict`; 2 for a problem; 69 when nothing is one, but something could not be examined */
export async function doctor(options: DoctorOptions, output: Output, json: boolean): Promise<ExitCode> {
  const { config, clock, redisProgram, strict } = options;
  const stake = stakeOf(config);
  const ground = { config, clock, stake, redisProgram };
  const [accounts, ...server] = await Promise.all([
    examineAccounts(options),
    examineRedis(ground),
    examineFolders(ground),
    examineAlerts(config, stake, clock),
  ]);
  const findings = [...found(null, [...judgeFile(config), ...server.flat()]), ...accounts];
  const verdicts = findings.map(({ verdict }) => verdict);
  const exit = exitOf(verdicts, strict);
  if (json) output.json({ ok: exit === EXIT.ok, findings: findings.map(dataOf) });
  else for (const line of findingsInWords(findings)) output.say(line);
  return exit;
}

export function judgeFile({ warnings }: Pick<Config, 'warnings'>): readonly Judged[] {
  if (warnings.length === 0) return [ok('warnings', 'nothing in it is questionable')];
  return warnings.map((warning) =>
    judged('warnings', 'warning', problemText(warning), 'Correct it, or leave it on purpose.'),
  );
}

/** An account that could not be opened is not examined; that says nothing against it. */
async function examineAccounts(options: DoctorOptions): Promise<readonly DoctorFinding[]> {
  const { config, signal } = options;
  try {
    return (await onVenues(options, (account, venue) => examineAccount(config, account, venue, signal))).flat();
  } catch (error) {
    if (!(error instanceof Ending) || error.exit === EXIT.temporary) throw error;
    const { happened, operator } = error.trouble;
    return config.accounts.flatMap(({ name }) => found(name, [judged('host', 'unknown', happened, operator)]));
  }
}

function dataOf({ check, ...one }: DoctorFinding): object {
  const { area, name, does } = CHECKS[check];
  return { area, name, ...one, does };
}
