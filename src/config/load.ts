/**
 * The one door of the configuration: text in, frozen `Config` out, or a `ConfigError` that names every problem of the file
 * at once. Nothing here reads the environment or the disk by itself.
 */
import { readAccounts } from './accounts.ts';
import { readAlerts } from './alerts.ts';
import { KnownAssets, readGroups } from './assets.ts';
import { digestOf } from './digest.ts';
import { readPart, unknownKey } from './issues.ts';
import { readServer } from './page.ts';
import { readPolicies } from './policies.ts';
import type { ReadPolicies } from './policies.ts';
import { ConfigError } from './problems.ts';
import { References } from './references.ts';
import type { Outside } from './references.ts';
import { Report } from './report.ts';
import { SECTIONS } from './schema.ts';
import { readDislocation, readRedis, readRetention, readTiming } from './server.ts';
import type { RedisOverrides } from './server.ts';
import { readSimulation } from './simulation.ts';
import type { SimulationOverrides } from './simulation.ts';
import { timingSchema } from './schema/server.ts';
import type { Config, PolicyConfig } from './types.ts';
import { checkUsers } from './users.ts';
import { readYaml } from './yaml.ts';

/** What the command line may say over the file. None of it can make a server act that would not. */
export interface Overrides extends RedisOverrides, SimulationOverrides {
  /** `--dry-run`: as if the file said `mode: dry-run`. */
  readonly dryRun?: boolean | undefined;
}

export interface LoadInput extends Outside {
  /** Path of the file, for messages and for relative paths inside it. */
  readonly path: string;
  /** Its content; bytes are checked to be UTF-8. */
  readonly text: string | Uint8Array;
  readonly overrides?: Overrides | undefined;
}

/** @throws ConfigError with every problem found; its `exit` is 78 */
export function loadConfig(input: LoadInput): Config {
  const yaml = readYaml(input.path, input.text);
  if (!yaml.ok) throw new ConfigError(yaml.problems);
  const report = new Report(input.path, yaml.tree);
  if (yaml.tree.kind !== 'map') {
    report.error([], 'the file is not a map of keys', 'start with `version: 1`');
    throw new ConfigError(report.problems);
  }
  for (const key of yaml.tree.entries.keys()) if (!Object.hasOwn(SECTIONS, key)) unknownKey(report, [], key);
  const config = build(input, report);
  if (report.problems.length > 0) throw new ConfigError(report.problems);
  return freeze({ ...config, digest: digestOf(config), warnings: report.warnings });
}

function build(input: LoadInput, report: Report): Config {
  const overrides = input.overrides ?? {};
  const references = new References(report, input, input.path);
  readPart(report, SECTIONS.version, ['version']);
  const fileMode = readPart(report, SECTIONS.mode, ['mode']) ?? 'dry-run';
  const mode = overrides.dryRun === true ? 'dry-run' : fileMode;
  const known = new KnownAssets(report);
  const policies = readPolicies(report, known);
  const simulation = readSimulation(report, known, overrides);
  const timing = readTiming(report) ?? timingSchema.parse({});
  const accounts = readAccounts({
    report,
    known,
    references,
    policyNames: [...policies.keys()],
    mode,
    timing,
    simulation,
  });
  checkUsers(report, policies, accounts);
  return {
    version: 1,
    mode,
    redis: readRedis(report, references, input.path, overrides),
    journal: readRetention(report),
    timing,
    alerts: readAlerts({ report, references, live: mode === 'live', names: accounts.map(({ name }) => name) }),
    server: readServer(report, references),
    accounts,
    policies: complete(policies),
    dislocation: readDislocation(report, references),
    groups: readGroups(report, known, readPart(report, SECTIONS.assets, ['assets']) ?? {}),
    simulation,
    digest: '',
    sourcePath: input.path,
    warnings: [],
  };
}

function complete(policies: ReadPolicies): Readonly<Record<string, PolicyConfig>> {
  return Object.fromEntries([...policies].flatMap(([name, policy]) => (policy === undefined ? [] : [[name, policy]])));
}

/** Freezes plain objects and lists all the way down; decimals and secrets cannot change anyway. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const plain: unknown = Object.getPrototypeOf(value);
  if (plain !== Object.prototype && !Array.isArray(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
