/**
 * The words of a line as a shell splits it: quotes and backslashes are taken away, nothing is replaced.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
export declare function shellWords(line: string): string[];
/** The settings that a server is started with, by their names; the last one counts, as for the server. */
export declare function serverSettings(start: readonly string[]): ReadonlyMap<string, string>;
/** The options of POSTGRES_INITDB_ARGS by their long names; those of `--set` are in `settings`. */
export declare function initdbOptions(line: string): {
  readonly options: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
};
