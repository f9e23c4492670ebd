/** What others did to an account lately, in words for `status`. */
import { duration } from '../core/words.ts';
import type { ExternalStatus } from '../reading/externals.ts';

export function externalWords(externals: readonly ExternalStatus[]): string[] {
  return externals.map(
    ({ account, loan, kind, says, agoMs }) =>
      `  not by Ballast: ${kind}, ${duration(agoMs)} ago, ${loan ?? account}: ${says}`,
  );
}
