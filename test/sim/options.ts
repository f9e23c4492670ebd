/** What `npm run sim` takes; docs/simulation.md says what each means. */
export const OPTIONS = {
  seeds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  jobs: { type: 'string' },
} as const;
