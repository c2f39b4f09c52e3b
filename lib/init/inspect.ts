import { basename, dirname, join } from 'node:path';
import { variablesWithoutDefault } from '../environment/compose-variables.ts';
import { isSecretName, readEnvFiles, type EnvFile } from '../environment/env-files.ts';
import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../process.ts';
import { isPresent } from './project.ts';
import { readText } from '../system/read-bounded.ts';

const SECRETS = 'secrets/.env.{environment}.secrets';

/** What an environment's compose files want from env files, and what is there. */
export interface Variables {
  readonly envFiles: readonly (string | EnvFile)[];
  /** Secrets that no env file defines: the template's. */
  readonly secrets: readonly string[];
  /** Other variables that compose calls required and no env file defines. */
  readonly missing: readonly string[];
}

/** The env files that belong to an environment by their names, and a secrets file where secrets are defined nowhere. */
export function inspectVariables(root: string, name: string, files: readonly string[]): Variables {
  const folder = dirname(files[0]!);
  const candidates = [
    ...['env/.env.common', '.env', join(folder, '.env')],
    ...[`.env.${name}`, join(folder, `.env.${name}`), `env/.env.${name}`, `env/${name}.env`],
  ];
  const present = [...new Set(candidates)].filter((path) => isPresent(root, path));
  const { variables } = readEnvFiles(
    root,
    present.map((path) => ({ path, secret: false })),
  );
  const uses = files
    .flatMap((file) => variablesWithoutDefault(readText(join(root, file), { as: file })))
    .filter((use) => !variables.get(use.name)?.value);
  const secrets = uses.filter((use) => isSecretName(use.name)).map((use) => use.name);
  const missing = uses.filter((use) => use.required && !isSecretName(use.name)).map((use) => use.name);
  const own = SECRETS.replace('{environment}', name);
  const needsSecrets = secrets.length > 0 || isPresent(root, own);
  return {
    envFiles: [
      // So that environments with the same files can share one line.
      ...present.map((path) => path.replace(`.env.${name}`, '.env.{environment}')),
      ...(needsSecrets ? [{ path: SECRETS, secret: true }] : []),
    ],
    secrets: [...new Set(secrets)],
    missing: [...new Set(missing)],
  };
}

/** The projects in which compose files run on this machine's engine: what is there must not be started a second time. */
export async function runningProjects(
  root: string,
): Promise<(files: readonly string[]) => string | undefined> {
  const command = { file: 'docker', args: ['compose', 'ls', '--all', '--format', 'json'] };
  const { status, stdout } = await run(command).catch((error: unknown): Result => {
    if (error instanceof UnreachableError) return { status: 127, stdout: '', stderr: '' };
    throw error;
  });
  const listed = status === 0 ? (JSON.parse(stdout) as { Name: string; ConfigFiles: string }[]) : [];
  return (files) => {
    const wanted = files.map((file) => join(root, file)).join(',');
    return listed.find(({ ConfigFiles }) => ConfigFiles === wanted)?.Name;
  };
}

/** The script that makes roles, by its name. */
/** Whether a script makes the role that is taken for the one that reads where the registry names none. */
export const makesReader = (file: string): boolean => /\bapp_readonly\b/.test(readText(file));

export const findRolesScript = (files: readonly string[]): string | undefined =>
  files.find((file) => /^(bootstrap_)?roles(_bootstrap)?\.sql$/.test(basename(file)));
