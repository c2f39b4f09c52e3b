import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { OWN_FOLDER, aroundOf, isBelow } from '../output/caller.ts';

/** The path of the package below the folder in which a package manager installs. */
export const PACKAGE = 'node_modules/makesafe';

/**
 * The package's folder, relative to the repository's root: in node_modules there, or in a folder above (a workspace),
 * as Node searches it. Else in a separate folder below the root: `.makesafe`, or the one that the running script is in.
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

/** The folder in which the package is installed: empty for the root, else for example `.makesafe`. */
export const installedIn = (folder: string): string => folder.slice(0, -PACKAGE.length).replace(/\/$/, '');
