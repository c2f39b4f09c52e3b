import { createHash } from 'node:crypto';
import { run } from '../../../system/process.ts';
import type { Anchor } from '../../anchor.ts';
import type { ActualVolume, ListedContainer } from '../containers/container.ts';
import { PROJECT_LABEL, nameOf } from '../containers/containers.ts';
import { dockerError, type Docker } from '../engine/docker.ts';
import { askOrThrow, type AskEngine, type Engine } from '../engine/engine.ts';
import { HELPER_LABEL } from './helper.ts';

/** The label of an anchor; its value is the project. It has no label of compose, which would remove it as an orphan. */
const ANCHOR_LABEL = 'makesafe.wall';

/** The containers that hold a project's volumes. */
export const findAnchors = (ask: AskEngine, project: string): Promise<ListedContainer[]> =>
  askOrThrow(ask, '/containers/json', { all: true, filters: { label: [`${ANCHOR_LABEL}=${project}`] } });

/**
 * A container that does nothing but mount the volumes of a project. As long as it runs, the engine removes none of them,
 * whatever is typed.
 *
 * @param image gives the image of the database
 */
export function anchorOf(
  engine: Engine,
  docker: Docker,
  project: string,
  image: () => Promise<string>,
): Anchor {
  const { ask, make } = engine;

  async function look(): Promise<{ anchors: ListedContainer[]; held: string[]; loose: string[] }> {
    const [anchors, used] = await Promise.all([findAnchors(ask, project), volumesOf(ask, project)]);
    const mounted = new Set(anchors.filter(({ State }) => State === 'running').flatMap(namesOf));
    return {
      anchors,
      held: used.filter((name) => mounted.has(name)),
      loose: used.filter((name) => !mounted.has(name)),
    };
  }

  return {
    look,

    async hold() {
      const { anchors, held, loose } = await look();
      if (loose.length === 0) return;
      const container = anchorContainer(project, await image(), [...held, ...loose].sort());
      const name = nameFor(project, container);
      // A stopped one, or one that a killed run has only created.
      const made = anchors.find((one) => nameOf(one) === name);
      const { Id } = made ?? (await make<{ Id: string }>(`/containers/create?name=${name}`, container));
      await command(docker('start', Id));
      // Only now: in between, both hold.
      const others = anchors.flatMap((one) => (one === made ? [] : [one.Id]));
      if (others.length > 0) await remove(others);
    },

    async letGo() {
      const anchors = await findAnchors(ask, project);
      if (anchors.length > 0) await remove(anchors.map(({ Id }) => Id));
    },
  };

  /** With the anonymous volume that the engine makes where the database's image declares one; what was held stays. */
  async function remove(ids: readonly string[]): Promise<void> {
    await command(docker('rm', '--force', '--volumes', ...ids));
  }
}

async function command(words: ReturnType<Docker>): Promise<void> {
  const result = await run(words);
  if (result.status !== 0) throw dockerError(words, result);
}

const namesOf = ({ Mounts }: ListedContainer): string[] => Mounts.flatMap(({ Name }) => Name ?? []);

/** The volumes that were made for the project, and all others that its containers mount. */
async function volumesOf(ask: AskEngine, project: string): Promise<string[]> {
  const filters = { label: [`${PROJECT_LABEL}=${project}`] };
  const [{ Volumes: made }, containers] = await Promise.all([
    askOrThrow<{ Volumes: readonly ActualVolume[] | null }>(ask, '/volumes', { filters }),
    askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true, filters }),
  ]);
  return [...new Set([...(made ?? []).map(({ Name }) => Name), ...containers.flatMap(namesOf)])].sort();
}

/** Another one for other volumes, so that the new one can be started before the old one is removed. */
const nameFor = (project: string, container: object): string =>
  `${project}-makesafe-wall-${createHash('sha256').update(JSON.stringify(container)).digest('hex').slice(0, 8)}`;

/** The request that creates an anchor. It reads nothing, is nobody, and ends at once when it is stopped. */
const anchorContainer = (project: string, image: string, volumes: readonly string[]): object => ({
  Image: image,
  User: '65534:65534',
  Entrypoint: ['sleep'],
  Cmd: ['infinity'],
  StopSignal: 'SIGKILL',
  Labels: { [ANCHOR_LABEL]: project, [HELPER_LABEL]: 'wall' },
  HostConfig: {
    RestartPolicy: { Name: 'always' },
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    LogConfig: { Type: 'none' },
    Mounts: volumes.map((name, index) => ({
      ...{ Type: 'volume', Source: name, Target: `/held/${index}`, ReadOnly: true },
      VolumeOptions: { NoCopy: true },
    })),
  },
});
