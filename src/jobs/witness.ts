/**
 * The witness of one live account: a small file outside Redis that knows which journal this machine trusts, the highest
 * epoch it saw there, and every call it claimed (DESIGN §4 "Durability"). A journal that knows less than its witness was
 * lost or taken back, and what it says about sent money is a guess: the account goes into quarantine.
 *
 * Lines are only ever added, so several processes of one machine write one file without a lock: a process that freezes in
 * the middle of a line holds nobody up. Read it as if the process died on each line (`act.ts`, `quarantine.ts`):
 *
 * | dies after | journal | witness | what the next look makes of it |
 * |---|---|---|---|
 * | the claim | `sending` | silent | nothing was sent; evidence proves it. A journal lost now forgets a call that never was |
 * | the line here | `sending` | claimed | nothing was sent; evidence proves it. A journal lost now is noticed |
 * | the send | `sending` | claimed | evidence decides |
 *
 * So whatever was sent is witnessed, and whatever is witnessed was `sending` in the journal before: a witnessed call that
 * the journal lacks, or holds as planned or voided, proves that the journal was taken back.
 */
import type { Clock } from '../clock.ts';
import type { Intent, IntentState } from '../core/intent.ts';
import type { Opened } from './journal.ts';

/** Where the lines are; shared by all processes of a machine. */
export interface WitnessFile {
  /** All lines there are, this process's and others'; `null` when there is nothing new since the last call. */
  read(): Promise<string | null>;
  /** Resolves when the line is on the disk. */
  append(line: string): Promise<void>;
}

type Line =
  /** From here on this journal is trusted: it is new and was quarantined, or somebody who trusts it vouches for it. */
  | { readonly kind: 'trust'; readonly journal: string; readonly epoch: number; readonly at: number }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly at: number }
  | { readonly kind: 'claim'; readonly intent: Intent; readonly at: number }
  /** What all lines before it come to. One line, so that a death in the middle of it changes nothing. */
  | { readonly kind: 'gist'; readonly lines: readonly Line[]; readonly at: number };

export interface WitnessOptions {
  readonly file: WitnessFile;
  readonly clock: Clock;
  /** The journal's own id, as it was when this process began. */
  readonly journal: string;
}

/** A journal taken back by less than this, without a call in that time, is not noticed by a process that starts. */
const EPOCH_EVERY_MS = 60_000;
/** Claims are remembered for as long as the records that a quarantine imports, and a little longer. */
export const CLAIMS_KEPT_MS = 2 * 86_400_000;
/** States that a claimed call cannot have. */
export const BEFORE_CLAIM: readonly IntentState[] = ['planned', 'voided'];

