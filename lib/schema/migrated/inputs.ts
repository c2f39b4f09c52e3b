import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { readBytesIfThere } from '../../system/read-bounded.ts';

/** What a schema was made from, so that somebody can tell whether it would be made in the same way again. */
export interface Inputs {
  /** SHA-256 of each file that was read, by its path: relative to the root if it is below it. Null: there was none. */
  readonly files: Readonly<Record<string, string | null>>;
  /** SHA-256 of the names of modules and folders, for each folder from which modules were read: a revision may come. */
  readonly folders: Readonly<Record<string, string>>;
}

/** Bytes of a file that a revision reads. */
const MOST = 256 << 20;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** @throws UnreadableError if something of this name is not a readable file */
function hashOf(root: string, path: string): string | null {
  const bytes = readBytesIfThere(resolve(root, path), { most: MOST });
  return bytes === undefined ? null : sha256(bytes);
}

function namesIn(root: string, folder: string): string {
  let names: string[];
  try {
    names = readdirSync(resolve(root, folder), { withFileTypes: true })
      .filter((entry) => (entry.isDirectory() ? !/^[._]/.test(entry.name) : entry.name.endsWith('.py')))
      .map(({ name }) => name);
  } catch {
    // It is gone.
    return '';
  }
  return sha256(JSON.stringify(names.sort()));
}

/**
 * The inputs as they are now.
 *
 * @param files absolute, or relative to the root
 * @param begun milliseconds since 1970
 * @returns undefined if a file was changed since then: nobody knows what was read of it
 */
export function inputsOf(root: string, files: readonly string[], begun: number): Inputs | undefined {
  const short = (path: string): string => {
    const below = relative(root, resolve(root, path));
    return below.startsWith('..') ? resolve(root, path) : below;
  };
  const read = [...new Set(files.map(short))];
  const changed = (path: string): boolean =>
    (statSync(resolve(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun;
  if (read.some(changed)) return undefined;
  // Revisions may lie in folders by year: then a new folder comes beside the others.
  const folders = read
    .filter((path) => path.endsWith('.py') && !path.startsWith('/'))
    .flatMap((path) => [dirname(path), dirname(dirname(path))])
    .filter((path) => path !== '.');
  return {
    files: Object.fromEntries(read.map((path) => [path, hashOf(root, path)])),
    folders: Object.fromEntries([...new Set(folders)].map((path) => [path, namesIn(root, path)])),
  };
}

/** Whether all inputs are as they were. */
export const areUnchanged = (root: string, { files, folders }: Inputs): boolean =>
  Object.entries(folders).every(([path, names]) => namesIn(root, path) === names) &&
  Object.entries(files).every(([path, hash]) => hashOf(root, path) === hash);
