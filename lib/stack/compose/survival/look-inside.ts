import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { messageOf } from '../../../errors.ts';
import { findVolume, PROJECT_LABEL, SERVICE_LABEL } from '../containers/containers.ts';
import type { Engine } from '../engine/engine.ts';
import type { Place } from './place.ts';

const AT = '/looked-at';

/**
 * Whether a volume or folder holds a data directory. It creates a container that mounts the place, never starts it, and
 * asks the engine for PG_VERSION in it. So it works for an engine on another machine, and needs no read permission.
 *
 * @param image any image that the engine has; undefined if there is none
 * @param project the container belongs to it, so that its `down` removes a container that a killed run left
 * @returns undefined if it cannot be found out
 */
export async function holdsData(
  engine: Engine,
  place: Place,
  image: string | undefined,
  project: string,
): Promise<boolean | undefined> {
  if (place.kind === 'layer' || place.kind === 'memory') return false;
  // Mounting a volume that does not exist would create it.
  if (place.kind === 'volume' && (place.name === '' || !(await findVolume(engine.ask, place.name))))
    return false;
  if (image === undefined) return undefined;
  const name = `${project}-makesafe-look-${randomBytes(4).toString('hex')}`;
  const mount =
    place.kind === 'volume'
      ? { Type: 'volume', Source: place.name, VolumeOptions: { NoCopy: true } }
      : { Type: 'bind', Source: place.path };
  const what = {
    Image: image,
    Labels: {
      [PROJECT_LABEL]: project,
      [SERVICE_LABEL]: 'makesafe-look',
      'com.docker.compose.oneoff': 'True',
    },
    HostConfig: { NetworkMode: 'none', Mounts: [{ ...mount, Target: AT, ReadOnly: true }] },
  };
  let id: string;
  try {
    ({ Id: id } = await engine.make<{ Id: string }>(`/containers/create?name=${name}`, what));
  } catch (error) {
    if (/bind source path does not exist/.test(messageOf(error))) return false;
    if (/No such image/i.test(messageOf(error))) return undefined;
    throw error;
  }
  try {
    const below = place.kind === 'volume' ? place.path : '';
    return (await engine.pathIn(id, posix.join(AT, below, 'PG_VERSION'))) !== undefined;
  } finally {
    // v=1 removes the anonymous volumes of its image. It does not remove the place itself, which has a name.
    await engine.remove(`/containers/${id}?v=1&force=1`);
  }
}
