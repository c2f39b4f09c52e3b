import type { Settings } from '../postgres/settings.ts';
/** The server's own, of the server's version, or the one that makesafe brings along, which is the same everywhere. */
export type PgDump = 'own' | 'bundled';
/** How pg_dump runs, where it is not as usual. */
export interface DumpOptions {
  /** Where it is not the stack's usual one. */
  readonly pgDump?: PgDump;
  /** Settings of its session beyond those that every pg_dump has: those that only some servers know, for one. */
  readonly settings?: Settings;
  /** Another database of the server. */
  readonly database?: string;
}
