import { dirname, join, resolve, sep } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { isThere } from '../system/read-bounded.ts';
import { checkRegistry, isRecord } from './check-registry.ts';
import { getReady, loadRegistryData } from './load-registry.ts';
import type { Registry } from './entry.ts';

export { checkRegistry };

/** @param rolesScript the script that creates the roles; undefined without one */
export function readonlyRoleOf(
  { readonlyRole }: Registry,
  rolesScript: string | undefined,
): string | undefined {
  if (readonlyRole === false) return undefined;
  return readonlyRole ?? (rolesScript === undefined ? undefined : 'app_readonly');
}
export const schemasOf = ({ schemas = ['mart', 'stg'] }: Registry): readonly string[] => schemas;

/** The usual path of the registry, relative to the root. */
export const REGISTRY_FILE = 'env/environments.ts';

/** Used instead if git ignores `env/`, which is also the usual folder of a Python virtual environment. */
export const REGISTRY_AT_ROOT = 'makesafe.environments.ts';

/**
 * The path of a root's registry, relative to it; undefined without one.
 *
 * @throws ConfigurationError if there are two: it is not clear which one counts
 */
export function registryIn(root: string): string | undefined {
  const found = [REGISTRY_FILE, REGISTRY_AT_ROOT].filter((file) => isThere(join(root, file)));
  if (found.length > 1) {
    throw new ConfigurationError(`there are two registries: ${found.join(' and ')}`, {
      hint: `remove one of them in ${root}`,
    });
  }
  return found[0];
}

/** Messages name the registry by its usual path. The returned function replaces that with the actual path. */
export function namingRegistry(root: string): (text: string) => string {
  const file = registryIn(root) ?? REGISTRY_FILE;
  return file === REGISTRY_FILE ? (text) => text : (text) => text.replaceAll(REGISTRY_FILE, file);
}

/**
 * The root of the project that a script belongs to. A script outside of node_modules belongs to its own project, if
 * that has a registry. A script in node_modules that is called from outside belongs to the repository around
 * node_modules. Otherwise the nearest registry at or above the working directory counts. So a script of one project
 * never acts on another project because of where it was called.
 *
 * @throws ConfigurationError if there is none
 */
export function findRoot(script: string, workingDirectory = process.cwd()): string {
  const path = resolve(script);
  const around = path.split(`${sep}node_modules${sep}`)[0]!;
  const own = dirname(dirname(path));
  if (around === path && registryIn(own) !== undefined) return own;
  // A globally installed package has no project around it.
  const isOutside = around !== path && !`${workingDirectory}${sep}`.startsWith(`${around}${sep}`);
  const found = (isOutside ? nearestRoot(around) : undefined) ?? nearestRoot(workingDirectory);
  if (found !== undefined) return found;
  throw new ConfigurationError(`no ${REGISTRY_FILE} in ${workingDirectory} or above`, {
    hint: 'npx makesafe init writes one; or run this in the repository whose environments you mean',
  });
}

function nearestRoot(folder: string): string | undefined {
  if (registryIn(folder) !== undefined) return folder;
  return folder === dirname(folder) ? undefined : nearestRoot(dirname(folder));
}

/** A registry, and the files that it was read from: see `LoadedData`. */
export interface LoadedRegistry {
  readonly registry: Registry;
  readonly files: readonly string[] | undefined;
}

/** Reads and checks the registry. @throws ConfigurationError naming all mistakes at once */
export const loadRegistry = async (root: string, signal?: AbortSignal): Promise<Registry> =>
  (await readRegistry(root, signal)).registry;

/** The same, with the files that it was read from. Never cached. */
export async function readRegistry(root: string, signal?: AbortSignal): Promise<LoadedRegistry> {
  const file = registryIn(root) ?? REGISTRY_FILE;
  const { data: given, files } = await loadRegistryData(root, file, signal);
  if (!isRecord(given) || given['environments'] === undefined) {
    throw new ConfigurationError(`${file} has no default export with environments`);
  }
  const problems = checkRegistry(given);
  if (problems.length > 0) {
    throw new ConfigurationError(`${file} is not valid:\n${problems.join('\n')}`);
  }
  return { registry: given as unknown as Registry, files };
}

/** The registry will be read once more: the next `loadRegistry` of this root takes less time, and reads as much. */
export const prepareRegistry = (root: string): void =>
  getReady(join(root, registryIn(root) ?? REGISTRY_FILE));
