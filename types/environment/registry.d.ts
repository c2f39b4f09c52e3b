import { checkRegistry } from './check-registry.ts';
import type { Registry } from './entry.ts';
export { checkRegistry };
/** @param rolesScript what makes the roles; undefined where nothing does */
export declare function readonlyRoleOf(
  { readonlyRole }: Registry,
  rolesScript: string | undefined,
): string | undefined;
export declare const schemasOf: ({ schemas }: Registry) => readonly string[];
export declare const REGISTRY_FILE = 'env/environments.ts';
/** In place of it, where git ignores `env/`: a folder of that name is the usual virtual environment of Python. */
export declare const REGISTRY_AT_ROOT = 'makesafe.environments.ts';
/**
 * The registry of a root, relative to it; undefined where there is none.
 *
 * @throws ConfigurationError where there are two: nobody could say which one counts
 */
export declare function registryIn(root: string): string | undefined;
/** Messages name the registry by its usual place; this puts the one there that it has. */
export declare function namingRegistry(root: string): (text: string) => string;
/**
 * The project that a script belongs to: the one it stands in, if that has a registry, else the nearest one at or
 * above the working directory. A script of a package belongs to the repository around its node_modules. A script of
 * one project never acts on another because of where it was called from.
 *
 * @throws ConfigurationError when there is none
 */
export declare function findRoot(script: string, workingDirectory?: string): string;
/**
 * Reads and checks the registry, each time anew.
 *
 * @throws ConfigurationError naming every invalid entry at once
 */
export declare function loadRegistry(root: string, signal?: AbortSignal): Promise<Registry>;
