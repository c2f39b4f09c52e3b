/** PostgreSQL's programs for this platform, from npm. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** As PG_VERSION has it: `17`. */
  readonly major: string;
  /** What the programs need in their environment to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}
/**
 * Finds the programs, and makes the links between their shared libraries that the package's install script makes
 * where scripts are allowed: beside the libraries, or in `fallback` where node_modules is read-only.
 *
 * @param from another package of the same build, for another version of PostgreSQL
 * @throws ConfigurationError where there are none for this platform, or they were left out of the installation
 */
export declare function findBinaries(fallback: string, from?: string): Binaries;
