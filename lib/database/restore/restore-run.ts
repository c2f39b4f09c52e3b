import type { Giving } from '../../parameters/parameter.ts';
import type { Consent } from '../../parameters/shared.ts';
import type { DestructiveRun } from '../../run/run.ts';

/** The parameters for filling a new database from a file. */
interface FillValues {
  readonly ALLOW: readonly Consent[];
  readonly STRICT: boolean;
  readonly JOBS: number;
}

export type FillRun = DestructiveRun<Giving<FillValues>>;

export type RestoreRun = DestructiveRun<Giving<FillValues & { BOOTSTRAP_ROLES_SQL: string | undefined }>>;

/** The same for a script: it has no JOBS, because a script runs over one connection. */
export type ScriptRun = DestructiveRun<
  Giving<Omit<FillValues, 'JOBS'> & { BOOTSTRAP_ROLES_SQL: string | undefined; SQL: string }>
>;

export type DumpRun = RestoreRun & DestructiveRun<Giving<{ DUMP: string }>>;
