import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { messageOf } from '../../../errors.ts';
import { findVolume, PROJECT_LABEL, SERVICE_LABEL } from '../containers/containers.ts';
import type { Engine } from '../engine/engine.ts';
import type { Place } from './place.ts';

const AT = '/looked-at';

/**
 * Whether a place outside of all containers holds a data directory, seen by the engine itself: through a container that is
 * made for the look and never started, so that a folder of another machine is seen as well, whoever may read it.
 *
 * @param image any that the engine has; undefined where there is none
 * @param project whose `down` removes what a killed run left of it
 * @returns undefined where nobody can tell
 */
export async function holdsData(
  engine: Engine,
  place: Place,
  image: string | undefined,
  project: string,
): Promise<boolean | undefined> {
  if (place.kind === 'layer' || place.kind === 'memory') return false;
  // Mounted, it would be made.
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
    // With the anonymous volumes that its image asked for; what was looked at has a name.
    await engine.remove(`/containers/${id}?v=1&force=1`);
  }
}
