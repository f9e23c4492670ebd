/** `ballast status`: what a running server sees, what is in flight, and what prices may do. Reads Redis and nothing else. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { statusOf } from '../reading/status.ts';
import { withJournal } from './journalView.ts';
import type { Output } from './output.ts';
import { statusWords } from './statusWords.ts';

export async function status(config: Config, clock: Clock, output: Output, json: boolean): Promise<void> {
  const seen = await withJournal(config, (accounts, absent) => statusOf(config, { accounts, absent }, clock));
  if (json) output.json(seen);
  else for (const line of statusWords(seen, clock.wall())) output.say(line);
}
