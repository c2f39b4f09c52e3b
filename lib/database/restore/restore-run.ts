import type { Giving } from '../../parameters/parameter.ts';
import type { Consent } from '../../parameters/shared.ts';
import type { DestructiveRun } from '../../run/run.ts';

/** What filling a new database from a file takes. */
interface FillValues {
  readonly ALLOW: readonly Consent[];
  readonly STRICT: boolean;
  readonly JOBS: number;
}

export type FillRun = DestructiveRun<Giving<FillValues>>;

export type RestoreRun = DestructiveRun<Giving<FillValues & { BOOTSTRAP_ROLES_SQL: string | undefined }>>;

/** The same of a script, which has no data to fill several tables with at once. */
export type ScriptRun = DestructiveRun<
  Giving<Omit<FillValues, 'JOBS'> & { BOOTSTRAP_ROLES_SQL: string | undefined; SQL: string }>
>;

export type DumpRun = RestoreRun & DestructiveRun<Giving<{ DUMP: string }>>;
