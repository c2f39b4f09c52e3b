import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SUFFIX } from '../system/script.ts';
import { readText } from '../system/read-bounded.ts';

const FOLDER = fileURLToPath(new URL('../../tasks', import.meta.url));

/** The file of each task, by name. A task in the repository's own tasks/ replaces the package's task of that name. */
export function taskFiles(root?: string): Map<string, string> {
  const own = root === undefined ? undefined : join(root, 'tasks');
  const files = (folder: string, suffix: string): string[] =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .filter((name) => name.endsWith(suffix) && !name.endsWith('.d.ts'))
      .map((name) => join(folder, name));
  const foreign =
    own === undefined || !existsSync(own) || realpathSync(own) === realpathSync(FOLDER)
      ? []
      : files(own, '.ts');
  // tasks/ may have files that are not tasks, and merely listing the tasks must not run them.
  const declared = foreign.filter((file) => readText(file).includes('defineTask('));
  const named = [...files(FOLDER, SUFFIX), ...declared].map((file): [string, string] => [
    basename(file, extname(file)),
    file,
  ]);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const taskNames = (root?: string): string[] => [...taskFiles(root).keys()];
