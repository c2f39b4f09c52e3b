import type { CanonicalName } from './canonicalise.ts';
import { type EnvFile, type Variable } from './env-files.ts';
import { type Names } from './names.ts';
import type { EnvironmentEntry, Registry } from './entry.ts';
/** Everything that is known of an environment before its stack is asked. Frozen. */
export interface Environment {
  readonly name: string;
  readonly alias?: string;
  readonly root: string;
  readonly entry: EnvironmentEntry;
  readonly names: Names;
  readonly project: string;
  readonly envFiles: readonly EnvFile[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly warnings: readonly string[];
  /** A sentence for each thing that was made on first use. */
  readonly notes: readonly string[];
}
/**
 * What can be known of an environment that is not the one to work on: the env files that are here, with what is wrong
 * in them as warnings. The secrets of another environment are often, and rightly, on another machine.
 */
export declare function peekEnvironment(root: string, registry: Registry, name: string): Environment;
/**
 * Registry entry and env files of an environment.
 *
 * @param touch false for a dry run: nothing is made
 * @throws ConfigurationError naming every file, line and variable that is wrong, all at once
 */
export declare function resolveEnvironment(
  root: string,
  registry: Registry,
  { name, alias }: CanonicalName,
  touch: boolean,
): Environment;
