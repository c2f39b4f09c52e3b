import {
  ALEMBIC,
  ALEMBIC_INI,
  BACKUP_FIRST,
  BASE,
  BOOTSTRAP_ROLES_SQL,
  PRIVILEGES,
  TIMEOUT,
} from '../parameters/shared.ts';
import { choice, flag } from '../parameters/kinds.ts';
import type { DestructiveRun } from '../run/run.ts';

/** The steps, in order. Help only needs the names; `steps.ts` has the work. */
export const STEP_NAMES = [
  'reset',
  'up',
  'bootstrap',
  'migrate',
  'seed',
  'start',
  'current',
  'verify',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export const REBUILD_PARAMETERS = {
  METHOD: choice('remove the storage, or replace the database in it', ['volume', 'db'], {
    default: 'volume',
  }),
  CACHE: flag(
    'take what an earlier rebuild has made of the same files (METHOD=db), and keep what this one makes',
    {
      defaultNote: '1 where the registry says local: true, else 0',
      placeholder: '0|1',
    },
  ),
  SEED: flag('0 leaves out the seed of the registry (protected: there is none)', { default: '1' }),
  KEEP: BACKUP_FIRST,
  BASE,
  FROM: choice('the first step', STEP_NAMES, { defaultNote: 'the one that failed last, else reset' }),
  UNTIL: choice('the last step', STEP_NAMES, { default: 'verify' }),
  ...{ PRIVILEGES, BOOTSTRAP_ROLES_SQL, ALEMBIC, ALEMBIC_INI, TIMEOUT },
};

export type RebuildRun = DestructiveRun<typeof REBUILD_PARAMETERS>;

/** Whether the run ends with this step or behind it. */
export const reaches = ({ values: { UNTIL } }: RebuildRun, step: StepName): boolean =>
  STEP_NAMES.indexOf(UNTIL) >= STEP_NAMES.indexOf(step);
