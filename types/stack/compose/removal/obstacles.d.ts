import type { Obstacle } from '../../plan.ts';
import type { ProjectFacts } from './project-facts.ts';
/** Storage that is not ours to remove, or would stay. Pure. */
export declare function storageObstacles(
  { storage, folder, unseen, instead, project, volumes }: ProjectFacts,
  removed: ReadonlySet<string>,
): Obstacle[];
/** Parts of the data that neither the container nor a removed volume nor the emptied folder takes along. */
export declare function elsewhere(
  { inside, storage, volumes, instead }: ProjectFacts,
  removed: ReadonlySet<string>,
): Obstacle[];
