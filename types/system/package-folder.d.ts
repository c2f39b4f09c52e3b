/** Where a package manager puts the package, in the folder that it is told to install in. */
export declare const PACKAGE = 'node_modules/makesafe';
/**
 * Where the package is, relative to the repository's root: in node_modules there or, of a workspace, in a folder above, as
 * Node looks for it; else where the script that runs has it, in a folder of its own below the root.
 */
export declare function packageFolder(root: string, script?: string | undefined): string;
/** The folder that the package is installed in, of a package folder: empty for the root, else `.makesafe`. */
export declare const installedIn: (folder: string) => string;
