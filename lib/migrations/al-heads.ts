import { alembic, type AlembicRun } from './alembic.ts';

/** `al-heads-env`: lists the heads of the migrations. */
export const heads = async (run: AlembicRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'heads'));
