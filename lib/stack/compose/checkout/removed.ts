import { otherCheckouts } from '../../../environment/checkouts.ts';
import type { Checkout } from '../../../environment/checkout.ts';
import { passed, skipped, some, warning, type Check } from '../../../output/check-result.ts';
import { isGone } from '../../../system/read-bounded.ts';
import type { ListedContainer } from '../containers/container.ts';
import { PROJECT_LABEL, WORKING_DIR_LABEL } from '../containers/containers.ts';
import type { Diagnosed } from '../diagnosed.ts';
import { ANCHOR_LABEL } from '../storage/anchor.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow } from '../engine/engine.ts';

interface Known {
  readonly containers: readonly ListedContainer[];
  /** The project that the environment has in this checkout, and in the first one. */
  readonly own: string;
  readonly plain: string;
  /** The projects of all environments of the registry: none of them is a removed checkout's, wherever it was made. */
  readonly projects: readonly string[];
  /** The other checkouts that exist: one that was moved still has its project. */
  readonly others: readonly Pick<Checkout, 'name'>[];
  readonly isGone: (folder: string) => boolean;
}

/**
 * The compose projects that removed checkouts of this repository have left on the engine, with the folders that are gone.
 * Pure but for `isGone`.
 */
export function leftProjects(known: Known): Map<string, string> {
  const { containers, own, plain, projects, others } = known;
  const walled = containers.flatMap(({ Labels }) => Labels?.[ANCHOR_LABEL] ?? []);
  const kept = new Set([own, ...projects, ...walled, ...others.map(({ name }) => `${plain}-${name}`)]);
  const left = new Map<string, string>();
  for (const { Labels } of containers) {
    const project = Labels?.[PROJECT_LABEL] ?? '';
    const folder = Labels?.[WORKING_DIR_LABEL];
    if (!project.startsWith(`${plain}-`) || kept.has(project) || folder === undefined) continue;
    if (known.isGone(folder)) left.set(project, folder);
  }
  return left;
}

/** `git worktree remove` and `rm -rf` leave the containers of a checkout, and with them ports and volumes. */
export const removedCheckouts: Check<Diagnosed> = {
  name: 'checkouts',
  async look({ engine, projects, environment: { entry, project, root } }) {
    if (!(await engineEndpoint(entry)).startsWith('unix:'))
      return skipped('the folders of an engine on another machine are not here');
    const { checkout } = entry;
    const plain = checkout ? project.slice(0, -`-${checkout.name}`.length) : project;
    const containers = await askOrThrow<ListedContainer[]>(engine.ask, '/containers/json', { all: true });
    const left = leftProjects({
      ...{ containers, own: project, plain, projects },
      ...{ others: otherCheckouts(root), isGone },
    });
    if (left.size === 0) return passed('no removed checkout has left containers');
    return warning(
      some(
        [...left].map(([name, folder]) => `project ${name} was made in ${folder}, which is gone`),
        4,
      ),
      // No line that removes data: whose it is, only a person can tell.
      [...left.keys()]
        .map(
          (name) =>
            `look: docker compose -p ${name} ps --all; where nobody needs it: docker compose -p ${name} down (its volumes stay)`,
        )
        .join('; '),
    );
  },
};
