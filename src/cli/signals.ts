/** What signals mean to a process that runs for long. */
import type { Clock } from '../clock.ts';
import { EXIT } from './exit.ts';
import type { Output } from './output.ts';

/** npm hands a signal to its group and forwards it as well: what follows this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;

/** A first signal stops gracefully; a second one ends at once. */
export function stopSignal(output: Output, clock: Clock, words: string): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      if (clock.mono() - first > SAME_SIGNAL_MS) process.exit(EXIT.temporary);
      return;
    }
    first = clock.mono();
    output.say(`${name}: ${words} Once more ends it at once.`);
    stop.abort(new Error(name));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}

/** A terminal that closes is no reason to stop watching loans; a hang-up has the policy file read again. */
export function hangups(output: Output): (listener: () => void) => void {
  let hear = (): void => {
    output.say(
      'SIGHUP: it is still starting, by the policy file as it was read at the start. Send it again when it runs.',
    );
  };
  process.on('SIGHUP', () => {
    hear();
  });
  return (listener) => {
    hear = listener;
  };
}
