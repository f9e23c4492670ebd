/** Tables of the pages that are printed from the code: a page says what the code does, or a test fails. */
import { CATALOGUE, categoryOf } from '../../src/alerts/catalogue.ts';
import { CHECKS } from '../../src/cli/doctor/finding.ts';
import { WORST_MINUTE } from '../../src/cli/doctor/speed.ts';
import { CATALOGUE as METRICS } from '../../src/metrics/catalogue.ts';
import type { Row } from '../../src/metrics/row.ts';
import { fullSchema } from '../../src/config/schema.ts';
import { modeTable } from '../../src/machines/diagram.ts';
import { POINTS } from '../../src/jobs/points.ts';
import { PRODUCTS } from '../../src/core/loan.ts';
import type { Product } from '../../src/core/loan.ts';
import { PROOFS } from '../../src/core/proof.ts';
import type { Absence, Mark } from '../../src/core/proof.ts';
import { PRODUCT_FACTS } from '../../src/core/products.ts';
import type { ProductFacts, Step } from '../../src/core/products.ts';
import { bucketOf as binanceBucket, ENDPOINTS as BINANCE } from '../../src/exchanges/binance/endpoints.ts';
import type { Endpoint as BinanceEndpoint } from '../../src/exchanges/binance/endpoints.ts';
import { ENDPOINTS as OKX } from '../../src/exchanges/okx/endpoints.ts';
import type { Endpoint as OkxEndpoint } from '../../src/exchanges/okx/endpoints.ts';
import { EXPORTED } from '../../src/reading/exportColumns.ts';
import { caughtBy } from '../defects/defect.ts';
import { DEFECTS } from '../defects/list.ts';
import { read } from './pages.ts';

export interface Table {
  readonly page: string;
  readonly name: string;
  readonly lines: () => readonly string[];
}

export const TABLES: readonly Table[] = [
  { page: 'README.md', name: 'modes', lines: modeTable },
  { page: 'README.md', name: 'products', lines: productsTable },
  { page: 'ARCHITECTURE.md', name: 'keys', lines: keysTable },
  { page: 'docs/crash-points.md', name: 'points', lines: pointsTable },
  { page: 'docs/evidence.md', name: 'proofs', lines: proofsTable },
  { page: 'docs/defects.md', name: 'defects', lines: defectsTable },
  { page: 'docs/alerts.md', name: 'alerts', lines: alertsTable },
  { page: 'docs/metrics.md', name: 'metrics', lines: metricsTable },
  { page: 'docs/doctor.md', name: 'checks', lines: checksTable },
  { page: 'docs/doctor.md', name: 'minutes', lines: minutesTable },
  ...Object.entries(EXPORTED).map(([file, columns]) => ({
    page: 'docs/history.md',
    name: `export-${file}`,
    lines: () => columnsTable(columns),
  })),
];

const START = (name: string): string => `<!-- table: ${name} -->\n`;
const END = '<!-- end -->';

/** The lines that stand in the page now. */
export function standing({ page, name }: Table): string {
  const text = read(page);
  const from = text.indexOf(START(name));
  const to = text.indexOf(END, from);
  return from === -1 || to === -1
    ? `${page} has no place for a table called ${name}`
    : text.slice(from + START(name).length, to);
}

export function printed(table: Table): string {
  return table
    .lines()
    .map((line) => `${line}\n`)
    .join('');
}

/** The page with the table written anew. */
export function rewritten(table: Table): string {
  return read(table.page).replace(
    START(table.name) + standing(table) + END,
    () => START(table.name) + printed(table) + END,
  );
}

// --- metrics

function metricsTable(): readonly string[] {
  const rows: readonly (readonly [string, Row])[] = Object.entries(METRICS);
  const label = ([name, values]: readonly [string, readonly string[] | null]): string => {
    const few = values !== null && values.length <= MOST_VALUES;
    return few ? `${name} (${values.join(', ')})` : name;
  };
  return [
    '| metric | type | labels | means |',
    '|---|---|---|---|',
    ...rows.map(([name, { type, labels, help }]) => {
      const named = Object.entries(labels).map(label).join('; ');
      return `| \`${name}\` | ${type} | ${named} | ${help} |`;
    }),
  ];
}

/** States of a loan and the like have pages of their own. */
const MOST_VALUES = 6;

// --- alerts

function alertsTable(): readonly string[] {
  const told = Object.keys(CATALOGUE)
    .map((name) => ({ name, ...categoryOf(name) }))
    .filter(({ kind }) => kind !== 'terminal');
  return [
    '| topic | category | means | what Ballast does | what you can do |',
    '|---|---|---|---|---|',
    ...told.map(({ name, kind, topic, means, does, can }) => {
      const what = `${means}${kind === 'happened' ? ' (happens)' : ' (lasts)'}`;
      const named = can.replace(/\{(\w+)\}/g, (_, place: string) => place.toUpperCase());
      return `| ${topic} | \`${name}\` | ${what} | ${does} | ${named} |`;
    }),
  ];
}

