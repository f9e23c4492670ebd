/** Whether a folder is a good place for a journal or its witness. Pure. */
import type { Judged, Stake } from './finding.ts';
import { byStake, judged, ok } from './finding.ts';
import { median } from './statistics.ts';

export interface FolderFacts {
  readonly path: string;
  /** The folder itself, or the nearest one above it that is there. */
  readonly there: string;
  /** Why nothing can be written there; `null`: it can. */
  readonly refused: string | null;
  /** ms until a few small writes were on the disk; `null`: the folder is not there yet, so none was tried. */
  readonly syncs: readonly number[] | null;
  readonly freeBytes: number | null;
  /** Number of the file system as Linux names it; `null` elsewhere. */
  readonly kind: number | null;
}

/** statfs(2): what a number means for what is written there. */
const KINDS: Readonly<Record<number, { readonly name: string; readonly harm: 'memory' | 'network' | 'layer' }>> = {
  0x01021994: { name: 'tmpfs', harm: 'memory' },
  0x858458f6: { name: 'ramfs', harm: 'memory' },
  0x6969: { name: 'NFS', harm: 'network' },
  0x517b: { name: 'SMB', harm: 'network' },
  0xff534d42: { name: 'CIFS', harm: 'network' },
  0xfe534d42: { name: 'SMB 2', harm: 'network' },
  0x01021997: { name: '9p', harm: 'network' },
  0x65735546: { name: 'FUSE', harm: 'network' },
  0x794c7630: { name: 'overlay', harm: 'layer' },
};

const HARMS = {
  memory: 'what is there is gone after a restart of the machine',
  network: 'locks and syncs of such a file system may mean nothing',
  layer: 'what is there is gone with the container',
} as const;

const MEGABYTE = 1024 * 1024;
const LITTLE_BYTES = 1024 * MEGABYTE;
const TOO_LITTLE_BYTES = 100 * MEGABYTE;
/** A claim and its outcome wait for a sync each. */
const SLOW_SYNC_MS = 100;

export function judgeFolder(facts: FolderFacts, stake: Stake): readonly Judged[] {
  return [judgeWritable(facts), judgeRoom(facts), judgeKind(facts, stake)].map((one) => ({
    ...one,
    about: facts.path,
  }));
}

export function judgeWritable({ path, there, refused, syncs }: FolderFacts): Judged {
  if (refused !== null) {
    const remedy =
      'Give the folder to the user that runs Ballast, or name another one with `--data-dir` or `redis: { dataDir }`.';
    return judged('folder', 'problem', `nothing can be written into ${there} (${refused})`, remedy);
  }
  if (syncs === null)
    return ok('folder', path === there ? 'it can be written' : `the first start makes it in ${there}`);
  const mid = median(syncs);
  const says = `a write is on the disk after ${mid.toFixed(1)} ms`;
  if (mid < SLOW_SYNC_MS) return ok('folder', says);
  return judged('folder', 'warning', says, 'Use a faster disk: each payment waits for several such writes.');
}

export function judgeRoom({ there, freeBytes }: FolderFacts): Judged {
  if (freeBytes === null)
    return judged('room', 'unknown', `how much room is left in ${there} cannot be read`, 'Look with `df`.');
  const says = `${freeBytes >= LITTLE_BYTES ? `${(freeBytes / LITTLE_BYTES).toFixed(0)} GB` : `${(freeBytes / MEGABYTE).toFixed(0)} MB`} free`;
  if (freeBytes >= LITTLE_BYTES) return ok('room', says);
  return judged(
    'room',
    freeBytes < TOO_LITTLE_BYTES ? 'problem' : 'warning',
    says,
    'Make room, or name another folder.',
  );
}

export function judgeKind({ there, kind }: FolderFacts, stake: Stake): Judged {
  const known = kind === null ? undefined : KINDS[kind];
  if (kind === null) return ok('kind', 'this system does not say what kind of disk it is');
  if (known === undefined) return ok('kind', 'a disk of this machine');
  const says = `${there} is on ${known.name}: ${HARMS[known.harm]}`;
  if (stake === 'simulated') return ok('kind', `${says}; with simulated accounts that is no harm`);
  const remedy = 'Put the folder on a disk of this machine; in a container, on a volume.';
  // Whether a layer lives longer than its container is for the operator to know.
  return judged('kind', known.harm === 'layer' ? 'warning' : byStake(stake), says, remedy);
}
