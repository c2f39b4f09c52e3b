import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { ConfigurationError, messageOf } from '../errors.ts';
import { loadModule } from '../load-module.ts';
import type { Naming } from './names.ts';
import { checkServerEntry, type ServerEntry } from './server-entry.ts';

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
  if (around === path && existsSync(join(own, REGISTRY_FILE))) return own;
  // What is installed for the whole machine has no project around it.
  const isOutside = around !== path && !`${workingDirectory}${sep}`.startsWith(`${around}${sep}`);
  const found = (isOutside ? nearestRoot(around) : undefined) ?? nearestRoot(workingDirectory);
  if (found !== undefined) return found;
  throw new ConfigurationError(`no ${REGISTRY_FILE} in ${workingDirectory} or above`, {
    hint: 'npx makesafe init writes one; or run this in the repository whose environments you mean',
  });
}

function nearestRoot(folder: string): string | undefined {
  if (existsSync(join(folder, REGISTRY_FILE))) return folder;
  return folder === dirname(folder) ? undefined : nearestRoot(dirname(folder));
}

/**
 * Reads and checks the registry.
 *
 * @param again read the file once more, although it was read before
 * @throws ConfigurationError naming every invalid entry at once
 */
export async function loadRegistry(root: string, again = false): Promise<Registry> {
  const file = join(root, REGISTRY_FILE);
  let registry: Registry | undefined;
  try {
    registry = ((await loadModule(file, again)) as { default?: Registry }).default;
  } catch (error) {
    throw new ConfigurationError(`${REGISTRY_FILE} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
  if (!registry?.environments) {
    throw new ConfigurationError(`${REGISTRY_FILE} has no default export with environments`);
  }
  const problems = checkRegistry(registry);
  if (problems.length > 0) {
    throw new ConfigurationError(`${REGISTRY_FILE} is not valid:\n${problems.join('\n')}`);
  }
  return registry;
}

/** Each sentence names one thing that is wrong; none for a valid registry. */
export function checkRegistry(registry: Registry): string[] {
  const problems: string[] = [];
  const owners = new Map<string, string>();
  const claim = (name: string, owner: string): void => {
    const other = owners.get(name);
    if (other !== undefined) problems.push(`${owner}: the name ${name} is taken by ${other}`);
    else owners.set(name, owner);
    // The name becomes part of file names and the compose project, so it is as strict as compose's own rule.
    // https://docs.docker.com/compose/how-tos/project-name/
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
      problems.push(`${owner}: ${name} is not a name of lower-case letters, digits, _ and -`);
    }
  };
  const projects = new Map<string, string>();
  const entries = Object.entries(registry.environments);
  for (const [name, entry] of entries) {
    claim(name, name);
    for (const alias of entry.aliases ?? []) claim(alias, name);
    if (typeof entry.protected !== 'boolean') problems.push(`${name}: protected must be true or false`);
    const roles = Object.values(entry.roles ?? {});
    if (new Set(roles).size < roles.length) problems.push(`${name}: roles gives one role two names`);
    const project = entry.project ?? name;
    const other = projects.get(project);
    // `down -v` of one would take the other's volumes.
    if (other !== undefined) problems.push(`${name}: the compose project ${project} is taken by ${other}`);
    projects.set(project, name);
    if (!['compose', 'embedded', 'server'].includes(entry.stack))
      problems.push(`${name}: stack must be compose, embedded or server`);
    if (entry.stack === 'server' || entry.server !== undefined)
      problems.push(...checkServerEntry(entry.server).map((problem) => `${name}: ${problem}`));
    const { composeFile = registry.names?.composeFile } = entry;
    if (entry.stack === 'compose' && (!composeFile || composeFile.length === 0))
      problems.push(`${name}: composeFile is missing`);
    problems.push(...checkNaming(name, entry));
    for (const [key, value] of Object.entries(entry.engine ?? {})) {
      if (!['context', 'host'].includes(key) || typeof value !== 'string' || value === '')
        problems.push(`${name}: engine takes a context, a host or both`);
    }
  }
  problems.push(...checkNaming('names', registry.names ?? {}));
  for (const [name, successor] of Object.entries(registry.removed ?? {})) {
    claim(name, `removed ${name}`);
    if (!Object.hasOwn(registry.environments, successor)) {
      problems.push(`removed ${name}: its successor ${successor} is not an environment`);
    }
  }
  if (!Object.hasOwn(registry.environments, registry.default)) {
    problems.push(`default: ${registry.default} is not an environment`);
  }
  if (registry.readonlyRole === '') problems.push('readonlyRole: is empty');
  // A check of no schema would find nothing wrong.
  if (schemasOf(registry).length === 0) problems.push('schemas: is empty');
  return problems;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** The form of each name; types alone do not hold in a file that nobody compiles. */
const FORMS: Readonly<Record<keyof Naming, [form: string, holds: (value: unknown) => boolean]>> = {
  composeFile: ['a path or a list of paths', (value) => value === '' || isText(value) || isTexts(value)],
  envFiles: [
    'a list of paths, or of { path, secret }',
    (value) =>
      Array.isArray(value) &&
      value.every((file: unknown) => {
        if (typeof file !== 'object' || file === null) return isText(file);
        return 'path' in file && isText(file.path) && 'secret' in file && typeof file.secret === 'boolean';
      }),
  ],
  secretsTemplate: ['a path', isText],
  databaseService: ['the name of a service', isText],
  application: [
    '{ service, folder, alembicIni }',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).every(
        ([key, text]) => ['service', 'folder', 'alembicIni'].includes(key) && isText(text),
      ),
  ],
  alembicIni: ['a path', isText],
  rolesScript: ['a path, or false', (value) => value === false || isText(value)],
  healthUrl: ['an http or https URL', (value) => isText(value) && /^https?:\/\//.test(String(value))],
};

function checkNaming(owner: string, naming: Naming): string[] {
  return Object.entries(FORMS).flatMap(([key, [form, holds]]) => {
    const value = naming[key as keyof Naming];
    return value === undefined || holds(value) ? [] : [`${owner}: ${key} must be ${form}`];
  });
}
