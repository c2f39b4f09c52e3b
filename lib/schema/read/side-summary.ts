export interface SideSummary {
  /** `vm_stg`, or the file as it was typed. */
  readonly label: string;
  readonly source: 'environment' | 'custom dump' | 'plain dump';
  readonly database: string;
  /** `17.10`; undefined where a plain dump does not say. */
  readonly serverVersion: string | undefined;
  /** `18.3`, of the pg_dump that read it. */
  readonly pgDumpVersion: string | undefined;
}
