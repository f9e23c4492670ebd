/**
 * Who may import whom (DESIGN §3, "The cut"). One table, used twice: by the linter (`eslint.config.js`, in the
 * editor) and by `arrows.test.ts` (in the gate, also for files somebody told the linter to ignore).
 *
 * Paths are relative to src/. A name that ends with `/` means everything below that folder.
 */
import { posix } from 'node:path';

const EVERYTHING = ['**'];
const VENUE_FOLDERS = ['exchanges/binance/', 'exchanges/okx/'];
const TOP = ['app.ts', 'main.ts', 'cli/'];

/**
 * The first rule whose `from` holds the importing file applies. `packages` are npm packages; Node's own modules are
 * npm-like for this purpose and written `node:`.
 * @type {readonly { from: string, local: readonly string[], never?: readonly string[], packages: readonly string[], neverPackages?: readonly string[], why: string }[]}
 */
export const ARROWS = [
  {
    from: 'core/',
    local: ['core/'],
    packages: ['decimal.js'],
    why: 'the core is pure: it imports decimal.js (in money.ts) and itself',
  },
  {
    from: 'machines/',
    local: ['machines/', 'core/'],
    packages: ['xstate'],
    why: 'machines are pure: they import the core and xstate',
  },
  {
    from: 'simulator/',
    local: ['simulator/', 'core/money.ts'],
    packages: EVERYTHING,
    neverPackages: ['ccxt', 'xstate', 'bullmq'],
    why: 'the simulator is the other side and must not share code or mistakes with the adapters: of the rest it imports core/money.ts only',
  },
  ...['binance', 'okx'].map((venue) => ({
    from: `exchanges/${venue}/`,
    local: ['exchanges/', 'core/', 'clock.ts'],
    never: VENUE_FOLDERS.filter((folder) => folder !== `exchanges/${venue}/`),
    packages: EVERYTHING,
    why: 'an adapter imports the port, the core and the clock, never the other venue',
  })),
  {
    from: 'exchanges/venues.ts',
    local: ['exchanges/', 'core/', 'clock.ts'],
    packages: [],
    why: 'the factory turns an account into its venue, so it knows both adapters and nothing else',
  },
  {
    from: 'exchanges/',
    local: ['exchanges/', 'core/', 'clock.ts'],
    never: VENUE_FOLDERS,
    packages: EVERYTHING,
    why: 'the port and its tools know no venue',
  },
  {
    from: 'config/',
    local: ['config/', 'core/', 'clock.ts'],
    packages: EVERYTHING,
    why: 'configuration is text to frozen values; it knows the core only',
  },
  {
    from: 'alerts/',
    local: ['alerts/', 'core/', 'machines/', 'jobs/', 'exchanges/exchange.ts', 'clock.ts'],
    packages: EVERYTHING,
    neverPackages: ['ccxt', 'bullmq', 'xstate'],
    why: 'alerts hear what jobs say and tell it; they know no venue, no file and no lane',
  },
  {
    from: 'reading/',
    local: ['reading/', 'jobs/', 'machines/', 'core/', 'config/', 'exchanges/exchange.ts', 'clock.ts'],
    packages: ['ioredis'],
    why: 'reading turns the journal into data for people: it starts nothing and knows no words of the command line',
  },
  {
    from: 'metrics/',
    local: [
      ...['metrics/', 'reading/', 'jobs/', 'machines/', 'core/'],
      ...['exchanges/exchange.ts', 'exchanges/traffic.ts', 'clock.ts'],
    ],
    packages: ['prom-client', 'ioredis'],
    why: 'metrics hear what jobs and requests say and read what reading/ gives; nothing of them decides, and nothing serves',
  },
  {
    from: 'server/page/',
    local: ['server/page/', 'server/wire.ts'],
    packages: ['uplot'],
    why: 'the page runs in a browser: of the server it knows the shapes on the wire only',
  },
  { from: 'server/wire.ts', local: [], packages: [], why: 'the wire is shapes only, so that the page may import it' },
  {
    from: 'server/',
    local: ['server/', 'reading/', 'jobs/', 'machines/', 'core/', 'exchanges/exchange.ts', 'clock.ts'],
    packages: ['node:', 'fastify', 'ioredis'],
    why: 'the page sees what the journal holds, through reading/ and jobs/, and is wired by app.ts',
  },
  {
    from: 'jobs/',
    local: EVERYTHING,
    never: [...VENUE_FOLDERS, 'simulator/', ...TOP],
    packages: EVERYTHING,
    neverPackages: ['ccxt'],
    why: 'jobs see venues through the port exchanges/exchange.ts, and are wired by app.ts',
  },
  {
    from: 'replay/',
    local: EVERYTHING,
    never: [...VENUE_FOLDERS, ...TOP],
    packages: EVERYTHING,
    neverPackages: ['ccxt'],
    why: 'replay runs the pure core against the in-memory exchange, never an adapter',
  },
  { from: 'clock.ts', local: [], packages: [], why: 'the clock depends on nothing' },
  { from: '', local: EVERYTHING, packages: EVERYTHING, why: 'composition may import everything' },
];

/** The only file that may import decimal.js: everything else takes `Dec` from it, with its precision and rounding. */
export const DECIMAL_HOME = 'core/money.ts';

/**
 * @param {readonly string[]} patterns
 * @param {string} path
 */
function matches(patterns, path) {
  return patterns.some(
    (pattern) => pattern === '**' || pattern === path || (pattern.endsWith('/') && path.startsWith(pattern)),
  );
}

/** @param {string} specifier `@scope/name/deep` → `@scope/name`, `name/deep` → `name`, `node:fs` → `node:` */
export function packageName(specifier) {
  if (specifier.startsWith('node:')) return 'node:';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * What is wrong with one import, in words, or undefined.
 * @param {string} file the importing file, relative to src/, with `/`
 * @param {string} specifier as written in the import
 * @returns {string | undefined}
 */
export function arrowProblem(file, specifier) {
  const rule = ARROWS.find(
    ({ from }) => file === from || (from === '' ? true : from.endsWith('/') && file.startsWith(from)),
  );
  if (rule === undefined) return undefined;
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(file), specifier));
    if (target.startsWith('..')) return `${specifier} leaves src/`;
    const allowed = matches(rule.local, target) && !matches(rule.never ?? [], target);
    return allowed ? undefined : `${target} may not be imported from ${file}: ${rule.why}`;
  }
  const name = packageName(specifier);
  if (name === 'decimal.js' && file !== DECIMAL_HOME) {
    return `decimal.js may be imported only by ${DECIMAL_HOME}; take Dec from there, with its precision and rounding`;
  }
  const allowed = matches(rule.packages, name) && !matches(rule.neverPackages ?? [], name);
  return allowed ? undefined : `${specifier} may not be imported from ${file}: ${rule.why}`;
}
