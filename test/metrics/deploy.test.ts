/** Alert rules and dashboard name only what the server exports: a rule about a metric that is not there never fires. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Row } from '../../src/metrics/row.ts';
import { startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { exported, metricsOf } from './exported.ts';
import { namedIn } from './promql.ts';
import type { Matcher } from './promql.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Query {
  readonly where: string;
  readonly expr: string;
  /** Texts with `{{label}}` or `{{ $labels.label }}`. */
  readonly worded: readonly string[];
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string; readonly titleFormat: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

/** Of Prometheus itself, and what it adds to every series. */
const ITS_OWN = new Map<string, Row['labels']>([['up', {}]]);
const ADDED = { job: ['ballast'], instance: null };
const FUNCTIONS = 'abs absent count histogram_quantile increase label_values max min rate sum vector'.split(' ');

const { groups } = parse(readFileSync(join(DEPLOY, 'prometheus/ballast-rules.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(DEPLOY, 'grafana/ballast.json'), 'utf8')) as Dashboard;
const VARIABLES = dashboard.templating.list.map(({ name }) => name);

const queries: readonly Query[] = [
  ...rules.map(({ alert, expr, annotations }) => ({ where: alert, expr, worded: Object.values(annotations) })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }, index) => ({
      where: `panel ${title} ${String(index)}`,
      expr,
      worded: [legendFormat],
    })),
  ),
  ...dashboard.annotations.list.map(({ expr, titleFormat }) => ({ where: 'annotation', expr, worded: [titleFormat] })),
];

let redis: TestRedis;
let known: ReadonlyMap<string, Row['labels']>;
beforeAll(async () => {
  redis = await startTestRedis();
  known = new Map([...exported(await metricsOf().text(null, { redis: redis.connect(), policy: 'p' })), ...ITS_OWN]);
});
afterAll(async () => {
  await redis.stop();
});

function matcherProblem(labels: Row['labels'], { label, op, value }: Matcher): string | null {
  if (!Object.hasOwn(labels, label)) return `label ${label}`;
  const values = labels[label];
  if (values === null || values === undefined || /^\$\w+$/.test(value)) return null;
  const wanted = op === '=~' || op === '!~' ? value.split('|') : [value];
  const missing = wanted.filter((one) => !values.includes(one));
  return missing.length === 0 ? null : `${label} is never ${missing.join()}`;
}

/** What a query names and nobody exports. */
function problemsOf({ expr, worded }: Pick<Query, 'expr' | 'worded'>): readonly string[] {
  const { metrics, grouped, joined, functions } = namedIn(expr);
  const found = metrics.flatMap(({ name, matchers }) => {
    const own = known.get(name);
    if (own === undefined) return [`metric ${name}`];
    const labels = { ...own, ...ADDED };
    const missing = [...grouped, ...joined].filter((label) => !Object.hasOwn(labels, label));
    return [
      ...matchers.flatMap((matcher) => matcherProblem(labels, matcher) ?? []),
      ...missing.map((label) => `label ${label} of ${name}`),
    ];
  });
  const first = metrics[0] === undefined ? {} : (known.get(metrics[0].name) ?? {});
  const isGrouped = functions.some((name) => ['sum', 'min', 'max', 'count'].includes(name));
  const left: readonly string[] = isGrouped ? grouped : Object.keys({ ...first, ...ADDED });
  const words = worded.flatMap((text) => [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)]);
  return [
    ...found,
    ...(metrics.length === 0 ? ['no metric'] : []),
    ...functions.filter((name) => !FUNCTIONS.includes(name)).map((name) => `function ${name}`),
    ...words.flatMap(([, label = '']) => (left.includes(label) ? [] : [`words of a label ${label}`])),
    ...[...expr.matchAll(/\$(\w+)/g)].flatMap(([, name = '']) =>
      VARIABLES.includes(name) || name === '__rate_interval' ? [] : [`variable ${name}`],
    ),
  ];
}

describe('what is shipped', () => {
  it.each(queries.map((query) => [query.where, query] as const))('asks for what is exported: %s', (_, query) => {
    expect(problemsOf(query)).toEqual([]);
  });

  it('lets the reader of the dashboard choose among labels that exist', () => {
    const asked = dashboard.templating.list.flatMap(({ query }) =>
      typeof query === 'object' && query !== null && 'query' in query ? [String(query.query)] : [],
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const text of asked) {
      const [, name = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
      expect(Object.keys(known.get(name) ?? {}), text).toContain(label);
    }
  });
});

describe('alert rules', () => {
  it('say what happened, what Ballast does, and what a person can do', () => {
    for (const { alert, annotations, labels } of rules) {
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'action']);
      expect(['warning', 'critical'], alert).toContain(labels.severity);
    }
  });

  it('have names of their own', () => {
    const names = rules.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(20);
  });
});

describe('the dashboard', () => {
  it('shows panels that do not lie upon each other', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const overlapping = panels.flatMap(({ title, gridPos: a }, index) =>
      panels
        .slice(index + 1)
        .filter(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        .map((other) => `${title} / ${other.title}`),
    );
    expect(overlapping).toEqual([]);
  });
});

describe('the search for what is not there', () => {
  it.each([
    ['a metric', 'max(ballast_loan_ltv)', /metric ballast_loan_ltv$/],
    ['a metric beside one that is there', 'ballast_loan_paused / ballast_gone', /metric ballast_gone/],
    ['a histogram by its bare name', 'rate(ballast_lane_wait_seconds[5m])', /metric ballast_lane_wait_seconds$/],
    ['a bucket of a gauge', 'ballast_loan_paused_bucket', /metric/],
    ['a label', 'ballast_account_paused{loan="x"}', /label loan$/],
    ['a value', 'ballast_loan_state{state=~"starved|hungry"}', /state is never hungry/],
    ['a label to group by', 'sum by (loan) (ballast_account_paused)', /label loan of/],
    [
      'a label to join by',
      'ballast_loan_paused * on (account, loan) ballast_account_paused',
      /label loan of ballast_a/,
    ],
    ['a variable', 'ballast_loan_paused{account=~"$acount"}', /variable acount/],
    ['a function', 'rat(ballast_looks_total[5m])', /function rat/],
    ['nothing at all', 'vector(0)', /no metric/],
  ])('finds %s', (_, expr, problem) => {
    expect(problemsOf({ expr, worded: [] }).join('\n')).toMatch(problem);
  });

  it('finds words about a label that is grouped away', () => {
    const expr = 'max by (account) (ballast_loan_paused)';
    expect(problemsOf({ expr, worded: ['{{account}} {{ $labels.loan }}'] })).toEqual(['words of a label loan']);
  });

  it('refuses what it cannot read', () => {
    expect(() => namedIn('ballast_loan_paused{loan="x"')).toThrow(/no }/);
    expect(() => namedIn('ballast_loan_paused ? 1')).toThrow(/cannot read/);
  });
});
