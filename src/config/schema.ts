/**
 * The whole language in one place: the shapes that the reader checks, and the JSON Schema and the reference that are made
 * of the same shapes.
 */
import { z } from 'zod';
import { accountSchema } from './schema/account.ts';
import { alertsSchema } from './schema/alerts.ts';
import { pageSchema } from './schema/page.ts';
import { policySchema } from './schema/policy.ts';
import { assetsSchema, dislocationSchema, journalSchema, redisSchema, timingSchema } from './schema/server.ts';
import { simulationSchema } from './schema/simulation.ts';
import { oneOf } from './words.ts';
import type { Path } from './tree.ts';

/** The sections of a file. `load.ts` reads them one by one, so that one broken policy does not hide what is wrong elsewhere. */
export const SECTIONS = {
  version: oneOf(['1'], { numeric: true }).meta({ description: 'Version of the language, `1`.' }),
  mode: oneOf(['dry-run', 'live']).meta({
    description:
      'Ceiling for the whole server. `dry-run`: nothing real is moved. `live`: accounts with `live: yes` are acted on.',
  }),
  redis: redisSchema.prefault('embedded').meta({
    description:
      "Where the journal lives. `embedded` (default): the server's own Redis. Else a map with `url`, or with `dataDir` for the embedded one.",
  }),
  journal: journalSchema.prefault({}).meta({
    description: 'For how long the journal keeps what happened. Nothing undecided ever leaves it.',
  }),
  timing: timingSchema.prefault({}).meta({
    description: 'Every wait of the server. The defaults are tested together; change them only with a reason.',
  }),
  alerts: alertsSchema.prefault({}).meta({ description: 'Who is told what, and how often.' }),
  server: pageSchema.prefault({}).meta({
    description:
      'The page and its HTTP server: on by default, for this machine only. `off`, or a map. Not encrypted: beyond this machine it belongs behind a reverse proxy.',
  }),
  accounts: z.record(z.string(), accountSchema).meta({ description: 'Accounts, each under a name of your choice.' }),
  policies: z.record(z.string(), policySchema).meta({ description: 'Policies, each under a name of your choice.' }),
  dislocation: dislocationSchema.prefault({}).meta({
    description:
      'When the prices of a venue are no longer believed: by so much the larger of its price and that of another source exceeds the smaller one. `whenDislocated` and `notWhen: dislocated` of the policies then hold.',
  }),
  assets: assetsSchema.prefault({}).meta({
    description:
      'Coins that move together, and coins that the server does not know by itself. Common stable coins and wrapped coins are known.',
  }),
  simulation: simulationSchema
    .optional()
    .meta({ description: 'The built-in simulated exchanges. Required by accounts that use them.' }),
} as const;

export const rootSchema = z.strictObject(SECTIONS);

const LATER = 'is not offered yet';
/** Words that a reader may expect; a file that uses one is told why it is refused and what to do instead, not "unknown key". */
const REFUSED: readonly (readonly [under: RegExp, key: string, instead: string, says?: string])[] = [
  [/^$/, 'accountSets', 'write each account out under `accounts`'],
  [/^$/, 'egress', 'remove it; every account is reached from this machine'],
  [/^$/, 'limits', 'write the caps into each policy'],
  [/^accounts\.[^.]+$/, 'role', 'remove it; each account pays from its own wallets'],
  [/^accounts\.[^.]+$/, 'treasury', 'remove it, and fund the wallets of this account'],
  [/^accounts\.[^.]+$/, 'egress', 'remove it; every account is reached from this machine'],
  [/^accounts\.[^.]+$/, 'subAccount', 'remove it; give the account a key of its own'],
  [/^accounts\.[^.]+\.wallets\.[^.]+$/, 'perDay', 'cap the day in `limits` of the policy, or by `atMost` of a rung'],
  [/^assets\.[^.]+$/, 'reference', 'remove it; the price is the index of the venue'],
  [
    /^accounts\.[^.]+\.loans\[\d+\]\.match$/,
    'eMode',
    'match by `ordId`',
    'selects nothing: the venue does not report E-Mode per order',
  ],
];

