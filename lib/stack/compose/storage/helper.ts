import { posix } from 'node:path';
import type { Command } from '../../../system/command.ts';
import { FailedError, messageOf } from '../../../errors.ts';
import { run, type Result } from '../../../system/process.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';

/** A mount for the engine's API. There a path may contain any character; `docker run --mount` would parse it as CSV. */
interface Mount {
  readonly type: 'bind' | 'volume';
  /** A folder on the engine's host, or a volume's name. */
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
}

/** The label of a helper, so that it does not count as a user of the storage that it inspects. */
export const HELPER_LABEL = 'makesafe.helper';

/** A shell script to run in a container of its own. */
export interface Helper {
  readonly image: string;
  readonly mounts: readonly Mount[];
  readonly script: string;
  readonly args: readonly string[];
}

/**
 * The request that creates a helper: as root, because else only the database's own user may read its files; without a
 * network; and removed when it ends.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
export function helperContainer({ image, mounts, script, args }: Helper): object {
  return {
    Image: image,
    User: '0:0',
    Entrypoint: ['sh'],
    Cmd: ['-c', script, 'sh', ...args],
    Labels: { [HELPER_LABEL]: 'true' },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      Mounts: mounts.map(({ type, source, target, writable = false }) => ({
        ...{ Type: type, Source: source, Target: target, ReadOnly: !writable },
        ...(type === 'volume' ? { VolumeOptions: { NoCopy: true } } : {}),
      })),
    },
  };
}

/**
 * Runs a script in a helper and waits for its end. Does not throw for a status other than 0.
 *
 * @throws MissingImageError · MissingFolderError when the engine cannot create the container
 */
export async function runHelper(engine: Engine, docker: Docker, helper: Helper): Promise<Result> {
  const id = await create(engine, helper);
  const start: Command = docker('start', '--attach', id);
  const result = await run(start);
  // The engine does not remove a container that could not start.
  if (result.status !== 0) await run(docker('rm', '--force', '--volumes', id));
  return result;
}

/** The engine does not have the image that a helper needs. */
export class MissingImageError extends FailedError {}
/** The engine's host does not have the folder that a helper mounts. */
export class MissingFolderError extends FailedError {}

async function create(engine: Engine, helper: Helper): Promise<string> {
  try {
    const { Id } = await engine.make<{ Id: string }>('/containers/create', helperContainer(helper));
    return Id;
  } catch (error) {
    const said = messageOf(error);
    if (/No such image/i.test(said)) throw new MissingImageError(said, { cause: error });
    if (/bind source path does not exist/.test(said)) throw new MissingFolderError(said, { cause: error });
    throw error;
  }
}

/**
 * Calls `look` with a folder, or with the nearest folder above it that exists on the engine's host.
 *
 * @param look gets that folder, and the path of `folder` below it; throws MissingFolderError if it does not exist
 */
export async function fromNearest<T>(
  folder: string,
  look: (mounted: string, below: string) => Promise<T>,
): Promise<T> {
  for (let mounted = folder; ; mounted = posix.dirname(mounted)) {
    try {
      return await look(mounted, posix.relative(mounted, folder));
    } catch (error) {
      if (!(error instanceof MissingFolderError) || mounted === '/') throw error;
    }
  }
}