// --- doctor

function checksTable(): readonly string[] {
  return [
    '| check | examines | what Ballast does when it is not so |',
    '|---|---|---|',
    ...Object.values(CHECKS).map(({ area, name, examines, does }) => `| ${area} ${name} | ${examines} | ${does} |`),
  ];
}

function minutesTable(): readonly string[] {
  const NAMES: Readonly<Record<keyof typeof WORST_MINUTE, string>> = {
    ...{ BTC: 'BTC', ETH: 'ETH', other: 'any other coin (DOGE)', stable: 'a stable coin (USDC, within two minutes)' },
  };
  return [
    '| coin | fall | rise | when |',
    '|---|---|---|---|',
    ...Object.entries(WORST_MINUTE).map(
      ([coin, { fall, rise, when }]) =>
        `| ${NAMES[coin as keyof typeof NAMES]} | ${share(fall)} | ${share(rise)} | ${when} |`,
    ),
  ];
}

function share(text: string): string {
  return `${(Number(text) * 100).toFixed(1)} %`;
}

// --- places to die

function pointsTable(): readonly string[] {
  return [
    '| point | what is written |',
    '|---|---|',
    ...Object.entries(POINTS).map(([name, says]) => `| \`${name}\` | ${says} |`),
  ];
}

// --- proofs

const MARKS: Readonly<Record<Mark, string>> = { reference: 'reference', clientId: 'id', amount: 'amount' };
const ABSENCE: Readonly<Record<Absence, string>> = { afterLostAnswer: 'if the answer was lost', always: 'always' };

