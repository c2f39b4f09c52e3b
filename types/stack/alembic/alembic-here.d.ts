import type { Environment } from '../../environment/resolve.ts';
import { type Place } from './run-alembic.ts';
import type { Stack, StackOptions } from '../stack.ts';
/** The database as an Alembic of this machine is to reach it. */
interface Reach {
  /** Has the environment's own database answer, by our own way. */
  readonly ask: Place['ask'];
  /**
   * Where it is, in variables for env.py and its driver.
   *
   * @throws UnreachableError · ConfigurationError when it cannot be reached from here
   */
  readonly variables: () => Promise<Readonly<Record<string, string>>>;
}
/** The application's migrations by an Alembic of this machine, for where no container has one. */
export declare function alembicHere(
  { root, name, names, variables }: Environment,
  { alembic: named, terminal }: Pick<StackOptions, 'alembic' | 'terminal'>,
  reach: Reach,
): Stack['alembic'];
export {};
