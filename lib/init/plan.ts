import { dirname, resolve } from 'node:path';
import type { EnvironmentEntry, Registry } from '../environment/registry.ts';
import type { Naming } from '../environment/names.ts';
import { ConfigurationError } from '../errors.ts';
import type { Asker } from './ask.ts';
import {
  filesFor,
  groupFiles,
  isComposeFile,
  isLocal,
  isProtected,
  type FoundEnvironment,
} from './environments.ts';
import {
  findRolesScript,
  inspectVariables,
  makesReader,
  runningProjects,
  type Variables,
} from './inspect.ts';
import { listFiles, projectName } from './project.ts';
import { databaseServices, readStack, servicesWith, type Service } from './services.ts';

/** What was found, as the registry that it makes, and what is left to say. */
export interface Plan {
  readonly registry: Registry;
  /** The variables of the template for secrets. */
  readonly secrets: readonly string[];
  readonly remarks: readonly string[];
}

export interface Wishes {
  readonly ENVIRONMENTS?: readonly string[] | undefined;
  readonly PROTECTED?: readonly string[] | undefined;
}

/**
 * Looks at the repository, and asks for what it cannot see.
 *
 * @throws ConfigurationError where there is nothing to look at
 * @throws UsageError naming what to give
 */
export async function makePlan(root: string, wishes: Wishes, asker: Asker): Promise<Plan> {
  const files = listFiles(root);
  const found = await findEnvironments(root, files.filter(isComposeFile));
  const environments = wishes.ENVIRONMENTS ? filesFor(wishes.ENVIRONMENTS, found) : found;
  const services = await readStack(root, environments[0]!.files);
  const databaseService = await asker.decide({
    name: 'PG_SERVICE',
    about: `the service that runs PostgreSQL cannot be told in ${environments[0]!.files.join(', ')}`,
    candidates: databaseServices(services.services).map(({ name }) => name),
  });
  const application = await findApplication(root, files, services.services, databaseService, asker);
  asker.settle();

  const rolesScript = findRolesScript(files);
  const variables = environments.map(({ name, files: own }) => inspectVariables(root, name, own));
  const entries = await makeEntries(root, environments, variables, wishes.PROTECTED);
  const names: Naming = {
    databaseService: databaseService!,
    ...(application === undefined ? {} : { application }),
    rolesScript: rolesScript ?? false,
  };
  return {
    registry: {
      default: chooseDefault(entries),
      names,
      ...(rolesScript === undefined || makesReader(resolve(root, rolesScript))
        ? {}
        : { readonlyRole: false }),
      environments: entries,
    },
    secrets: [...new Set(variables.flatMap(({ secrets }) => secrets))],
    remarks: [
      ...environments.flatMap(({ name }, at) =>
        variables[at]!.missing.map((variable) => `${name}: ${variable} is in none of the env files`),
      ),
      ...(application === undefined
        ? ['no service with an alembic.ini was found: the al-* tasks need application in env/environments.ts']
        : []),
    ],
  };
}

async function findEnvironments(root: string, composeFiles: readonly string[]): Promise<FoundEnvironment[]> {
  const known = new Map<string, Service[]>();
  for (const one of composeFiles) known.set(one, (await readStack(root, [one])).services);
  const found = groupFiles(
    composeFiles,
    (files) => databaseServices(files.flatMap((file) => known.get(file)!).filter(isWhole)).length > 0,
  );
  if (found.length > 0) return found;
  const [first] = composeFiles;
  if (first !== undefined) return [{ name: 'dev', files: [first] }];
  throw new ConfigurationError(`there is no compose file in ${root}`, {
    hint: 'run this in the repository that has the compose files',
  });
}

/** Without image and build a service only changes one of another file. */
const isWhole = ({ image, context }: Service): boolean => image !== undefined || context !== undefined;

async function findApplication(
  root: string,
  files: readonly string[],
  services: readonly Service[],
  databaseService: string | undefined,
  asker: Asker,
): Promise<Naming['application']> {
  const inis = files.filter((file) => file.endsWith('alembic.ini'));
  const found = inis.flatMap((ini) => servicesWith(resolve(root, ini), services));
  const usable = found.filter(({ service }) => service !== databaseService);
  if (usable.length === 0) return undefined;
  const candidates = [...new Set(usable.map(({ service }) => service))];
  const service = await asker.decide({
    name: 'APPLICATION_SERVICE',
    about: `alembic.ini (${inis.join(', ')}) is in several services`,
    candidates,
  });
  const alembicIni = await asker.decide({
    name: 'ALEMBIC_INI',
    about: `the alembic.ini of service ${service ?? '…'} cannot be told`,
    candidates: usable.filter((one) => one.service === service).map((one) => one.alembicIni),
  });
  return service === undefined || alembicIni === undefined ? undefined : { service, alembicIni };
}

async function makeEntries(
  root: string,
  environments: readonly FoundEnvironment[],
  variables: readonly Variables[],
  guarded: readonly string[] | undefined,
): Promise<Record<string, EnvironmentEntry>> {
  const running = await runningProjects(root);
  const taken = new Set<string>();
  const entries: [string, EnvironmentEntry][] = [];
  for (const [at, { name, files }] of environments.entries()) {
    const stated = (await readStack(root, files)).name;
    // What compose alone would call it, for the first environment: its containers may be on another machine.
    const usual = at === 0 ? projectName(resolve(root, dirname(files[0]!))) : undefined;
    const project = [running(files), stated, usual].find((one) => one !== undefined && !taken.has(one));
    taken.add(project ?? name);
    entries.push([
      name,
      {
        protected: guarded ? guarded.includes(name) : isProtected(name),
        ...(isLocal(name) ? { local: true } : {}),
        stack: 'compose',
        composeFile: files.length === 1 ? files[0]! : files,
        envFiles: variables[at]!.envFiles,
        ...(project === undefined || project === name ? {} : { project }),
      },
    ]);
  }
  return Object.fromEntries(entries);
}

function chooseDefault(entries: Readonly<Record<string, EnvironmentEntry>>): string {
  const names = Object.keys(entries);
  return names.find(isLocal) ?? names.find((name) => !entries[name]!.protected) ?? names[0]!;
}
