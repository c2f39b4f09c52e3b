import type { CanonicalName } from '../environment/canonicalise.ts';
import type { Run, StackRun } from './run.ts';
/**
 * A run on an environment's stack: its env files read, its secrets hidden from all output. A task that compares two
 * environments opens the second one itself.
 *
 * @throws ConfigurationError naming all that is wrong with the environment's files
 */
export declare function openEnvironment(run: Run, name: CanonicalName): Promise<StackRun>;
