import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Where a package manager puts the package, in the folder that it is told to install in. */
export const PACKAGE = 'node_modules/makesafe';

/** A folder of its own, for a repository whose package.json and lock file are not to change. */
export const OWN_FOLDER = '.makesafe';

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

/** How a person calls makesafe from where they stand: npx finds it in node_modules there or above, and nowhere else. */
export function caller(script = process.argv[1], workingDirectory = process.cwd()): string {
  const around = aroundOf(script);
  if (around === undefined || `${workingDirectory}${sep}`.startsWith(`${around}${sep}`))
    return 'npx makesafe';
  const path = relative(workingDirectory, around);
  // What is installed for the whole machine, or kept by npx, is found by its name.
  if (!isBelow(path) && basename(around) !== OWN_FOLDER) return 'npx makesafe';
  return `npx --prefix ${path} makesafe`;
}

function aroundOf(script: string | undefined): string | undefined {
  const [around, inside] = (script ?? '').split(`${sep}node_modules${sep}`);
  return inside === undefined ? undefined : resolve(around!);
}

const isBelow = (path: string): boolean => path !== '' && !path.startsWith('..') && !isAbsolute(path);
