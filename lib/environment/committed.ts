import { basename, join } from 'node:path';
import { MakesafeError } from '../errors.ts';
import { writeNewSync } from '../system/files.ts';
import { inPrivateFolder } from '../system/private-folder.ts';
import { run, type Result } from '../system/process.ts';
import { isRecord } from './check-registry.ts';
import type { EnvironmentEntry } from './entry.ts';
import { loadRegistryData } from './load-registry.ts';
import { registryIn, REGISTRY_AT_ROOT, REGISTRY_FILE } from './registry.ts';

/**
 * The entry of an environment as the checked-out commit has it: what somebody wrote into the working tree a moment ago
 * protects nothing, and takes no protection away.
 *
 * @param entry as the working tree has it; returned if the registry is as committed
 * @returns undefined outside of a git repository, or if the commit has no such entry
 */
export async function committedEntry(
  root: string,
  name: string,
  entry: EnvironmentEntry,
): Promise<EnvironmentEntry | undefined> {
  const file = registryIn(root) ?? REGISTRY_FILE;
  const git = (...args: string[]): Promise<Result> => run({ file: 'git', args: ['-C', root, ...args] });
  try {
    const tracked = await git('ls-files', '--error-unmatch', '--', file);
    if (tracked.status === 0 && (await git('diff', '--quiet', 'HEAD', '--', file)).status === 0) return entry;
    // The registry may have been moved: both of its places count.
    for (const place of [REGISTRY_FILE, REGISTRY_AT_ROOT]) {
      const { status, stdout } = await git('show', `HEAD:./${place}`);
      const found = status === 0 ? await entryIn(stdout, basename(place), name) : undefined;
      if (found) return found;
    }
    return undefined;
  } catch (error) {
    // No git on this machine, or the commit's registry cannot be loaded.
    if (error instanceof MakesafeError) return undefined;
    throw error;
  }
}

async function entryIn(text: string, file: string, name: string): Promise<EnvironmentEntry | undefined> {
  let data: unknown;
  await inPrivateFolder(async (folder) => {
    writeNewSync(join(folder, file), text, 0o600);
    data = await loadRegistryData(folder, file);
  });
  const entries = isRecord(data) && isRecord(data['environments']) ? data['environments'] : {};
  return Object.hasOwn(entries, name) ? (entries[name] as EnvironmentEntry) : undefined;
}
