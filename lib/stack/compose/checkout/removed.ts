import { otherCheckouts } from '../../../environment/checkouts.ts';
import type { Checkout } from '../../../environment/checkout.ts';
import { passed, skipped, some, warning, type Check } from '../../../output/check-result.ts';
import { isGone } from '../../../system/read-bounded.ts';
import type { ListedContainer } from '../containers/container.ts';
import { PROJECT_LABEL, WORKING_DIR_LABEL } from '../containers/containers.ts';
import type { Diagnosed } from '../diagnosed.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow } from '../engine/engine.ts';

interface Known {
  readonly containers: readonly ListedContainer[];
  /** The project that the environment has in this checkout, and in the first one. */
  readonly own: string;
  readonly plain: string;
  /** The other checkouts that exist: one that was moved still has its project. */
  readonly others: readonly Pick<Checkout, 'name'>[];
  readonly isGone: (folder: string) => boolean;
}

/**
 * The compose projects that removed checkouts of this repository have left on the engine, with the folders that are gone.
 * Pure but for `isGone`.
 */
export function leftProjects({ containers, own, plain, others, isGone: gone }: Known): Map<string, string> {
  const known = new Set([own, ...others.map(({ name }) => `${plain}-${name}`)]);
  const left = new Map<string, string>();
  for (const { Labels } of containers) {
    const project = Labels?.[PROJECT_LABEL] ?? '';
    const folder = Labels?.[WORKING_DIR_LABEL];
    if (!project.startsWith(`${plain}-`) || known.has(project) || folder === undefined) continue;
    if (gone(folder)) left.set(project, folder);
  }
  return left;
}

/** `git worktree remove` and `rm -rf` leave the containers of a checkout, and with them ports and volumes. */
export const removedCheckouts: Check<Diagnosed> = {
  name: 'checkouts',
  async look({ engine, environment: { entry, project, root } }) {
    if (!(await engineEndpoint(entry)).startsWith('unix:'))
      return skipped('the folders of an engine on another machine are not here');
    const { checkout } = entry;
    const plain = checkout ? project.slice(0, -`-${checkout.name}`.length) : project;
    const containers = await askOrThrow<ListedContainer[]>(engine.ask, '/containers/json', { all: true });
    const left = leftProjects({ containers, own: project, plain, others: otherCheckouts(root), isGone });
    if (left.size === 0) return passed('no removed checkout has left containers');
    return warning(
      some(
        [...left].map(([name, folder]) => `project ${name} was made in ${folder}, which is gone`),
        4,
      ),
      `where nobody needs the data: ${[...left.keys()].map((name) => `docker compose -p ${name} down -v`).join('; ')}`,
    );
  },
};
