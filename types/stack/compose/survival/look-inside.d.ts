import type { Engine } from '../engine/engine.ts';
import type { Place } from './place.ts';
/**
 * Whether a place outside of all containers holds a data directory, seen by the engine itself: through a container that is
 * made for the look and never started, so that a folder of another machine is seen as well, whoever may read it.
 *
 * @param image any that the engine has; undefined where there is none
 * @param project whose `down` removes what a killed run left of it
 * @returns undefined where nobody can tell
 */
export declare function holdsData(
  engine: Engine,
  place: Place,
  image: string | undefined,
  project: string,
): Promise<boolean | undefined>;
