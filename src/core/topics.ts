/** What an alert can be about: who reads a channel chooses by these words. */
export const TOPICS = ['loan', 'coverage', 'payment', 'account', 'venue', 'server'] as const;
export type Topic = (typeof TOPICS)[number];
