import type { StackRun } from '../run/run.ts';
import { alembic } from './alembic.ts';

export const history = async (run: StackRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'history'));
