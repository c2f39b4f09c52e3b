import { makeRevision, type HeadRun } from './al-rev.ts';

/** `al-rev-auto`: creates a revision file with the difference between the models and the database. */
export const makeRevisionFromModels = (run: HeadRun): Promise<void> => makeRevision(run, ['--autogenerate']);
