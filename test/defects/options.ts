/** What `npm run defects` takes; docs/defects.md says what each means. */
export const OPTIONS = {
  fast: { type: 'boolean', default: false },
  every: { type: 'string' },
  jobs: { type: 'string' },
} as const;
