import { alembic, type AlembicRun } from './alembic.ts';

export const history = async (run: AlembicRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'history'));
