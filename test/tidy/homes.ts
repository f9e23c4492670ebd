/**
 * Calls that reach outside the program, and the files that may make them. Everybody else is handed what they need
 * (a `Clock`, an environment, a logger, a random source), so that the whole server runs under virtual time from a
 * seed, and a test can stand in for the world.
 *
 * A home that ends with `/` means every file below. Each one says why.
 */
export interface Banned {
  /** As written in the source: a global, `object.member`, or `new Name`. */
  readonly call: string;
  readonly instead: string;
  readonly homes: Readonly<Record<string, string>>;
}

const CLOCK_HOME = {
  'src/clock.ts': 'the one home of time and timers',
  'src/server/page/clock.ts': 'the same for the page, which runs in a browser',
};
const SIMULATOR_HOST = {
  'src/simulator/host.ts': 'the simulator shares no code with the server, so it has its own clock',
};
const USE_CLOCK = 'take a Clock (src/clock.ts)';

export const BANNED: readonly Banned[] = [
  { call: 'Date.now', instead: USE_CLOCK, homes: { ...CLOCK_HOME, ...SIMULATOR_HOST } },
  { call: 'performance.now', instead: USE_CLOCK, homes: CLOCK_HOME },
  { call: 'process.hrtime', instead: USE_CLOCK, homes: {} },
  { call: 'new Date', instead: `${USE_CLOCK}; for text, its isoOf`, homes: CLOCK_HOME },
  { call: 'setTimeout', instead: USE_CLOCK, homes: { ...CLOCK_HOME, ...SIMULATOR_HOST } },
  { call: 'setInterval', instead: USE_CLOCK, homes: {} },
  { call: 'setImmediate', instead: USE_CLOCK, homes: {} },
  { call: 'Math.random', instead: 'take a seeded random source', homes: {} },
  {
    call: 'process.env',
    instead: 'take the value; the command line reads the environment once',
    homes: { 'src/main.ts': 'reads the environment once and hands it down' },
  },
  {
    call: 'console',
    instead: 'take the logger',
    homes: { 'src/main.ts': 'the command line talks to a person', 'src/cli/': 'commands talk to a person' },
  },
];
