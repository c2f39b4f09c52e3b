import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { display } from '../../../output/display.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { RefusedError, UnreachableError } from '../../../errors.ts';
import { composeFile, type ComposeConfig } from '../config/config.ts';
import { PROJECT_LABEL, nameOf } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow, engineHost, type AskEngine } from '../engine/engine.ts';
import { placeOf } from './resources.ts';
import { refuseProblems, type Asking } from '../official/obstacles.ts';
import { refuseMissing } from './outside.ts';
import { blockedPorts } from './ports.ts';

/** What the checks before a start need. */
interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly ask: AskEngine;
  readonly config: ComposeConfig;
  /** The compose projects of all environments of the registry. */
  readonly projects: readonly string[];
}

/**
 * Makes `Stack.foresee`: checks, before anything is started, that the project can start.
 *
 * @param dryRun ignores an unreachable engine, so that the dry run can still show the plan
 * @throws RefusedError · ConfigurationError naming what prevents the start
 */
export const foreseeing =
  (about: About, databaseService: string, asking: Asking, dryRun: boolean) => async (): Promise<void> => {
    try {
      await refuseProblems(about.environment, databaseService, asking);
      await refuseMissing(about.docker, about.ask, about.config);
      await refuseCollisions(about);
    } catch (error) {
      if (!(dryRun && error instanceof UnreachableError)) throw error;
    }
  };

/**
 * Refuses a start in which compose would stop half-way, because another project has a name or a port, or in which it
 * would create a second stack from the same compose file.
 *
 * @throws RefusedError naming all of them, with their place in the file
 */
async function refuseCollisions({ environment, docker, ask, config, projects }: About): Promise<void> {
  const { project, name } = environment;
  const listed = await askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true });
  const others = listed.filter(({ Labels }) => Labels?.[PROJECT_LABEL] !== project);
  const local = (await engineEndpoint(environment.entry)).startsWith('unix:');
  const ports = await blockedPorts(listed, config, project, local);
  const reasons = [
    ...takenNames(config, others).map(
      ({ value, holder }) =>
        `container_name ${value} (${placeOf(environment, [value])}) is that of a container of ${holder} already`,
    ),
    ...ports.map(({ said, port }) => `${said} (${placeOf(environment, [`${port}:`])})`),
  ];
  const hasOwn = listed.length > others.length;
  const twin = hasOwn ? undefined : sameFiles(environment, others, projects);
  if (reasons.length === 0 && twin === undefined) return;
  if (twin !== undefined) {
    throw new RefusedError(
      `refused; nothing was touched\nthe stack of ${composeFile(environment)} is there already, as compose project ${twin}, and ${name} would be a second one beside it (project ${project})`,
      {
        hint: [
          `if it is ${name}, write for it in env/environments.ts: project: '${twin}'`,
          `if not, remove it: ${display(docker('compose', '--project-name', twin, 'down'))}`,
        ].join('\n'),
      },
    );
  }
  const other =
    others.find((one) => takenNames(config, [one]).length > 0) ?? ports.find(({ holder }) => holder)?.holder;
  const holder = other && ('project' in other ? other.project : other.Labels?.[PROJECT_LABEL]);
  const end = holder
    ? `stop the other: ${display(docker('compose', '--project-name', holder, 'down'))}`
    : ports.length === 0
      ? `rename what has the name: ${takenNames(config, others)
          .map(({ value }) => display(docker('rename', value, `${value}-old`)))
          .join('; ')}`
      : 'end what has it';
  throw new RefusedError(`refused; nothing was touched\n${reasons.join('\n')}`, {
    hint: `write others for ${name} where the places above say, or ${end}; then: make up ENV=${name}`,
  });
}

/** Fixed container names of the configuration that containers of other projects have. Pure. */
export function takenNames(
  { services }: ComposeConfig,
  others: readonly ListedContainer[],
): { readonly value: string; readonly holder: string }[] {
  return Object.values(services).flatMap(({ container_name: value }) => {
    const found =
      value === undefined ? undefined : others.find((one) => nameOf(one).split(',').includes(value));
    if (!found) return [];
    const project = found.Labels?.[PROJECT_LABEL];
    return [{ value: value!, holder: project === undefined ? 'no compose project' : `project ${project}` }];
  });
}

/**
 * Another project from the same compose file that belongs to no environment. For instance, somebody typed
 * `docker compose up` in the folder: then the project has the folder's name.
 */
function sameFiles(
  { root, names }: Environment,
  others: readonly ListedContainer[],
  projects: readonly string[],
): string | undefined {
  const first = realpathSync(join(root, names.composeFiles[0]!));
  const found = others.find(({ Labels }) => {
    const made = Labels?.['com.docker.compose.project.config_files']?.split(',') ?? [];
    return made.includes(first) && !projects.includes(Labels?.[PROJECT_LABEL] ?? '');
  });
  return found?.Labels?.[PROJECT_LABEL];
}

/**
 * Several machines may have a project of the same name. If the registry pins a host, only that host is meant.
 *
 * @throws RefusedError when the engine is on another host
 */
export async function refuseOtherHost({ name, entry }: Environment, ask: AskEngine): Promise<void> {
  const pinned = entry.engine?.host;
  if (pinned === undefined) return;
  const host = await engineHost(ask);
  if (host === pinned) return;
  throw new RefusedError(
    `refused; nothing was touched\n${name} is on host ${pinned}, and this engine is on ${host}`,
    { hint: `go to ${pinned}, or correct engine.host of ${name} in env/environments.ts` },
  );
}
