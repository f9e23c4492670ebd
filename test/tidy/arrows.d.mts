export interface Arrow {
  readonly from: string;
  readonly local: readonly string[];
  readonly never?: readonly string[];
  readonly packages: readonly string[];
  readonly neverPackages?: readonly string[];
  readonly why: string;
}
export const ARROWS: readonly Arrow[];
export const DECIMAL_HOME: string;
export function packageName(specifier: string): string;
export function arrowProblem(file: string, specifier: string): string | undefined;
