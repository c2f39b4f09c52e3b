import type { StackRun } from '../run/run.ts';
import { makeRevision } from './al-rev.ts';

/** `al-rev-auto`: a revision file that is filled from the difference between the models and the database. */
export const makeRevisionFromModels = (run: StackRun): Promise<void> => makeRevision(run, ['--autogenerate']);
