/**
 * The files of a repository that may matter, relative to its root, those nearest to the root first.
 *
 * @param tracked what git keeps, in whatever folder
 */
export declare function listFiles(root: string, tracked?: readonly string[]): string[];
/** What compose calls the project of a folder when nobody says otherwise. */
export declare const projectName: (folder: string) => string;
/** The makefile that GNU make reads: the first of these. */
export declare const findMakefile: (root: string) => string | undefined;
export declare const isPresent: (root: string, path: string) => boolean;
