import { readdirSync, type Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import { isThere } from '../system/read-bounded.ts';

/** Folders without sources of the repository. */
const SKIPPED =
  /^(\.(git|venv|tox|nox|cache|idea|vscode|next|nuxt|terraform|yarn|pnpm-store|.*_cache)|node_modules|vendor|venv|__pycache__|data|dist|build)$/;
const DEPTH = 6;

/**
 * The files of a repository, relative to its root; those nearest to the root first.
 *
 * @param tracked the files that git tracks, in any folder
 */
export function listFiles(root: string, tracked: readonly string[] = []): string[] {
  const kept = tracked.filter((path) => !path.includes('node_modules/') && isThere(join(root, path)));
  const all = [...new Set([...walk(root, '', 0), ...kept])];
  return all.sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
}

function walk(root: string, folder: string, depth: number): string[] {
  const entries = entriesOf(join(root, folder));
  const here = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  if (depth === DEPTH) return here;
  const below = entries
    .filter((entry) => entry.isDirectory() && !SKIPPED.test(entry.name))
    .flatMap(({ name }) => walk(root, join(folder, name), depth + 1));
  return [...here, ...below];
}

/** Empty if the folder cannot be read: a database's data often belong to another user. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The names in a folder of the repository; empty if it is not there. */
export const namesIn = (folder: string): string[] => entriesOf(folder).map(({ name }) => name);

const depthOf = (path: string): number => path.split('/').length;

/** The project name that compose takes from a folder by default. */
export const projectName = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');

/** The makefile that GNU make reads: the first of these. */
export const findMakefile = (root: string): string | undefined => {
  // On a file system that ignores case, only the directory listing has the real name.
  const names = readdirSync(root);
  return ['GNUmakefile', 'makefile', 'Makefile'].find((name) => names.includes(name));
};

/** Whether a path of the repository exists. */
export const isPresent = (root: string, path: string): boolean => isThere(join(root, path));
