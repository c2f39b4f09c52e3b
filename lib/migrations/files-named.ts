import { readdirSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';

/** Folders below the project's root that are looked into. */
const DEPTH = 8;

/** The project's files of this name, relative to its root. Skips hidden folders and those of dependencies. */
export function filesNamed(root: string, name: string): string[] {
  const search = (folder: string, depth: number): string[] =>
    entriesOf(folder).flatMap((entry) => {
      const full = join(folder, entry.name);
      if (entry.isFile()) return entry.name === name ? [relative(root, full)] : [];
      if (!entry.isDirectory() || depth === 0 || /^(\.|node_modules$|__pycache__$)/.test(entry.name))
        return [];
      return search(full, depth - 1);
    });
  return search(root, DEPTH);
}

/** None of a folder that may not be read, such as a server's data. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