export class Witness {
  readonly #options: WitnessOptions;
  /** Id of the journal that this process works with. */
  #used: string;
  #journal: string | null = null;
  #epoch = 0;
  #notedAt = Number.NEGATIVE_INFINITY;
  #last: Intent | null = null;
  #claims = new Map<string, { readonly intent: Intent; readonly at: number }>();

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#used = options.journal;
  }

  /**
   * Why the journal that has just been opened cannot be the one that was written; `null` when it is.
   * @param intentOf what the journal holds under an id
   * @param vouched another process that trusts this journal has looked a moment ago
   * @param journal its id, as it has it now; `null`: it has none any more
   * @param trimmedTo the newest look whose call has left the journal by its age
   */
  async doubt(
    opened: Opened,
    intentOf: (id: string) => Promise<Intent | null>,
    vouched: () => Promise<boolean>,
    journal: string | null,
    trimmedTo: () => Promise<number> = () => Promise.resolve(0),
  ): Promise<string | null> {
    await this.#catchUp();
    // Somebody emptied Redis under this process. Whoever was only watching until now knows nothing else that tells.
    if (journal === null) return GONE;
    this.#used = journal;
    if (this.#journal !== null && isEarlierLife(journal, this.#journal)) return EARLIER;
    if (this.#journal !== journal) {
      if (!(await vouched())) return this.#journal === null ? UNKNOWN : REPLACED;
      await this.trust(opened.epoch);
      return null;
    }
    if (opened.epoch <= this.#epoch) {
      return `the journal was taken back: it is at look ${String(opened.epoch)}, and look ${String(this.#epoch)} was seen here`;
    }
    this.#epoch = opened.epoch;
    const lost = await this.#lostClaim(opened, intentOf, trimmedTo);
    if (lost !== null) return `the journal was taken back: it does not know that ${lost} was sent`;
    await this.#note();
    return null;
  }

  /** Id of the journal that this process works with. */
  get journal(): string {
    return this.#used;
  }

  /** A call was claimed and is about to be sent. Nothing may leave before this resolves. */
  async claimed(intent: Intent): Promise<void> {
    const at = this.#options.clock.wall();
    await this.#write({ kind: 'claim', intent, at });
  }

  /** From here on this journal is the truth again. */
  async trust(epoch: number, journal = this.#used): Promise<void> {
    const { clock } = this.#options;
    this.#used = journal;
    this.#notedAt = clock.mono();
    await this.#write({ kind: 'trust', journal: this.#used, epoch, at: clock.wall() });
  }

  /** Calls claimed on this machine since then (wall ms), whichever journal knew them. */
  claimsSince(wallMs: number): readonly Intent[] {
    return [...this.#claims.values()].flatMap(({ intent, at }) => (at >= wallMs ? [intent] : []));
  }

  /** The newest claim speaks for the older ones: they were written before it. */
  async #lostClaim(
    opened: Opened,
    intentOf: (id: string) => Promise<Intent | null>,
    trimmedTo: () => Promise<number>,
  ): Promise<string | null> {
    const last = this.#last;
    if (last === null) return null;
    const known = [...opened.recent, ...opened.undecided].find(({ id }) => id === last.id) ?? (await intentOf(last.id));
    if (known === null) return last.epoch <= (await trimmedTo()) ? null : last.id;
    return BEFORE_CLAIM.includes(known.state) ? last.id : null;
  }

  async #note(): Promise<void> {
    const { clock } = this.#options;
    if (clock.mono() - this.#notedAt < EPOCH_EVERY_MS) return;
    this.#notedAt = clock.mono();
    await this.#write({ kind: 'epoch', epoch: this.#epoch, at: clock.wall() });
  }

  async #write(line: Line): Promise<void> {
    await this.#options.file.append(JSON.stringify(line));
    this.#take(line);
  }

  async #catchUp(): Promise<void> {
    const text = await this.#options.file.read();
    if (text === null) return;
    const seen = this.#epoch;
    [this.#journal, this.#epoch, this.#last] = [null, 0, null];
    this.#claims = new Map();
    for (const line of linesOf(text)) this.#take(line);
    // What this process saw itself and has not written down yet still counts.
    if (this.#journal === this.#used && this.#epoch < seen) this.#epoch = seen;
  }

  #take(line: Line): void {
    switch (line.kind) {
      case 'trust':
        this.#journal = line.journal;
        this.#epoch = line.epoch;
        this.#last = null;
        return;
      case 'epoch':
        this.#epoch = Math.max(this.#epoch, line.epoch);
        return;
      case 'claim':
        this.#epoch = Math.max(this.#epoch, line.intent.epoch);
        this.#last = line.intent.epoch >= (this.#last?.epoch ?? 0) ? line.intent : this.#last;
        this.#claims.set(line.intent.id, line);
        this.#forget(line.at - CLAIMS_KEPT_MS);
        return;
      case 'gist':
        for (const one of line.lines) this.#take(one);
        return;
    }
  }

  #forget(before: number): void {
    for (const [id, { at }] of this.#claims) if (at < before) this.#claims.delete(id);
  }
}

const UNKNOWN = 'the journal is new here: nothing on this machine says that it is whole';
const GONE = 'the journal is gone: Redis has been emptied';
const EARLIER = 'the journal was taken back to before it had been emptied';
const REPLACED = 'the journal is another one than the one this machine wrote to';

/** Between the id of a journal and the moment since which it is a new one. */
const LIFE = '~';

/** The id of a journal that was gone and begins anew: no witness takes it for what it was. */
export function reborn(journal: string, nowMs: number): string {
  return `${livesOf(journal).first}${LIFE}${String(nowMs)}`;
}

/** Word of another process counts for nothing there: it may have been taken back together with the journal. */
function isEarlierLife(journal: string, known: string): boolean {
  const [one, other] = [livesOf(journal), livesOf(known)];
  return one.first === other.first && one.since < other.since;
}

function livesOf(journal: string): { readonly first: string; readonly since: number } {
  const [first = '', since = '0'] = journal.split(LIFE);
  return { first, since: Number(since) };
}

/** A line that a death cut off says nothing: what it would have said was not done yet. */
function linesOf(text: string): readonly Line[] {
  return text.split('\n').flatMap((json) => {
    if (json === '') return [];
    try {
      return [JSON.parse(json) as Line];
    } catch {
      return [];
    }
  });
}

/** All lines as one: what a witness file that has grown long begins again with. */
export function gistOf(text: string, nowMs: number): string {
  const lines = linesOf(text).flatMap((line) => (line.kind === 'gist' ? line.lines : [line]));
  const trusted = lines.findLastIndex(({ kind }) => kind === 'trust');
  const newest = lines.findLastIndex(({ kind }) => kind === 'claim');
  const epochs = lines.slice(trusted).flatMap((line) => ('epoch' in line ? [line.epoch] : []));
  const kept = lines.filter(
    (line, at) => at === trusted || at === newest || (line.kind === 'claim' && line.at >= nowMs - CLAIMS_KEPT_MS),
  );
  const epoch: Line = { kind: 'epoch', epoch: Math.max(0, ...epochs), at: nowMs };
  const gist: Line = { kind: 'gist', lines: [...kept, epoch], at: nowMs };
  return JSON.stringify(gist);
}
