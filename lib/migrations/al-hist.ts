import { alembic, type AlembicRun } from './alembic.ts';

/** `al-hist-env`: lists all revisions. */
export const history = async (run: AlembicRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'history'));