function proofsTable(): readonly string[] {
  const rows = PRODUCTS.flatMap((product) =>
    Object.entries(PROOFS[product]).map(([verb, { records, marks, done, failed, pending, lags, absence, still }]) => {
      const lag = lags.lost === lags.accepted ? String(lags.lost) : `${String(lags.lost)}; ${String(lags.accepted)}`;
      const not = [failed ?? 'none', ...(pending === null ? [] : [`pending: ${pending}`])].join('; ');
      const [lists, by] = [
        records.map((name) => `\`${name}\``).join(', '),
        marks.map((mark) => MARKS[mark]).join(', else '),
      ];
      const said = `${lists} | ${by} | ${done ?? 'is there'} | ${not} | ${lag} lagMargin | ${ABSENCE[absence]} | ${still}`;
      return `| \`${product}\` | ${verb} | ${said} |`;
    }),
  );
  return [
    '| product | call | lists | mark | says so | says not | it may come for | absence proves | what must stand still |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

// --- deliberate defects

function defectsTable(): readonly string[] {
  const rows = DEFECTS.map((defect) => `| ${defect.name} | ${defect.harm} | ${caughtBy(defect)} |`);
  return ['| defect | what it does, and what that costs | caught by |', '|---|---|---|', ...rows];
}

// --- products

const WORDS: Readonly<Record<Product, { readonly loan: string; readonly file: string }>> = {
  'binance.crossMargin': { loan: 'the whole cross margin account', file: '`binance`, `crossMargin`' },
  'binance.isolatedMargin': { loan: 'each pair', file: '`binance`, `isolatedMargin`' },
  'binance.flexibleLoan': { loan: 'each pair of loan coin and collateral coin', file: '`binance`, `flexibleLoan`' },
  'okx.flexibleLoan': { loan: 'each order', file: '`okx`, `flexibleLoan`' },
  'okx.spotBorrow': { loan: 'the whole trading account', file: '`okx`, `spotBorrow`' },
};

const ADDABLE: Readonly<Record<ProductFacts['addable'], string>> = {
  listed: 'any coin the venue takes',
  pair: 'the two coins of the pair',
  collateral: 'its collateral coin',
};

/** What a simulated account of the file may hold besides wallets (src/config/schema/simulation.ts), and what that is. */
const HOLDINGS: Readonly<Record<string, Product>> = {
  cross: 'binance.crossMargin',
  isolated: 'binance.isolatedMargin',
  flexible: 'binance.flexibleLoan',
  loans: 'okx.flexibleLoan',
  spotBorrow: 'okx.spotBorrow',
};

/** Keys of a simulated account in the file that hold loans, as the schema has them now. */
export function holdingKeys(): readonly string[] {
  const schema = fullSchema() as {
    properties: { simulation: { properties: { accounts: { additionalProperties: { properties: object } } } } };
  };
  const { properties } = schema.properties.simulation.properties.accounts.additionalProperties;
  return Object.keys(properties).filter((key) => key !== 'uid' && key !== 'wallets');
}

export function isKnownHolding(key: string): boolean {
  return Object.hasOwn(HOLDINGS, key);
}

/** The venue's call for each verb of a remedy. */
const CALLS: Readonly<Record<Product, Readonly<Partial<Record<Step['verb'], BinanceEndpoint | OkxEndpoint>>>>> = {
  'binance.crossMargin': { repay: BINANCE.borrowRepay, transferIn: BINANCE.transfer, transferOut: BINANCE.transfer },
  'binance.isolatedMargin': { repay: BINANCE.borrowRepay, transferIn: BINANCE.transfer, transferOut: BINANCE.transfer },
  'binance.flexibleLoan': { repay: BINANCE.flexibleRepay, add: BINANCE.flexibleAdjust, reduce: BINANCE.flexibleAdjust },
  'okx.flexibleLoan': { repay: OKX.repay, add: OKX.adjustCollateral, reduce: OKX.adjustCollateral },
  'okx.spotBorrow': { repay: OKX.spotBorrowRepay, transferIn: OKX.transfer, transferOut: OKX.transfer },
};

const VERBS: Readonly<Record<Step['verb'], string>> = {
  repay: 'repay',
  transferIn: 'transfer',
  add: 'add',
  transferOut: 'transfer',
  reduce: 'reduce',
  borrow: 'borrow',
};

export function productsTable(): readonly string[] {
  const head = ['product', 'one loan is', 'observe', 'repay', 'add', 'release', 'evidence', 'limits', 'simulator'];
  const inFile = holdingKeys().map((key) => HOLDINGS[key]);
  const rows = PRODUCTS.map((product) => {
    const facts = PRODUCT_FACTS[product];
    const { loan, file } = WORDS[product];
    const simulated = inFile.includes(product) ? 'config' : 'tests';
    return [
      file,
      loan,
      'yes',
      repays(facts),
      adds(facts),
      releasesTo(facts),
      evidence(facts),
      limits(product, facts),
      simulated,
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** The calls that are planned, each verb once. */
export function callsOf({ repay, add, release }: ProductFacts): readonly Step[] {
  const steps = [...Object.values(repay), ...Object.values(add), release].flat();
  return steps.filter(({ verb }, index) => steps.findIndex((step) => step.verb === verb) === index);
}

function repays({ repay, wallet }: ProductFacts): string {
  const inside = repay.inside === undefined ? [] : ['from inside'];
  const outside =
    repay.wallet === undefined ? [] : [`from ${wallet}${repay.wallet.length > 1 ? ' (transfer, then repay)' : ''}`];
  return [...inside, ...outside].join('; ');
}

function adds({ add, addable, wallet }: ProductFacts): string {
  return add.wallet === undefined ? 'no' : `${ADDABLE[addable]} from ${wallet}`;
}

function releasesTo({ release, wallet }: ProductFacts): string {
  return release.length === 0 ? 'no' : `to ${wallet}`;
}

/** Two verbs of one word, the transfers in and out, are said once where they say the same. */
function once(cells: readonly string[]): string {
  return [...new Set(cells)].join(', ');
}

function evidence(facts: ProductFacts): string {
  const words = { clientId: 'id', amount: 'amount', unlistedId: 'amount' } as const;
  return once(callsOf(facts).map(({ verb, identified }) => `${VERBS[verb]}: ${words[identified]}`));
}

function limits(product: Product, facts: ProductFacts): string {
  return once(callsOf(facts).map(({ verb }) => `${VERBS[verb]} ${limitOf(CALLS[product][verb])}`));
}

function limitOf(endpoint: BinanceEndpoint | OkxEndpoint | undefined): string {
  if (endpoint === undefined) return 'unknown';
  if ('weight' in endpoint) {
    const { limit } = binanceBucket(endpoint, '', '');
    return `${Math.floor(limit / endpoint.weight)} per min and ${endpoint.per === 'ip' ? 'address' : 'UID'}`;
  }
  const owner = { ip: 'address', uid: 'UID', 'uid+ccy': 'UID and coin', masterUid: 'master UID' }[endpoint.per];
  return `${endpoint.limit} per ${endpoint.windowMs / 1000} s and ${owner}`;
}

// --- columns of an export

function columnsTable(columns: readonly { readonly name: string; readonly means: string }[]): readonly string[] {
  return ['| column | holds |', '|---|---|', ...columns.map(({ name, means }) => `| \`${name}\` | ${means} |`)];
}

// --- keys

/** The table that stands above the keys themselves. */
export function keysTable(): readonly string[] {
  const rows = [...read('src/jobs/keys.ts').matchAll(/^ \* (\|.*\|)$/gm)].map(([, row = '']) => row);
  return rows.map((row) =>
    row.replace(/^\| ([^|]+) \|/, (whole, key: string) =>
      key === 'key' || key.startsWith('-') ? whole : `| \`${key}\` |`,
    ),
  );
}
