import { alembic, type AlembicRun } from './alembic.ts';

export const heads = async (run: AlembicRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'heads'));
