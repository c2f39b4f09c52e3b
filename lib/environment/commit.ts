import { realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { FailedError, MakesafeError } from '../errors.ts';
import { isBelow, writeLinkSync, writeNewSync } from '../system/files.ts';
import { inPrivateFolder } from '../system/private-folder.ts';
import { isThere } from '../system/read-bounded.ts';
import { isRecord } from './check-registry.ts';
import type { EnvironmentEntry } from './entry.ts';
import { git } from './git.ts';
import { loadRegistryData } from './load-registry.ts';
import { REGISTRY_AT_ROOT, REGISTRY_FILE } from './registry.ts';
import { topOf } from './repository.ts';

export type Entries = Readonly<Record<string, EnvironmentEntry>>;

/** Files that a registry may import. */
const IMPORTED = /\.([cm]?[jt]s|json)$/;

/**
 * Loads the registry of the checked-out commit, from a copy of its file and of what that may import: the files beside
 * it, and those that the registry of the working tree imports.
 *
 * @param files absolute paths of the latter
 * @returns no entries without a commit, without git, and if the commit has no registry or an encrypted one
 */
export async function loadCommitted(
  root: string,
  files: readonly string[],
): Promise<{ readonly entries: Entries; readonly unread?: string }> {
  let entries: Entries = {};
  try {
    await inPrivateFolder(async (folder) => {
      // The same distance from the top: an import may lead out of the project's folder.
      const copy = join(folder, relative(topOf(root)!, root));
      await copyCommitted(root, copy, files);
      // The registry may have been moved: both of its places count.
      for (const place of [REGISTRY_AT_ROOT, REGISTRY_FILE]) {
        if (!isThere(join(copy, place))) continue;
        const { data } = await loadRegistryData(copy, place);
        if (isRecord(data) && isRecord(data['environments']))
          entries = { ...entries, ...(data['environments'] as Entries) };
      }
    });
    return { entries };
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    return { entries, unread: error.message };
  }
}

async function copyCommitted(root: string, copy: string, files: readonly string[]): Promise<void> {
  const top = topOf(root)!;
  const imported = files
    .filter((file) => isBelow(realpathSync(file), realpathSync(top)))
    .map((file) => relative(realpathSync(root), realpathSync(file)));
  // package.json says whether they are modules.
  const packageFiles = ['', relative(root, top)].map((folder) => join(folder, 'package.json'));
  const paths = [REGISTRY_AT_ROOT, `${dirname(REGISTRY_FILE)}/`, ...packageFiles, ...imported];
  const listed = await git(root, 'ls-tree', '-r', '-z', 'HEAD', ...paths.map((path) => `./${path}`));
  if (listed === undefined && (await git(root, 'rev-parse', '--verify', '--quiet', 'HEAD')) !== undefined)
    throw new FailedError('git does not list the files of the checked-out commit');
  const found = [...(listed?.toString() ?? '').matchAll(/(\d+) blob ([0-9a-f]+)\t([^\0]+)\0/g)];
  await Promise.all(
    found.map(async ([, mode, blob, path]) => {
      const bytes = IMPORTED.test(path!) ? await git(root, 'cat-file', 'blob', blob!) : undefined;
      // An encrypted file (git-crypt) is nothing that could be loaded.
      if (bytes === undefined || bytes.includes(0)) return;
      const file = join(copy, path!);
      if (mode === '120000') writeLinkSync(file, bytes.toString());
      else writeNewSync(file, bytes.toString(), 0o600);
    }),
  );
  const packages = packagesOf(root);
  if (packages !== undefined && found.length > 0) writeLinkSync(join(copy, 'node_modules'), packages);
}

/** The nearest folder of packages; undefined without one. */
function packagesOf(folder: string): string | undefined {
  const packages = join(folder, 'node_modules');
  if (isThere(packages)) return packages;
  return folder === dirname(folder) ? undefined : packagesOf(dirname(folder));
}
