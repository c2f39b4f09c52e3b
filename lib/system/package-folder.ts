import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { OWN_FOLDER, aroundOf, isBelow } from '../output/caller.ts';

/** Where a package manager puts the package, in the folder that it is told to install in. */
export const PACKAGE = 'node_modules/makesafe';

/**
 * Where the package is, relative to the repository's root: in node_modules there or, of a workspace, in a folder above, as
 * Node looks for it; else where the script that runs has it, in a folder of its own below the root.
 */
export function packageFolder(root: string, script = process.argv[1]): string {
  for (let above = ''; ; above += '../') {
    if (existsSync(join(root, above, PACKAGE))) return `${above}${PACKAGE}`;
    if (resolve(root, above) === resolve(root, above, '..')) break;
  }
  for (const own of [OWN_FOLDER, relative(root, aroundOf(script) ?? root)])
    if (isBelow(own) && existsSync(join(root, own, PACKAGE))) return join(own, PACKAGE);
  return PACKAGE;
}

/** The folder that the package is installed in, of a package folder: empty for the root, else `.makesafe`. */
export const installedIn = (folder: string): string => folder.slice(0, -PACKAGE.length).replace(/\/$/, '');
