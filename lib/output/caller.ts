import { basename, isAbsolute, relative, resolve, sep } from 'node:path';

/** A folder for makesafe alone, for a repository whose package.json and lock file must not change. */
export const OWN_FOLDER = '.makesafe';

/** The command that calls makesafe from the working directory: npx searches node_modules there and above only. */
export function caller(script = process.argv[1], workingDirectory = process.cwd()): string {
  const around = aroundOf(script);
  if (around === undefined || `${workingDirectory}${sep}`.startsWith(`${around}${sep}`))
    return 'npx makesafe';
  const path = relative(workingDirectory, around);
  // npx finds a global installation, or one in its cache, by name.
  if (!isBelow(path) && basename(around) !== OWN_FOLDER) return 'npx makesafe';
  return `npx --prefix ${path} makesafe`;
}

/** The folder around node_modules that a script is installed in; undefined if it is not in node_modules. */
export function aroundOf(script: string | undefined): string | undefined {
  const [around, inside] = (script ?? '').split(`${sep}node_modules${sep}`);
  return inside === undefined ? undefined : resolve(around!);
}

/** Whether a relative path leads below the folder that it starts from. */
export const isBelow = (path: string): boolean => path !== '' && !path.startsWith('..') && !isAbsolute(path);
