export interface SideSummary {
  /** `vm_stg`, `migrations`, or the path of the file as it was typed. */
  readonly label: string;
  readonly source: 'environment' | 'custom dump' | 'plain dump' | 'migrations';
  readonly database: string;
  /** `17.10`; undefined if a plain dump does not say it. */
  readonly serverVersion: string | undefined;
  /** `18.3`: the version of the pg_dump that wrote the dump. */
  readonly pgDumpVersion: string | undefined;
}
