/** The board as it comes: server-sent events over fetch, because an EventSource cannot carry a login. Comes back by itself. */
import type { Board } from '../wire.ts';
import { after, mono } from './clock.ts';
import { headers, Refused, refusalOf } from './session.ts';

export interface Listener {
  readonly onBoard: (board: Board) => void;
  /** The journal cannot be read at the moment; the stream lives. */
  readonly onTrouble: () => void;
  readonly onLost: () => void;
  /** This needs a login. */
  readonly onRefused: (refused: Refused) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** The server speaks every second; a silence of this is a dead line. */
const SILENT_MS = 6_000;

/** @returns what ends it */
export function listen(listener: Listener): () => void {
  const over = new AbortController();
  let wait = FIRST_WAIT_MS;
  const again = async (): Promise<void> => {
    try {
      await once(listener, over.signal, () => {
        wait = FIRST_WAIT_MS;
      });
    } catch (error) {
      if (over.signal.aborted) return;
      if (error instanceof Refused && (error.status === 401 || error.status === 429)) {
        listener.onRefused(error);
        return;
      }
    }
    if (over.signal.aborted) return;
    listener.onLost();
    after(wait, () => void again());
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  void again();
  return () => {
    over.abort();
  };
}

async function once(listener: Listener, over: AbortSignal, onAlive: () => void): Promise<void> {
  const line = new AbortController();
  const end = (): void => {
    line.abort();
  };
  over.addEventListener('abort', end);
  let heard = mono();
  const watch = (): void => {
    if (line.signal.aborted) return;
    if (mono() - heard > SILENT_MS) end();
    else after(SILENT_MS / 4, watch);
  };
  watch();
  try {
    const response = await fetch('/events', { headers: headers(), signal: line.signal });
    if (!response.ok || response.body === null) throw await refusalOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard = mono();
      onAlive();
      const events = (rest + value).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) tell(event, listener);
    }
  } finally {
    end();
    over.removeEventListener('abort', end);
  }
}

function tell(event: string, { onBoard, onTrouble }: Listener): void {
  const field = (name: string): string | undefined =>
    event
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  if (field('event') === 'trouble') onTrouble();
  if (field('event') === 'board') onBoard(JSON.parse(field('data') ?? '') as Board);
}
