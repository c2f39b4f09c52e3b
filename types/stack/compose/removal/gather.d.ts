import { type Plan } from '../../plan.ts';
import type { Target } from '../../stack.ts';
import type { Container } from '../containers/container.ts';
import { type About } from '../connection/target.ts';
/** A plan, and the image that the storage was looked into with: the one that empties a folder as well. */
export interface ComposePlan extends Plan {
  readonly image: string;
}
/**
 * Asks for all that a reset removes.
 *
 * @param container of the database
 */
export declare function gatherPlan(
  about: About,
  target: Target,
  container: Container | undefined,
): Promise<ComposePlan>;
