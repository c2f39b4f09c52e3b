import { dirname, join, resolve, sep } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { isThere } from '../system/read-bounded.ts';
import { checkRegistry, isRecord } from './check-registry.ts';
import { loadRegistryData } from './load-registry.ts';
import type { Naming } from './names.ts';
import type { ServerEntry } from './server-entry.ts';

export { checkRegistry };

/** One environment, as `env/environments.ts` states it, with the names that are its own. */
export interface EnvironmentEntry extends Naming {
  /** Deprecated names that still work, with a warning. */
  readonly aliases?: readonly string[];
  /** Data that must outlive mistakes: destructive tasks want FORCE=1. No default: it must be stated. */
  readonly protected: boolean;
  /** Runs on the machine of the person who types: images are built on `up`, the secrets file is made on first use. */
  readonly local?: boolean;
  /**
   * What runs the database. `compose`: docker compose, with `composeFile`. `embedded`: PostgreSQL from npm on this
   * machine. `server`: a server that somebody else runs, with `server`. Stated here and nowhere guessed: which database
   * a command reaches never depends on what is installed.
   */
  readonly stack: 'compose' | 'embedded' | 'server';
  /** Where the server is, for `stack: 'server'`. */
  readonly server?: ServerEntry;
  /** The compose project's name; the environment's name by default. */
  readonly project?: string;
  /**
   * Pins the container engine, so that nothing that the shell exports can choose another one: a docker context, the
   * engine's own name of its host, or both.
   */
  readonly engine?: { readonly context?: string; readonly host?: string };
  /**
   * For comparing schemas: what the roles of this environment are elsewhere, `{ owner: 'sanbou_app_stg' }`. The owner
   * of the database is `owner` by default.
   */
  readonly roles?: Readonly<Record<string, string>>;
}

export interface Registry {
  /** What a task that destroys nothing takes when ENV is not given. */
  readonly default: string;
  readonly environments: Readonly<Record<string, EnvironmentEntry>>;
  /** What things are called in this repository, where its environments do not say otherwise. */
  readonly names?: Naming;
  /** Names that no longer exist, with their successors. */
  readonly removed?: Readonly<Record<string, string>>;
  /** Differences of schemas that are accepted, as reports name the objects: `TABLE mart.tmp_*`. */
  readonly ignore?: readonly string[];
  /**
   * The role that may read and not write, as the bootstrap script makes it; `app_readonly` by default, none where there
   * is no script. `false`: there is none.
   */
  readonly readonlyRole?: string | false;
  /** Several heads of the migrations are kept on purpose: `head` means all of them. */
  readonly severalHeads?: boolean;
  /** The application's schemas, which that role reads; `mart` and `stg` by default. */
  readonly schemas?: readonly string[];
}

/** @param rolesScript what makes the roles; undefined where nothing does */
export function readonlyRoleOf(
  { readonlyRole }: Registry,
  rolesScript: string | undefined,
): string | undefined {
  if (readonlyRole === false) return undefined;
  return readonlyRole ?? (rolesScript === undefined ? undefined : 'app_readonly');
}
export const schemasOf = ({ schemas = ['mart', 'stg'] }: Registry): readonly string[] => schemas;

export const REGISTRY_FILE = 'env/environments.ts';

/** In place of it, where git ignores `env/`: a folder of that name is the usual virtual environment of Python. */
export const REGISTRY_AT_ROOT = 'makesafe.environments.ts';

/**
 * The registry of a root, relative to it; undefined where there is none.
 *
 * @throws ConfigurationError where there are two: nobody could say which one counts
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

/** Messages name the registry by its usual place; this puts the one there that it has. */
export function namingRegistry(root: string): (text: string) => string {
  const file = registryIn(root) ?? REGISTRY_FILE;
  return file === REGISTRY_FILE ? (text) => text : (text) => text.replaceAll(REGISTRY_FILE, file);
}

/**
 * The project that a script belongs to: the one it stands in, if that has a registry, else the nearest one at or
 * above the working directory. A script of a package belongs to the repository around its node_modules. A script of
 * one project never acts on another because of where it was called from.
 *
 * @throws ConfigurationError when there is none
 */
export function findRoot(script: string, workingDirectory = process.cwd()): string {
  const path = resolve(script);
  const around = path.split(`${sep}node_modules${sep}`)[0]!;
  const own = dirname(dirname(path));
  if (around === path && registryIn(own) !== undefined) return own;
  // What is installed for the whole machine has no project around it.
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

/**
 * Reads and checks the registry, each time anew.
 *
 * @throws ConfigurationError naming every invalid entry at once
 */
export async function loadRegistry(root: string, signal?: AbortSignal): Promise<Registry> {
  const file = registryIn(root) ?? REGISTRY_FILE;
  const given = await loadRegistryData(root, file, signal);
  if (!isRecord(given) || given['environments'] === undefined) {
    throw new ConfigurationError(`${file} has no default export with environments`);
  }
  const problems = checkRegistry(given);
  if (problems.length > 0) {
    throw new ConfigurationError(`${file} is not valid:\n${problems.join('\n')}`);
  }
  return given as unknown as Registry;
}
