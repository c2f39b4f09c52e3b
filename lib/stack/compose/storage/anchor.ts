import { createHash } from 'node:crypto';
import type { Environment } from '../../../environment/resolve.ts';
import { run } from '../../../system/process.ts';
import type { Anchor } from '../../anchor.ts';
import type { ActualVolume, ListedContainer } from '../containers/container.ts';
import { PROJECT_LABEL, nameOf } from '../containers/containers.ts';
import { dockerError, type Docker } from '../engine/docker.ts';
import { askOrThrow, type AskEngine, type Engine } from '../engine/engine.ts';
import { HELPER_LABEL } from './helper.ts';

/** The label of an anchor; its value is the project. It has no label of compose, which would remove it as an orphan. */
export const ANCHOR_LABEL = 'makesafe.wall';
/** The folder of the registry, and the environment in it, that it was made for. */
const ROOT_LABEL = 'makesafe.root';
const ENVIRONMENT_LABEL = 'makesafe.environment';

/** Where each volume is in it, by number. What the engine adds for the image is elsewhere. */
const HELD = '/held/';

const labelled = (ask: AskEngine, ...label: string[]): Promise<ListedContainer[]> =>
  askOrThrow(ask, '/containers/json', { all: true, filters: { label } });

/** The containers that hold a project's volumes. */
export const findAnchors = (ask: AskEngine, project: string): Promise<ListedContainer[]> =>
  labelled(ask, `${ANCHOR_LABEL}=${project}`);

/**
 * A container that does nothing but mount the volumes of a project. As long as it runs, the engine removes none of them,
 * whatever is typed. A volume that was held once is held until somebody lets go, also where the compose file has another one by
 * now.
 *
 * @param image gives the image of the database
 */
export function anchorOf(
  engine: Engine,
  docker: Docker,
  { root, name: environment, project }: Pick<Environment, 'root' | 'name' | 'project'>,
  image: () => Promise<string>,
): Anchor {
  const { ask, make } = engine;
  const labels = { [ANCHOR_LABEL]: project, [ROOT_LABEL]: root, [ENVIRONMENT_LABEL]: environment };

  async function look(): Promise<{ anchors: ListedContainer[]; held: string[]; loose: string[] }> {
    const [anchors, used] = await Promise.all([findAnchors(ask, project), volumesOf(ask, project)]);
    const mounted = new Set(anchors.filter(({ State }) => State === 'running').flatMap(heldBy));
    const before = anchors.flatMap(heldBy).filter((name) => !ANONYMOUS.test(name));
    const all = [...new Set([...used, ...before])].sort();
    return {
      anchors,
      held: all.filter((name) => mounted.has(name)),
      loose: all.filter((name) => !mounted.has(name)),
    };
  }

  return {
    look,

    async hold() {
      const { anchors, held, loose } = await look();
      if (loose.length === 0) return;
      const container = anchorContainer(labels, await image(), [...held, ...loose].sort());
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

    async left(environments) {
      const ours = await labelled(ask, ANCHOR_LABEL, `${ROOT_LABEL}=${root}`);
      return ours
        .map((one) => ({
          container: nameOf(one),
          environment: one.Labels?.[ENVIRONMENT_LABEL] ?? '',
          project: one.Labels?.[ANCHOR_LABEL] ?? '',
        }))
        .filter((one) =>
          one.environment === environment ? one.project !== project : !environments.includes(one.environment),
        );
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

/** The name of a volume that nobody has named. Each new container has another one: they would only become more. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

const heldBy = ({ Mounts }: ListedContainer): string[] =>
  Mounts.flatMap(({ Name, Destination = '' }) => (Destination.startsWith(HELD) && Name ? [Name] : []));

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
const anchorContainer = (
  labels: Readonly<Record<string, string>>,
  image: string,
  volumes: readonly string[],
): object => ({
  Image: image,
  User: '65534:65534',
  Entrypoint: ['sleep'],
  Cmd: ['infinity'],
  StopSignal: 'SIGKILL',
  Labels: { ...labels, [HELPER_LABEL]: 'wall' },
  HostConfig: {
    RestartPolicy: { Name: 'always' },
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    LogConfig: { Type: 'none' },
    Mounts: volumes.map((name, index) => ({
      ...{ Type: 'volume', Source: name, Target: `${HELD}${index}`, ReadOnly: true },
      VolumeOptions: { NoCopy: true },
    })),
  },
});