/** What is wrong with such a key, and what to do instead; `undefined` for any other key. */
export function refusedKey(
  parent: string,
  key: string,
): { readonly says: string; readonly instead: string } | undefined {
  const found = REFUSED.find(([under, word]) => word === key && under.test(parent));
  return found === undefined ? undefined : { says: found[3] ?? LATER, instead: found[2] };
}

/** A JSON Schema node, as far as it is read here. */
export interface JsonNode {
  readonly [keyword: string]: unknown;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonNode>>;
  readonly additionalProperties?: JsonNode | boolean;
  readonly items?: JsonNode;
  readonly propertyNames?: JsonNode;
  readonly anyOf?: readonly JsonNode[];
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
}

const NODE: z.ZodType<JsonNode> = z.record(z.string(), z.unknown());

let full: JsonNode | undefined;

/** JSON Schema (draft 7, what editors understand) of a file after `extends` was applied: what the reader checks. */
export function fullSchema(): JsonNode {
  full ??= NODE.parse(z.toJSONSchema(rootSchema, { io: 'input', target: 'draft-7', override: ownExample }));
  return full;
}

/** A key's own `example` says more than that of its kind of value. */
function ownExample({ jsonSchema: node }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { example } = node;
  if (typeof example !== 'string') return;
  node.examples = [example];
  delete node['example'];
}

/** JSON Schema of a file as it is written: a policy that extends another one may leave out anything. */
export function jsonSchema(): JsonNode {
  const root = fullSchema();
  const { policies } = root.properties ?? {};
  const policy = policies?.additionalProperties;
  if (policies === undefined || typeof policy !== 'object') throw new Error('the schema has no policies');
  const either = {
    ...policies,
    additionalProperties: { anyOf: [withoutExtends(policy), { ...loosened(policy), required: ['extends'] }] },
  };
  return { ...root, title: 'Ballast configuration', properties: { ...root.properties, policies: either } };
}

function withoutExtends(policy: JsonNode): JsonNode {
  const { extends: _extends, ...properties } = policy.properties ?? {};
  return { ...policy, properties };
}

function loosened(node: JsonNode): JsonNode {
  const { required: _required, default: _default, ...rest } = node;
  const { properties, anyOf } = rest;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, loosened) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(loosened) }),
  };
}

function mapValues(
  record: Readonly<Record<string, JsonNode>>,
  change: (node: JsonNode) => JsonNode,
): Record<string, JsonNode> {
  return Object.fromEntries(Object.entries(record).map(([key, node]) => [key, change(node)]));
}

/** The schema node of a path, for telling what a missing key is about. */
export function schemaAt(path: Path): JsonNode | undefined {
  let nodes: readonly JsonNode[] = [fullSchema()];
  for (const key of path) nodes = nodes.flatMap((node) => below(node, key));
  return nodes[0];
}

function below(node: JsonNode, key: string | number): readonly JsonNode[] {
  const nodes = [node, ...(node.anyOf ?? [])];
  return nodes.flatMap((one) => {
    if (typeof key === 'number') return one.items === undefined ? [] : [one.items];
    const child = one.properties?.[key] ?? one.additionalProperties;
    return typeof child === 'object' ? [child] : [];
  });
}

/** Keys that may stand at a path, for "did you mean". */
export function keysAt(path: Path): readonly string[] {
  let nodes: readonly JsonNode[] = [fullSchema()];
  for (const key of path) nodes = nodes.flatMap((node) => below(node, key));
  const all = nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]);
  return [
    ...new Set(all.flatMap((node) => [...Object.keys(node.properties ?? {}), ...(node.propertyNames?.enum ?? [])])),
  ];
}
