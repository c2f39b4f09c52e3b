import { basename, dirname, join, normalize } from 'node:path';
import { isGiven, variablesWithoutDefault } from '../environment/compose-variables.ts';
import { isSecretName, readEnvFiles, type EnvFile, type Variable } from '../environment/env-files.ts';
import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../system/process.ts';
import { SAYS_WHICH } from './compose-files.ts';
import { readRaw } from '../repository/compose-yaml.ts';
import { isPresent } from '../repository/project.ts';
import { saysProduction } from './words.ts';
import { readText } from '../system/read-bounded.ts';

const SECRETS = 'secrets/.env.{environment}.secrets';

/** The variables that an environment's compose files need, and where they are defined. */
export interface Variables {
  readonly envFiles: readonly (string | EnvFile)[];
  /** Secrets that no env file defines: they go into the template. */
  readonly secrets: readonly string[];
  /** Other variables that no env file defines, each as a sentence with the place that needs it. */
  readonly missing: readonly string[];
  /** Env files that the compose files need but that do not exist, with the example to copy. */
  readonly absent: readonly { readonly path: string; readonly example: string | undefined }[];
  /** What the env files define. */
  readonly values: ReadonlyMap<string, Variable>;
  /** What shows that others use this environment: `.env says ENVIRONMENT=production`. */
  readonly sign: string | undefined;
}

/** The env files of an environment, by their usual names, and a secrets file if secrets are defined nowhere. */
export function inspectVariables(root: string, name: string, files: readonly string[]): Variables {
  const uses = usesIn(root, files);
  const folder = dirname(files[0]!);
  const candidates = [
    ...new Set([
      ...['env/.env.common', '.env', join(folder, '.env')],
      ...[`.env.${name}`, join(folder, `.env.${name}`), `env/.env.${name}`, `env/${name}.env`],
    ]),
  ];
  const absent = absentEnvFiles(root, files, candidates, uses);
  // A missing file that has an example is listed, too: `check` then reports that it is missing.
  const made = new Map(
    absent.flatMap(({ path, example }): [string, string][] =>
      example === undefined ? [] : [[path, example]],
    ),
  );
  const used = candidates.filter((path) => isPresent(root, path) || made.has(path));
  const variables = valuesIn(
    root,
    used.map((path) => made.get(path) ?? path),
  );
  const isDefined = ({ name: variable }: Use): boolean => {
    const known = variables.get(variable);
    return (
      Boolean(known?.value) ||
      (known !== undefined && [...made.values()].some((example) => known.place.startsWith(`${example}:`)))
    );
  };
  const wanted = uses.filter((use) => !isDefined(use));
  const secrets = wanted.filter((use) => isSecretName(use.name)).map((use) => use.name);
  const missing = wanted
    .filter((use) => !isSecretName(use.name))
    .map(({ name: variable, file, line, ...use }) => {
      const needed = use.required || use.beginsPath ? '' : ', and empty for compose';
      return `${variable} is in none of the env files${needed} (${file}:${line})`;
    });
  const own = SECRETS.replace('{environment}', name);
  const needsSecrets = secrets.length > 0 || isPresent(root, own);
  return {
    envFiles: [
      // So that environments with the same files can share one line.
      ...used.map((path) => path.replace(`.env.${name}`, '.env.{environment}')),
      ...(needsSecrets ? [{ path: SECRETS, secret: true }] : []),
    ],
    ...{ secrets, missing, absent, values: variables },
    sign: signIn(variables),
  };
}

type Use = ReturnType<typeof variablesWithoutDefault>[number] & { readonly file: string };

/** The variables that compose files use without a default, each with its first place. */
function usesIn(root: string, files: readonly string[]): Use[] {
  const uses = files
    .flatMap((file) =>
      variablesWithoutDefault(readText(join(root, file), { as: file })).map((use) => ({ ...use, file })),
    )
    .filter((use) => !isGiven(use.name));
  return [...new Map(uses.toReversed().map((use) => [use.name, use])).values()].toReversed();
}

const valuesIn = (root: string, paths: readonly string[]): ReadonlyMap<string, Variable> =>
  readEnvFiles(
    root,
    paths.map((path) => ({ path, secret: false })),
  ).variables;

/**
 * Env files that are not there: those of `env_file:`, and those with an example that defines what the compose files use
 * and no present file defines.
 */
function absentEnvFiles(
  root: string,
  files: readonly string[],
  candidates: readonly string[],
  uses: readonly Use[],
): Variables['absent'] {
  const known = valuesIn(
    root,
    candidates.filter((path) => isPresent(root, path)),
  );
  const open = uses.filter(({ name }) => !known.get(name)?.value);
  const helps = (example: string | undefined): boolean => {
    const given = example === undefined ? undefined : valuesIn(root, [example]);
    return open.some(({ name }) => given?.has(name));
  };
  const wanted = wantedEnvFiles(root, files);
  return [...wanted, ...candidates.filter((path) => !wanted.includes(path) && helps(exampleOf(root, path)))]
    .filter((path) => !isPresent(root, path))
    .map((path) => ({
      path,
      // What a service is given may follow the example of .env, if it has none of its own.
      example: exampleOf(root, path) ?? exampleOf(root, join(dirname(path), '.env')),
    }));
}

function signIn(variables: ReadonlyMap<string, Variable>): string | undefined {
  for (const [name, { value, place }] of variables)
    if (SAYS_WHICH.test(name) && saysProduction(value))
      return `${place.replace(/:\d+$/, '')} says ${name}=${value}`;
  return undefined;
}

/** The files of `env_file:`, without optional ones. */
function wantedEnvFiles(root: string, files: readonly string[]): string[] {
  const folder = dirname(files[0]!);
  const wanted = files.flatMap((file) =>
    Object.values(readRaw(root, file).services ?? {}).flatMap((service) =>
      [service?.env_file ?? []].flat().flatMap((one) => {
        if (typeof one === 'string') return [one];
        return one.path === undefined || one.required === false ? [] : [one.path];
      }),
    ),
  );
  return [
    ...new Set(wanted.filter((path) => !/^\/|\$/.test(path)).map((path) => normalize(join(folder, path)))),
  ];
}

const EXAMPLES = ['example', 'sample', 'template', 'dist', 'default', 'defaults'];

/** The example of an env file, by its usual names: `.env.example` and `env.sample` for `.env`. */
function exampleOf(root: string, path: string): string | undefined {
  const [folder, name] = [dirname(path), basename(path)];
  return EXAMPLES.flatMap((word) => [
    ...[`${name}.${word}`, `${name}-${word}`, `${name}_${word}`, `${word}${name}`],
    ...[name.replace(/^\.env/, `.env.${word}`), `${name.replace(/^\./, '')}.${word}`],
  ])
    .map((one) => join(folder, one))
    .find((one) => isPresent(root, one));
}

/** Finds the project under which compose files already run on this machine. A second project would start them twice. */
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

/** Whether the script creates `app_readonly`, the default of the registry's `readonlyRole`. */
export const makesReader = (file: string): boolean => /\bapp_readonly\b/.test(readText(file));

/** The script that creates roles, by its file name. */
export const findRolesScript = (files: readonly string[]): string | undefined =>
  files.find((file) => /^(bootstrap_)?roles(_bootstrap)?\.sql$/.test(basename(file)));
