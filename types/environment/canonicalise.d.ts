import type { Registry } from './entry.ts';
export interface CanonicalName {
  readonly name: string;
  /** The deprecated alias that was typed, if it was one. */
  readonly alias?: string;
}
/**
 * The environment that a typed name means. Only exact names and aliases count, with white space around them
 * trimmed: guessing belongs in the error message, not in the choice of a database.
 *
 * @throws UsageError with the names there are, and the near one
 */
export declare function canonicalise(typed: string, registry: Registry): CanonicalName;
