import { basename, dirname, join } from 'node:path';
import type { EnvFile } from './env-files.ts';
import { isThere } from '../system/read-bounded.ts';
import type { Naming, Seed, Registry } from './entry.ts';

/** All resolved names of one environment. */
export interface Names {
  readonly composeFiles: readonly string[];
  readonly envFiles: readonly EnvFile[];
  readonly secretsTemplate: string;
  readonly profiles: readonly string[];
  readonly databaseService: string;
  readonly application: {
    /** True if the registry names the service; false for the default name, which may not exist. */
    readonly stated: boolean;
    readonly service: string;
    readonly folder: string | undefined;
    readonly alembicIni: string;
    readonly python: string | undefined;
  };
  /** True if no service has Alembic: it runs on this machine, with `alembicIni`. */
  readonly alembicOnHost: boolean;
  readonly alembicIni: string;
  readonly rolesScript: string | undefined;
  readonly seed: Seed | undefined;
  readonly healthUrl: string | undefined;
}

const APPLICATION = { service: 'core_api', alembicIni: '/backend/migrations/alembic.ini' };

const DEFAULTS = {
  composeFile: [],
  profiles: [],
  envFiles: [
    'env/.env.common',
    'env/.env.{environment}',
    { path: 'secrets/.env.{environment}.secrets', secret: true },
  ],
  secretsTemplate: 'secrets/.env.template.secrets',
  databaseService: 'db',
  application: APPLICATION,
  alembicIni: 'alembic.ini',
  rolesScript: 'scripts/db/bootstrap_roles.sql',
};
type Complete = Required<Omit<Naming, 'healthUrl' | 'seed'>> & Pick<Naming, 'healthUrl' | 'seed'>;

/** The names of an environment: from its entry, else from the registry's `names`, else the defaults. */
export function namesOf(root: string, registry: Registry, environment: string): Names {
  const entry = registry.environments[environment]!;
  const given: Complete = { ...DEFAULTS, ...defined(registry.names ?? {}), ...defined(entry) };
  const { composeFile, envFiles, rolesScript, seed, healthUrl } = given;
  const fill = (text: string): string => text.replaceAll('{environment}', environment);
  return {
    composeFiles:
      typeof composeFile === 'string' ? withOverride(root, fill(composeFile)) : composeFile.map(fill),
    envFiles: envFiles.map((file) =>
      typeof file === 'string' ? { path: fill(file), secret: false } : { ...file, path: fill(file.path) },
    ),
    secretsTemplate: fill(given.secretsTemplate),
    profiles: given.profiles,
    databaseService: given.databaseService,
    application: {
      ...{ folder: undefined, python: undefined, ...APPLICATION, ...(given.application || {}) },
      stated:
        given.application !== APPLICATION &&
        given.application !== false &&
        given.application.service !== undefined,
    },
    alembicOnHost: given.application === false || entry.stack !== 'compose',
    alembicIni: fill(given.alembicIni),
    rolesScript: rolesScript === false ? undefined : fill(rolesScript),
    seed: typeof seed === 'string' ? fill(seed) : seed,
    healthUrl: healthUrl === undefined ? undefined : fill(healthUrl),
  };
}

/** Without undefined values, which would hide a default. */
const defined = (entry: Naming): Naming =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));

/** The file names that compose looks for by itself, and those of its override files. */
const COMPOSE_FILE = /^(docker-)?compose\.ya?ml$/;
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/**
 * Adds the override file that compose would read by itself. makesafe always passes `-f`, and with `-f` compose reads no
 * override file.
 *
 * @see https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
 */
function withOverride(root: string, file: string): string[] {
  if (!COMPOSE_FILE.test(basename(file))) return [file];
  const overrides = OVERRIDES.map((name) => join(dirname(file), name));
  const override = overrides.find((path) => isThere(join(root, path)));
  return override === undefined ? [file] : [file, override];
}
