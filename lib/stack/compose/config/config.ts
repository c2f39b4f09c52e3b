import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { ConfigurationError, FailedError } from '../../../errors.ts';
import { looksSecret } from '../../../environment/env-files.ts';
import type { Environment } from '../../../environment/resolve.ts';
import type { Command } from '../../../system/command.ts';
import type { RunOptions } from '../../../system/process.ts';
import { LIMITS } from '../../../system/limits.ts';
import { dockerError, dockerOf } from '../engine/docker.ts';
import { runCompose } from '../engine/plugin.ts';
import { readText } from '../../../system/read-bounded.ts';

/** A mount as `docker compose config` resolves it. */
interface ConfiguredMount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly volume?: { readonly subpath?: string };
}

export interface ConfiguredService {
  readonly image?: string;
  readonly build?: {
    readonly context?: string;
    readonly dockerfile?: string;
    readonly dockerfile_inline?: string;
  } | null;
  readonly pull_policy?: string;
  readonly entrypoint?: string | readonly string[] | null;
  readonly command?: string | readonly string[] | null;
  readonly volumes_from?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly volumes?: readonly ConfiguredMount[];
  readonly tmpfs?: string | readonly string[];
  /** By the name of the service that it depends on. */
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly deploy?: { readonly replicas?: number } | null;
  readonly scale?: number;
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly published?: string;
    readonly target?: number;
    readonly protocol?: string;
  }[];
  readonly secrets?: readonly ConfiguredReference[];
  readonly configs?: readonly ConfiguredReference[];
  readonly container_name?: string;
  readonly network_mode?: string;
  readonly user?: string;
  readonly networks?: Readonly<Record<string, object | null>>;
}

/** A reference to a secret or config of the file, and where it is mounted in the service. */
export interface ConfiguredReference {
  readonly source: string;
  readonly target?: string;
}

/** The source of a secret or config: a file on this machine, a variable, or a text in the compose file. */
export interface ConfiguredSource {
  readonly name?: string;
  readonly file?: string;
  readonly environment?: string;
  readonly content?: string;
  readonly external?: boolean;
}

/** The part of `docker compose config --format json` that we use. */
export interface ComposeConfig {
  readonly services: Readonly<Record<string, ConfiguredService>>;
  readonly volumes?: Readonly<Record<string, ConfiguredVolume>>;
  readonly networks?: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>>;
  readonly secrets?: Readonly<Record<string, ConfiguredSource>>;
  readonly configs?: Readonly<Record<string, ConfiguredSource>>;
  /** The whole output of compose, as input for `frozenCommand`. */
  readonly text?: string;
}

interface ConfiguredVolume {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
}

/** `docker compose` for this environment. It names files, project and profiles, so that no variable chooses them. */
export function composeCommand(environment: Environment, ...args: string[]): Command {
  const { names, project } = environment;
  const envFiles = environment.envFiles.map(({ path }) => path);
  // Without --env-file, compose would read a `.env` that the registry does not name.
  if (envFiles.length === 0) envFiles.push('/dev/null');
  const given = envFiles.flatMap((path) => ['--env-file', path]);
  const files = names.composeFiles.flatMap((path) => ['-f', path]);
  const profiles = names.profiles.flatMap((profile) => ['--profile', profile]);
  return dockerOf(environment.entry)('compose', ...given, '-p', project, ...files, ...profiles, ...args);
}

/** The compose files, for messages. */
export const composeFile = ({ names }: Environment): string => names.composeFiles.join(', ');

/** @throws ConfigurationError when the files have no such service */
export function refuseUnknown(service: string, { services }: ComposeConfig, environment: Environment): void {
  if (Object.hasOwn(services, service)) return;
  throw new ConfigurationError(`${composeFile(environment)} has no service ${service}`, {
    hint: `services: ${Object.keys(services).join(', ')}`,
  });
}

/** How compose commands run: in the project's folder, and without variables that would override the env files. */
export function inProject({ root, variables }: Environment): Pick<RunOptions, 'cwd' | 'without'> {
  // Docker itself needs these.
  const without = [...variables.keys()].filter((name) => !/^(PATH|HOME|DOCKER_.*)$/.test(name));
  return { cwd: root, without };
}

/** The configurations that this process has resolved, by all their inputs. */
const resolved = new Map<string, Promise<ComposeConfig>>();

