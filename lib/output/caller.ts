import { basename, isAbsolute, relative, resolve, sep } from 'node:path';

/** A folder of its own, for a repository whose package.json and lock file are not to change. */
export const OWN_FOLDER = '.makesafe';

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

export function aroundOf(script: string | undefined): string | undefined {
  const [around, inside] = (script ?? '').split(`${sep}node_modules${sep}`);
  return inside === undefined ? undefined : resolve(around!);
}

export const isBelow = (path: string): boolean => path !== '' && !path.startsWith('..') && !isAbsolute(path);
