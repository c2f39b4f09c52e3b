import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isThere } from '../system/read-bounded.ts';

/** Folders that hold no sources of the repository's own. */
const SKIPPED = /^(\..*|node_modules|vendor|venv|__pycache__|data|dist|build)$/;
const DEPTH = 5;

/** The files of a repository that may matter, relative to its root, those nearest to the root first. */
export function listFiles(root: string, folder = '', depth = 0): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const here = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  if (depth === DEPTH) return here;
  const below = entries
    .filter((entry) => entry.isDirectory() && !SKIPPED.test(entry.name))
    .flatMap(({ name }) => listFiles(root, join(folder, name), depth + 1));
  return [...here.sort(), ...below.sort((a, b) => depthOf(a) - depthOf(b))];
}

const depthOf = (path: string): number => path.split('/').length;

/** What compose calls the project of a folder when nobody says otherwise. */
export const projectName = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');

/** The makefile that GNU make reads: the first of these. */
export const findMakefile = (root: string): string | undefined => {
  // On a file system that ignores case, the directory tells how the file is really called.
  const names = readdirSync(root);
  return ['GNUmakefile', 'makefile', 'Makefile'].find((name) => names.includes(name));
};

export const isPresent = (root: string, path: string): boolean => isThere(join(root, path));
