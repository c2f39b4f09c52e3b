import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { CanonicalName } from './canonicalise.ts';
import { readEnvFiles, type EnvFile, type Variable } from './env-files.ts';
import type { EnvironmentEntry, Registry } from './registry.ts';

/** Everything that is known of an environment before its stack is asked. Frozen. */
export interface Environment {
  readonly name: string;
  readonly alias?: string;
  readonly root: string;
  readonly entry: EnvironmentEntry;
  readonly project: string;
  readonly envFiles: readonly EnvFile[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly warnings: readonly string[];
  /** A sentence for each thing that was made on first use. */
  readonly notes: readonly string[];
}

const REQUIRED = ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'];

const filesOf = (name: string): EnvFile[] => [
  { path: 'env/.env.common', secret: false },
  { path: `env/.env.${name}`, secret: false },
  { path: `secrets/.env.${name}.secrets`, secret: true },
];

/**
 * What can be known of an environment that is not the one to work on: the env files that are here, whatever is wrong
 * with them. The secrets of another environment are often, and rightly, on another machine.
 */
export function peekEnvironment(root: string, registry: Registry, name: string): Environment {
  const entry = registry.environments[name]!;
  const envFiles = filesOf(name).filter(({ path }) => existsSync(join(root, path)));
  const { variables } = readEnvFiles(root, envFiles);
  const project = entry.project ?? name;
  return Object.freeze({ name, root, entry, project, envFiles, variables, warnings: [], notes: [] });
}

/**
 * Registry entry and env files of an environment.
 *
 * @param touch false for a dry run: nothing is made
 * @throws ConfigurationError naming every file, line and variable that is wrong, all at once
 */
export function resolveEnvironment(
  root: string,
  registry: Registry,
  { name, alias }: CanonicalName,
  touch: boolean,
): Environment {
  const entry = registry.environments[name]!;
  const secrets = `secrets/.env.${name}.secrets`;
  const envFiles = filesOf(name);
  const notes: string[] = [];
  if (entry.local && touch && !existsSync(join(root, secrets))) {
    makeSecrets(join(root, secrets));
    notes.push(`made ${secrets} with a random POSTGRES_PASSWORD`);
  }

  const { variables, problems, warnings } = readEnvFiles(root, envFiles);
  const missing = REQUIRED.filter((variable) => !variables.get(variable)?.value).map((variable) => {
    const place = variables.get(variable)?.place;
    return place ? `${place}: ${variable} is empty` : `${variable} is in none of the env files`;
  });
  const sentences = [...problems, ...missing, ...missingComposeFile(root, entry)];
  if (sentences.length > 0) {
    throw new ConfigurationError(`the configuration of ${name} is not complete:\n${sentences.join('\n')}`, {
      hint: existsSync(join(root, secrets))
        ? `correct ${sentences.length === 1 ? 'it' : 'them'}, then type: make check ENV=${name}`
        : `install -m 600 secrets/.env.template.secrets ${secrets} and set POSTGRES_PASSWORD in it`,
    });
  }
  return Object.freeze({
    name,
    ...(alias === undefined ? {} : { alias }),
    root,
    entry,
    project: entry.project ?? name,
    envFiles,
    variables,
    warnings,
    notes,
  });
}

function missingComposeFile(root: string, { stack, composeFile }: EnvironmentEntry): string[] {
  if (stack !== 'compose' || composeFile === undefined || existsSync(join(root, composeFile))) return [];
  return [`${composeFile}: no such file`];
}

function makeSecrets(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(path, `POSTGRES_PASSWORD=${password}\n`, { mode: 0o600, flag: 'wx' });
}
