import type { FailureReport } from './failure-report.ts';
import type { Heads } from './heads.ts';
import type { Pending } from './pending.ts';
import type { Refusal } from './refusal.ts';
import type { Difference } from './rehearsal.ts';
import type { Sources } from './sources.ts';
import type { WalkReport } from './walk.ts';
import type { WatchReport } from './watch.ts';

/** The target revisions of alembic for one version table, before it runs the first one. */
export interface Plan {
  readonly plan: readonly string[];
  readonly table: string;
  /** Null if the search_path of alembic's session decides. */
  readonly schema: string | null;
  /** The number of revisions to run. */
  readonly steps: number;
}

/** What the program in alembic's Python tells, line by line: any of these fields. */
export interface Report extends Partial<Plan>, Partial<Heads>, Partial<Sources>, WalkReport {
  /** The number of connections that reached the right database so far. */
  readonly bound?: number;
  /** The backend's process ID of a connection that reached the right database, reported at once. */
  readonly session?: number;
  readonly refused?: Refusal;
  readonly failed?: FailureReport;
  /** Python's text for an uncaught exception. */
  readonly traceback?: string;
  /** The file of a revision that alembic created. */
  readonly made?: string;
  readonly pending?: readonly Pending[];
  readonly watched?: WatchReport;
  readonly differs?: Difference;
  /** Who writes the statements here, if it is somebody else than in the rehearsal. */
  readonly uncompared?: string;
  /** The files that were read, but for those of libraries. */
  readonly read?: readonly string[];
}