/**
 * `docker compose config`, once for the same files: the guard needs it for every environment, and twice.
 *
 * @param env more variables, which no env file of this machine defines
 * @throws ConfigurationError with compose's message about the files
 */
export function readComposeConfig(
  environment: Environment,
  env: Readonly<Record<string, string>> = {},
): Promise<ComposeConfig> {
  const inputs = inputsOf(environment);
  if (inputs === undefined) return resolve(environment, env);
  const key = JSON.stringify([inputs, env]);
  const known = resolved.get(key);
  if (known) return known;
  const config = resolve(environment, env);
  resolved.set(key, config);
  config.catch(() => resolved.delete(key));
  return config;
}

/** Everything that the result depends on; undefined if the files may include other files. */
export function inputsOf(environment: Environment): unknown {
  const { root, names, envFiles } = environment;
  try {
    const composeFiles = names.composeFiles.map((file) => readText(join(root, file), { as: file }));
    if (composeFiles.some((text) => /\b(include|extends|env_file|label_file)\b/.test(text))) return undefined;
    const variables = envFiles.map(({ path }) => readText(join(root, path), { as: path }));
    return [root, composeCommand(environment), composeFiles, variables];
  } catch {
    // Compose will report what it cannot read.
    return undefined;
  }
}

/** Compose omits an external's name if it is empty, for instance from a variable without a value: use the key. */
const named = <T extends { readonly name?: string }>(
  all: Readonly<Record<string, T>>,
): Readonly<Record<string, T & { readonly name: string }>> =>
  Object.fromEntries(Object.entries(all).map(([key, one]) => [key, { ...one, name: one.name ?? key }]));

async function resolve(
  environment: Environment,
  env: Readonly<Record<string, string>>,
): Promise<ComposeConfig> {
  const command = composeCommand(environment, 'config', '--format', 'json');
  const result = await runCompose(
    command,
    { ...inProject(environment), env, limit: LIMITS.configuration },
    false,
  );
  if (result.status !== 0) {
    const error = dockerError(command, result);
    if (!(error instanceof FailedError)) throw error;
    throw new ConfigurationError(`${composeFile(environment)}: ${error.message}`, {
      cause: error,
      hint: `correct it, then type: make check ENV=${environment.name}`,
    });
  }
  // Compose doubles each dollar sign in a value, so that it can read its own output.
  const config = JSON.parse(result.stdout, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('$$', '$') : value,
  ) as ComposeConfig;
  return {
    ...config,
    ...(config.volumes && { volumes: named(config.volumes) }),
    ...(config.networks && { networks: named(config.networks) }),
    text: result.stdout,
  };
}

/**
 * `docker compose` on a resolved configuration, which it gets as input instead of the files: they may have changed. All
 * services in it are chosen, also those behind profiles.
 */
export function frozenCommand(environment: Environment, ...args: string[]): Command {
  const { root, project, names } = environment;
  const folder = dirname(join(root, names.composeFiles[0]!));
  return dockerOf(environment.entry)(
    ...['compose', '--env-file', '/dev/null', '-p', project, '--project-directory', folder],
    ...['--profile', '*', '-f', '-', ...args],
  );
}

/** A digest of each part of a resolved configuration, by its name: `service db`, `volume data`. */
export function digestsOf(config: ComposeConfig): Record<string, string> {
  const sections = { services: 'service', volumes: 'volume', networks: 'network' };
  const parts = Object.entries(config).flatMap(([section, value]): [string, unknown][] => {
    if (section === 'text') return [];
    const word = sections[section as keyof typeof sections] as string | undefined;
    if (word === undefined) return [[section, value]];
    return Object.entries(value as object).map(([name, part]) => [`${word} ${name}`, part]);
  });
  return Object.fromEntries(
    parts.map(([what, part]) => [what, createHash('sha256').update(JSON.stringify(part)).digest('hex')]),
  );
}

/** The services' variables that look like secrets: the compose file may take them from files of its own. */
export function secretsOf({ services }: ComposeConfig): string[] {
  return Object.values(services)
    .flatMap(({ environment = {} }) => Object.entries(environment))
    .flatMap(([name, value]) => (value !== null && looksSecret(name, value) ? [value] : []))
    .filter((value) => value.length > 3); // REQUIRE_PASSWORD=yes
}
