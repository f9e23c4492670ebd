/**
 * Why the embedded Redis could not be had. Each message says what happened and what to do.
 *
 * - `noProgram`: no redis-server or valkey-server that is recent enough
 * - `directory`: the data directory cannot be made, or is not private
 * - `busy`: another process is starting a Redis here and does not come to an end
 * - `notOurs`: a live Redis that is not this journal answers on our socket
 * - `unresponsive`: a live Redis holds our directory and does not answer
 * - `startFailed`: our child ended before it answered
 * - `startTimeout`: our child did not answer before the deadline (it was ended)
 */
export type EmbeddedRedisProblem =
  'noProgram' | 'directory' | 'busy' | 'notOurs' | 'unresponsive' | 'startFailed' | 'startTimeout';

export class EmbeddedRedisError extends Error {
  override readonly name = 'EmbeddedRedisError';
  readonly problem: EmbeddedRedisProblem;

  constructor(problem: EmbeddedRedisProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
