import { makeRevision, type HeadRun } from './al-rev.ts';

/** `al-rev-auto`: a revision file that is filled from the difference between the models and the database. */
export const makeRevisionFromModels = (run: HeadRun): Promise<void> => makeRevision(run, ['--autogenerate']);
