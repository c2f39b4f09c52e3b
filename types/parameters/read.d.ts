import type { MakeInvocation } from '../system/make.ts';
import type { Origin, Parameters, Values } from './parameter.ts';
/** What the parameters of one run turned out to be. */
export interface Given<P extends Parameters = Parameters> {
  readonly values: Values<P>;
  readonly origins: Readonly<Record<keyof P & string, Origin>>;
  /** Values exported in the shell that do not count because the parameter is taken from the command line only. */
  readonly ignored: Readonly<Record<string, string>>;
  readonly help: boolean;
}
export interface Source {
  /** Arguments of the script: `NAME=value`, `--name value`, `--name=value`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly make: MakeInvocation | undefined;
  /** Names that other targets on the same make command line take; they are no mistake here. */
  readonly alsoAccepted?: ReadonlySet<string>;
  /** The environments there are, for the remedy. */
  readonly environments?: readonly string[];
  /** The line that calls the task with the given parameters, for the remedy; undefined where that would fail. */
  readonly line?: (parameters: Readonly<Record<string, string>>) => string | undefined;
  /** The line that shows what the task takes. */
  readonly help?: string;
}
/**
 * Reads the parameters of a task from the command line, then from the process environment, then from their
 * defaults. All problems are reported at once.
 *
 * @throws UsageError for unknown, repeated, missing and malformed parameters
 */
export declare function readParameters<P extends Parameters>(declared: P, source: Source): Given<P>;
/** Whether typing these would do. */
export declare function isTaken(declared: Parameters, typed: Readonly<Record<string, string>>): boolean;
