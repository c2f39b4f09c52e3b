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

/** What migrations on a compose stack are made with. */
export interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly actor: Actor;
  readonly terminal: Terminal;
}

/**
 * Runs `work` in a container that is made for it from the application's service, and removed afterwards. Nothing else runs
 * in there: no entrypoint that migrates by itself, no application that ends because its tables are not there.
 *
 * @param online whether it reaches the database; without, only files are read
 */
type WithContainer = <T>(online: boolean, work: (id: string) => Promise<T>) => Promise<T>;

/** Names the process that a container was made for. */
const OWNER_LABEL = 'makesafe.migrations';

/** Removes those of processes that were killed before the container's life hung on theirs. */
export async function removeAbandoned({ ask, remove }: Engine, project: string): Promise<void> {
  const label = [`${PROJECT_LABEL}=${project}`, OWNER_LABEL];
  const found = await askOrThrow<ListedContainer[]>(ask, '/containers/json', {
    all: true,
    filters: { label },
  });
  const abandoned = found.filter(({ Labels }) => !isHeld(JSON.parse(Labels![OWNER_LABEL]!) as Owner));
  await Promise.all(
    abandoned.map(async ({ Id }) => {
      // The engine may be removing it by itself, and refuses to be told.
      await remove(removing(Id)).catch(() => {});
      for (let looks = 0; looks < 50 && (await ask(`/containers/${Id}/json`)); looks++) await sleep(100);
    }),
  );
}

interface Made {
  readonly id: string;
  /** The container's standard input: with it, it ends, also where this process is killed. */
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
  /** Those who need one at the same time share it. */
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

/** Reads its standard input to the end. */
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
  // What is built or fetched first takes its time.
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

/** The engine removes it as well once its input has ended; the next command is to find it gone. */
async function end({ remove }: Engine, { id, life }: Made): Promise<void> {
  await remove(removing(id)).finally(() => life.destroy());
}
