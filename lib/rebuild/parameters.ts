import { ALEMBIC, ALEMBIC_INI, BASE, BOOTSTRAP_ROLES_SQL, PRIVILEGES, TIMEOUT } from '../parameters.ts';
import { choice } from '../params.ts';

const STEPS = ['reset', 'up', 'bootstrap', 'migrate', 'current', 'verify'] as const;

export const REBUILD_PARAMETERS = {
  METHOD: choice('remove the storage, or replace the database in it', ['volume', 'db'], {
    default: 'volume',
  }),
  BASE,
  FROM: choice('the first step', STEPS, { defaultNote: 'the one that failed last, else reset' }),
  UNTIL: choice('the last step', STEPS, { default: 'verify' }),
  ...{ PRIVILEGES, BOOTSTRAP_ROLES_SQL, ALEMBIC, ALEMBIC_INI, TIMEOUT },
};
