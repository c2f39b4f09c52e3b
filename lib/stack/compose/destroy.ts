import { existsSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { posix, sep } from 'node:path';
import type { Actor } from '../../act.ts';
import type { Environment } from '../../environment/resolve.ts';
import { FailedError, RefusedError } from '../../errors.ts';
import { display, type Command } from '../../display.ts';
import { run } from '../../process.ts';
import type { Storage, Target } from '../stack.ts';
import { composeCommand, type ComposeConfig } from './config.ts';
import { PROJECT_LABEL, findVolume, listContainers } from './containers.ts';
import { dockerError, dockerOf, type Docker } from './docker.ts';
import { demand, type Ask } from './engine.ts';
import { spares } from './spares.ts';

type Bind = Extract<Storage, { kind: 'bind' }>;

/**
 * Says no to storage that `down -v` would leave behind and that is not ours to empty.
 *
 * @param image the database's own image, for looking into a folder that only its user may read
 * @throws RefusedError with what to do instead
 */
export async function checkRemovable(
  { storage, host }: Pick<Target, 'storage' | 'host'>,
  image: string,
  environment: Environment,
): Promise<void> {
  const instead = `empty the database instead: make db-reset-db-env ENV=${environment.name}`;
  if (storage.kind === 'volume' && storage.external) {
    throw new RefusedError(
      `the data is in the external volume ${storage.name}, which compose does not remove`,
      { hint: `${instead}, or remove it by hand: docker volume rm ${storage.name}` },
    );
  }
  if (storage.kind === 'device') {
    throw new RefusedError(
      `the data is on ${storage.device} and stays there when volume ${storage.name} is removed`,
      { hint: instead },
    );
  }
  if (storage.kind !== 'bind') return;
  const folder = posix.join(storage.source, storage.data);
  const docker = dockerOf(environment.entry);
  const here = host === hostname();
  if (!isInside(storage.source, environment.root, here)) {
    throw new RefusedError(`the data is in ${folder}, which is outside this project`, { hint: instead });
  }
  if (!here && (await hasLink(docker, storage.source, environment.root, image))) {
    throw new RefusedError(`on ${host} a link in ${folder} may lead outside this project`, { hint: instead });
  }
  if ((await inspectFolder(docker, storage, image)) === 'other') {
    throw new RefusedError(
      `${folder} holds files but no PG_VERSION: it is not a data directory of PostgreSQL`,
      {
        hint: `look into it; ${instead}`,
      },
    );
  }
}

/**
 * True for a folder below the project, wherever links lead. The project's own folder is not inside itself.
 *
 * @param here false for a folder of another machine: what this one has in that place says nothing of it
 */
export function isInside(folder: string, root: string, here = true): boolean {
  const real = here && existsSync(folder) ? realpathSync(folder) : posix.normalize(folder);
  return real.startsWith(realpathSync(root) + sep);
}

/** Ends well where something on the way below `/project` is a link. */
const LOOK_FOR_LINK = `
  set -f; IFS=/; at=/project
  for name in $1; do at="$at/$name"; [ -L "$at" ] && exit; done
  exit 3
`;

/** Whether a folder below the project is behind a link, on the engine's own host. Compose makes the same paths there. */
async function hasLink(docker: Docker, folder: string, root: string, image: string): Promise<boolean> {
  const mount = `type=bind,source=${realpathSync(root)},target=/project,readonly`;
  const path = posix.relative(realpathSync(root), folder);
  const look = docker(...THROWAWAY, '--mount', mount, image, '-c', LOOK_FOR_LINK, 'sh', path);
  const result = await run(look);
  if (result.status === 0) return true;
  if (result.status === 3 || isMissing(result.stderr)) return false;
  throw dockerError(look, result);
}

/** A container for one look or deed, as root: only the database's own user may read its files. */
const THROWAWAY = [
  'run',
  '--rm',
  '--pull',
  'never',
  '--network',
  'none',
  '--user',
  '0:0',
  '--entrypoint',
  'sh',
];

/** Milliseconds in which compose is begun and says to what needs the database that it shall end. */
const BEGUN_MS = 150;

/**
 * Ends our own sessions before their server is stopped, which waits for them; where something is stopped before it, while
 * that ends. Of the guard's two locks this lets go of the one that the server keeps, and would end with it.
 *
 * @param id the server's container
 */
export function endSessions(id: string, { services }: ComposeConfig, databaseService: string): void {
  const needed = Object.values(services).some(({ depends_on = {} }) => databaseService in depends_on);
  if (needed) setTimeout(() => spares.endAll(id), BEGUN_MS).unref();
  else spares.endAll(id);
}

/**
 * `down -v --remove-orphans`, then a bind mount emptied, then proof from the engine.
 *
 * @param image to empty a bind mount with; none needed for other storage
 * @param change runs a compose command, its output where the person sees it
 * @throws FailedError when something of the old data is left
 */
export async function destroyStack(
  storage: Storage,
  image: string,
  environment: Environment,
  ask: Ask,
  { act }: Actor,
  change: (command: Command) => Promise<unknown>,
): Promise<void> {
  const down = composeCommand(environment, 'down', '-v', '--remove-orphans');
  await change(down);
  if (storage.kind === 'bind') {
    const empty = inFolder(
      dockerOf(environment.entry),
      storage,
      image,
      'find "$1" -xdev -mindepth 1 -delete',
    );
    await act(display(empty), async () => {
      const result = await run(empty);
      if (result.status !== 0 && !isMissing(result.stderr)) throw dockerError(empty, result);
    });
  }
  await act(`# check that nothing of project ${environment.project} is left`, () =>
    confirmGone(storage, image, environment, ask),
  );
}

async function confirmGone(
  storage: Storage,
  image: string,
  { project, entry }: Environment,
  ask: Ask,
): Promise<void> {
  const label = [`${PROJECT_LABEL}=${project}`];
  const [containers, listed] = await Promise.all([
    listContainers(ask, project),
    demand<{ Volumes: readonly { Name: string }[] | null }>(ask, '/volumes', { filters: { label } }),
  ]);
  const volumes = listed.Volumes?.map(({ Name }) => Name) ?? [];
  const left = [
    ...containers.map(({ Id }) => `container ${Id.slice(0, 12)}`),
    ...volumes.map((name) => `volume ${name}`),
  ];
  if (storage.kind === 'volume' && !volumes.includes(storage.name) && (await findVolume(ask, storage.name))) {
    left.push(`volume ${storage.name}`);
  }
  if (storage.kind === 'bind' && (await inspectFolder(dockerOf(entry), storage, image)) !== 'empty') {
    left.push(`files in ${posix.join(storage.source, storage.data)}`);
  }
  if (left.length > 0) {
    throw new FailedError(`not everything was removed; left: ${left.join(', ')}`, {
      hint: 'another project may still use it: docker ps --all --filter volume=<volume>',
    });
  }
}

/** What a bind-mounted data directory holds, seen by root of the database's own image on the engine's own host. */
async function inspectFolder(
  docker: Docker,
  storage: Bind,
  image: string,
): Promise<'empty' | 'data directory' | 'other'> {
  const look = inFolder(
    docker,
    storage,
    image,
    'if [ -z "$(ls -A "$1" 2>/dev/null)" ]; then echo empty; elif [ -f "$1/PG_VERSION" ]; then echo data directory; else echo other; fi',
  );
  const result = await run(look);
  if (result.status === 0) return result.stdout.trim() as 'empty' | 'data directory' | 'other';
  if (isMissing(result.stderr)) return 'empty';
  throw dockerError(look, result);
}

/** A throwaway container that runs a shell script on the data directory, given to it as `$1`. */
function inFolder(docker: Docker, { source, data }: Bind, image: string, script: string): Command {
  return docker(
    ...THROWAWAY,
    ...['--mount', `type=bind,source=${source},target=/storage`],
    ...[image, '-c', script, 'sh', posix.join('/storage', data)],
  );
}

/** What docker says of a folder that does not exist: nothing to look at, nothing to empty. */
const isMissing = (stderr: string): boolean => /bind source path does not exist/.test(stderr);
