/** A machine that processes run on: its disk, where the witnesses of all its processes are, outlives them unless it dies too. */
import type { WitnessFile } from '../../../src/jobs/witness.ts';
import type { Machine } from './machine.ts';

export class Host {
  #files = new Map<string, string[]>();

  /** A machine that dies is replaced by one with an empty disk. */
  die(): void {
    this.#files = new Map();
  }

  /** As it was before the run began: this machine has been trusting this journal. */
  write(name: string, line: string): void {
    this.#linesOf(name).push(line);
  }

  /** One process's door to one file, as `WitnessOnDisk` is on a real disk. */
  witness(name: string, machine: Machine): WitnessFile {
    let read: readonly [file: readonly string[], lines: number] | null = null;
    return {
      read: () =>
        machine.disk('disk.read', () => {
          const lines = this.#linesOf(name);
          if (read?.[0] === lines && read[1] === lines.length) return null;
          read = [lines, lines.length];
          return lines.join('\n');
        }),
      append: (line) =>
        machine.disk('disk.append', () => {
          this.#linesOf(name).push(line);
        }),
    };
  }

  #linesOf(name: string): string[] {
    let lines = this.#files.get(name);
    if (lines === undefined) this.#files.set(name, (lines = []));
    return lines;
  }
}
