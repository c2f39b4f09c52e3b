import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../errors.ts';
import { writeNewSync } from '../system/files.ts';
import type { CanonicalName } from './canonicalise.ts';
import { neededVariables } from './compose-variables.ts';
import { readEnvFiles, type EnvFile, type Variable } from './env-files.ts';
import { namesOf, type Names } from './names.ts';
import type { EnvironmentEntry, Registry } from './entry.ts';
import { isThere, readText, readTextIfThere } from '../system/read-bounded.ts';

/** All that is known of an environment before its stack is contacted. Frozen. */
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
  /** A sentence for each file that was made on first use. */
  readonly notes: readonly string[];
}

/** Variables that stacks without compose need. A compose stack needs those of its compose files. */
const REQUIRED = ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'];

/**
 * What is known of an environment other than the one to work on. Uses the env files that exist, and turns their
 * problems into warnings: the secrets of another environment are often, and rightly, on another machine.
 */
export function peekEnvironment(root: string, registry: Registry, name: string): Environment {
  const entry = registry.environments[name]!;
  const names = namesOf(root, registry, name);
  const envFiles = names.envFiles.filter(({ path }) => isThere(join(root, path)));
  const { variables, problems: warnings } = readEnvFiles(root, envFiles);
  const project = entry.project ?? name;
  return Object.freeze({ name, root, entry, names, project, envFiles, variables, warnings, notes: [] });
}

/**
 * Reads the env files of an environment and checks that they are complete.
 *
 * @param touch false in a dry run: no secrets file is made
 * @throws ConfigurationError naming every wrong file, line and variable
 */
export function resolveEnvironment(
  root: string,
  registry: Registry,
  { name, alias }: CanonicalName,
  touch: boolean,
): Environment {
  const entry = registry.environments[name]!;
  const names = namesOf(root, registry, name);
  const { envFiles } = names;
  const absent = envFiles.find(({ path, secret }) => secret && !isThere(join(root, path)))?.path;
  const notes: string[] = [];
  if (entry.local && touch && absent !== undefined) {
    const made = makeSecrets(join(root, absent), join(root, names.secretsTemplate));
    if (made) notes.push(`made ${absent} with a random ${made.join(', ')}`);
  }

  const { variables, warnings, ...read } = readEnvFiles(root, envFiles);
  const problems = [...read.problems];
  const composeFiles = entry.stack === 'compose' ? names.composeFiles : [];
  const [present, lost] = partition(composeFiles, (file) => isThere(join(root, file)));
  const required =
    entry.stack === 'compose'
      ? present.flatMap((file) =>
          neededVariables(readComposeFile(root, file, problems)).map(({ name: variable, line }) => ({
            ...{ variable, by: ` (${file}:${line})` },
          })),
        )
      : REQUIRED.map((variable) => ({ variable, by: '' }));
  const wanting = required.filter(({ variable }) => !variables.get(variable)?.value);
  const missing = [...new Set(wanting.map(({ variable }) => variable))];
  const sentences = [
    ...problems,
    ...missing.map((variable) => {
      const place = variables.get(variable)?.place;
      const by = wanting.find((one) => one.variable === variable)!.by;
      return place ? `${place}: ${variable} is empty` : `${variable} is in none of the env files${by}`;
    }),
    ...lost.map((file) => `${file}: no such file`),
  ];
  if (sentences.length > 0) {
    const correct = `correct ${sentences.length === 1 ? 'it' : 'them'}, then type: make check ENV=${name}`;
    const hint = (secrets: string): string => {
      const template = assignments(join(root, names.secretsTemplate)).map(([variable]) => variable);
      const others =
        sentences.length - missing.length - 1 + missing.filter((one) => !template.includes(one)).length;
      if (entry.local && !touch && others === 0)
        return `make up ENV=${name}, which makes ${secrets} with a random ${template.join(', ')}`;
      return isThere(join(root, names.secretsTemplate))
        ? `install -m 600 ${names.secretsTemplate} ${secrets} and set ${template.join(', ')} in it`
        : correct;
    };
    throw new ConfigurationError(`the configuration of ${name} is not complete:\n${sentences.join('\n')}`, {
      hint: absent === undefined ? correct : hint(absent),
    });
  }
  return Object.freeze({
    name,
    ...(alias === undefined ? {} : { alias }),
    root,
    entry,
    names,
    project: entry.project ?? name,
    envFiles,
    variables,
    warnings,
    notes,
  });
}

/** Empty if the file cannot be read; the reason then goes to `problems`. */
function readComposeFile(root: string, file: string, problems: string[]): string {
  try {
    return readText(join(root, file), { as: file });
  } catch (error) {
    problems.push(messageOf(error));
    return '';
  }
}

function partition<T>(all: readonly T[], holds: (one: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))];
}

/**
 * Writes a secrets file from the template, with random values for empty variables. The file appears complete or not at
 * all, because another task may read it at the same time.
 *
 * @returns the variables with random values; undefined if the file existed by then
 */
function makeSecrets(path: string, template: string): string[] | undefined {
  const random = (): string => randomBytes(18).toString('base64url');
  const given = assignments(template);
  const lines = given.map(([name, value]) => `${name}=${value === '' ? random() : value}\n`);
  if (!writeNewSync(path, lines.join(''), 0o600)) return undefined;
  return given.filter(([, value]) => value === '').map(([name]) => name);
}

/** The assignments of a secrets template, unchanged. */
function assignments(template: string): [name: string, value: string][] {
  const text = readTextIfThere(template) ?? 'POSTGRES_PASSWORD=';
  return [...text.matchAll(/^([A-Za-z_]\w*)=(.*)$/gm)].map(([, name, value]) => [name!, value!.trim()]);
}
