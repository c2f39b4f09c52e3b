import { dirname, resolve } from 'node:path';
import type { EnvironmentEntry, Registry } from '../environment/entry.ts';
import { interpolated } from '../environment/compose-variables.ts';
import { ConfigurationError } from '../errors.ts';
import { describeApplication, findApplication, type FoundApplication } from './application.ts';
import type { Asker } from './ask.ts';
import { chooseEnvironments, type Wishes } from './choose-environments.ts';
import { copiesOf, findComposeFiles, type Unreadable } from './compose-files.ts';
import { fatesOf, remarksOn, remarksOnEnvFiles, type Fate } from './fates.ts';
import { isLocal } from './environments.ts';
import type { FoundEnvironment } from './found-environment.ts';
import { trackedFiles } from './git.ts';
import {
  findRolesScript,
  inspectVariables,
  makesReader,
  runningProjects,
  type Variables,
} from './inspect.ts';
import { listFiles, projectName } from '../repository/project.ts';
import { databaseServices, readStack, type Service } from './services.ts';
import type { Row } from './table.ts';

/** What init found: the registry to write, and what to tell the person. */
export interface InitPlan {
  readonly registry: Registry;
  /** The variables of the template for secrets. */
  readonly secrets: readonly string[];
  readonly remarks: readonly string[];
  /** The environments, for the table that a person reads. */
  readonly rows: readonly Row[];
  /** Each compose file, and what init does with it. */
  readonly files: readonly Fate[];
}

/** An environment, with what its compose files say. */
interface Looked extends FoundEnvironment {
  readonly stated: string | undefined;
  readonly services: readonly Service[];
  readonly variables: Variables;
  readonly databaseService: string | undefined;
  readonly application: FoundApplication;
}

/**
 * Inspects the repository, and asks for what its files do not tell.
 *
 * @throws ConfigurationError if there is no compose file that can be read
 * @throws UsageError naming the parameters to give
 */
export async function makePlan(root: string, wishes: Wishes, asker: Asker): Promise<InitPlan> {
  const files = listFiles(root, await trackedFiles(root));
  const { found, unreadable } = findComposeFiles(root, files);
  if (found.length === 0 && unreadable.length > 0) {
    const [{ path, problem }] = unreadable as [Unreadable];
    throw new ConfigurationError(`${path} cannot be read: ${problem}`, {
      hint: 'docker compose config shows where',
    });
  }
  const environments = await chooseEnvironments(root, files, found, wishes, asker);
  const looked: Looked[] = [];
  for (const one of environments) looked.push(await look(root, files, one, asker));
  asker.settle();

  const guarded = looked.map((one) => protection(one, wishes.PROTECTED));
  const projects = await chooseProjects(root, looked, guarded);
  const rolesScript = findRolesScript(files);
  const entries = looked.map((one, at): [string, EnvironmentEntry] => [
    one.name,
    {
      protected: guarded[at]!.protected,
      ...(isLocal(one.name) && !guarded[at]!.protected ? { local: true } : {}),
      stack: 'compose',
      composeFile: one.files.length === 1 ? one.files[0]! : one.files,
      envFiles: one.variables.envFiles,
      ...(projects[at] === one.name ? {} : { project: projects[at]! }),
      databaseService: one.databaseService!,
      ...one.application.names,
    },
  ]);
  return {
    registry: {
      default: chooseDefault(Object.fromEntries(entries)),
      names: { rolesScript: rolesScript ?? false },
      ...(rolesScript === undefined || makesReader(resolve(root, rolesScript))
        ? {}
        : { readonlyRole: false }),
      environments: Object.fromEntries(entries),
    },
    secrets: [...new Set(looked.flatMap(({ variables }) => variables.secrets))],
    remarks: [...remarksOn(looked), ...remarksOnEnvFiles(files, looked)],
    rows: looked.map((one, at) => ({
      ...{ name: one.name, ...guarded[at]!, files: one.files, project: projects[at]! },
      database: one.databaseService!,
      application: describeApplication(one.application.names),
      applicationBecause: one.application.because,
    })),
    files: fatesOf(found, unreadable, copiesOf(files), looked),
  };
}

async function look(
  root: string,
  files: readonly string[],
  environment: FoundEnvironment,
  asker: Asker,
): Promise<Looked> {
  const { name: stated, services } = await readStack(root, environment.files);
  const databaseService = await asker.decide({
    name: 'PG_SERVICE',
    about: `the service that runs PostgreSQL cannot be told in ${environment.files.join(', ')}`,
    candidates: databaseServices(services).map(({ name }) => name),
  });
  const others = services.filter(({ name }) => name !== databaseService);
  const variables = inspectVariables(root, environment.name, environment.files);
  return {
    ...environment,
    ...{ stated: statedProject(stated, variables), services, databaseService, variables },
    application: await findApplication(root, files, others, asker),
  };
}

/** The project's name as compose takes it: from the env file, else from `name:`, in which it replaces variables. */
function statedProject(stated: string | undefined, { values }: Variables): string | undefined {
  const given = values.get('COMPOSE_PROJECT_NAME')?.value ?? '';
  const name = given === '' ? interpolated(stated ?? '', values).value : given;
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : undefined;
}

/** The typed PROTECTED counts; else the compose files, then the env files. */
function protection(
  { name, variables, ...found }: Looked,
  typed: readonly string[] | undefined,
): { protected: boolean; because: string } {
  if (typed) return { protected: typed.includes(name), because: 'PROTECTED' };
  if (!found.protected && variables.sign !== undefined) return { protected: true, because: variables.sign };
  return { protected: found.protected, because: found.because };
}

/** Keeps the project name of a running stack, and the name that compose alone would take from the folder. */
async function chooseProjects(
  root: string,
  looked: readonly Looked[],
  guarded: readonly { readonly protected: boolean }[],
): Promise<string[]> {
  const running = await runningProjects(root);
  const first = Math.max(
    0,
    looked.findIndex(({ name }, at) => isLocal(name) && !guarded[at]!.protected),
  );
  const chosen = new Map<number, string>();
  // The development environment goes first, to get the folder's name: its containers may already exist elsewhere.
  for (const at of [first, ...looked.keys()]) {
    if (chosen.has(at)) continue;
    const { name, files, stated } = looked[at]!;
    const usual = at === first ? projectName(resolve(root, dirname(files[0]!))) : undefined;
    const taken = [...chosen.values()];
    const wanted = [running(files), stated, usual, name, `${projectName(root)}-${name}`];
    chosen.set(
      at,
      wanted.find((one) => one !== undefined && one !== '' && !taken.includes(one))!,
    );
  }
  return looked.map((_one, at) => chosen.get(at)!);
}

function chooseDefault(entries: Readonly<Record<string, EnvironmentEntry>>): string {
  const names = Object.keys(entries);
  const open = names.filter((name) => !entries[name]!.protected);
  return open.find(isLocal) ?? open[0] ?? names[0]!;
}
