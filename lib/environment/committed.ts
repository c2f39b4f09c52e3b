import { basename, join } from 'node:path';
import { MakesafeError } from '../errors.ts';
import { writeNewSync } from '../system/files.ts';
import { inPrivateFolder } from '../system/private-folder.ts';
import { run, type Result } from '../system/process.ts';
import { isRecord } from './check-registry.ts';
import type { EnvironmentEntry } from './entry.ts';
import { loadRegistryData } from './load-registry.ts';
import { registryIn, REGISTRY_FILE } from './registry.ts';

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
    const { status, stdout } = await git('show', `HEAD:./${file}`);
    if (status !== 0) return undefined;
    let data: unknown;
    await inPrivateFolder(async (folder) => {
      writeNewSync(join(folder, basename(file)), stdout, 0o600);
      data = await loadRegistryData(folder, basename(file));
    });
    const entries = isRecord(data) && isRecord(data['environments']) ? data['environments'] : {};
    return Object.hasOwn(entries, name) ? (entries[name] as EnvironmentEntry) : undefined;
  } catch (error) {
    // No git on this machine, or the commit's registry cannot be loaded.
    if (error instanceof MakesafeError) return undefined;
    throw error;
  }
}
