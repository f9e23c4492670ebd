/** `ballast check`: the file is right, and this is what it means. */
import { planInWords } from '../config/plan.ts';
import { problemText } from '../config/problems.ts';
import type { Config } from '../config/types.ts';
import { EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import type { Output } from './output.ts';

export function check(config: Config, output: Output, json: boolean): ExitCode {
  const plan = planInWords(config);
  if (json) {
    output.json({ ok: true, warnings: config.warnings, plan });
    return EXIT.ok;
  }
  for (const warning of config.warnings) output.say(`warning: ${problemText(warning)}`);
  for (const line of plan) output.say(line);
  return EXIT.ok;
}
