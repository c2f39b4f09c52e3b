import { INI } from './revisions.ts';

export const SEED = 'scripts/db/seed.sql';

/** A local environment whose rebuilds run a seed. */
export const local_seeded = {
  entry: { stack: 'embedded', local: true, seed: SEED, alembicIni: INI },
  env: { POSTGRES_USER: 'app', POSTGRES_DB: 'core' },
} as const;
