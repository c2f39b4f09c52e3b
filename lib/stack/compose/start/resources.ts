import { join } from 'node:path';
import { variablesWithoutDefault } from '../../../environment/compose-variables.ts';
import { REGISTRY_FILE } from '../../../environment/registry.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { messageOf } from '../../../errors.ts';
import type { Resource, Exclusive, Resources } from '../../resources.ts';
import { composeFile, readComposeConfig, type ComposeConfig } from '../config/config.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { EVERYWHERE, wantedPorts } from './ports.ts';
import { readText } from '../../../system/read-bounded.ts';

type OfCompose = Pick<
  Resources,
  'engine' | 'projects' | 'volumes' | 'external' | 'folders' | 'addresses' | 'exclusive'
>;

/** The resources in the resolved compose configuration of an environment. */
export async function resources(environment: Environment, databaseService: string): Promise<OfCompose> {
  const [config, engine] = await Promise.all([readLeniently(environment), engineOf(environment)]);
  const { volumes = [], ports = [] } = config.services[databaseService] ?? {};
  const configured = Object.entries(config.volumes ?? {});
  const ofDatabase = new Set(volumes.map(({ source }) => source));
  // `down -v` does not remove an external volume. It counts only if it may hold the database's data.
  const counted = configured.filter(([key, { external }]) => !external || ofDatabase.has(key));
  const at = (...needles: string[]): string => placeOf(environment, needles);
  return {
    engine,
    projects: projectResources(environment),
    volumes: counted.map(([key, { name }]) => ({ value: name, at: at(name, `${key}:`) })),
    external: configured
      .filter((one) => !counted.includes(one))
      .map(([key, { name }]) => ({ value: name, at: at(name, `${key}:`) })),
    folders: [
      ...volumes
        .filter(({ type }) => type === 'bind')
        .map(({ source = '', target }) => ({ value: source, at: at(source, target) })),
      ...counted.flatMap(([key, { driver_opts }]) =>
        driver_opts?.['device']?.startsWith('/')
          ? [{ value: driver_opts['device'], at: at(driver_opts['device'], `${key}:`) }]
          : [],
      ),
    ],
    addresses: [
      ...ports.flatMap(({ host_ip = '0.0.0.0', published }) =>
        published === undefined || published === '0'
          ? []
          : [{ value: `${host_ip}:${published}`, at: at(`${published}:`) }],
      ),
      ...hostsOf(environment, config),
    ],
    exclusive: exclusiveOf(config, at),
  };
}

/** What only one stack on an engine can use. A default network is no problem: it has the project in its name. */
function exclusiveOf(config: ComposeConfig, at: (...needles: string[]) => string): Exclusive[] {
  return [
    ...Object.values(config.services).flatMap(({ container_name: name }): Exclusive[] =>
      name === undefined ? [] : [{ what: 'container name', value: name, at: at(name) }],
    ),
    ...wantedPorts(config).map(({ address, port }): Exclusive => ({
      ...{ what: 'port', value: String(port), at: at(`${port}:`) },
      address: EVERYWHERE.test(address) ? '' : address,
    })),
    ...Object.entries(config.networks ?? {}).flatMap(([key, { name, external }]): Exclusive[] =>
      external ? [] : [{ what: 'network', value: name, at: at(name, `${key}:`) }],
    ),
  ];
}

/** The engine's endpoint; empty for docker's default. Not the context's name, because two may lead to one engine. */
async function engineOf({ entry }: Environment): Promise<string> {
  if (entry.engine?.context === undefined) return '';
  const [pinned, usual] = await Promise.all([engineEndpoint(entry), engineEndpoint({})]);
  return pinned === usual ? '' : pinned;
}

/** The project, and another one that an env file names: compose would use that one without our `-p`. */
function projectResources({ name, project, variables }: Environment): Resource[] {
  const named = variables.get('COMPOSE_PROJECT_NAME');
  return [
    { value: project, at: `${REGISTRY_FILE} (${name})` },
    ...(named === undefined || named.value === project ? [] : [{ value: named.value, at: named.place }]),
  ];
}

/** Database hosts in the env files, without the services of the stack itself, whose names are valid only in it. */
function hostsOf({ variables }: Environment, { services }: ComposeConfig): Resource[] {
  const own = new Set([...Object.keys(services), 'localhost', '127.0.0.1', '::1', '']);
  return [...variables].flatMap(([variable, { value, place }]) => {
    const host = hostOf(variable, value);
    return host === undefined || own.has(host) ? [] : [{ value: host, at: place }];
  });
}

function hostOf(variable: string, value: string): string | undefined {
  if (/^(PG|POSTGRES_|DB_|DATABASE_)HOST(ADDR)?$/.test(variable)) return value;
  if (!/(DATABASE|DB|POSTGRES)_(URL|DSN)$/.test(variable)) return undefined;
  return value.match(/^[\w+]+:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?]*)/)?.[1];
}

/** Reads the configuration although secrets are missing on this machine: no name, path or port contains one. */
export async function readLeniently(environment: Environment): Promise<ComposeConfig> {
  const standIns = Object.fromEntries(missingVariables(environment).map((name) => [name, 'unknown']));
  for (;;) {
    try {
      return await readComposeConfig(environment, standIns);
    } catch (error) {
      // A variable in an included file: compose names one missing variable at a time.
      const [, missing] = messageOf(error).match(/required variable (\w+) is missing a value/) ?? [];
      if (missing === undefined || missing in standIns) throw error;
      standIns[missing] = 'unknown';
    }
  }
}

function missingVariables({ root, names, variables }: Environment): string[] {
  return names.composeFiles
    .flatMap((file) => variablesWithoutDefault(readText(join(root, file), { as: file })))
    .filter(({ name, required }) => required && !variables.get(name)?.value)
    .map(({ name }) => name);
}

/**
 * File and line that set a value: the first line of the compose files that contains one of the texts, with variables
 * replaced by the values of the env files. If a variable holds the text, the line of the env file.
 *
 * @param needles tried in this order
 */
export function placeOf(environment: Environment, needles: readonly string[]): string {
  const files = environment.names.composeFiles.map((file) => ({
    file,
    lines: readText(join(environment.root, file), { as: file }).split('\n'),
  }));
  for (const needle of needles) {
    for (const { file, lines } of files) {
      for (const [index, line] of lines.entries()) {
        const used: string[] = [];
        const resolved = line.replaceAll(/\$\{?(\w+)(?:[^}]*\})?/g, (whole, name: string) => {
          const variable = environment.variables.get(name);
          if (variable?.value && needle.includes(variable.value)) used.push(variable.place);
          return variable?.value ?? whole;
        });
        if (resolved.includes(needle)) return used[0] ?? `${file}:${index + 1}`;
      }
    }
  }
  return composeFile(environment);
}
