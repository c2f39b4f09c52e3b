import type { StackRun } from '../run/run.ts';
import { alembic } from './alembic.ts';

export const heads = async (run: StackRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'heads'));
