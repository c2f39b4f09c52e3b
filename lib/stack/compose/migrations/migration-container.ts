import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../../../output/actor.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { FailedError, UnreachableError } from '../../../errors.ts';
import { isHeld, thisProcess, type Owner } from '../../../system/lock.ts';
import { migrationConfig } from './migration-service.ts';
import { once } from '../../../system/memoise.ts';
import { beforeLeaving } from '../../../system/tidying.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { frozenCommand, inProject, type ComposeConfig } from '../config/config.ts';
import { PROJECT_LABEL } from '../containers/containers.ts';
import type { ActualVolume, Container, ListedContainer } from '../containers/container.ts';
import { dockerError } from '../engine/docker.ts';
import { askOrThrow, type Engine } from '../engine/engine.ts';
import { runCompose } from '../engine/plugin.ts';

/** What migrating on a compose stack needs. */
export interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly actor: Actor;
  readonly terminal: Terminal;
}

/**
 * Creates a container from the application's service, runs `work` in it, and removes it. Nothing else runs in it: no
 * entrypoint that migrates, no application that fails without its tables.
 *
 * @param online whether it has a network, to reach the database; false: it only reads files
 */
type WithContainer = <T>(online: boolean, work: (id: string) => Promise<T>) => Promise<T>;

/** The label that names the process for which a container was created. */
const OWNER_LABEL = 'makesafe.migrations';

/** Removes containers of dead processes: a process may be killed before it is attached to its container's input. */
export async function removeAbandoned({ ask, remove }: Engine, project: string): Promise<void> {
  const label = [`${PROJECT_LABEL}=${project}`, OWNER_LABEL];
  const found = await askOrThrow<ListedContainer[]>(ask, '/containers/json', {
    all: true,
    filters: { label },
  });
  const abandoned = found.filter(({ Labels }) => !isHeld(JSON.parse(Labels![OWNER_LABEL]!) as Owner));
  await Promise.all(
    abandoned.map(async ({ Id }) => {
      // The engine may already be removing it: then it refuses a second request.
      await remove(removing(Id)).catch(() => {});
      for (let looks = 0; looks < 50 && (await ask(`/containers/${Id}/json`)); looks++) await sleep(100);
    }),
  );
}

interface Made {
  readonly id: string;
  /** The container's standard input. When it ends, also because this process is killed, the container ends. */
  readonly life: Duplex;
}

interface Shared {
  users: number;
  readonly made: Promise<Made>;
  readonly end: () => Promise<void>;
}

export function migrationContainers(
  about: About,
  service: string,
  python: string | undefined,
): WithContainer {
  /** Callers at the same time share one container. */
  const shared = new Map<boolean, Shared>();
  const begin = (online: boolean): Shared => {
    const made = make(about, service, python, online);
    const ended = once(() => made.then((one) => end(about.engine, one)).catch(() => {}));
    const forget = beforeLeaving(ended);
    return { users: 0, made, end: () => ended().then(forget) };
  };
  return async (online, work) => {
    const one = shared.get(online) ?? begin(online);
    shared.set(online, one);
    one.users++;
    try {
      return await work((await one.made).id);
    } finally {
      if (--one.users === 0) {
        shared.delete(online);
        await one.end();
      }
    }
  };
}

/** A command that reads its standard input to the end. */
const waitingFor = (python: string | undefined): string[] =>
  python === undefined ? ['cat'] : [python, '-c', 'import sys; sys.stdin.read()'];

async function make(
  { environment, engine, config, actor, terminal }: About,
  service: string,
  python: string | undefined,
  online: boolean,
): Promise<Made> {
  const { ask } = engine;
  const name = `${environment.project}-makesafe-alembic-${randomBytes(4).toString('hex')}`;
  const [{ Volumes }, image] = await Promise.all([
    askOrThrow<{ Volumes: readonly ActualVolume[] | null }>(ask, '/volumes'),
    ask(`/images/${config.services[service]!.image ?? `${environment.project}-${service}`}/json`),
    ...(actor.dryRun ? [] : [removeAbandoned(engine, environment.project)]),
  ]);
  if (image === undefined && actor.dryRun)
    throw new UnreachableError(`the image of service ${service} is not there yet, and a dry run makes none`, {
      hint: `make up ENV=${environment.name}`,
    });
  const input = migrationConfig(config.text!, {
    ...{ service, entrypoint: waitingFor(python), online },
    volumes: new Set((Volumes ?? []).map((volume) => volume.Name)),
    labels: { [OWNER_LABEL]: JSON.stringify(thisProcess()) },
  });
  const command = frozenCommand(
    environment,
    ...['run', '--detach', '--rm', '--no-deps', '--name', name, service],
  );
  // Without the image, compose builds or pulls it, which takes long: show its lines.
  const shown = image === undefined ? { onLine: (line: string) => terminal.line(line) } : {};
  const result = await runCompose(command, { ...inProject(environment), ...shown, input });
  if (result.status !== 0) {
    const error = dockerError(command, { ...result, stderr: result.stderr.trim().split('\n').at(-1)! });
    if (!(error instanceof FailedError)) throw error;
    throw new FailedError(
      `no container of service ${service} could be made to migrate in: ${error.message}`,
      {
        cause: error,
        hint: `make check ENV=${environment.name}`,
      },
    );
  }
  try {
    const { Id: id } = await askOrThrow<Container>(ask, `/containers/${name}/json`);
    const life = await engine.attach(`/containers/${id}/attach?stream=1&stdin=1`, {});
    life.on('error', () => {});
    (life as Duplex & { unref(): void }).unref();
    return { id, life };
  } catch (error) {
    await engine.remove(removing(name)).catch(() => {});
    throw error;
  }
}

const removing = (container: string): string => `/containers/${container}?force=true&v=true`;

/** Removes the container. The engine would do it after the input ends, but the next command must not find it. */
async function end({ remove }: Engine, { id, life }: Made): Promise<void> {
  await remove(removing(id)).finally(() => life.destroy());
}
