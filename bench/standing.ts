/** What a server with nothing to do costs: the command as it is installed, its Redis, a hundred accounts, five hundred loans. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { line, title } from './figures.ts';
import { HUNDRED } from './hundred.ts';
import { writeTapes } from './server.ts';

const MAIN = join(import.meta.dirname, '../dist/main.js');
const LOANS = 500;
const SETTLE_MS = 15_000;
const WATCHED_MS = 30_000;
const GIVE_UP_MS = 120_000;
/** Of the kernel's clock, by which processor time is counted. */
const TICKS_A_SECOND = 100;

interface Use {
  readonly cpuMs: number;
  readonly megabytes: number;
}

export async function measureStanding(redisProgram: string): Promise<void> {
  title('The same server as a process of its own, prices standing still');
  if (process.platform !== 'linux') {
    line('memory and processor time', 'not measured: they are read from /proc');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-'));
  const config = join(folder, 'bench.yaml');
  writeFileSync(config, HUNDRED.policy(join(folder, 'redis')));
  const tapes = writeTapes(folder, HUNDRED).flatMap((path) => ['--tape', path]);
  const server = spawn(process.execPath, [MAIN, 'start', '--config', config, '--speed', '0.001', ...tapes], {
    env: { ...process.env, BALLAST_REDIS_SERVER: redisProgram },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    await until(() => said.split('\n').filter((row) => row.startsWith('watching ')).length >= LOANS);
    await systemClock.sleep(SETTLE_MS);
    const pids = { server: server.pid ?? 0, redis: childOf(server.pid ?? 0, 'redis-server') };
    const before = [use(pids.server), use(pids.redis)];
    await systemClock.sleep(WATCHED_MS);
    const after = [use(pids.server), use(pids.redis)];
    const [own, redis] = after.map(({ cpuMs }, index) => (100 * (cpuMs - (before[index]?.cpuMs ?? 0))) / WATCHED_MS);
    const [ownMb, redisMb] = after.map(({ megabytes }) => megabytes);
    const cpu = `${own?.toFixed(0) ?? ''} % and ${redis?.toFixed(0) ?? ''} %`;
    line('time on a core, server and Redis (reach: 15 %)', `${cpu}, each account looked at every 5 s`);
    const seconds = String((SETTLE_MS + WATCHED_MS) / 1_000);
    const memory = `${ownMb?.toFixed(0) ?? ''} MB and ${redisMb?.toFixed(0) ?? ''} MB`;
    line('memory, server and Redis (reach: 300 MB)', `${memory}, after ${seconds} s`);
  } finally {
    server.kill('SIGINT');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function until(is: () => boolean): Promise<void> {
  const giveUpAt = systemClock.mono() + GIVE_UP_MS;
  while (!is()) {
    if (systemClock.mono() > giveUpAt) throw new Error('the server did not come up');
    await systemClock.sleep(100);
  }
}

/** The process of this name below that one, at any depth. */
function childOf(parent: number, name: string): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const [pid, [, command = '', , above = '']] = [Number(entry), statOf(entry)];
    if (Number(above) !== parent) continue;
    const found = command.includes(name) ? pid : childOf(pid, name);
    if (found !== 0) return found;
  }
  return 0;
}

function use(pid: number): Use {
  const stat = statOf(String(pid));
  const cpuMs = ((Number(stat[13]) + Number(stat[14])) * 1_000) / TICKS_A_SECOND;
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(read(`/proc/${String(pid)}/status`)) ?? [];
  return { cpuMs, megabytes: Number(kilobytes) / 1_000 };
}

/** Fields of the kernel, numbered from 0; a name may hold blanks. */
function statOf(pid: string): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(')');
  return [pid, text.slice(text.indexOf('(') + 1, end), ...text.slice(end + 2).split(' ')];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
