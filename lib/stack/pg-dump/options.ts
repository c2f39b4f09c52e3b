import type { Settings } from '../postgres/settings.ts';

/** `own`: the server's pg_dump, of its version. `bundled`: the pg_dump that makesafe installs, the same everywhere. */
export type PgDump = 'own' | 'bundled';

/** Options of pg_dump, if not the defaults. */
export interface DumpOptions {
  /** Default: the stack's `pgDump`. */
  readonly pgDump?: PgDump;
  /** More settings of its session, for instance those that only some servers know. */
  readonly settings?: Settings;
  /** Another database of the server. Default: the environment's. */
  readonly database?: string;
}
